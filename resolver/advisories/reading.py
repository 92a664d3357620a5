"""From OSV records to what they say of a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version

from resolver.advisories.model import Advisory
from resolver.advisories.ranges import fixes, is_affected

if TYPE_CHECKING:
    from resolver.advisories.model import Release
    from resolver.advisories.records import Affected, Record

LONGEST_SUMMARY = 240
"""Characters of a summary that are kept; where a record has none, of the first line of its details."""


def advisory(record: Record, release: Release, *, matched: bool = False) -> Advisory | None:
    """Return what a record says of a release, None where it does not concern it or was withdrawn.

    `matched`: whoever gave the record has compared name and version; its word then stands.
    """
    if record.withdrawn is not None:
        return None
    entries = tuple(entry for entry in record.affected or () if entry.name() == release.name)
    version = Version(release.version)
    if not (matched or is_affected(version, entries)):
        return None
    return Advisory(
        id=record.id,
        aliases=tuple(sorted(set(record.aliases or ()) - {record.id})),
        summary=summary(record.summary, record.details),
        rating=record.rating,
        vectors=_vectors(record, entries),
        fixed=fixes(version, entries),
        affected=entries,
    )


def summary(short: str | None, details: str | None) -> str:
    """Return one line of at most `LONGEST_SUMMARY` characters; foreign text, not yet escaped."""
    text = short or next((line for line in (details or "").splitlines() if line.strip(" #")), "")
    line = " ".join(text[: 4 * LONGEST_SUMMARY].split())
    return line if len(line) <= LONGEST_SUMMARY else f"{line[: LONGEST_SUMMARY - 1].rstrip()}…"


def _vectors(record: Record, entries: tuple[Affected, ...]) -> tuple[str, ...]:
    # The schema: a record has severities at its top, or else one a package.
    given = record.severity or tuple(severity for entry in entries for severity in entry.severity or ())
    return tuple(sorted({severity.score for severity in given}))
