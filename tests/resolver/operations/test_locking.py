from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lock.errors import InputError, LockError, PluginLockError, ResolutionError, WorldError
from lock.model import EntryPoint
from resolver.operations.reports import Change
from tests.servers.index_server import Fault, ServedFile

if TYPE_CHECKING:
    from tests.projects import Workshop
    from tests.servers.index_server import IndexServer


def test_a_lock_holds_the_plugin_its_library_and_what_it_takes_from_the_host(workshop: Workshop) -> None:
    report = workshop.lock()
    assert report.status == "written"
    assert report.changes == (
        Change(name="helper", old=None, new="1.0", is_plugin=False),
        Change(name="plug", old=None, new="1.0", is_plugin=True),
    )
    helper, plug = workshop.read().packages
    assert (helper.name, plug.dependencies, plug.provided) == ("helper", ("helper",), ("web",))
    assert plug.artifacts[0].console_scripts == ("plug",)
    assert plug.artifacts[0].modules == ("plug",)
    (plugin,) = workshop.read().plugins
    assert plugin.entry_points == (EntryPoint(group="the_host.plugins", name="plug", value="plug:register"),)
    assert workshop.read().host.provided == {"web": {"aarch64-linux": "2.0", "x86_64-linux": "2.0"}}


def test_a_fresh_lock_passes_check(workshop: Workshop) -> None:
    workshop.lock()
    assert workshop.check().problems == ()


def test_a_current_lock_asks_no_index(workshop: Workshop, server: IndexServer) -> None:
    workshop.lock()
    before = workshop.lock_path.read_bytes()
    server.requests.clear()
    assert workshop.lock().status == "current"
    assert server.requests == []
    assert workshop.lock_path.read_bytes() == before


def test_lock_keeps_versions_that_still_fit(workshop: Workshop, server: IndexServer) -> None:
    workshop.lock()
    server.add_wheel("helper", "2.0")
    server.add_wheel("plug", "2.0", requires=["helper"])
    server.add_wheel("more", "1.0", requires=["helper"])
    workshop.plugins["more"] = '"*"'
    assert workshop.lock().changes == (Change(name="more", old=None, new="1.0", is_plugin=True),)
    assert workshop.versions() == {"helper": "1.0", "more": "1.0", "plug": "1.0"}


def test_update_moves_everything(workshop: Workshop, server: IndexServer) -> None:
    workshop.lock()
    server.add_wheel("helper", "2.0")
    server.add_wheel("plug", "2.0", requires=["helper"])
    assert workshop.lock(upgrade="everything").status == "written"
    assert workshop.versions() == {"helper": "2.0", "plug": "2.0"}


def test_update_of_a_name_moves_it_and_what_only_it_needs(workshop: Workshop, server: IndexServer) -> None:
    server.add_wheel("other", "1.0", requires=["shared"])
    server.add_wheel("plug", "1.1", requires=["helper", "shared"])
    server.add_wheel("shared", "1.0")
    workshop.plugins["other"] = '"*"'
    workshop.lock()
    for name in ("helper", "shared", "other"):
        server.add_wheel(name, "2.0", requires=["shared"] if name == "other" else [])
    workshop.lock(upgrade=("plug",))
    assert workshop.versions() == {"helper": "2.0", "other": "1.0", "plug": "1.1", "shared": "1.0"}


def test_update_of_an_unknown_name_says_which_is_near(workshop: Workshop) -> None:
    workshop.lock()
    with pytest.raises(InputError, match="pluk is neither a plugin nor a locked package") as caught:
        workshop.lock(upgrade=("pluk",))
    assert caught.value.problems[0].remedy == "did you mean plug?"


def test_a_plugin_that_is_removed_takes_its_own_packages_along(workshop: Workshop, server: IndexServer) -> None:
    server.add_wheel("other", "1.0")
    workshop.plugins["other"] = '"*"'
    workshop.lock()
    del workshop.plugins["plug"]
    workshop.lock()
    assert workshop.versions() == {"other": "1.0"}


def test_a_dry_run_fetches_no_wheel_and_writes_nothing(workshop: Workshop, server: IndexServer) -> None:
    report = workshop.lock(dry_run=True)
    assert (report.status, report.packages, report.lock) == ("would-change", 2, None)
    assert not workshop.lock_path.exists()
    assert not any(path.endswith(".whl") for path in server.paths())


