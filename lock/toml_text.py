"""TOML text of the few shapes plugins.lock is made of; no dates, floats or multi-line strings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}

Scalar = str | int | bool
"""What may stand on the right of a `=` besides tables and arrays."""


def string(value: str) -> str:
    """Write a basic string; what a reviewer could not see is escaped."""
    return '"' + "".join(_escaped(character) for character in value) + '"'


def _escaped(character: str) -> str:
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def key(name: str) -> str:
    """Write a key, bare where it can be."""
    return name if _BARE_KEY.fullmatch(name) else string(name)


def scalar(value: Scalar) -> str:
    """Write a string, integer or boolean."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return string(value) if isinstance(value, str) else str(value)


def inline_table(values: Mapping[str, str]) -> str:
    """Write `{ key = value, … }` from keys and written values."""
    return "{ " + ", ".join(f"{key(name)} = {value}" for name, value in values.items()) + " }"


def inline_strings(values: Iterable[str]) -> str:
    """Write `["…", "…"]`."""
    return "[" + ", ".join(map(string, values)) + "]"


class Document:
    """Lines of TOML, appended to.  What is absent (None, or an empty array) leaves no key."""

    def __init__(self, comment: str) -> None:
        self._lines = [f"# {comment}"]

    def text(self) -> str:
        """Return everything written so far."""
        return "\n".join(self._lines) + "\n"

    def header(self, *names: str, array: bool = False) -> None:
        """Start a table, or the next table of an array."""
        dotted = ".".join(key(name) for name in names)
        self._lines += ["", f"[[{dotted}]]" if array else f"[{dotted}]"]

    def put(self, name: str, value: Scalar | None) -> None:
        """Write one key."""
        if value is not None:
            self._lines.append(f"{key(name)} = {scalar(value)}")

    def put_written(self, name: str, value: str) -> None:
        """Write one key whose value is TOML already."""
        self._lines.append(f"{key(name)} = {value}")

    def put_strings(self, name: str, values: Iterable[str]) -> None:
        """Write an array of strings, one a line."""
        self.put_lines(name, map(string, values))

    def put_lines(self, name: str, values: Iterable[str]) -> None:
        """Write an array of values that are TOML already, one a line."""
        lines = [f"  {value}," for value in values]
        if lines:
            self._lines += [f"{key(name)} = [", *lines, "]"]
