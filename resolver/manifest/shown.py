"""How foreign words appear in messages: quoted, shortened, and never with a secret in them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_SHOWN = 60
"""Characters of a value that a message repeats."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,15}://")


class Refused(ValueError):  # noqa: N818 - it is caught and becomes a Problem; it is never an error a user sees
    """A value that its grammar does not admit; the reader adds where it stands and reports it."""

    def __init__(self, message: str, remedy: str | None = None, *, code: str = "bad-value") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.code = code


def shown(value: str) -> str:
    """Quote a value for a message, in ASCII and without what may be a secret.

    Whatever looks like a URL is cut after its scheme: where the user name or password of a mistyped URL begins and
    ends is a guess, and a wrong guess would put it into a log.
    """
    if "://" in value or "@" in value:
        scheme = _SCHEME.match(value)
        return f'"{scheme.group()}…"' if scheme else '"…"'
    if len(value) > MAX_SHOWN:
        return f"{json.dumps(value[:MAX_SHOWN])[:-1]}…" + '"'
    return json.dumps(value)


def shown_key(part: str) -> str:
    """Write one key as TOML would, quoted only where it must be."""
    return part if len(part) <= MAX_SHOWN and _BARE_KEY.fullmatch(part) else shown(part)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word a person most likely meant, None where nothing is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - needed only once something is wrong

    spelled = word[:MAX_SHOWN].lower().replace("_", "-")
    matches = get_close_matches(spelled, sorted(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def did_you_mean(word: str, known: Iterable[str], what: str) -> str:
    """Return the remedy for an unknown word: the nearest known one, or else all of them.

    `what` names them in the plural (`keys`).
    """
    known = tuple(known)
    near = nearest(word, known)
    if near is not None:
        return f"did you mean {shown(near)}?"
    # The known ones may come out of the file, wrong ones included.
    return f"the known {what} are {', '.join(map(shown_key, sorted(known)))}" if known else f"there are no {what}"
