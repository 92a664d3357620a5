"""Where in a long list of versions those that a specifier can admit begin and end.

Some projects release daily, and each release of another asks for a slightly different range of them.  To try each
specifier on each version then costs minutes; two binary searches leave the few that matter.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from packaging.version import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from packaging.specifiers import Specifier, SpecifierSet

    from resolver.search.listing import ListedVersion


def bounds(versions: Sequence[ListedVersion], specifier: SpecifierSet) -> tuple[int, int]:
    """Return the indices between which all versions stand that a specifier admits; `versions` are newest first.

    Not every version between them is admitted.  Clauses whose end cannot be told from one comparison (`!=`, `===`, a
    prefix) do not narrow the range.
    """
    start, end = 0, len(versions)
    for clause in specifier:
        for limit, excluded in _limits(clause):
            found = _first(versions, excluded)
            start, end = (max(start, found), end) if limit == "upper" else (start, min(end, found))
    return start, end


def _limits(clause: Specifier) -> list[tuple[str, Callable[[Version], bool]]]:
    """Return tests that, from the newest version down, turn from false to true once: where the range begins or ends."""
    if clause.operator not in {"<", "<=", "==", "~=", ">=", ">"} or clause.version.endswith(".*"):
        return []
    version = _parsed(clause.version)
    limits: list[tuple[str, Callable[[Version], bool]]] = []
    if clause.operator == "<":
        limits.append(("upper", lambda other: other < version))
    elif clause.operator in {"<=", "=="}:
        # A local version (1.0+cuda) counts as its public one, and sorts above it.
        limits.append(("upper", lambda other: other <= version or _parsed(other.public) <= version))
    if clause.operator in {"==", "~=", ">=", ">"}:
        limits.append(("lower", lambda other: other < version))
    return limits


def _first(versions: Sequence[ListedVersion], holds: Callable[[Version], bool]) -> int:
    low, high = 0, len(versions)
    while low < high:
        middle = (low + high) // 2
        if holds(versions[middle].version):
            high = middle
        else:
            low = middle + 1
    return low


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Version:
    return Version(text)
