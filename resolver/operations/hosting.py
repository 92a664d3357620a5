"""`host`: what the host ships on each target, and reading it for every other operation."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from lock.errors import ResolutionError
from lock.model import Source
from resolver.hosts import reader
from resolver.hosts.model import Provided, ProvidedSet
from resolver.manifest.model import HostRequirement
from resolver.manifest.reader import load
from resolver.operations.planning import search_settings, target_set
from resolver.operations.reports import HostReport, ProvidedRow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from packaging.requirements import Requirement

    from lock.model import Lock
    from resolver.index.interface import PackageIndexes
    from resolver.manifest.model import Manifest
    from resolver.operations.project import Project, Surroundings
    from resolver.progress import Progress
    from resolver.targets import TargetSet


UNKNOWN = "unknown"
"""What stands for the version of a distribution that the host ships without saying which."""


def host(project: Project, surroundings: Surroundings, progress: Progress) -> HostReport:
    """Return what the host ships; asks the index only where the host is a requirement."""
    manifest = load(project.manifest_path)
    targets = target_set(manifest)
    from resolver.operations.indexing import indexes  # noqa: PLC0415 - an index is asked for few hosts

    needs_index = isinstance(manifest.host.source, HostRequirement)
    opened: AbstractContextManager[PackageIndexes | None] = (
        indexes(manifest, surroundings) if needs_index else nullcontext()
    )
    with opened as client:
        provided = provided_set(manifest, targets, project, surroundings, client, progress)
    shipped = (*provided.packages.values(), *provided.unversioned.values())
    # The host itself is known already; a file that does not hold its version has nothing more to say of it.
    itself = {canonicalize_name(manifest.host.name)} if provided.version is None else set()
    names = sorted({name for packages in shipped for name in packages} - itself)
    systems = targets.systems(targets.all)
    return HostReport(
        name=provided.name,
        version=provided.version,
        python=manifest.host.python,
        source=source_text(provided.source),
        systems=systems,
        provided=tuple(ProvidedRow(name=name, versions=_versions(provided, name, systems)) for name in names),
        warnings=provided.warnings,
    )


def _versions(provided: ProvidedSet, name: str, systems: tuple[str, ...]) -> dict[str, str]:
    versions = {}
    for system in systems:
        found = provided.on(system, name)
        if found is not None:
            versions[system] = found.version
        elif provided.ships(system, name):
            versions[system] = UNKNOWN
    return versions


def source_text(source: Source) -> str:
    """Return where a host was read from, in a few words."""
    place = source.location or ""
    if source.flake_input:
        place = f"{place} of the flake input {source.flake_input}"
    elif source.url:
        place = f"{place} of {source.url}"
    return f"{place} at {source.revision[:12]}" if source.revision else place or "nothing"


def provided_set(
    manifest: Manifest,
    targets: TargetSet,
    project: Project,
    surroundings: Surroundings,
    client: PackageIndexes | None,
    progress: Progress,
    old: Lock | None = None,
) -> ProvidedSet:
    """Read what the host ships.  `client` is needed where the host is a requirement, which is resolved first.

    An older lock's versions of the host's packages are preferred there, so that such a host changes only on demand.
    """

    def resolve(requirement: Requirement, targets: TargetSet) -> Mapping[str, Mapping[str, str]]:
        if client is None:
            raise AssertionError("a host that is a requirement needs an index")
        return _resolve_host(requirement, manifest, targets, client, surroundings, progress, old)

    return reader.load(
        manifest.host,
        targets,
        project.root,
        resolve_requirement=resolve,
        git_cache=surroundings.cache / "git",
    )


def _resolve_host(
    requirement: Requirement,
    manifest: Manifest,
    targets: TargetSet,
    client: PackageIndexes,
    surroundings: Surroundings,
    progress: Progress,
    old: Lock | None,
) -> Mapping[str, Mapping[str, str]]:
    from resolver.search.explain import explain  # noqa: PLC0415 - few hosts are resolved, and a search is slow to import
    from resolver.search.needs import Asker, Need  # noqa: PLC0415
    from resolver.search.search import Conflict, solve  # noqa: PLC0415

    empty = ProvidedSet(
        name=manifest.host.name,
        version=None,
        source=Source(kind="none"),
        packages={target.system: dict[str, Provided]() for target in targets.targets},
    )
    preferred = {
        name: tuple(sorted(set(versions.values()))) for name, versions in (old.host.provided if old else {}).items()
    }
    settings = search_settings(manifest, targets, empty, surroundings.now, preferred, {})
    name = canonicalize_name(requirement.name)
    root = Need(
        name=name,
        specifier=requirement.specifier,
        mask=targets.all,
        extras={canonicalize_name(extra): targets.all for extra in sorted(requirement.extras)},
        asker=Asker(kind="plugin", name=name, text=str(requirement)),
    )
    try:
        solution = solve(settings, client, [root], progress)
    except Conflict as conflict:
        problems = explain(conflict, empty, {name: manifest.host.place})
        remedy = _remedy(name, next((failure.nearest for failure in conflict.failures), None))
        raise ResolutionError(*(replace(problem, remedy=remedy) for problem in problems)) from None
    versions: dict[str, dict[str, str]] = {target.system: {} for target in targets.targets}
    for package in solution.found.packages:
        for system in targets.systems(package.mask):
            versions[system][package.name] = str(package.version)
    return versions


def _remedy(name: str, nearest: str | None) -> str:
    """Return what to do where the host itself cannot be resolved: no plugin is to be changed for it."""
    other = "say what the host ships with [host].lock or [host].environment"
    if nearest is None:
        return f"change [host].requirement, or {other}"
    return f'{name} {nearest} would work: write under [host]: requirement = "{name}=={nearest}"; or {other}'
