"""A question to an index and its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resolver.index.model import Index


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask of whom.  `what` is for messages: `the page of rich`; `limit` is in bytes, after inflating.

    `statuses` are answers, besides 200, that the asker understands.  `partial`: a part was asked for, so the body
    of a plain 200 is of no use.  With `body` the question is posted, and redirects are not followed.
    """

    index: Index
    url: str
    what: str
    limit: int
    headers: Mapping[str, str] = {}
    statuses: frozenset[int] = frozenset()
    partial: bool = False
    body: bytes | None = None


class Answer(msgspec.Struct, frozen=True):
    """An answer: header names are in lower case, `url` is where it came from after redirects."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes
