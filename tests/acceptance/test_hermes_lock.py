"""Sixteen real plugins beside a real host: the lock, held against what their wheels themselves require."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.pylock import Pylock
from packaging.version import Version

from resolver.operations.checking import check
from tests.acceptance.independent import (
    Wheels,
    host_requirements,
    host_versions,
    index_of,
    marker_environment,
    selected,
    walk,
)
from tests.acceptance.projects import HERMES_LOCK, SYSTEMS, sixteen_plugins

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.acceptance.independent import Recomputed
    from tests.acceptance.projects import Place

pytestmark = pytest.mark.network

PYTHONS = ("3.12", "3.11")
HOST = {"hermes-agent": Version("0.17.0")}


@pytest.fixture(params=PYTHONS)
def python(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def place(hermes: Callable[[str], Place], python: str) -> Place:
    return hermes(python)


@pytest.fixture(params=SYSTEMS)
def system(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def host(place: Place, system: str, python: str) -> dict[str, Version]:
    exported = host_requirements((place.folder / HERMES_LOCK).parent)
    return HOST | host_versions(exported, system, python)


@pytest.fixture
def wheels(place: Place, tmp_path: Path) -> Wheels:
    return Wheels(cache=place.cache, unpacked=tmp_path, index=index_of(place.locked()))


@pytest.fixture
def recomputed(place: Place, system: str, python: str, host: dict[str, Version], wheels: Wheels) -> Recomputed:
    return walk(
        sixteen_plugins(),
        selected(place.locked(), system, python),
        host,
        marker_environment(system, python),
        wheels,
    )


def test_the_lock_names_the_sixteen_plugins_for_both_systems(place: Place) -> None:
    tool = place.locked()["tool"]["plugin-lock"]
    assert {plugin["name"] for plugin in tool["plugins"]} == sixteen_plugins()
    assert [target["system"] for target in tool["targets"]] == list(SYSTEMS)


def test_the_lock_is_a_valid_pylock(place: Place, python: str) -> None:
    pylock = Pylock.from_dict(place.locked())
    assert str(pylock.requires_python) == f"=={python}.*"
    assert len(pylock.packages) > len(sixteen_plugins())


def test_check_finds_nothing(place: Place) -> None:
    assert check(place.project, place.surroundings).problems == ()


def test_nothing_is_locked_that_the_host_provides(
    place: Place, system: str, python: str, host: dict[str, Version]
) -> None:
    locked = selected(place.locked(), system, python)
    assert len(host) > 50
    assert not locked.keys() & host.keys()


def test_every_requirement_that_applies_is_met_by_the_lock_or_the_host(recomputed: Recomputed) -> None:
    assert recomputed.unmet == ()


def test_nothing_is_locked_that_no_plugin_needs(recomputed: Recomputed, place: Place, system: str, python: str) -> None:
    assert recomputed.reached == selected(place.locked(), system, python).keys()


def test_what_the_lock_says_of_the_host_is_so(place: Place, system: str, host: dict[str, Version]) -> None:
    provided = place.locked()["tool"]["plugin-lock"]["host"]["provided"]
    assert provided
    for name, version in provided.items():
        here = version if isinstance(version, str) else version.get(system)
        assert host.get(name) == (None if here is None else Version(here)), name
