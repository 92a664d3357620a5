from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings

from resolver.advisories.model import Path, Release
from resolver.advisories.subjects import subjects
from tests.lock.generated import locks
from tests.lock.test_example import EXAMPLE
from tests.lock.test_sources_example import SOURCES

if TYPE_CHECKING:
    from lock.model import Lock

HOST_INDEX = "https://host-index.example/simple/"


def by_name(lock: Lock, *, host: bool = True) -> dict[tuple[str, str], object]:
    found = subjects(lock, host=host, host_index=HOST_INDEX)
    return {(subject.release.name, subject.release.version): subject for subject in found}


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(locks())
def test_everything_that_is_locked_or_relied_on_is_asked_about_once(lock: Lock) -> None:
    found = subjects(lock, host=True, host_index=HOST_INDEX)
    releases = [subject.release for subject in found]
    assert releases == sorted(set(releases), key=lambda release: (release.name, release.version, release.index or ""))
    for kind, packages in (("package", lock.packages), ("build", lock.build_packages)):
        expected = {(each.name, each.version, each.index): set(each.systems) for each in packages}
        seen = {
            (each.release.name, each.release.version, each.release.index): set(each.systems)
            for each in found
            if kind in each.kinds
        }
        assert seen.keys() == expected.keys()
        assert all(systems <= seen[key] or kind == "build" for key, systems in expected.items())
    provided = {(name, version) for name, systems in lock.host.provided.items() for version in systems.values()}
    relied_on = {(each.release.name, each.release.version) for each in found if "provided" in each.kinds}
    # A lock says of what it relies on somewhere what the host ships of it everywhere.
    assert relied_on <= provided
    assert {name for name, _ in relied_on} == set(lock.host.provided)
    for subject in found:
        assert subject.paths
        for path in subject.paths:
            assert (path.names[0], path.names[-1]) == (path.plugin, subject.release.name)


def test_what_the_host_provides_is_left_out_unless_asked_for() -> None:
    assert ("httpx", "0.28.1") in by_name(EXAMPLE)
    assert ("httpx", "0.28.1") not in by_name(EXAMPLE, host=False)


def test_the_path_is_the_shortest_from_each_plugin() -> None:
    found = {subject.release.name: subject for subject in subjects(SOURCES, host=True, host_index=HOST_INDEX)}
    assert found["helper-lib"].paths == (
        Path(plugin="some-plugin", names=("some-plugin", "helper-lib")),
        Path(plugin="weather", names=("weather", "helper-lib")),
    )
    assert found["setuptools-scm"].paths == (
        Path(plugin="some-plugin", names=("some-plugin", "native-thing", "setuptools-scm")),
    )


def test_a_build_package_is_asked_about_for_the_systems_that_build_with_it() -> None:
    found = {(each.release.name, each.release.version): each for each in subjects(SOURCES, host=False, host_index=None)}
    assert found["setuptools", "80.9.0"].systems == ("aarch64-linux",)
    assert found["setuptools", "80.9.0"].kinds == ("build",)


def test_each_release_knows_its_index() -> None:
    found = {each.release.name: each.release for each in subjects(SOURCES, host=True, host_index=HOST_INDEX)}
    assert found["some-plugin"].index is None
    assert found["flit-core"].index == next(p.index for p in SOURCES.build_packages if p.name == "flit-core")
    assert found["httpx"] == Release("httpx", "0.28.1", HOST_INDEX)