def test_a_conflict_leaves_the_lock_as_it_was(workshop: Workshop, server: IndexServer) -> None:
    workshop.lock()
    before = workshop.lock_path.read_bytes()
    server.add_wheel("clashing", "1.0", requires=["web<2"])
    workshop.plugins["clashing"] = '"*"'
    with pytest.raises(ResolutionError, match=r"clashing 1\.0: requires web<2, but the-host ships web 2\.0"):
        workshop.lock()
    assert workshop.lock_path.read_bytes() == before


@pytest.mark.attack(4)
def test_other_bytes_under_a_locked_name_are_refused_until_accepted(workshop: Workshop, server: IndexServer) -> None:
    workshop.lock()
    before = workshop.lock_path.read_bytes()
    server.projects["helper"].clear()
    server.add_wheel("helper", "1.0", files={"helper.py": "changed = True\n"})
    server.add_wheel("more", "1.0")
    workshop.plugins["more"] = '"*"'
    with pytest.raises(LockError) as caught:
        workshop.lock()
    (problem,) = caught.value.problems
    assert problem.code == "changed-bytes"
    assert workshop.read().packages[0].wheels[0].sha256 in problem.message
    assert "--accept-changed helper" in str(problem.remedy)
    assert workshop.lock_path.read_bytes() == before
    workshop.lock(accept_changed=("helper",))
    assert workshop.lock_path.read_bytes() != before


def test_a_file_whose_bytes_are_not_those_of_its_page_is_refused(workshop: Workshop, server: IndexServer) -> None:
    server.projects["helper"][0].sha256 = "0" * 64
    with pytest.raises(WorldError, match="helper-1"):
        workshop.lock()
    assert not workshop.lock_path.exists()


def test_a_locked_wheel_stays_where_a_better_one_appears_under_the_same_version(
    workshop: Workshop, server: IndexServer
) -> None:
    workshop.lock()
    server.add_wheel("helper", "1.0", tags="cp312-cp312-manylinux_2_28_x86_64")
    server.add_wheel("more", "1.0")
    workshop.plugins["more"] = '"*"'
    workshop.lock()
    assert [wheel.name for wheel in workshop.read().packages[0].wheels] == ["helper-1.0-py3-none-any.whl"]
    workshop.lock(upgrade=("helper",))
    assert [artifact.systems for artifact in workshop.read().packages[0].artifacts] == [
        ("x86_64-linux",),
        ("aarch64-linux",),
    ]


def test_start_up_code_needs_the_policy(workshop: Workshop, server: IndexServer) -> None:
    server.add_wheel("helper", "1.1", files={"helper.py": "", "helper.pth": "import helper\n"})
    with pytest.raises(LockError, match=r"helper-1\.1-py3-none-any\.whl runs code whenever an interpreter starts"):
        workshop.lock()
    workshop.settings = '[policy]\nallow-startup-code = { helper = "it only sets a flag" }'
    workshop.lock()
    assert workshop.read().packages[0].artifacts[0].startup_files == ("helper.pth",)


def test_targets_that_must_differ_stand_as_two_packages(workshop: Workshop, server: IndexServer) -> None:
    server.add_wheel("plug", "1.1", requires=["native"])
    server.add_wheel("native", "2.0", tags="cp312-cp312-manylinux_2_28_x86_64")
    server.add_wheel("native", "1.0", tags="cp312-cp312-manylinux_2_28_aarch64")
    workshop.plugins["plug"] = '">=1.1"'
    report = workshop.lock()
    assert report.split == ("native",)
    assert [(p.version, p.systems) for p in workshop.read().packages if p.name == "native"] == [
        ("1.0", ("aarch64-linux",)),
        ("2.0", ("x86_64-linux",)),
    ]
    assert workshop.check().problems == ()


def test_a_plugin_can_be_for_one_system_alone(workshop: Workshop) -> None:
    workshop.plugins["plug"] = '{ version = "*", marker = "platform_machine == \'x86_64\'" }'
    workshop.lock()
    assert workshop.read().plugins[0].version == {"x86_64-linux": "1.0"}
    assert {package.systems for package in workshop.read().packages} == {("x86_64-linux",)}
    assert workshop.check().problems == ()


def test_a_marker_that_no_target_meets_is_a_mistake(workshop: Workshop) -> None:
    workshop.plugins["plug"] = '{ version = "*", marker = "sys_platform == \'win32\'" }'
    with pytest.raises(InputError, match="the marker of plug holds on none of aarch64-linux, x86_64-linux"):
        workshop.lock()


