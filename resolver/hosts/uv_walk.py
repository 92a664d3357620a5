"""Walks a uv.lock from the host's package as `uv sync` does: which packages, with which extras, for one target."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from lock.errors import InputError
from resolver.hosts.uv_lock import ConflictItem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from resolver.hosts.markers import MarkerTable
    from resolver.hosts.uv_lock import Edge, UvLock
    from resolver.targets import Target

_MOST_ROUNDS = 16
"""Choices of extras settle in two or three rounds; more than this means markers that contradict each other."""


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """Where a walk begins: packages (by index) with their extras and groups, and edges that belong to no package."""

    roots: tuple[int, ...]
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    edges: tuple[tuple[int, Edge], ...] = ()


@dataclass(slots=True)
class Reached:
    """What a walk found: indexes of packages, and for each extra of one the names (`name[extra]`) that it adds."""

    packages: set[int] = field(default_factory=set)
    extras: dict[int, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    activated: set[ConflictItem] = field(default_factory=set)


class Walk:
    """Follows the edges of one lock; holds nothing between targets but the caches of the marker table."""

    def __init__(self, lock: UvLock, markers: MarkerTable, start: Start) -> None:
        self._lock = lock
        self._markers = markers
        self._start = start
        self._chosen = frozenset(self._chosen_items()) if lock.document.conflicts else frozenset()

    def _chosen_items(self) -> Iterator[ConflictItem]:
        for root in self._start.roots:
            package = self._lock.packages[root]
            yield ConflictItem(package=package.name)
            yield from (ConflictItem(package=package.name, extra=extra) for extra in self._start.extras)
            for group in self._start.groups:
                if group in package.groups:
                    yield ConflictItem(package=package.name, group=group)

    def reach(self, target: Target) -> Reached:
        """Return what is installed on a target.

        In a lock with declared conflicts, markers ask which extras are active, and edges activate extras: the walk
        is repeated until both agree.  Raises `InputError` where two conflicting extras or groups are active, and
        where an edge leads nowhere.
        """
        if not self._lock.document.conflicts:
            return self._round(target, frozenset())
        active = self._chosen
        for _ in range(_MOST_ROUNDS):
            reached = self._round(target, active)
            found = self._chosen | reached.activated
            if found == active:
                self._refuse_conflicts(active)
                return reached
            active = found
        message = f"the markers of this lock contradict each other for {target.system}: no choice of extras settles"
        raise InputError(self._lock.problem(("conflicts",), message))

    def _round(self, target: Target, active: frozenset[ConflictItem]) -> Reached:
        round_ = _Round(self._lock, self._markers, target, active)
        for root in self._start.roots:
            package = self._lock.packages[root]
            round_.visit(root, [extra for extra in self._start.extras if extra in package.optional_dependencies])
            for group in self._start.groups:
                round_.follow(root, package.groups.get(group, []))
        for index, edge in self._start.edges:
            if round_.holds(edge):
                round_.visit(index, edge.extra)
        return round_.finish()

    def _refuse_conflicts(self, active: frozenset[ConflictItem]) -> None:
        for number, items in enumerate(self._lock.document.conflicts):
            together = [item for item in items if item in active]
            if len(together) > 1:
                names = " and ".join(str(item) for item in together)
                message = f"{names} are declared as conflicting, and [host] asks for both"
                remedy = "choose one of them in `extras` and `dependency-groups` of [host]"
                raise InputError(self._lock.problem(("conflicts", number), message, "host-conflict", remedy))


class _Round:
    """One pass over the graph for one target and one choice of active extras and groups."""

    def __init__(self, lock: UvLock, markers: MarkerTable, target: Target, active: frozenset[ConflictItem]) -> None:
        self._lock = lock
        self._markers = markers
        self._target = target
        self._active = frozenset(item.encoded for item in active)
        self._queue: deque[tuple[int, str | None]] = deque()
        self._seen: set[tuple[int, str | None]] = set()
        self._reached = Reached()

    def visit(self, index: int, extras: Sequence[str]) -> None:
        """Note a package and some of its extras, to be followed if that was not done yet."""
        self._reached.packages.add(index)
        for node in ((index, None), *((index, extra) for extra in extras)):
            if node not in self._seen:
                self._seen.add(node)
                self._queue.append(node)

    def holds(self, edge: Edge) -> bool:
        """Say whether an edge is taken; an edge to `pkg[extra]` makes that extra active for its own marker too."""
        active = self._active
        if active and edge.extra:
            active = active.union(item.encoded for item in _activated(edge))
        return self._markers.holds(edge.marker, self._target, active)

    def follow(self, index: int, edges: Sequence[Edge]) -> tuple[str, ...]:
        """Visit where the edges of a package lead; return their names (`name[extra]`)."""
        taken = []
        for edge in edges:
            if self.holds(edge):
                self._reached.activated.update(_activated(edge))
                taken.append(f"{edge.name}[{','.join(edge.extra)}]" if edge.extra else edge.name)
                self.visit(self._lock.target_of(edge, index), edge.extra)
        return tuple(taken)

    def finish(self) -> Reached:
        """Follow everything that was visited, and all that it leads to."""
        while self._queue:
            index, extra = self._queue.popleft()
            package = self._lock.packages[index]
            if extra is None:
                self.follow(index, package.dependencies)
            else:
                taken = self.follow(index, package.optional_dependencies.get(extra, []))
                self._reached.extras.setdefault(index, {})[extra] = taken
        return self._reached


def _activated(edge: Edge) -> list[ConflictItem]:
    return [ConflictItem(package=edge.name, extra=extra) for extra in edge.extra]
