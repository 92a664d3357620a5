"""Modules with two owners, in the host's process and where sources are built; at lock time and looked at again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from lock.errors import LockError
from resolver.hosts import environment_host
from tests.resolver.building.sources import project
from tests.resolver.verification.locked_projects import edited
from tests.sdists import sdist_bytes, sdist_name
from tests.servers.index_server import ServedFile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.projects import Workshop

ALLOWED = '\nallow-modules = { left = "the same code" }'


def collisions(workshop: Workshop) -> list[str]:
    return [problem.message for problem in workshop.check().problems if problem.code == "module-collision"]


# -- where sources are built -------------------------------------------------------------------------------------------


@pytest.fixture
def built(workshop: Workshop) -> Workshop:
    """A project with a source that is built with `left` and `right`."""
    workshop.python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    workshop.settings = '[policy]\nallow-build = { mine = "tested", yours = "tested" }'
    workshop.plugins.clear()
    source(workshop, "mine", "left", "right")
    return workshop


def source(workshop: Workshop, name: str, *built_with: str) -> None:
    data = sdist_bytes(name, "1.0", project(name, "1.0", built_with=built_with))
    workshop.server.add(name, ServedFile(name=sdist_name(name, "1.0"), data=data))
    workshop.plugins[name] = '"*"'


def tools(workshop: Workshop, left: Mapping[str, str], right: Mapping[str, str]) -> None:
    workshop.server.add_wheel("left", "1.0", files=left)
    workshop.server.add_wheel("right", "1.0", files=right)


@pytest.mark.attack(12)
@pytest.mark.parametrize(
    ("left", "right", "told"),
    [
        ({"shared.py": ""}, {"shared.py": ""}, "left brings the module shared, and so does right"),
        (
            {"left/__init__.py": "", "left/__init__.pyi": ""},
            {"json/__init__.py": ""},
            f"right brings the module json, and so does the standard library of Python 3.{sys.version_info[1]}",
        ),
        (
            {"space/part.py": ""},
            {"space/__init__.py": "x = 1"},
            "left brings the module space.part, and so does right, as its own space",
        ),
    ],
)
def test_a_module_with_two_owners_among_what_a_source_is_built_with_is_refused(
    built: Workshop, left: dict[str, str], right: dict[str, str], told: str
) -> None:
    tools(built, left, right)
    with pytest.raises(LockError) as caught:
        built.lock()
    assert [problem.message for problem in caught.value.problems] == [f"{told} where mine 1.0 is built"]
    assert not built.lock_path.exists()


def test_a_collision_of_build_requirements_may_be_allowed_and_the_exception_is_in_use(built: Workshop) -> None:
    tools(built, {"shared.py": ""}, {"shared.py": ""})
    built.settings += ALLOWED
    built.lock()
    report = built.check()
    assert (report.problems, report.warnings) == (
        (),
        ("[policy].allow-build excepts yours, and nothing that is locked needs that: take it out",),
    )


def test_namespaces_and_stray_folders_of_build_requirements_are_no_collisions(built: Workshop) -> None:
    tools(
        built,
        {"space/left.py": "", "tests/__init__.py": ""},
        {"space/right.py": "", "tests/__init__.py": ""},
    )
    stray = (
        "left brings the module tests, and so does right where mine 1.0 is built; nothing should import it from either"
    )
    assert stray in built.lock().warnings


def test_build_requirements_of_two_sources_never_meet(built: Workshop) -> None:
    built.server.projects.pop("mine")
    source(built, "mine", "left")
    source(built, "yours", "right")
    tools(built, {"shared.py": ""}, {"shared.py": ""})
    assert built.lock().status == "written"
    assert built.check().problems == ()


def test_what_builds_a_source_may_bring_what_the_host_ships_or_a_plugin_has(built: Workshop) -> None:
    built.plugins["plug"] = '"*"'
    tools(built, {"web.py": "", "plug.py": ""}, {"right.py": ""})
    assert built.lock().status == "written"


# -- programs ----------------------------------------------------------------------------------------------------------


def with_programs(workshop: Workshop, **programs: str) -> None:
    for package, program in programs.items():
        scripts = {"console_scripts": {program: f"{package}:main"}}
        workshop.server.add_wheel(package, "1.0", files={f"{package}.py": ""}, entry_points=scripts)
        workshop.plugins[package] = '"*"'


def test_two_packages_with_one_program_are_refused(workshop: Workshop) -> None:
    with_programs(workshop, left="weather", right="weather")
    with pytest.raises(LockError) as refused:
        workshop.lock()
    (problem,) = refused.value.problems
    assert problem.code == "program-collision"
    assert problem.message == "left brings the program weather, and so does right"
    assert 'allow-modules = { "left" = "why" }' in str(problem.remedy)
    workshop.settings = '[policy]\nallow-modules = { right = "only the library is used" }'
    assert workshop.lock().status == "written"
    assert workshop.check().warnings == ()


def test_programs_of_other_names_are_fine(workshop: Workshop) -> None:
    with_programs(workshop, left="weather", right="forecast")
    assert workshop.lock().status == "written"


# -- looked at again ---------------------------------------------------------------------------------------------------


@pytest.mark.attack(12)
def test_check_finds_two_locked_packages_with_one_module(workshop: Workshop) -> None:
    workshop.lock()
    edited(workshop, ('modules = [\n  "helper",\n]', 'modules = [\n  "helper",\n  "plug",\n]'))
    assert collisions(workshop) == ["helper brings the module plug, and so does plug"]


@pytest.mark.attack(12)
def test_check_finds_a_module_that_an_updated_host_brings_now(workshop: Workshop) -> None:
    workshop.server.add_wheel("plug", "1.1", files={"plug.py": "", "gadget/__init__.py": ""})
    workshop.lock()
    assert collisions(workshop) == []
    workshop.host["gadget"] = "3.0"
    assert collisions(workshop) == ["plug brings the module gadget, and so does gadget, which the host ships"]
    (problem,) = [problem for problem in workshop.check().problems if problem.code == "module-collision"]
    assert 'allow-modules = { "plug" = "why" }' in str(problem.remedy)


@pytest.mark.attack(12)
def test_check_reads_the_modules_of_a_host_that_is_installed(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment_host, "machine_system", lambda: workshop.systems[0])
    ship(workshop, "web", "2.0", "web/__init__.py")
    workshop.host_source = 'environment = "venv"'
    workshop.lock()
    assert collisions(workshop) == []
    ship(workshop, "toolbox", "1.0", "toolbox/__init__.py", "helper/__init__.py")
    assert collisions(workshop) == ["helper brings the module helper, and so does toolbox, which the host ships"]


def ship(workshop: Workshop, name: str, version: str, *files: str) -> None:
    """Install a distribution of these files into the host's environment, as far as its record goes."""
    folder = workshop.root / f"venv/lib/python{workshop.python}/site-packages/{name}-{version}.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    (folder / "RECORD").write_text("".join(f"{file},,\n" for file in files), encoding="utf-8")


