"""What goes to which stream, in which colours and characters."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lock.errors import Problem
from plugin_lock.terminal import Styled, Terminal


class Screen(io.TextIOWrapper):
    """A stream that says whether it is a terminal."""

    def __init__(self, *, is_terminal: bool = False, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding, write_through=True)
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal

    @property
    def text(self) -> str:
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode(self.encoding)


def shown(monkeypatch: pytest.MonkeyPatch, *parts: str | Styled, **options: Any) -> str:
    screen = Screen(is_terminal=options.pop("is_terminal", False), encoding=options.pop("encoding", "utf-8"))
    monkeypatch.setattr("sys.stdout", screen)
    Terminal(options.pop("environ", {}), **options).result(*parts)
    return screen.text


RED = Styled("word", "good")
PAINTED = "\x1b[32mword\x1b[0m\n"


@pytest.mark.parametrize(
    ("environ", "colour", "is_terminal", "text"),
    [
        ({}, "auto", True, PAINTED),
        ({}, "auto", False, "word\n"),
        ({"TERM": "dumb"}, "auto", True, "word\n"),
        ({"NO_COLOR": "1"}, "auto", True, "word\n"),
        ({"NO_COLOR": ""}, "auto", True, PAINTED),
        ({"FORCE_COLOR": "1"}, "auto", False, PAINTED),
        ({"FORCE_COLOR": "0"}, "auto", False, "word\n"),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, "auto", True, "word\n"),
        ({"NO_COLOR": "1"}, "always", False, PAINTED),
        ({"FORCE_COLOR": "1"}, "never", True, "word\n"),
    ],
)
def test_colours_are_used_where_they_are_wanted(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], colour: str, is_terminal: bool, text: str
) -> None:
    assert shown(monkeypatch, RED, environ=environ, colour=colour, is_terminal=is_terminal) == text


def test_foreign_text_is_escaped_inside_a_style_and_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = ("\x1b]0;title\x07", Styled("\x1b[2J", "bold"))
    expected = "\\x1b]0;title\\x07\x1b[1m\\x1b[2J\x1b[0m\n"
    assert shown(monkeypatch, *parts, colour="always") == expected


def test_what_a_stream_cannot_encode_is_escaped_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, "名 → é", encoding="ascii") == "\\u540d \\u2192 \\xe9\n"


def test_a_closed_stream_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout", None)
    Terminal({}).result("text")


PROBLEM = Problem(
    code="x",
    message="first\n  second\nerror: forged",
    path="plugins\x1b.toml",
    line=3,
    remedy="do this\nor that",
)


def test_an_error_says_what_where_and_what_to_do_next(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal({}, quiet=True).error(PROBLEM)
    out, err = capsys.readouterr()
    assert out == ""
    assert err == ("error: plugins\\x1b.toml:3: first\n  second\n  error: forged\n  help: do this\n        or that\n")


def test_a_finding_is_a_result(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal({}, quiet=True).finding(Problem(code="x", message="wrong", path="plugins.lock"))
    assert capsys.readouterr() == ("plugins.lock: wrong\n", "")


def test_quiet_leaves_results_and_errors(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal({}, quiet=True)
    terminal.summary("done")
    terminal.note("note")
    terminal.warning("beware")
    terminal.result("asked for")
    assert capsys.readouterr() == ("asked for\n", "")


def test_every_line_of_a_warning_belongs_to_it(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal({}).warning("one\nerror: two")
    assert capsys.readouterr() == ("", "warning: one\n  error: two\n")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=())))
def test_json_is_ascii_without_controls_and_reads_back(capsys: pytest.CaptureFixture[str], text: str) -> None:
    Terminal({}).json({"text": text})
    out = capsys.readouterr().out
    assert out.isascii()
    assert out.replace("\n", "").isprintable()
    assert json.loads(out) == {"text": text}
