"""One vulnerability has several names: records that name each other are one finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.advisories.model import Finding
from resolver.advisories.ranges import is_affected

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from packaging.version import Version

    from resolver.advisories.model import Advisory, Subject

_PREFERRED = ("PYSEC-", "GHSA-", "MAL-", "CVE-")
"""Whose name a finding goes by: the ecosystem's own database first."""


def merged(subject: Subject, advisories: Iterable[Advisory]) -> tuple[Finding, ...]:
    """Return the findings that advisories about one release amount to, sorted by id."""
    return tuple(
        sorted((_finding(subject, group) for group in _groups(advisories)), key=lambda finding: _rank(finding.id))
    )


def _groups(advisories: Iterable[Advisory]) -> list[list[Advisory]]:
    """Put together what shares a name, directly or through a third."""
    groups: list[tuple[set[str], list[Advisory]]] = []
    for advisory in sorted(advisories, key=lambda advisory: _rank(advisory.id)):
        names, members = {advisory.id, *advisory.aliases}, [advisory]
        apart = []
        for group in groups:
            if names & group[0]:
                names |= group[0]
                members = group[1] + members
            else:
                apart.append(group)
        groups = [*apart, (names, members)]
    return [sorted(members, key=lambda advisory: _rank(advisory.id)) for _, members in groups]


def _finding(subject: Subject, group: Sequence[Advisory]) -> Finding:
    names = {name for advisory in group for name in (advisory.id, *advisory.aliases)}
    best = group[0].id
    return Finding(
        subject=subject,
        id=best,
        aliases=tuple(sorted(names - {best}, key=_rank)),
        summary=next((advisory.summary for advisory in group if advisory.summary), ""),
        rating=next((advisory.rating for advisory in group if advisory.rating), None),
        vectors=next((advisory.vectors for advisory in group if advisory.vectors), ()),
        fixed=tuple(str(version) for version in _fixed(group)),
    )


def _fixed(group: Sequence[Advisory]) -> list[Version]:
    """Return the versions that some record calls fixed and no record of the group describes as affected."""
    said = sorted({version for advisory in group for version in advisory.fixed})
    return [version for version in said if not any(is_affected(version, advisory.affected) for advisory in group)]


def _rank(name: str) -> tuple[int, str]:
    place = next((place for place, prefix in enumerate(_PREFERRED) if name.startswith(prefix)), len(_PREFERRED))
    return place, name
