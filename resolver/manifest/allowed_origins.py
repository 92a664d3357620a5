"""`[policy.allow-origins]`: from where direct references in the metadata of dependencies are followed, with reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock import urls
from resolver.manifest import words
from resolver.manifest.shown import Refused

if TYPE_CHECKING:
    from resolver.manifest.document import Table

KEY = "allow-origins"

_EXAMPLE = 'write "https://git.example" or "https://git.example/team", and why as its value'


def read(policy: Table) -> dict[str, str]:
    """Return each origin, or beginning of an address, with the reason given, sorted; what is wrong is reported."""
    found: dict[str, str] = {}
    for written, value in (policy.mapping(KEY) or {}).items():
        key = (*policy.key, KEY, written)
        why = policy.document.parse(key, value, words.reason, remedy='give the reason as text: "https://…" = "…"')
        try:
            place = _place(written)
        except Refused as refused:
            policy.document.refuse(key, refused)
            continue
        if place in found:
            policy.document.report(key, "the same place stands here twice", code="duplicate", remedy="keep one of them")
        found[place] = why or ""
    return dict(sorted(found.items()))


def _place(text: str) -> str:
    """Return where files or repositories may come from: an origin, or one with the beginning of a path.

    Raises `Refused` for what is no such address, or may hold a secret.
    """
    place = text.rstrip("/")
    wrong = urls.place_fault(place)
    if wrong is not None:
        raise Refused(f"the place {wrong}", _EXAMPLE)
    if "?" in place:
        raise Refused("the place holds a query", _EXAMPLE)
    return place
