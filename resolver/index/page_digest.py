"""A project page, digested: versions are known at once, the files of a version are decoded when asked for.

A digest keeps the index's JSON entries as they came, sorted together by version in one run of bytes (`body`), so
that pages of many thousand files cost little to read, to keep and to load again.
"""

from __future__ import annotations

import mmap
import re
from typing import TYPE_CHECKING

import msgspec

from resolver.index.page_grouping import files_by_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from resolver.index.page_grouping import Buffer

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


class Digest(msgspec.Struct, frozen=True, eq=False):
    """A header and the entries it tells of: as they came, version by version, or in a mapped file.

    What came stays where it was received until it is asked for: to put it together takes as much memory once more.
    In the file the first part begins at `offset`.
    """

    header: DigestHeader
    body: Sequence[Sequence[Buffer]] | mmap.mmap
    offset: int = 0

    def text(self, place: int) -> bytes:
        """Return the entries of the version that stands at this place of the header."""
        _, start, length = self.header.versions[place]
        if isinstance(self.body, mmap.mmap):
            start += self.offset
            return self.body[start : start + length]
        return b",".join(self.body[place])

    @property
    def parts(self) -> Iterator[bytes]:
        """The entries of all versions, in the order of the header."""
        return map(self.text, range(len(self.header.versions)))

    @property
    def length(self) -> int:
        """How long all parts are together, in bytes."""
        return sum(length for _, _, length in self.header.versions)


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
    groups = files_by_version(project, entries, skipped) if facts.status != "quarantined" else []
    versions: list[tuple[str, int, int]] = []
    offset = 0
    for version, files in groups:
        length = sum(map(len, files)) + len(files) - 1
        versions.append((version, offset, length))
        offset += length
    header = DigestHeader(
        base=facts.base,
        versions=tuple(versions),
        skipped=tuple(sorted(skipped)),
        status=facts.status,
        tracks=facts.tracks,
        alternate_locations=facts.alternate_locations,
    )
    return Digest(header, [files for _, files in groups])
