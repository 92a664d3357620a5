"""Where a key of a TOML text stands: `tomllib` gives values without positions, error messages want lines.

Only error paths come here.  The scanner follows TOML 1.0 closely enough for any text `tomllib` accepts, and
does not fail on one it refuses: it then knows fewer places.
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from typing import TYPE_CHECKING

from lock.errors import Problem
from lock.grammar import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

KeyPath = tuple[str | int, ...]
"""The way to a value: table keys as strings, positions in arrays (0-based) as integers."""

_TOKEN = re.compile(
    r'''
      (?P<string> """(?:\\.|[^\\])*?"{3,5} | \'\'\'.*?'{3,5} | "(?:\\.|[^"\\\n])*" | '[^'\n]*' )
    | (?P<newline> \n )
    | (?P<punctuation> [\[\]{},=.] )
    | (?P<word> [^\s\[\]{},=."'\#]+ )
    | \#[^\n]*
    | .
    ''',
    re.VERBOSE | re.DOTALL,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_POSITION = re.compile(r" \(at line (\d+), column \d+\)$")
_AT_END = " (at end of document)"
_DEEPEST = 32
"""Keys further down are not noted: nothing real is there, and a hostile text's paths would fill memory."""


def line_of(text: str, path: KeyPath) -> int:
    """Return the 1-based line on which the key or array item at `path` stands.

    Where it is absent this is the line of its nearest known ancestor (its table's header, say), or else 1.
    """
    lines = _lines(text)
    for length in range(len(path), 0, -1):
        line = lines.get(path[:length])
        if line is not None:
            return line
    return 1


def key_text(path: KeyPath) -> str:
    """Write a path as people do: `packages[3].wheels[0].url`; unusual keys are quoted as in messages."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + (part if _BARE_KEY.fullmatch(part) else quoted(part))
    return text


def syntax_problem(
    error: tomllib.TOMLDecodeError, path: str, *, text: str | None = None, remedy: str | None = None
) -> Problem:
    """Turn a syntax error of `tomllib` into a problem with its line.

    `path` names the file for the user.  An error at the end of the document has a line only where `text` is
    given.
    """
    message = str(error)
    line = None
    if position := _POSITION.search(message):
        line = int(position[1])
        message = message[: position.start()]
    elif message.endswith(_AT_END):
        message = message.removesuffix(_AT_END) + " at the end of the file"
        line = None if text is None else max(text.removesuffix("\n").count("\n") + 1, 1)
    return Problem(
        code="toml-syntax",
        message=f"this is not valid TOML: {message}",
        path=path,
        line=line,
        remedy=remedy or "correct the TOML on this line, or on the one before it",
    )


@lru_cache(maxsize=2)
def _lines(text: str) -> dict[KeyPath, int]:
    return _Scanner(text).scan()


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield (kind, text, line), comments and blanks left out."""
    line = 1
    for match in _TOKEN.finditer(text):
        if match.lastgroup:
            yield match.lastgroup, match[0], line
        line += match[0].count("\n")


def _key_part(kind: str, lexeme: str) -> str:
    if kind == "word":
        return lexeme
    try:
        return str(tomllib.loads(f"key = {lexeme}")["key"])
    except tomllib.TOMLDecodeError:
        return lexeme


class _Scanner:
    """One pass over the tokens; nesting is held in a list, so that no depth exhausts Python's stack."""

    def __init__(self, text: str) -> None:
        self.lines: dict[KeyPath, int] = {}
        self._tokens = _tokens(text)
        self._table: KeyPath = ()
        self._array_lengths: dict[KeyPath, int] = {}
        self._open: list[KeyPath] = []  # arrays and inline tables around the token: the path of each
        self._position: list[int | None] = []  # beside it: the place in the array, None in an inline table
        self._key: list[str] | None = []  # parts of the key being read, None while its value is read
        self._key_line = 1
        self._value_path: KeyPath = ()

    def scan(self) -> dict[KeyPath, int]:
        for kind, lexeme, line in self._tokens:
            if self._key is None:
                self._in_value(kind, lexeme, line)
            elif kind in {"word", "string"}:
                self._key_line = line
                self._key.append(_key_part(kind, lexeme))
            elif lexeme == "=" and self._key:
                self._value_path = self._record(self._key)
                self._key = None
            elif not self._open and lexeme == "[" and not self._key:
                self._header(line)
            elif self._open and lexeme == "}":
                self._close()
            elif lexeme != ".":
                self._key = []
        return self.lines

    def _in_value(self, kind: str, lexeme: str, line: int) -> None:
        in_array = bool(self._open) and self._position[-1] is not None
        if kind == "newline":
            if not self._open:
                self._key = []
        elif self._open and lexeme == ("]" if in_array else "}"):
            self._close()
        elif lexeme == ",":
            self._next()
        else:
            path = self._here(line)
            if lexeme in {"[", "{"} and kind == "punctuation":
                self._open.append(path)
                self._position.append(0 if lexeme == "[" else None)
                self._key = None if lexeme == "[" else []

    def _here(self, line: int) -> KeyPath:
        """Return the path of the value that starts with the current token, and note its line."""
        if self._open and (position := self._position[-1]) is not None:
            return self._below(self._open[-1], position, line)
        return self._value_path

    def _next(self) -> None:
        """Pass a comma: to the next place of an array, or the next key of an inline table."""
        if self._open:
            position = self._position[-1]
            if position is None:
                self._key = []
            else:
                self._position[-1] = position + 1

    def _close(self) -> None:
        """Leave an array or inline table; what encloses it is in the middle of a value."""
        self._open.pop()
        self._position.pop()
        self._key = None

    def _record(self, parts: list[str]) -> KeyPath:
        """Note the key that was read, and the tables it makes when it is dotted."""
        path = self._open[-1] if self._open else self._table
        for part in parts:
            path = self._below(path, part, self._key_line)
        return path

    def _below(self, path: KeyPath, part: str | int, line: int) -> KeyPath:
        if len(path) < _DEEPEST:
            path = (*path, part)
            self.lines.setdefault(path, line)
        return path

    def _header(self, line: int) -> None:
        """Read `[table]` or `[[array]]` from after its first bracket to the end of the line."""
        parts: list[str] = []
        opening = 1
        for kind, lexeme, _ in self._tokens:
            if kind == "newline":
                break
            if lexeme == "[":
                opening += 1
            elif kind in {"word", "string"}:
                parts.append(_key_part(kind, lexeme))
        self._table = self._enter(parts, is_array=opening > 1, line=line)

    def _enter(self, parts: list[str], *, is_array: bool, line: int) -> KeyPath:
        path: KeyPath = ()
        for depth, part in enumerate(parts, 1):
            path = self._below(path, part, line)
            if depth == len(parts):
                if is_array:
                    self._array_lengths[path] = self._array_lengths.get(path, 0) + 1
                else:
                    self.lines[path] = line  # `[a]` may follow `[a.b]`, which only implied it
            if path in self._array_lengths:
                path = self._below(path, self._array_lengths[path] - 1, line)
        return path
