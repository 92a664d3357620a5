"""Whether a version is affected: the evaluation algorithm of the OSV schema, with versions ordered by PEP 440.

Order is all that counts, as OSV has it: 1.0rc1 comes before 1.0 and is affected by what 1.0 fixes, although `<1.0`
would not admit it (PEP 440, exclusive ordered comparison).  A local version (2.1+cpu) counts as the public version it
was made from.  A bound that PEP 440 cannot read is taken in the direction of a finding: a needless look at an advisory
costs less than a missed one.
"""

from __future__ import annotations

from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from resolver.advisories.records import Affected, Event, Range

_ORDERED_TYPES = frozenset({"ECOSYSTEM", "SEMVER"})
"""GIT ranges hold commits; what they mean in versions stands in `versions`."""

_FIRST = "0"
"""OSV: sorts before any other version."""
_ALL = "*"
"""OSV: a limit that nothing reaches."""


@cache
def parsed(text: str) -> Version | None:
    """Return the version that a text spells (PEP 440), None where it spells none."""
    try:
        return Version(text)
    except InvalidVersion:
        return None


def is_affected(version: Version, affected: Iterable[Affected]) -> bool:
    """Tell whether a version is among those that some entries of `affected[]`, all of its package, describe."""
    return any(_listed(version, entry) or _in_ranges(version, entry) for entry in affected)


def fixes(version: Version, affected: Iterable[Affected]) -> tuple[Version, ...]:
    """Return the versions above this one that the entries call fixed and none of them describes, sorted."""
    entries = tuple(affected)
    found = {
        fixed
        for entry in entries
        for span in _ordered(entry)
        for event in span.events or ()
        if event.fixed is not None and (fixed := parsed(event.fixed)) is not None and fixed > version
    }
    return tuple(sorted(fixed for fixed in found if not is_affected(fixed, entries)))


def _listed(version: Version, entry: Affected) -> bool:
    return any(_same(version, parsed(text)) for text in entry.versions or ())


def _same(version: Version, listed: Version | None) -> bool:
    return listed is not None and _as_bound_sees(version, listed) == listed


def _in_ranges(version: Version, entry: Affected) -> bool:
    return any(_before_limits(version, span) and _is_open(version, span) for span in _ordered(entry))


def _ordered(entry: Affected) -> Iterator[Range]:
    return (span for span in entry.ranges or () if span.type in _ORDERED_TYPES)


def _before_limits(version: Version, span: Range) -> bool:
    limits = [event.limit for event in span.events or () if event.limit is not None]
    return not limits or any(_below(version, limit) for limit in limits)


def _below(version: Version, limit: str) -> bool:
    bound = None if limit == _ALL else parsed(limit)
    return bound is None or _as_bound_sees(version, bound) < bound


def _is_open(version: Version, span: Range) -> bool:
    """Walk the events up to a version; tell whether the last of them leaves it affected."""
    is_open = any(_opens_before_all(event) for event in span.events or ())
    for bound, events in groupby(sorted(_bounds(span), key=lambda pair: pair[0]), key=lambda pair: pair[0]):
        seen = _as_bound_sees(version, bound)
        if seen < bound:
            break
        kinds = {kind for _, kind in events}
        opens = "introduced" in kinds
        closes = "fixed" in kinds or ("last_affected" in kinds and seen > bound)
        # Both at one version: what was open ends and something begins, or something begins and ends at once.
        if opens != closes:
            is_open = opens
    return is_open


def _opens_before_all(event: Event) -> bool:
    return event.introduced is not None and (event.introduced == _FIRST or parsed(event.introduced) is None)


def _bounds(span: Range) -> Iterator[tuple[Version, str]]:
    """Give the bounds that can be read; `introduced` of a version that cannot is said by `_opens_before_all`."""
    for event in span.events or ():
        for kind, text in (
            ("introduced", event.introduced if event.introduced != _FIRST else None),
            ("fixed", event.fixed),
            ("last_affected", event.last_affected),
        ):
            bound = parsed(text) if text is not None else None
            if bound is not None:
                yield bound, kind


def _as_bound_sees(version: Version, bound: Version) -> Version:
    return version if bound.local is not None or version.local is None else Version(version.public)
