"""The two streams: results go to stdout, progress and diagnostics to stderr; all text is escaped here."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TextIO

from plugin_lock.escaping import escaped, escaped_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lock.errors import Problem

Colour = Literal["auto", "always", "never"]

# SGR parameters (ECMA-48): the sixteen colours every terminal has, so that its own theme decides.
_SGR = {"bold": "1", "dim": "2", "good": "32", "bad": "1;31", "changed": "33", "warned": "1;33", "named": "36"}


Style = Literal["bold", "dim", "good", "bad", "changed", "warned", "named"]


class Styled(NamedTuple):
    """Text in a style; shown plain where there are no colours."""

    text: str
    style: Style


class Terminal:
    """Writes lines; every part of a line is escaped, whoever made it."""

    def __init__(self, environ: Mapping[str, str], *, colour: Colour = "auto", quiet: bool = False) -> None:
        """Take `environ` for NO_COLOR, FORCE_COLOR and TERM; `quiet` silences all but results and errors."""
        self._environ = environ
        self._colour = colour
        self._quiet = quiet

    def result(self, *parts: str | Styled) -> None:
        """Write a line of what was asked for to stdout."""
        self._write(sys.stdout, parts)

    def summary(self, *parts: str | Styled) -> None:
        """Write a line about what was done to stdout, unless quiet."""
        if not self._quiet:
            self._write(sys.stdout, parts)

    def note(self, *parts: str | Styled) -> None:
        """Write a line to stderr, unless quiet."""
        if not self._quiet:
            self._write(sys.stderr, parts)

    def warning(self, text: str) -> None:
        """Write a warning to stderr, unless quiet."""
        first, *rest = text.split("\n")
        self.note(Styled("warning:", "warned"), " ", first)
        for line in rest:
            self.note(_indented(line, "  "))

    def error(self, problem: Problem) -> None:
        """Write what is wrong, where, and what to do next to stderr."""
        self._problem(sys.stderr, problem, (Styled("error:", "bad"), " "))

    def finding(self, problem: Problem) -> None:
        """Write a problem that was asked for to stdout."""
        self._problem(sys.stdout, problem, ())

    def json(self, value: Mapping[str, Any]) -> None:
        """Write one JSON document to stdout, in ASCII, so that nothing in it can act on a terminal."""
        import json  # noqa: PLC0415 - only runs with --json need it

        # DEL is the one control character that JSON lets stand.
        text = json.dumps(value, indent=2, ensure_ascii=True).replace("\x7f", "\\u007f")
        self._write(sys.stdout, text.split("\n"), between="\n")

    def can_show(self, text: str) -> bool:
        """Tell whether stdout's encoding has these characters."""
        try:
            text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
        except UnicodeEncodeError:
            return False
        return True

    @property
    def is_live(self) -> bool:
        """Whether stderr is a terminal on which a line can be repainted."""
        return not self._quiet and _is_terminal(sys.stderr) and self._environ.get("TERM") != "dumb"

    def has_colours(self, stream: TextIO) -> bool:
        """Decide on colours: `--color`, then NO_COLOR (no-color.org), then FORCE_COLOR, then what the stream is."""
        if self._colour != "auto":
            return self._colour == "always"
        if self._environ.get("NO_COLOR"):
            return False
        if self._environ.get("FORCE_COLOR", "0") not in {"", "0"}:
            return True
        return _is_terminal(stream) and self._environ.get("TERM") != "dumb"

    def _problem(self, stream: TextIO, problem: Problem, head: tuple[str | Styled, ...]) -> None:
        where = problem.path or ""
        if where and problem.line is not None:
            where += f":{problem.line}"
        first, *rest = escaped_lines(problem.message)
        self._write(stream, (*head, *((Styled(where, "bold"), ": ") if where else ()), first))
        for line in rest:
            self._write(stream, (_indented(line, "  "),))
        if problem.remedy:
            first, *rest = escaped_lines(problem.remedy)
            self._write(stream, ("  ", Styled("help:", "good"), " ", first))
            for line in rest:
                self._write(stream, (_indented(line, "        "),))

    def _write(self, stream: TextIO | None, parts: tuple[str | Styled, ...] | list[str], between: str = "") -> None:
        if stream is None:  # the caller closed it (`>&-`)
            return
        coloured = self.has_colours(stream)
        text = between.join(_painted(part, coloured=coloured) for part in parts) + "\n"
        # A path or message must not end the run only because the stream is not in UTF-8.
        encoding = getattr(stream, "encoding", None) or "utf-8"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _painted(part: str | Styled, *, coloured: bool) -> str:
    if isinstance(part, str):
        return escaped(part)
    text = escaped(part.text)
    return f"\x1b[{_SGR[part.style]}m{text}\x1b[0m" if coloured and text else text


def _indented(line: str, indent: str) -> str:
    """Set a line in, so that no foreign line can pass for the beginning of a message; many are set in already."""
    return line if line.startswith(indent) else indent + line


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()
