"""A project page, digested: versions are known at once, the files of a version are decoded when asked for.

A digest keeps the index's JSON entries as they came, sorted together by version in one run of bytes (`body`), so
that pages of many thousand files cost little to read, to keep and to load again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

import msgspec

from resolver.index import file_names, parsed

if TYPE_CHECKING:
    import mmap
    from collections.abc import Iterable

    from msgspec import Raw
    from packaging.version import Version

    Buffer = bytes | Raw

PROJECT_STATUSES = frozenset({"active", "archived", "quarantined", "deprecated"})
_API_VERSION = re.compile(r"([0-9]+)\.([0-9]+)", re.ASCII)
_SHOWN_VALUE = 80


class PageError(ValueError):
    """A page that cannot be understood; the text says why.  `newer` where a newer program may understand it."""

    def __init__(self, reason: str, *, newer: bool = False) -> None:
        self.newer = newer
        super().__init__(reason)


class DigestHeader(msgspec.Struct, frozen=True, array_like=True):
    """What is known of a page without its files.

    `versions` holds version, offset and length of its JSON entries in the body, newest first; `base` is the URL
    that relative addresses refer to; `tracks` and `alternate_locations` are PEP 708's.
    """

    base: str
    versions: tuple[tuple[str, int, int], ...]
    skipped: tuple[tuple[str, str], ...] = ()
    status: str = "active"
    tracks: tuple[str, ...] = ()
    alternate_locations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Digest:
    """A header and the bytes it points into, in memory or in a mapped file that starts `offset` bytes earlier."""

    header: DigestHeader
    body: bytes | mmap.mmap
    offset: int = 0

    def text(self, start: int, length: int) -> bytes:
        """Return a part of the body."""
        start += self.offset
        return self.body[start : start + length]


class PageFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a page says besides its files."""

    base: str
    status: str = "active"
    tracks: tuple[str, ...] = ()
    alternate_locations: tuple[str, ...] = ()


def check_api_version(text: str) -> None:
    """Refuse a repository version of another major number (PEP 629); a newer minor one is fine."""
    match = _API_VERSION.fullmatch(text)
    if match is None:
        raise PageError(f"its API version {text[:_SHOWN_VALUE]!r} is not of the form 1.0")
    if match[1] != "1":
        raise PageError(
            f"it speaks version {text[:_SHOWN_VALUE]} of the Simple API, and only 1.x is known here", newer=True
        )


def digest(project: str, entries: Iterable[tuple[str, Buffer]], facts: PageFacts) -> Digest:
    """Sort the entries (file name, JSON text) of a page by version.

    A quarantined project (PEP 792) has no versions.  A file that cannot be a distribution of the project is
    skipped, with the reason where its name is at fault.
    """
    skipped: list[tuple[str, str]] = []
    groups = _by_version(project, entries, skipped) if facts.status != "quarantined" else []
    versions: list[tuple[str, int, int]] = []
    texts: list[bytes] = []
    offset = 0
    for version, files in groups:
        text = b",".join(files)
        versions.append((version, offset, len(text)))
        texts.append(text)
        offset += len(text)
    header = DigestHeader(
        base=facts.base,
        versions=tuple(versions),
        skipped=tuple(sorted(skipped)),
        status=facts.status,
        tracks=facts.tracks,
        alternate_locations=facts.alternate_locations,
    )
    return Digest(header, b"".join(texts))


def _by_version(
    project: str, entries: Iterable[tuple[str, Buffer]], skipped: list[tuple[str, str]]
) -> list[tuple[str, list[Buffer]]]:
    """Give each version, newest first, with its entries.

    Spellings of one version (1.0 and 1.0.0) are one; that of the wheels stands for it, where there are wheels.
    """
    # A page may name a hundred thousand files, nearly all of them wheels with the same few beginnings and the same
    # few hundred tags, one beginning after the other: each is looked at once.
    beginnings: dict[str, list[Buffer]] = {}
    spellings: dict[file_names.NamedVersion, list[Buffer]] = {}
    tags: set[str] = set()
    beginning, length = "-", 1
    files: list[Buffer] = []
    for filename, entry in entries:
        if filename.startswith(beginning) and filename[length:] in tags:
            files.append(entry)
            continue
        match = file_names.WHEEL.fullmatch(filename)
        known = beginnings.get(match[1]) if match is not None else None
        if known is None:
            try:
                named = file_names.version_in(filename, project)
            except file_names.UnusableNameError as error:
                skipped.append((filename, str(error)))
                continue
            if named is None:
                continue
            known = spellings.setdefault(named, [])
        known.append(entry)
        if match is not None:
            # The beginning holds one dash, so whatever tags are well-formed after one are so after each.
            files = beginnings[match[1]] = known
            beginning, length = match[1] + "-", match.end(1) + 1
            tags.add(filename[length:])
    return _newest_first(spellings)


def _newest_first(spellings: dict[file_names.NamedVersion, list[Buffer]]) -> list[tuple[str, list[Buffer]]]:
    groups: dict[Version, list[file_names.NamedVersion]] = {}
    # By their text first: versions are costly to hash, and wheels and archives mostly spell them alike.
    by_text: dict[str, list[file_names.NamedVersion]] = {}
    for named in spellings:
        group = by_text.get(named.version)
        if group is None:
            version = parsed.version(named.version)
            if version is None:
                continue
            group = by_text[named.version] = groups.setdefault(version, [])
        group.append(named)
    return [
        (min(group, key=_wheels_first).version, [entry for named in group for entry in spellings[named]])
        for _, group in sorted(groups.items(), key=itemgetter(0), reverse=True)
    ]


def _wheels_first(named: file_names.NamedVersion) -> tuple[bool, str]:
    return named.kind != "wheel", named.version