def test_a_package_that_the_host_ships_too_is_told_once(workshop: Workshop) -> None:
    workshop.lock()
    workshop.host["helper"] = "1.0"
    assert collisions(workshop) == []
    assert "the host now ships helper on x86_64-linux, which is locked as well" in [
        problem.message for problem in workshop.check().problems
    ]


@pytest.mark.parametrize("name", ["left", "right"])
def test_an_exception_is_in_use_for_as_long_as_the_collision_is_there(workshop: Workshop, name: str) -> None:
    for package in ("left", "right"):
        workshop.server.add_wheel(package, "1.0", files={f"{package}.py": "", "shared.py": ""})
        workshop.plugins[package] = '"*"'
    workshop.settings = f'[policy]\nallow-modules = {{ {name} = "the same code" }}'
    workshop.lock()
    assert workshop.check().warnings == ()
    workshop.server.add_wheel("right", "1.1", files={"right.py": ""})
    workshop.lock(upgrade="everything")
    assert workshop.check().warnings == (
        f"[policy].allow-modules excepts {name}, and nothing that is locked needs that: take it out",
    )


def test_either_owner_of_what_lies_below_a_plain_package_may_be_excepted(workshop: Workshop) -> None:
    workshop.server.add_wheel("left", "1.0", files={"space/part.py": ""})
    workshop.server.add_wheel("right", "1.0", files={"space/__init__.py": "x = 1"})
    workshop.plugins |= {"left": '"*"', "right": '"*"'}
    with pytest.raises(LockError, match=r"left brings the module space\.part, and so does right, as its own space"):
        workshop.lock()
    workshop.settings = '[policy]\nallow-modules = { right = "made for each other" }'
    assert workshop.lock().status == "written"
    assert workshop.check().warnings == ()
