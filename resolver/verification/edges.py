"""Whether the edges of the lock are those that metadata states: none missing, none added."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from packaging.requirements import Requirement

    from lock.model import Package, PluginTree
    from resolver.search.markers import ApplicableTargets

_EXTRA = re.compile(r"""\bextra\s*[=!<>~in ]+\s*["']([^"']+)["']""")


@dataclass(slots=True, kw_only=True)
class _Reading:
    """What requirements ask for: `needed` for sure (name to target mask and line), `possible` under any extra.

    `opened` are the targets on which an extra of the host's own packages may be asked for: what that adds becomes an
    edge of whoever asks, and stands in no metadata of the lock.
    """

    needed: list[tuple[str, int, str]] = field(default_factory=list)
    possible: dict[str, int] = field(default_factory=dict)
    opened: int = 0


def edge_differences(
    owner: Package | PluginTree,
    stated: Iterable[Requirement],
    applicable: ApplicableTargets,
    mask: int,
    *,
    asked: Mapping[str, int],
    known: Iterable[str],
    passed_over: Collection[str],
) -> Iterator[str]:
    """Compare the edges of a package or directory plugin with what its metadata requires on the targets in `mask`.

    `asked` are the extras that are surely asked for, with the targets; `known` all that there are.  Names in
    `passed_over` (the owner's own, and those that an override speaks of) are neither missed nor questioned.  Which
    other extras are asked for does not stand in the lock: what is required under one may have an edge, and need not.
    """
    reading = _read(owner, stated, applicable, mask, asked, set(known))
    for name, needed, line in reading.needed:
        for system in applicable.targets.systems(needed):
            if name not in passed_over and not _has_edge(owner, name, system):
                yield f"it requires {line} on {system}, and the lock has no edge to {name} there"
    for name in sorted({*owner.dependencies, *owner.provided} - set(passed_over)):
        unexplained = mask & ~reading.possible.get(name, 0) & ~reading.opened
        for system in applicable.targets.systems(unexplained):
            if _has_edge(owner, name, system):
                yield f"it does not require {name} on {system}, and the lock has an edge to it there"


def _read(
    owner: Package | PluginTree,
    stated: Iterable[Requirement],
    applicable: ApplicableTargets,
    mask: int,
    asked: Mapping[str, int],
    known: Collection[str],
) -> _Reading:
    reading = _Reading()
    for requirement in stated:
        name = canonicalize_name(requirement.name)
        needed = possible = applicable.marker(requirement.marker) & mask
        for extra in {*asked, *known, *_extras_in(requirement)}:
            active = applicable.marker(requirement.marker, extra) & mask
            possible |= active
            needed |= active & asked.get(extra, 0)
        reading.needed.append((name, needed, str(requirement)))
        reading.possible[name] = reading.possible.get(name, 0) | possible
        if requirement.extras and name in owner.provided:
            reading.opened |= possible
    return reading


def _has_edge(owner: Package | PluginTree, name: str, system: str) -> bool:
    is_edge = name in owner.dependencies or name in owner.provided
    return is_edge and system in owner.edge_systems.get(name, (system,))


def _extras_in(requirement: Requirement) -> Iterator[str]:
    """Yield the extras that a marker speaks of: not every METADATA lists them under Provides-Extra."""
    for found in _EXTRA.finditer(str(requirement.marker or "")):
        yield canonicalize_name(found.group(1))
