"""Ctrl-C answered soon: a run ends itself, and is ended where it waits for a network that does not answer."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

from plugin_lock.early_interrupts import end

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

GRACE = 0.5
"""Seconds a run has to put its things in order.

Ending it then is safe: files are replaced in one step, and what is left beside them the next run sweeps away.
"""


class Interrupts:
    """Watches for SIGINT from now on; to be made by the main thread, once."""

    def __init__(self, give_up: Callable[[], int], *, grace: float = GRACE) -> None:
        """Call `give_up` from another thread, and exit with what it returns, where the run does not end itself."""
        self._give_up = give_up
        self._grace = grace
        self._came = threading.Event()
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="interrupts", daemon=True)
        # A shell that starts a job in the background has SIGINT ignored; that is to stay.
        if signal.getsignal(signal.SIGINT) in {signal.default_int_handler, end}:
            self._watcher.start()
            signal.signal(signal.SIGINT, self._handle)

    def ended(self) -> None:
        """Note that the run has come to its end: whatever is to be told, it tells itself."""
        self._ended.set()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._came.set()
        signal.default_int_handler(number, frame)

    def _watch(self) -> None:
        self._came.wait()
        if not self._ended.wait(self._grace):
            os._exit(self._give_up())
