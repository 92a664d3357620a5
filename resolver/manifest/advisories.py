"""`[policy.ignore-advisories]`: vulnerabilities that a reviewer has looked at, each with a reason and a last day."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING

from resolver.manifest import words
from resolver.manifest.document import Table
from resolver.manifest.model import IgnoredAdvisory
from resolver.manifest.shown import Refused, shown

if TYPE_CHECKING:
    from resolver.manifest.document import KeyPath

KEY = "ignore-advisories"
KEYS = ("reason", "until")

_ID = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)+", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_EXAMPLE = 'write "GHSA-…" = { reason = "…", until = "2026-12-31" }'


def read(policy: Table) -> tuple[IgnoredAdvisory, ...]:
    """Return the entries that are right, sorted by id; what is wrong is reported."""
    found: dict[str, IgnoredAdvisory] = {}
    for written, value in (policy.mapping(KEY) or {}).items():
        key = (*policy.key, KEY, written)
        entry = _entry(policy, key, written, value)
        if entry is None:
            continue
        same = found.setdefault(entry.id.upper(), entry)
        if same is not entry:
            policy.document.report(
                key,
                f"the same advisory stands on line {same.place.line}",
                code="duplicate",
                remedy="keep one of them; upper and lower case are the same here",
            )
    return tuple(found[name] for name in sorted(found))


def _entry(policy: Table, key: KeyPath, written: str, value: object) -> IgnoredAdvisory | None:
    document = policy.document
    values = document.expect(key, value, dict, remedy=_EXAMPLE)
    if values is None:
        return None
    table = Table(document, key, values, KEYS)
    table.require("reason", 'say why it does no harm here, for the next reviewer: reason = "…"')
    table.require("until", 'say when to look at it again: until = "2026-12-31"')
    name = document.parse(key, written, _id)
    why = table.read("reason", words.reason)
    until = _until(table)
    if name is None or why is None or until is None:
        return None
    return IgnoredAdvisory(id=name, reason=why, until=until, place=document.place(key))


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise Refused(f"{shown(text)} is not the id of an advisory", "write it as `plugin-lock audit` shows it: GHSA-…")
    return text


def _until(table: Table) -> date | None:
    """Return the last day; a TOML date is a date too, a time is not."""
    value = table.values.get("until")
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    return table.read("until", _day, remedy='write the last day on which it is ignored, in UTC: until = "2026-12-31"')


def _day(text: str) -> date:
    if _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass  # the 31st of February
    raise Refused(f"{shown(text)} is not a day", 'write it as year, month and day: "2026-12-31"')
