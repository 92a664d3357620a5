"""Reads the TOML of a host's lock file and turns what is wrong with it into problems with a line."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

from lock.errors import InputError, Problem
from lock.toml_lines import KeyPath, key_text, line_of, syntax_problem

if TYPE_CHECKING:
    from resolver.hosts.files import HostText

_MERGE_MARKER = re.compile(r"^(?:<{7}|>{7})(?: |$)|^={7}$", re.MULTILINE)
_WRITE_AGAIN = "write the file again with the tool that made it"


def parse_toml(file: HostText, text: str | None = None) -> dict[str, Any]:
    """Parse a host file; `text` replaces its text where a reader has blanked what it does not look at.

    Raises `InputError` for an empty file, a merge left unfinished, or anything that is not TOML.
    """
    if not file.text.strip():
        raise InputError(Problem(code="host-empty", message="the file is empty", path=file.label, remedy=_WRITE_AGAIN))
    try:
        return tomllib.loads(file.text if text is None else text)
    except tomllib.TOMLDecodeError as error:
        merge = _MERGE_MARKER.search(file.text)
        if merge:
            raise InputError(_merge_problem(file, merge)) from error
        problem = syntax_problem(error, file.label, text=file.text, remedy=_WRITE_AGAIN)
        raise InputError(problem) from error
    except (RecursionError, ValueError) as error:
        # Thousands of brackets, or a number of thousands of digits.
        message = "the file holds a value that is nested too deeply or too long"
        raise InputError(Problem(code="host-content", message=message, path=file.label, remedy=_WRITE_AGAIN)) from error


def _merge_problem(file: HostText, merge: re.Match[str]) -> Problem:
    return Problem(
        code="host-merge-marker",
        message="the file holds both sides of an unfinished merge",
        path=file.label,
        line=file.text.count("\n", 0, merge.start()) + 1,
        remedy="take one side, then " + _WRITE_AGAIN,
    )


def problem_at(
    file: HostText, path: KeyPath, message: str, *, code: str = "host-content", remedy: str = _WRITE_AGAIN
) -> Problem:
    """Make a problem that names the key at `path` and the line it stands on."""
    return Problem(
        code=code,
        message=message,
        path=file.label,
        line=line_of(file.text, path),
        key=key_text(path) or None,
        remedy=remedy,
    )


def key_path(dotted: str) -> KeyPath:
    """Take apart `package[3].wheels[0].url`, as validation libraries write a place (a leading `$` is dropped)."""
    parts = re.findall(r"\[(\d+)\]|([^.\[\]$]+)", dotted)
    return tuple(int(index) if index else name for index, name in parts)


def table_lines(text: str, name: str) -> list[int]:
    """Return the line of each `[[name]]` header, in order; far quicker than the exact way, for origins only."""
    header = f"[[{name}]]"
    return [number for number, line in enumerate(text.split("\n"), 1) if line.startswith(header)]
