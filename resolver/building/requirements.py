"""What a source is built with: its build requirements and all that they need, resolved for every target at once.

A build environment is isolated (PEP 517, "Build environment"): nothing is provided, so these are searches of their own
beside an empty host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace
from packaging.utils import canonicalize_name

from lock.errors import Problem, ResolutionError
from lock.model import Build, BuildRequirement, Sdist, Source
from resolver.hosts.model import ProvidedSet
from resolver.progress import Silent
from resolver.search.explain import explain
from resolver.search.markers import ApplicableTargets
from resolver.search.needs import Asker, Need
from resolver.search.resolution import Found
from resolver.search.search import Conflict, solve

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.requirements import Requirement

    from lock.model import Lock
    from resolver.building.source import SourceTree
    from resolver.index.interface import PackageIndexes
    from resolver.index.model import ProjectFile, ProjectPage
    from resolver.search.settings import SearchSettings
    from resolver.sources.pyproject import BuildSystem
    from resolver.targets import TargetSet

NOTHING = Found(packages=(), roots=(), root_edges=())


class LockedBuild(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What one source is built with on the targets in `mask`; `found` holds the whole closure."""

    source: SourceTree
    system: BuildSystem
    targets: TargetSet
    mask: int
    found: Found

    @property
    def build(self) -> Build:
        """The same as plugins.lock records it."""
        systems = self.targets.systems(self.mask)
        requires = []
        for package in self.found.packages:
            used = self.targets.systems(package.mask)
            version = str(package.version)
            requires.append(
                BuildRequirement(name=package.name, version=version, systems=() if used == systems else used)
            )
        return Build(
            backend=self.system.backend,
            backend_path=self.system.backend_path,
            requires=tuple(sorted(requires, key=lambda entry: (entry.name, entry.version))),
        )


def build_settings(
    settings: SearchSettings, preferred: Mapping[str, tuple[str, ...]], preferred_files: Mapping[str, str]
) -> SearchSettings:
    """Return the rules of the plugins' search as they hold for build requirements.

    Nothing is provided and nothing overridden: overrides are about living with the host.  What builds comes from
    indexes only.
    """
    return replace(
        for_targets(settings, settings.targets),
        overrides=(),
        preferred=preferred,
        preferred_files=preferred_files,
        follows_references=False,
    )


def for_targets(settings: SearchSettings, targets: TargetSet) -> SearchSettings:
    """Return the same rules for other targets, beside an empty host."""
    empty = ProvidedSet(
        name="the build environment",
        version=None,
        source=Source(kind="none"),
        packages={target.system: {} for target in targets.targets},
    )
    return replace(settings, targets=targets, host=empty)


def resolve(
    source: SourceTree,
    requires: Iterable[Requirement],
    settings: SearchSettings,
    indexes: PackageIndexes,
    mask: int,
) -> Found:
    """Find versions for build requirements on the targets in `mask`; raises `ResolutionError` with the explanation."""
    applicable = ApplicableTargets(settings.targets)
    roots = [need for requirement in requires if (need := _need(source, requirement, applicable, mask)).mask]
    if not roots:
        return NOTHING
    try:
        return solve(settings, indexes, roots, Silent()).found
    except Conflict as conflict:
        problems = explain(conflict, settings.host, {})
        raise ResolutionError(*(_of(source, problem) for problem in problems)) from None


def _need(source: SourceTree, requirement: Requirement, applicable: ApplicableTargets, mask: int) -> Need:
    active = applicable.marker(requirement.marker) & mask
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return Need(
        name=canonicalize_name(requirement.name),
        specifier=requirement.specifier,
        mask=active,
        extras={canonicalize_name(extra): active for extra in sorted(requirement.extras)},
        asker=Asker(
            kind="build",
            name=source.name,
            version=source.version,
            text=f"{requirement.name}{extras}{requirement.specifier}",
        ),
    )


def _of(source: SourceTree, problem: Problem) -> Problem:
    # The first line of an explanation speaks of plugins and a host; here both are a build's.
    first, *rest = problem.message.split("\n")
    lines = rest or [f"  {first}"]
    return Problem(
        code="build-requirements",
        message="\n".join([f"what {source} is built with cannot be locked", *lines]),
        key=source.name,
        remedy=f"choose another version of {source.name}, or change what the lines above speak of in [resolution] or"
        " [policy] of plugins.toml",
    )


def sources_in(found: Found) -> list[tuple[ProjectPage, ProjectFile, int]]:
    """Return the chosen files that are no wheels, each with the targets that use it."""
    masks: dict[str, tuple[ProjectPage, ProjectFile, int]] = {}
    for package in found.packages:
        for bit, file in package.files.items():
            if file.kind != "wheel":
                _, _, mask = masks.get(file.filename, (package.page, file, 0))
                masks[file.filename] = package.page, file, mask | 1 << bit
    return list(masks.values())


def build_preferences(
    old: Lock | None, upgrade: str | tuple[str, ...]
) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Return the versions of build packages, and the files by their hash, that an older lock makes preferable.

    `upgrade` is `nothing`, `everything`, or the names to move; build packages move only where they are named.
    """
    if old is None or upgrade == "everything":
        return {}, {}
    versions: dict[str, tuple[str, ...]] = {}
    files: dict[str, str] = {}
    for package in old.build_packages:
        if package.name not in upgrade or upgrade == "nothing":
            # The newest first: which of them a source takes must not depend on how they are spelt.
            versions[package.name] = (package.version, *versions.get(package.name, ()))
            files.update({wheel.name: wheel.sha256 for wheel in package.wheels})
            if isinstance(package.source, Sdist):
                files[package.source.name] = package.source.sha256
    return versions, files