def test_a_plugin_that_the_host_ships_is_said_to_be_superfluous(workshop: Workshop) -> None:
    workshop.plugins["web"] = '"*"'
    assert workshop.lock().warnings == ("web is shipped by the host already; its entry in plugins.toml adds nothing",)
    assert workshop.versions() == {"helper": "1.0", "plug": "1.0"}
    assert workshop.check().problems == ()


@pytest.mark.parametrize(
    ("version", "remedy"),
    [
        ("==9", 'the-host 3.0 would work: write under [host]: requirement = "the-host==3.0"; or say what the host'),
        ("", "change [host].requirement, or say what the host ships with [host].lock or [host].environment"),
    ],
)
def test_a_host_that_cannot_be_resolved_is_not_taken_for_a_plugin(
    workshop: Workshop, server: IndexServer, version: str, remedy: str
) -> None:
    server.add_wheel("the-host", "3.0", requires=[] if version else ["absent"])
    workshop.host_source = f'requirement = "the-host{version}"'
    with pytest.raises(ResolutionError) as raised:
        workshop.lock()
    (problem,) = raised.value.problems
    assert (problem.remedy or "").startswith(remedy)
    assert "plugin-lock remove" not in str(problem)


def test_a_host_that_is_a_requirement_is_resolved_from_the_index(workshop: Workshop, server: IndexServer) -> None:
    server.add_wheel("the-host", "3.0", requires=["web>=2"])
    server.add_wheel("web", "2.5")
    workshop.host_source = 'requirement = "the-host==3.0"'
    workshop.lock()
    locked = workshop.read()
    assert (locked.host.version, locked.host.source.kind) == ("3.0", "requirement")
    assert locked.host.provided["web"] == {"aarch64-linux": "2.5", "x86_64-linux": "2.5"}
    assert workshop.check().problems == ()


def test_a_damaged_lock_is_refused_and_kept(workshop: Workshop) -> None:
    workshop.lock()
    damaged = workshop.lock_path.read_text(encoding="utf-8").replace("[[packages]]", "<<<<<<< HEAD\n[[packages]]", 1)
    workshop.lock_path.write_text(damaged, encoding="utf-8")
    with pytest.raises(LockError, match="merge"):
        workshop.lock(upgrade="everything")
    assert workshop.lock_path.read_text(encoding="utf-8") == damaged


def test_an_index_that_fails_is_an_error_and_not_a_reason_to_look_elsewhere(
    workshop: Workshop, server: IndexServer
) -> None:
    server.fail(r"/simple/helper/", Fault(status=403))
    with pytest.raises(PluginLockError, match="local"):
        workshop.lock()


@pytest.mark.attack(22)
def test_exclude_newer_needs_upload_times(workshop: Workshop, server: IndexServer) -> None:
    server.add_wheel("helper", "2.0", upload_time="2026-05-31T00:00:00Z")
    workshop.settings = '[resolution]\nexclude-newer = "P7D"'
    report = workshop.lock()
    assert workshop.versions()["helper"] == "1.0"
    assert [(entry.name, entry.newest, entry.because) for entry in report.held_back] == [("helper", "2.0", "policy")]


def test_a_source_distribution_alone_is_not_enough(workshop: Workshop, server: IndexServer) -> None:
    server.projects["helper"] = [ServedFile(name="helper-1.0.tar.gz", data=b"")]
    with pytest.raises(ResolutionError, match="it has no wheel, only a source distribution"):
        workshop.lock()


def test_a_dependency_that_the_host_will_load_as_a_plugin_is_said(workshop: Workshop, server: IndexServer) -> None:
    server.add_wheel("helper", "1.1", entry_points={"the_host.plugins": {"helper": "helper"}})
    assert workshop.lock().warnings == (
        (
            "helper, which plugins.toml does not name, registers in the_host.plugins:"
            " the host will load it as a plugin too"
        ),
    )


def test_other_files_of_the_same_version_are_a_change(workshop: Workshop, server: IndexServer) -> None:
    server.add_wheel("helper", "1.1", tags="cp312-cp312-manylinux_2_28_x86_64")
    server.add_wheel("helper", "1.1", tags="cp313-cp313-manylinux_2_28_x86_64")
    workshop.systems = ("x86_64-linux",)
    workshop.lock()
    workshop.python = "3.13"
    assert workshop.lock().changes == (Change(name="helper", old="1.1", new="1.1", is_plugin=False),)
