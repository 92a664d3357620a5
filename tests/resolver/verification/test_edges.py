"""Whether the edges of the lock are compared with metadata in both directions, extras and markers minded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from lock.model import Package
from resolver.search.markers import ApplicableTargets
from resolver.targets import Target, TargetSet
from resolver.verification.edges import edge_differences
from tests.projects import Workshop
from tests.resolver.building.sources import PYTHON, project
from tests.resolver.verification.locked_projects import looked, messages, smuggled
from tests.sdists import sdist_bytes, sdist_name
from tests.servers.index_server import IndexServer, ServedFile
from tests.wheels import wheel_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ARM, INTEL = "aarch64-linux", "x86_64-linux"
TARGETS = TargetSet(targets=(Target(system=ARM, python="3.12"), Target(system=INTEL, python="3.12")))
ON_ARM = "platform_machine == 'aarch64'"


def differences(
    stated: Sequence[str],
    *,
    asked: dict[str, int] | None = None,
    known: Sequence[str] = (),
    dependencies: tuple[str, ...] = (),
    provided: tuple[str, ...] = (),
    edge_systems: dict[str, tuple[str, ...]] | None = None,
) -> list[str]:
    owner = Package(
        name="a", version="1", dependencies=dependencies, provided=provided, edge_systems=edge_systems or {}
    )
    found = edge_differences(
        owner,
        map(Requirement, stated),
        ApplicableTargets(TARGETS),
        TARGETS.all,
        asked=asked or {},
        known=known,
        passed_over={"a"},
    )
    return [text.replace(", and the lock has", ":") for text in found]


def test_edges_that_metadata_states_are_right() -> None:
    assert differences(["b>=1", "web"], dependencies=("b",), provided=("web",)) == []


def test_a_requirement_without_an_edge_is_told_for_each_system() -> None:
    assert differences(["b"]) == [f"it requires b on {system}: no edge to b there" for system in (ARM, INTEL)]


def test_an_edge_that_metadata_does_not_state_is_told_for_each_system() -> None:
    told = [f"it does not require b on {system}: an edge to it there" for system in (ARM, INTEL)]
    assert differences([], dependencies=("b",)) == told
    assert differences([], provided=("b",)) == told


def test_a_marker_makes_an_edge_right_on_its_systems_only() -> None:
    stated = [f"b; {ON_ARM}"]
    assert differences(stated, dependencies=("b",), edge_systems={"b": (ARM,)}) == []
    assert differences(stated, dependencies=("b",)) == [f"it does not require b on {INTEL}: an edge to it there"]
    assert len(differences(stated, dependencies=("b",), edge_systems={"b": (INTEL,)})) == 2


@pytest.mark.parametrize("known", [("fast",), ()], ids=["listed", "not listed"])
def test_what_an_extra_requires_may_have_an_edge_and_need_not(known: tuple[str, ...]) -> None:
    stated = ['b; extra == "fast"']
    assert differences(stated, known=known) == []
    assert differences(stated, known=known, dependencies=("b",)) == []


def test_what_an_extra_requires_that_a_plugin_asks_for_must_have_an_edge() -> None:
    stated = ['b; extra == "fast"', 'c; extra == "slow"']
    both = TARGETS.all
    assert differences(stated, asked={"fast": both}, dependencies=("b",)) == []
    assert len(differences(stated, asked={"fast": both})) == 2
    assert len(differences(stated, asked={"fast": TARGETS.mask([ARM])})) == 1


def test_what_an_extra_of_the_hosts_package_adds_is_an_edge_of_whoever_asks_for_it() -> None:
    edges = {"dependencies": ("speed",), "provided": ("web",)}
    assert differences(["web[fast]"], **edges) == []  # type: ignore[arg-type]  # the keys are of those types
    assert len(differences(["web"], **edges)) == 2  # type: ignore[arg-type]  # as above


def test_requirements_of_a_distribution_on_itself_are_no_edges() -> None:
    assert differences(['a[b]; extra == "all"', 'c; extra == "b"'], known=("all", "b")) == []


# -- through the program -----------------------------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer() as running:
        yield running


def test_a_wheel_that_no_longer_requires_what_the_lock_has_an_edge_for_is_different(
    tmp_path: Path, server: IndexServer
) -> None:
    server.add_wheel("plug", "1.0", requires=["helper>=1"])
    server.add_wheel("helper", "1.0")
    workshop = Workshop(root=tmp_path, server=server, plugins={"plug": '"*"'})
    workshop.lock()
    assert messages(looked(workshop)) == []
    smuggled(workshop, server.projects["plug"][0], wheel_bytes("plug", "1.0"))
    assert messages(looked(workshop)) == [
        f"plug-1.0-py3-none-any.whl: it does not require helper on {system}, and the lock has an edge to it there"
        for system in (ARM, INTEL)
    ]


def test_extras_and_overrides_give_no_false_alarm(tmp_path: Path, server: IndexServer) -> None:
    server.add_wheel("plug", "1.0", requires=["lib[fast]>=1", "old<2", 'plug[x]; extra == "all"', 'e; extra == "x"'])
    server.add_wheel("lib", "1.0", requires=['speed; extra == "fast"'], extras=["fast"])
    for name, version in (("speed", "1.0"), ("old", "2.0"), ("e", "1.0")):
        server.add_wheel(name, version)
    workshop = Workshop(
        root=tmp_path,
        server=server,
        plugins={"plug": '{ version = "*", extras = ["all"] }'},
        settings='[resolution]\noverrides = [{ requirement = "old>=2", reason = "tested" }]',
    )
    workshop.lock()
    assert set(workshop.versions()) == {"plug", "lib", "speed", "old", "e"}
    assert messages(looked(workshop)) == []


def test_edges_of_build_packages_are_compared(tmp_path: Path, server: IndexServer) -> None:
    server.add_wheel("tool", "1.0", requires=["inner>=1"])
    server.add_wheel("inner", "1.0")
    data = sdist_bytes("mine", "1.2", project("mine", "1.2", built_with=["tool"]), static=False)
    server.add("mine", ServedFile(name=sdist_name("mine", "1.2"), data=data))
    workshop = Workshop(
        root=tmp_path,
        server=server,
        plugins={"mine": '"*"'},
        settings='[policy]\nallow-build = { mine = "tested" }',
        python=PYTHON,
    )
    workshop.lock()
    assert messages(looked(workshop)) == []
    smuggled(workshop, server.projects["tool"][0], wheel_bytes("tool", "1.0", requires=["other"]))
    told = messages(looked(workshop))
    assert len(told) == 4
    assert f"tool-1.0-py3-none-any.whl: it requires other on {ARM}, and the lock has no edge to other there" in told
    assert (
        f"tool-1.0-py3-none-any.whl: it does not require inner on {ARM}, and the lock has an edge to it there" in told
    )
