"""Progress is told from any thread and shown on stderr alone."""

from __future__ import annotations

import io
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from plugin_lock import progress
from plugin_lock.invocation import Invocation
from plugin_lock.terminal import Terminal
from resolver.progress import Silent


class Screen(io.StringIO):
    """A terminal that says when something was written on it."""

    def __init__(self) -> None:
        super().__init__()
        self.written: dict[str, threading.Event] = {}

    def isatty(self) -> bool:
        return True

    def expect(self, text: str) -> threading.Event:
        return self.written.setdefault(text, threading.Event())

    def write(self, text: str) -> int:
        length = super().write(text)
        for awaited, event in self.written.items():
            if awaited in self.getvalue():
                event.set()
        return length


def use_screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """Call it in the test's own body: pytest puts its streams in place again after every fixture."""
    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    return screen


def test_steps_of_many_threads_are_all_counted() -> None:
    live = progress.Live()
    live.stage("resolving", 4000)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(live.step, (f"name{number}" for number in range(4000))))
    assert live.line().startswith("resolving 4000 of 4000  name")


def test_bytes_are_shown_as_such() -> None:
    live = progress.Live()
    live.stage("downloading", 12_000_000)
    live.step("a.whl", 1_500_000)
    assert live.line() == "downloading 1.5 MB of 12.0 MB  a.whl"


def test_a_stage_begins_anew() -> None:
    live = progress.Live()
    live.step("too early")
    assert live.line() == ""
    live.stage("resolving")
    live.step("name")
    live.stage("fetching", 3)
    assert live.line() == "fetching"


def test_a_live_line_shows_foreign_text_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = use_screen(monkeypatch)
    seen = screen.expect("[red]\\x1b[2J")
    with progress.Live(patience=0) as live:
        live.stage("resolving", 2)
        live.step("[red]\x1b[2J")
        assert seen.wait(30)
    assert "\x1b[2J" not in screen.getvalue()


def test_a_short_run_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = use_screen(monkeypatch)
    with progress.Live(patience=3600) as live:
        live.stage("resolving")
        live.step("name")
    assert screen.getvalue() == ""


def test_lines_are_one_a_step(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.Lines(Terminal({})) as lines:
        lines.stage("downloading", 2_000)
        lines.step("a\x1b.whl", 1_500)
    out, err = capsys.readouterr()
    assert out == ""
    first, second = err.splitlines()
    assert first.endswith(" s] downloading (2.0 kB)")
    assert second.strip() == "a\\x1b.whl (1.5 kB)"


@pytest.mark.parametrize(
    ("invocation", "terminal", "kind"),
    [
        (Invocation(), "xterm", progress.Live),
        (Invocation(), "dumb", Silent),
        (Invocation(quiet=True), "xterm", Silent),
        (Invocation(verbose=True), "xterm", progress.Lines),
    ],
)
def test_progress_is_shown_where_it_is_wanted(
    monkeypatch: pytest.MonkeyPatch, invocation: Invocation, terminal: str, kind: type
) -> None:
    use_screen(monkeypatch)
    monkeypatch.setenv("TERM", terminal)
    with invocation.progress() as shown:
        assert isinstance(shown, kind)


def test_a_stream_that_is_no_terminal_gets_no_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with Invocation().progress() as shown:
        assert isinstance(shown, Silent)
