"""Strict, typed access to the tables of a TOML document; every wrong key or type becomes a problem (rule 7)."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, TypeVar

from lock.findings import NEWER, RESTORE, Findings
from lock.grammar import quoted
from lock.toml_lines import key_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lock.toml_lines import KeyPath

_T = TypeVar("_T", str, bool, int, list[Any], dict[str, Any])
_TYPES: dict[type, str] = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a float",
    list: "an array",
    dict: "a table",
}


class Table:
    """A table at a place of the document.

    A value of the wrong type is noted as a problem and read as if it were empty, so that one pass finds every
    problem.  After all known keys were asked for, `finish` notes the others.  `code` replaces the codes of all
    problems of this table.
    """

    def __init__(
        self, content: Mapping[str, Any], path: KeyPath, findings: Findings, *, code: str | None = None
    ) -> None:
        self.path = path
        self._content = content
        self._findings = findings
        self._code = code
        self._known: list[str] = []

    def text(self, key: str, *, code: str | None = None) -> str:
        """Return a required string; `code` is that of its absence."""
        value = self._required(key, str, code)
        return value if value is not None else ""

    def optional_text(self, key: str) -> str | None:
        """Return a string, None where it is absent."""
        return self._optional(key, str)

    def integer(self, key: str) -> int:
        """Return a required integer."""
        value = self._required(key, int)
        return value if value is not None else 0

    def flag(self, key: str) -> bool:
        """Return a boolean, False where it is absent."""
        return self._optional(key, bool) or False

    def texts(self, key: str) -> tuple[str, ...]:
        """Return an array of strings, empty where it is absent."""
        return tuple(value for _, value in self._items(key, str))

    def table(self, key: str, *, code: str | None = None) -> Table:
        """Return a required table; of one that is absent only the absence is noted."""
        value = self._required(key, dict, code)
        findings = self._findings if value is not None else Findings(None, None)
        return Table(value or {}, (*self.path, key), findings, code=code or self._code)

    def optional_table(self, key: str) -> Table | None:
        """Return a table, None where it is absent."""
        value = self._optional(key, dict)
        return None if value is None else Table(value, (*self.path, key), self._findings)

    def tables(self, key: str) -> list[Table]:
        """Return an array of tables, empty where it is absent."""
        return [Table(value, path, self._findings) for path, value in self._items(key, dict)]

    def text_or_texts(self, key: str) -> str | dict[str, str]:
        """Return a required string, or a table of strings."""
        if not isinstance(self._content.get(key), dict):
            return self.text(key)
        table = self.table(key)
        return {name: table.text(name) for name in table.names()}

    def names(self) -> list[str]:
        """Return all keys, where any is allowed."""
        return list(self._content)

    def is_text(self, key: str) -> bool:
        """Tell whether a string stands there; where none does, whoever asked for one has noted that."""
        return isinstance(self._content.get(key), str)

    def has(self, key: str) -> bool:
        """Tell whether a known key is there."""
        self._known.append(key)
        return key in self._content

    def add(self, code: str, message: str, *keys: str, remedy: str = RESTORE) -> None:
        """Note a problem of this table, or of a key in it; nothing where the table itself is absent."""
        self._findings.add(code, message, (*self.path, *keys), remedy=remedy)

    def finish(self) -> None:
        """Note every key that was not asked for, with the nearest one that was."""
        for key in self._content:
            if key not in self._known:
                nearest = difflib.get_close_matches(key, self._known, n=1)
                hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
                message = f"{self._place} has the unknown key {quoted(key)}{hint}"
                self._findings.add(self._code or "rule-7-key", message, (*self.path, key), remedy=NEWER)

    @property
    def _place(self) -> str:
        return key_text(self.path) or "the file"

    def _required(self, key: str, kind: type[_T], code: str | None = None) -> _T | None:
        value = self._optional(key, kind)
        if value is None and key not in self._content:
            code = code or self._code or "rule-8-incomplete"
            self._findings.add(code, f"{self._place} has no {key!r}", self.path)
        return value

    def _optional(self, key: str, kind: type[_T]) -> _T | None:
        self._known.append(key)
        return self._typed(self._content[key], kind, (*self.path, key)) if key in self._content else None

    def _items(self, key: str, kind: type[_T]) -> Iterator[tuple[KeyPath, _T]]:
        for position, item in enumerate(self._optional(key, list) or ()):
            path = (*self.path, key, position)
            value = self._typed(item, kind, path)
            if value is not None:
                yield path, value

    def _typed(self, value: object, kind: type[_T], path: KeyPath) -> _T | None:
        if type(value) is kind:  # not isinstance: a boolean is an int in Python, but not in TOML
            return value
        found = _TYPES.get(type(value), "a date or time")
        self._findings.add(self._code or "rule-7-type", f"{key_text(path)} is {found}, not {_TYPES[kind]}", path)
        return None
