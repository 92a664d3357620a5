"""What a search found: the packages by name, their files by target, and who needs what on which target."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from resolver.search.needs import Candidate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.version import Version

    from resolver.index.model import ProjectFile, ProjectPage
    from resolver.search.demands import Demands
    from resolver.search.needs import Demand, Edge, Need


class ResolvedPackage(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One chosen version: the file for each target's bit, and its edges as name to mask.

    `needs` are the requirements on other chosen packages, kept for explanations.
    """

    name: str
    version: Version
    version_text: str
    mask: int
    page: ProjectPage
    files: Mapping[int, ProjectFile]
    dependencies: Mapping[str, int]
    provided: Mapping[str, int]
    needs: tuple[Need, ...]


class RootEdges(msgspec.Struct, frozen=True, kw_only=True):
    """What one directory plugin needs of locked packages and of the host, as name to mask."""

    dependencies: Mapping[str, int]
    provided: Mapping[str, int]


class Found(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One successful search.

    `roots` is what the plugin entries themselves require; `directories` the edges of each directory plugin.
    """

    packages: tuple[ResolvedPackage, ...]
    roots: tuple[Need, ...]
    root_edges: tuple[Edge, ...]
    directories: Mapping[str, RootEdges] = {}


def directory_edges(wanted: Sequence[Need], demands: Demands) -> dict[str, RootEdges]:
    """Return the edges of each directory plugin among the roots.

    Each is asked about alone: in the demand of all roots together it is no longer told whose a shared edge is.
    """
    groups: dict[str, list[Need]] = {}
    for need in wanted:
        if need.asker.file is not None:
            groups.setdefault(need.asker.name, []).append(need)
    found = {}
    for plugin, needs in sorted(groups.items()):
        demand = demands.of_roots(needs)
        found[plugin] = RootEdges(
            dependencies=_masks(demand.needs), provided={edge.name: edge.mask for edge in demand.edges}
        )
    return found


def _masks(needs: Sequence[Need]) -> dict[str, int]:
    masks: dict[str, int] = {}
    for need in needs:
        masks[need.name] = masks.get(need.name, 0) | need.mask
    return masks


def collect(
    mapping: Mapping[str, Candidate], roots: Demand, demands: Demands, directories: Mapping[str, RootEdges]
) -> Found:
    """Walk from the plugins through what they need, and keep exactly that.

    The search may have pinned a package for more targets or extras than are needed in the end (a requirement it later
    withdrew); the walk grows each package's targets and extras from nothing until no requirement adds any.
    """
    reached: dict[str, Candidate] = {}
    pending = list(roots.needs)
    while pending:
        need = pending.pop()
        before = reached.get(need.name)
        after = _grow(mapping[need.name], before, need)
        if before is None or (after.mask, after.extras) != (before.mask, before.extras):
            reached[need.name] = after
            pending.extend(demands.of(after).needs)
    packages = tuple(_package(reached[name], demands.of(reached[name])) for name in sorted(reached))
    return Found(packages=packages, roots=roots.needs, root_edges=roots.edges, directories=directories)


def _grow(pinned: Candidate, before: Candidate | None, need: Need) -> Candidate:
    mask = need.mask | (before.mask if before else 0)
    extras = dict(before.extras) if before else {}
    for extra, asked in need.extras.items():
        extras[extra] = extras.get(extra, 0) | asked
    return Candidate(
        name=pinned.name,
        version=pinned.version,
        version_text=pinned.version_text,
        mask=mask,
        extras=extras,
        page=pinned.page,
        files={bit: file for bit, file in pinned.files.items() if mask >> bit & 1},
    )


def _package(candidate: Candidate, demand: Demand) -> ResolvedPackage:
    return ResolvedPackage(
        name=candidate.name,
        version=candidate.version,
        version_text=candidate.version_text,
        mask=candidate.mask,
        page=candidate.page,
        files=candidate.files,
        dependencies=_masks(demand.needs),
        provided={edge.name: edge.mask for edge in demand.edges},
        needs=demand.needs,
    )


def merge(parts: Sequence[Found]) -> Found:
    """Join the results of searches over disjoint targets: equal versions become one package again."""
    merged: dict[tuple[str, Version], ResolvedPackage] = {}
    directories: dict[str, RootEdges] = {}
    for part in parts:
        for package in part.packages:
            key = (package.name, package.version)
            merged[key] = _join(merged[key], package) if key in merged else package
        for plugin, edges in part.directories.items():
            directories[plugin] = _join_edges(directories[plugin], edges) if plugin in directories else edges
    return Found(
        packages=tuple(merged[key] for key in sorted(merged)),
        roots=tuple(need for part in parts for need in part.roots),
        root_edges=tuple(edge for part in parts for edge in part.root_edges),
        directories=directories,
    )


def _join_edges(one: RootEdges, other: RootEdges) -> RootEdges:
    return RootEdges(
        dependencies=_join_masks(one.dependencies, other.dependencies),
        provided=_join_masks(one.provided, other.provided),
    )


def _join(one: ResolvedPackage, other: ResolvedPackage) -> ResolvedPackage:
    return ResolvedPackage(
        name=one.name,
        version=one.version,
        version_text=one.version_text,
        mask=one.mask | other.mask,
        page=one.page,
        files={**one.files, **other.files},
        dependencies=_join_masks(one.dependencies, other.dependencies),
        provided=_join_masks(one.provided, other.provided),
        needs=(*one.needs, *other.needs),
    )


def _join_masks(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) | other.get(name, 0) for name in sorted({*one, *other})}
