"""Reads the TOML of a skill or a pyproject.toml as data."""

from __future__ import annotations

import tomllib

from lock.errors import InputError, Problem
from lock.toml_lines import KeyPath, line_of, syntax_problem
from resolver.directories.stated import Stated

_LONGEST_LINE = 20_000
"""Characters; one key of as many dots would take tomllib the square of their number."""


def parse_toml(text: str, path: str) -> Stated:
    """Return what a TOML text states; `path` names it for the user.  Raises `InputError` for what is no TOML."""
    for number, content in enumerate(text.split("\n"), 1):
        if len(content) > _LONGEST_LINE:
            message = f"this line is longer than {_LONGEST_LINE} characters"
            remedy = "break it into several"
            raise InputError(
                Problem(code="directory-too-large", message=message, path=path, line=number, remedy=remedy)
            )
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(syntax_problem(error, path, text=text)) from None
    except (RecursionError, ValueError):
        # Thousands of brackets, or a number of thousands of digits.
        message = "the file holds a value that is nested too deeply or too long"
        raise InputError(
            Problem(code="directory-too-large", message=message, path=path, remedy="write it more simply")
        ) from None

    def line(key: KeyPath) -> int:
        return line_of(text, key)

    return Stated(path, values, line)
