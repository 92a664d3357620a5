"""Reading a project page as JSON (PEP 691, with PEP 700, 708, 714, 740 and 792)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from resolver.index.page_digest import PROJECT_STATUSES, PageError, PageFacts, check_api_version, digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resolver.index.page_digest import Digest


class _Meta(msgspec.Struct, rename="kebab"):
    api_version: str
    tracks: list[str] = []


class _Status(msgspec.Struct):
    status: str = "active"


class _Page(msgspec.Struct, rename="kebab"):
    meta: _Meta
    files: list[msgspec.Raw]
    alternate_locations: list[str] = []
    project_status: _Status | None = None


class _Named(msgspec.Struct):
    filename: str


class _Names(msgspec.Struct):
    files: list[_Named]


_PAGE = msgspec.json.Decoder(_Page)
_NAMES = msgspec.json.Decoder(_Names)


def read(project: str, base: str, text: bytes) -> Digest:
    """Digest a JSON page; raises `PageError`.  `base` is the URL it was served from."""
    try:
        page = _PAGE.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PageError(f"its JSON cannot be understood: {error}") from None
    check_api_version(page.meta.api_version)
    status = page.project_status.status if page.project_status is not None else "active"
    if status not in PROJECT_STATUSES:
        raise PageError(f"its project status {status[:80]!r} is not one of PEP 792's", newer=True)
    facts = PageFacts(
        base=base,
        status=status,
        tracks=tuple(page.meta.tracks),
        alternate_locations=tuple(page.alternate_locations),
    )
    try:
        return digest(project, _entries(text, page.files), facts)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PageError(f"one of its files cannot be understood: {error}") from None


def _entries(text: bytes, files: list[msgspec.Raw]) -> Iterator[tuple[str, bytes]]:
    # The page is read twice: the names all at once cost less than one by one from what the first reading left raw.
    return zip([named.filename for named in _NAMES.decode(text).files], files, strict=True)
