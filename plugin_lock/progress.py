"""Progress on stderr: one live line on a terminal, or plain lines; told by the resolver from any thread."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import msgspec

from plugin_lock.escaping import escaped
from resolver.progress import Progress, Silent

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from rich.live import Live as RichLive

    from plugin_lock.terminal import Terminal

PATIENCE = 0.25
"""Seconds before anything is shown: shorter runs need no progress, nor the time that importing rich takes."""

BYTES = "downloading"
"""The stage whose steps are bytes."""


def nothing() -> AbstractContextManager[Progress]:
    """Show nothing."""
    return nullcontext(Silent())


class State(msgspec.Struct, frozen=True, kw_only=True):
    """How far a run is: the stage, its steps done and in all, and the latest detail."""

    stage: str
    done: int = 0
    total: int | None = None
    detail: str = ""


class _Context:
    """What both ways of showing progress share: they last as long as a `with` block."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the showing."""


class Lines(_Context):
    """Writes each stage and step as a line of its own: `--verbose`, fit for logs."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._start = time.monotonic()
        self._stage = ""
        self._lock = threading.Lock()

    def stage(self, name: str, total: int | None = None) -> None:
        """Write a stage with the seconds since the start."""
        with self._lock:
            self._stage = name
            size = "" if total is None else f" ({_amount(name, total)})"
            self._terminal.note(f"[{time.monotonic() - self._start:7.2f} s] {name}{size}")

    def step(self, detail: str, amount: int = 1) -> None:
        """Write a step."""
        with self._lock:
            size = f" ({_amount(self._stage, amount)})" if self._stage == BYTES else ""
            self._terminal.note(f"            {detail}{size}")


class Live(_Context):
    """Repaints one line on stderr from a thread of its own; telling it costs next to nothing."""

    def __init__(self, *, patience: float = PATIENCE) -> None:
        """Show nothing before `patience` seconds have passed."""
        self._state_lock = threading.Lock()
        self._state: State | None = None
        self._display_lock = threading.Lock()
        self._display: RichLive | None = None
        self._is_over = False
        self._timer = threading.Timer(patience, self._show)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wipe the line."""
        self.hide()

    def hide(self) -> None:
        """Wipe the line and show nothing more."""
        self._timer.cancel()
        with self._display_lock:
            self._is_over = True
            if self._display is not None:
                self._display.stop()

    def stage(self, name: str, total: int | None = None) -> None:
        """Show a new stage."""
        with self._state_lock:
            self._state = State(stage=name, total=total)

    def step(self, detail: str, amount: int = 1) -> None:
        """Show a step."""
        with self._state_lock:
            state = self._state
            if state is not None:
                self._state = State(stage=state.stage, done=state.done + amount, total=state.total, detail=detail)

    def line(self) -> str:
        """Return what is to be seen now, escaped; the empty string before the first stage."""
        with self._state_lock:
            state = self._state
        if state is None:
            return ""
        done = _amount(state.stage, state.done) if state.done else ""
        of = f" of {_amount(state.stage, state.total)}" if state.total is not None and state.done else ""
        return escaped("  ".join(part for part in (f"{state.stage} {done}{of}".rstrip(), state.detail) if part))

    def _show(self) -> None:
        from rich.console import Console  # noqa: PLC0415 - imported in this thread while the work goes on
        from rich.live import Live as Display  # noqa: PLC0415 - imported in this thread while the work goes on
        from rich.spinner import Spinner  # noqa: PLC0415 - imported in this thread while the work goes on
        from rich.text import Text  # noqa: PLC0415 - imported in this thread while the work goes on

        spinner = Spinner("dots")

        def repaint() -> Spinner:
            # Text, not str: rich would read markup out of a str.
            spinner.update(text=Text(self.line(), no_wrap=True, overflow="ellipsis"))
            return spinner

        with self._display_lock:
            if self._is_over:
                return
            self._display = Display(
                console=Console(file=sys.stderr),
                get_renderable=repaint,
                refresh_per_second=10,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._display.start()


def _amount(stage: str, number: int) -> str:
    if stage != BYTES:
        return str(number)
    return f"{number / 1e6:.1f} MB" if number >= 1e6 else f"{number / 1e3:.1f} kB"
