"""Short ways to ask the search something in a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement

from lock.model import Source
from resolver.hosts.model import Provided, ProvidedSet
from resolver.manifest.model import OverrideConfig, Place
from resolver.progress import Silent
from resolver.search.needs import Asker, Need
from resolver.search.search import Solution, solve
from resolver.search.settings import SearchSettings
from resolver.targets import Target, TargetSet
from tests.resolver.search.memory_index import MemoryIndexes

if TYPE_CHECKING:
    from collections.abc import Mapping

ARM = "aarch64-linux"
INTEL = "x86_64-linux"
TARGETS = TargetSet(targets=(Target(system=ARM, python="3.12"), Target(system=INTEL, python="3.12")))


def host(
    *pins: str, only: str | None = None, extras: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None
) -> ProvidedSet:
    """A host that ships these `name==version`, on every target or on `only` one."""
    shipped = {}
    for pin in pins:
        name, version = pin.split("==")
        shipped[name] = Provided(
            name=name, version=version, origin=f"uv.lock:{len(shipped) + 1}", extras=(extras or {}).get(name, {})
        )
    return ProvidedSet(
        name="the-host",
        version="1.0",
        source=Source(kind="uv-lock", location="uv.lock"),
        packages={target.system: dict(shipped) if only in {None, target.system} else {} for target in TARGETS.targets},
    )


def root(text: str) -> Need:
    """A plugin entry for a requirement, on the targets that its marker admits."""
    requirement = Requirement(text)
    mask = 0
    for bit, target in enumerate(TARGETS.targets):
        if requirement.marker is None or requirement.marker.evaluate({**target.marker_environment}):
            mask |= 1 << bit
    return Need(
        name=requirement.name,
        specifier=requirement.specifier,
        mask=mask,
        extras=dict.fromkeys(sorted(requirement.extras), mask),
        asker=Asker(kind="plugin", name=requirement.name, text=text.partition(";")[0].strip()),
    )


def override(requirement: str, package: str | None = None) -> OverrideConfig:
    place = Place(path="plugins.toml", line=1, key="resolution.overrides[0]")
    return OverrideConfig(requirement=Requirement(requirement), reason="tested", package=package, place=place)


def search(
    projects: Mapping[str, Mapping[str, dict[str, Any]]] | MemoryIndexes,
    *plugins: str,
    beside: ProvidedSet | None = None,
    **settings: Any,
) -> Solution:
    """Resolve plugins beside a host against an index in memory."""
    indexes = projects if isinstance(projects, MemoryIndexes) else MemoryIndexes(projects)
    return solve(
        SearchSettings(targets=TARGETS, host=beside or host(), **settings),
        indexes,
        [root(text) for text in plugins],
        Silent(),
    )


def chosen(solution: Solution) -> dict[str, str]:
    """Name to version, where one version serves all."""
    return {package.name: package.version_text for package in solution.found.packages}


def where(solution: Solution, name: str) -> dict[str, tuple[str, ...]]:
    """Version to systems of one name."""
    return {
        package.version_text: TARGETS.systems(package.mask)
        for package in solution.found.packages
        if package.name == name
    }
