"""What an audit asks about, what it is told, and what it reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from packaging.version import Version

    from resolver.advisories.records import Affected

Kind = Literal["build", "package", "provided"]
"""How something is locked: as a package, to build others with, or as what the host provides."""


class Release(msgspec.Struct, frozen=True, order=True):
    """A distribution at a version, both normalized.  `index` is the URL it comes from; None: from no index."""

    name: str
    version: str
    index: str | None


class Path(msgspec.Struct, frozen=True, kw_only=True):
    """Why something is locked: the names from a plugin to it, both included."""

    plugin: str
    names: tuple[str, ...]


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A release that is asked about, with where and why it is locked; one path a plugin, the shortest."""

    release: Release
    kinds: tuple[Kind, ...]
    systems: tuple[str, ...]
    paths: tuple[Path, ...]


class Advisory(msgspec.Struct, frozen=True, kw_only=True):
    """What one record says of one release.  `fixed` are versions above it, sorted.

    `affected` are the entries of an OSV record for the distribution; a source without ranges leaves them empty.
    `vectors` are CVSS vectors as given; `rating` is the database's own word.
    """

    id: str
    aliases: tuple[str, ...] = ()
    summary: str = ""
    rating: str | None = None
    vectors: tuple[str, ...] = ()
    fixed: tuple[Version, ...] = ()
    affected: tuple[Affected, ...] = ()


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What a source knows: advisories by release, and why it cannot tell for others.

    A release that is in neither has no known advisory.
    """

    advisories: Mapping[Release, tuple[Advisory, ...]]
    unknown: Mapping[Release, str]


class AdvisorySource(Protocol):
    """Where advisories come from; `text` says it in words."""

    text: str

    def ask(self, releases: Sequence[Release]) -> Answers:
        """Return what is known.  Raises `WorldError` where the source fails, `InputError` where it is damaged."""
        ...


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One vulnerability of one release; `id` is the best known of its names, `aliases` are the others, sorted.

    `fixed` are versions that no merged record describes, sorted.  `ignored` says why and until when it does not count.
    `reachable`: the version to which `update` of the names in `update` would go beside the host; None where it was
    not tried or leads to no fixed one.
    """

    subject: Subject
    id: str
    aliases: tuple[str, ...]
    summary: str
    rating: str | None
    vectors: tuple[str, ...]
    fixed: tuple[str, ...]
    ignored: Ignored | None = None
    update: tuple[str, ...] = ()
    reachable: str | None = None


class Ignored(msgspec.Struct, frozen=True, kw_only=True):
    """An agreement of `[policy.ignore-advisories]` in force: its reason, and the last day (UTC) on which it counts."""

    reason: str
    until: date


class Unknown(msgspec.Struct, frozen=True, kw_only=True):
    """A release of which the source cannot tell; `reason` completes the sentence "nothing can be told of it: …"."""

    subject: Subject
    reason: str


class AuditReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `audit` found.  `audited` counts releases; `tried` tells whether updates were tried.

    `warnings` are finished sentences.
    """

    path: str
    source: str
    audited: int
    tried: bool
    findings: tuple[Finding, ...]
    ignored: tuple[Finding, ...]
    unknown: tuple[Unknown, ...]
    warnings: tuple[str, ...]

    @property
    def status(self) -> Literal["findings", "unknown", "none"]:
        """Findings come before what cannot be told."""
        return "findings" if self.findings else "unknown" if self.unknown else "none"
