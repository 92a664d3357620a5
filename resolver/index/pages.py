"""Fetching project pages: what is offered, what comes back, how long it stays fresh."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from resolver.index.cache import PageHead
from resolver.index.failures import index_failure
from resolver.index.model import ProjectPage
from resolver.index.page_digest import Digest, PageError
from resolver.index.page_files import FilesByVersion
from resolver.index.questions import Question

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lock.errors import WorldError
    from resolver.index.cache import CachedPage
    from resolver.index.model import Index
    from resolver.index.questions import Answer

PAGE_LIMIT = 256 << 20
"""The largest project page that is read, in bytes after inflating."""

FRESH_SECONDS = 600.0
"""How long a page counts as fresh where the index does not say."""

_ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?([0-9]{1,9})", re.IGNORECASE | re.ASCII)
# Without a scheme in front, for addresses may be relative; the words are those of `lock.urls`.
_TOKEN = re.compile(
    rb"[?&][^\s\"'<>?&=]{0,40}(?:token|key|secret|sig|pass|auth|cred|jwt|session|x-amz-|x-goog-)[^\s\"'<>?&=]{0,40}=",
    re.IGNORECASE,
)
_JSON_TYPES = frozenset({"application/vnd.pypi.simple.v1+json", "application/vnd.pypi.simple.latest+json"})
_HTML_TYPES = frozenset({"text/html", "application/vnd.pypi.simple.v1+html", "application/vnd.pypi.simple.latest+html"})


def question(index: Index, name: str, known: CachedPage | None) -> Question:
    """Ask for a project's page, or whether the known one still holds (RFC 9110, conditional requests)."""
    headers = {"Accept": _ACCEPT, "Accept-Encoding": "gzip"}
    # That a project was missing is never asked about by ETag: only a page can be "not modified".
    head = known.head if known is not None and known.digest is not None else None
    if head is not None and head.etag:
        headers["If-None-Match"] = head.etag
    if head is not None and head.last_modified:
        headers["If-Modified-Since"] = head.last_modified
    return Question(
        index=index,
        url=f"{index.url}{name}/",
        what=f"the page of {name}",
        limit=PAGE_LIMIT,
        headers=headers,
        statuses=frozenset({304, 404}) if head is not None else frozenset({404}),
    )


def read(index: Index, name: str, answer: Answer) -> Digest:
    """Digest the page that came; raises `WorldError`."""
    kind = _kind(answer)
    # Relative addresses do not depend on the query, and after a redirect it may hold a token.
    base = answer.url.partition("?")[0]
    try:
        # Imported when the first page of the kind comes: an index speaks one of them.
        if kind in _JSON_TYPES:
            from resolver.index import json_page  # noqa: PLC0415 - see above

            return json_page.read(name, base, answer.body)
        if kind in _HTML_TYPES:
            from resolver.index import html_page  # noqa: PLC0415 - see above

            return html_page.read(name, base, answer.body)
    except PageError as error:
        remedy = (
            "update plugin-lock" if error.newer else "see that the address is that of a Simple API (PEP 503, PEP 691)"
        )
        raise index_failure(
            "index-page", index, f"the page of {name} cannot be used: {error}", key=name, remedy=remedy
        ) from None
    raise index_failure(
        "index-page",
        index,
        f"the page of {name} is of type {kind[:80] or 'unknown'!r}, neither JSON nor HTML of the Simple API",
        key=name,
        remedy="see that the address is that of a Simple API (PEP 691) and that no login page stands before it",
    )


def _kind(answer: Answer) -> str:
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()


def head(answer: Answer, digest: Digest | None) -> PageHead | None:
    """Return what the cache should keep beside the page; None where it may keep nothing."""
    control = answer.headers.get("cache-control", "")
    if "no-store" in control.lower():
        return None
    if digest is not None and not digest.header.versions and _kind(answer) in _HTML_TYPES:
        # A login page, or that of an error sent as 200, cannot be told from the page of a project without files.
        return None
    return PageHead(
        etag=answer.headers.get("etag"),
        last_modified=answer.headers.get("last-modified"),
        lifetime=_lifetime(control, answer.headers),
        body_length=digest.length if digest is not None else 0,
        digest=digest.header if digest is not None else None,
    )


def has_tokens(text: bytes) -> bool:
    """Tell whether a page gives files addresses whose query may hold a token; such files cannot be locked either."""
    # Nearly no page has a question mark at all, and looking for one costs next to nothing.
    return b"?" in text and _TOKEN.search(text) is not None


def page(index: Index, name: str, digest: Digest) -> ProjectPage:
    """Make the page that resolution sees."""
    header = digest.header
    return ProjectPage(
        name=name,
        index=index,
        versions=FilesByVersion(name, index, digest),
        skipped=header.skipped,
        status=header.status,
        tracks=header.tracks,
        alternate_locations=header.alternate_locations,
    )


def not_in_cache(index: Index, what: str) -> WorldError:
    """Say that something would have to be asked for, and may not be."""
    return index_failure(
        "offline",
        index,
        f"{what} is not in the cache, and nothing may be asked for while offline",
        remedy="run once without --offline",
    )


def _lifetime(control: str, headers: Mapping[str, str]) -> float:
    if "no-cache" in control.lower():
        return 0.0
    match = _MAX_AGE.search(control)
    if match is None:
        return FRESH_SECONDS
    age = headers.get("age", "")
    return max(0.0, float(match[1]) - (float(age) if age.isascii() and age.isdigit() else 0.0))
