"""Splits a requirements.txt into its logical lines (pip's requirements file format).

Comments and continuations are resolved as pip does; `${VARIABLE}` is left as it stands, so that what a host ships
does not depend on who asks, and no secret gets into a message.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["requirement", "include", "constraint", "editable", "option"]

_COMMENT = re.compile(r"(?:^|\s+)#.*$")
# Options of one requirement follow it; pip takes the rest of the line from the first of them.
_LINE_OPTIONS = re.compile(r"\s+--?[A-Za-z].*$")
_FLAGS: dict[str, Kind] = {
    "-r": "include",
    "--requirement": "include",
    "-c": "constraint",
    "--constraint": "constraint",
    "-e": "editable",
    "--editable": "editable",
}
_FLAG = re.compile(r"(--[a-z][a-z-]*|-[A-Za-z])(?:\s*=\s*|\s*)(.*)", re.DOTALL)


class RequirementLine(msgspec.Struct, frozen=True):
    """One logical line: `line` is where it starts (1-based), `value` what follows the flag, options cut off."""

    line: int
    kind: Kind
    value: str


def requirement_lines(text: str) -> Iterator[RequirementLine]:
    """Yield the lines that say something."""
    for number, logical in _joined(text):
        content = _COMMENT.sub("", logical).strip()
        if not content:
            continue
        if content.startswith("-"):
            yield _flagged(number, content)
        else:
            yield RequirementLine(number, "requirement", _LINE_OPTIONS.sub("", content).strip())


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """Join lines that end in a backslash; a comment line ends a continuation, as in pip."""
    pending: list[str] = []
    start = 1
    for number, line in enumerate(text.splitlines(), 1):
        if not pending:
            start = number
        is_comment = _COMMENT.match(line) is not None
        if line.endswith("\\") and not is_comment:
            pending.append(line.strip("\\"))
            continue
        # The blank keeps a comment apart from what it continues.
        pending.append(f" {line}" if is_comment else line)
        yield start, "".join(pending)
        pending = []
    if pending:
        yield start, "".join(pending)


def _flagged(number: int, content: str) -> RequirementLine:
    match = _FLAG.match(content)
    if match is None:
        return RequirementLine(number, "option", content)
    flag, value = match[1], match[2].strip()
    kind = _FLAGS.get(flag)
    if kind is None:
        return RequirementLine(number, "option", flag)
    if kind == "editable":
        value = _LINE_OPTIONS.sub("", value).strip()
    return RequirementLine(number, kind, value.strip("'\""))
