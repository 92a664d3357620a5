"""Packages that come from another index than before, although the one before is still asked.

An index may answer 404 to whoever has no leave to see a project, and a name that is free elsewhere can be taken there:
the step to the next index is by the rules, and a reviewer must see it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.operations.reports import PolicyEvent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from lock.model import Lock
    from resolver.search.resolution import Found

    Origins = set[tuple[str, str]]


def indexes_of(lock: Lock) -> Origins:
    """Return every name in a lock with the address of the index that it comes from."""
    return {(p.name, p.index) for p in (*lock.packages, *lock.build_packages) if p.index is not None}


def planned_indexes(found: Found) -> Origins:
    """Return the same of a resolution of which nothing was fetched yet."""
    return {(package.name, package.page.index.url) for package in found.packages if not package.page.direct}


def index_events(old: Lock | None, now: Origins, in_force: Collection[str]) -> Iterator[PolicyEvent]:
    """Tell what comes from another index; `in_force` are the addresses of all that are asked.

    That an index was taken out of plugins.toml, or is found elsewhere, is seen there.
    """
    before: dict[str, set[str]] = {}
    for name, index in indexes_of(old) if old is not None else ():
        before.setdefault(name, set()).add(index)
    for name, index in sorted(now):
        left = sorted(before.get(name, set()) & set(in_force))
        if left and index not in before[name]:
            message = (
                f"{name} now comes from {index}; before it was from {' and '.join(left)}, which is still asked as well"
            )
            message += ": see whether it is the same project"
            yield PolicyEvent(code="index-changed", name=name, message=message, about="index")
