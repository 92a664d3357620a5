"""What is checked of a lock's bytes before TOML is read: encoding, size, line ends, merge markers, depth (rule 8)."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from typing import Any, NoReturn

from lock.errors import LockError, Problem
from lock.findings import RESTORE
from lock.toml_lines import syntax_problem

MAX_BYTES = 8 * 1024 * 1024
"""The largest lock that is read: some thirty times that of a hundred packages."""
MAX_NESTING = 16
"""How deep arrays and tables may stand in one another; the format needs four levels."""
MAX_KEY_PARTS = 16
"""The most dots outside of strings on one line; the format needs three."""

_MERGE_MARKER = re.compile(r"^(?:<{7}|\|{7}|={7}|>{7})(?:[ ].*)?$", re.MULTILINE)
# Strings and comments are passed over whole, so that only structure is counted.
_STRUCTURE = re.compile(
    r'''[\[\]{}.\n]|"""(?:\\.|[^\\])*?"{3,5}|"(?:\\.|[^"\\\n])*"'''
    r"""|'{3}.*?'{3,5}|'[^'\n]*'|#[^\n]*""",
    re.DOTALL,
)
_MERGE_REMEDY = "merge plugins.toml, take either side's plugins.lock whole, then run `plugin-lock lock`"
_CRLF_REMEDY = (
    "add `plugins.lock text eol=lf` to .gitattributes and check the file out again, or run `plugin-lock lock`"
)


def decoded(data: str | bytes, path: str) -> str:
    """Return the text of a lock file.

    Raises `LockError` where it is empty, too large, not UTF-8, holds a byte-order mark, NUL, carriage returns or
    merge markers, or does not end with a line end.
    """
    if len(data) > MAX_BYTES:
        _refuse(path, f"the file is larger than {MAX_BYTES} bytes, the most that is read")
    text = data if isinstance(data, str) else _utf8(data, path)
    if not text.strip():
        _refuse(path, "the file is empty", line=1)
    if text.startswith("\ufeff"):
        _refuse(path, "the file starts with a byte-order mark", line=1, remedy=f"save it as plain UTF-8, or {RESTORE}")
    if marker := _MERGE_MARKER.search(text):
        line = _line_at(text, marker.start())
        _refuse(path, f"a merge left its marker {marker[0][:7]!r} here", line=line, remedy=_MERGE_REMEDY)
    if "\0" in text:
        _refuse(path, "there is a NUL character in the file", line=_line_at(text, text.index("\0")))
    if "\r" in text:
        line = _line_at(text, text.index("\r"))
        _refuse(path, "lines end in a carriage return (CRLF)", line=line, remedy=_CRLF_REMEDY)
    if not text.endswith("\n"):
        _refuse(path, "the file is cut off: its last line has no end", line=_line_at(text, len(text)))
    return text


def document(text: str, path: str) -> dict[str, Any]:
    """Return the TOML of a lock's text; raises `LockError` with the line."""
    _check_depth(text, path)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = syntax_problem(error, path, text=text, remedy=RESTORE)
        raise LockError(replace(problem, code="rule-8-syntax")) from None
    except RecursionError:
        _refuse(path, "arrays and tables are nested too deep")
    except ValueError:
        # Python's own limit on the digits of an integer; tomllib lets it through.
        raise LockError(_problem(path, "a number in the file is too long")) from None


def _check_depth(text: str, path: str) -> None:
    """Refuse what would exhaust tomllib's stack (nesting) or its time (long dotted keys)."""
    depth = dots = 0
    for match in _STRUCTURE.finditer(text):
        character = match[0][0]
        if character == "\n":
            dots = 0
        elif character in "[{":
            depth += 1
        elif character in "]}":
            depth -= 1
        elif character == ".":
            dots += 1
        if depth > MAX_NESTING:
            line = _line_at(text, match.start())
            _refuse(path, f"arrays and tables are nested more than {MAX_NESTING} deep", line=line)
        if dots > MAX_KEY_PARTS:
            line = _line_at(text, match.start())
            _refuse(path, f"there is a key of more than {MAX_KEY_PARTS} parts", line=line)


def _utf8(data: bytes, path: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        _refuse(path, f"the file is not UTF-8 (byte {data[error.start]:#04x})", line=line)


def _line_at(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _refuse(path: str, message: str, *, line: int | None = None, remedy: str = RESTORE) -> NoReturn:
    raise LockError(_problem(path, message, line=line, remedy=remedy))


def _problem(path: str, message: str, *, line: int | None = None, remedy: str = RESTORE) -> Problem:
    return Problem(code="rule-8-text", message=message, path=path, line=line, remedy=remedy)
