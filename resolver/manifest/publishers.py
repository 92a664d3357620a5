"""`[policy.publishers]`: who alone may publish a package, as its index names publishers (PEP 740), with reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.grammar import IDENTITY_KEY
from lock.identities import KIND, identity_key, ordered
from lock.options import Publisher
from resolver.manifest import words
from resolver.manifest.shown import Refused, shown

if TYPE_CHECKING:
    from resolver.manifest.document import Document, KeyPath, Table

KEY = "publishers"

_EXAMPLE = 'write name = { kind = "GitHub", repository = "owner/name", reason = "…" }, or a list of such tables'
_REASON = "reason"


def read(policy: Table) -> dict[str, tuple[Publisher, ...]]:
    """Return the publishers of each normalized name, all sorted; what is wrong is reported."""
    document = policy.document
    found: dict[str, tuple[Publisher, ...]] = {}
    for written, value in (policy.mapping(KEY) or {}).items():
        key = (*policy.key, KEY, written)
        publishers = _publishers(document, key, value)
        try:
            name = words.distribution_name(written)
        except Refused as refused:
            document.refuse(key, refused)
            continue
        if name in found:
            remedy = "make one list of them; names are compared in lower case, with '-', '_' and '.' being equal"
            document.report(key, "the same name stands here twice", code="duplicate", remedy=remedy)
        found[name] = publishers
    return dict(sorted(found.items()))


def _publishers(document: Document, key: KeyPath, value: object) -> tuple[Publisher, ...]:
    items = value if isinstance(value, list) else [value]
    if not items:
        document.report(key, "nobody is named here", code="missing-key", remedy=_EXAMPLE)
    found: dict[str, Publisher] = {}
    for place, item in enumerate(items):
        here = (*key, place) if isinstance(value, list) else key
        publisher = _publisher(document, here, item)
        if publisher is None:
            continue
        same = found.setdefault(identity_key(publisher.identity), publisher)
        if same is not publisher:
            document.report(here, "the same publisher stands here twice", code="duplicate", remedy="keep one of them")
    return tuple(found[name] for name in sorted(found))


def _publisher(document: Document, key: KeyPath, value: object) -> Publisher | None:
    values = document.expect(key, value, dict, remedy=_EXAMPLE)
    if values is None:
        return None
    missing = [name for name in (KIND, _REASON) if name not in values]
    for name in missing:
        remedy = _EXAMPLE if name == KIND else 'say why, for the next reviewer: reason = "…"'
        document.report(key, f"there is no {name!r}", code="missing-key", remedy=remedy)
    identity: dict[str, str] = {}
    for name, given in values.items():
        if name == _REASON:
            continue
        if not IDENTITY_KEY.fits(name):
            document.report(key, f"{shown(name)} is not {IDENTITY_KEY.says}", code="bad-value", remedy=_EXAMPLE)
            continue
        text = document.parse((*key, name), given, _value, remedy="write the text that the index gives")
        identity[name] = text or ""
    why = document.parse((*key, _REASON), values[_REASON], words.reason) if _REASON in values else None
    if missing or why is None or not all(identity.values()):
        return None
    return Publisher(identity=ordered(identity), reason=why)


def _value(text: str) -> str:
    if not text:
        raise Refused("the value is empty", "leave the key out: it may then have any value")
    return text
