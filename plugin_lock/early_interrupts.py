"""Ctrl-C while the program is still being read; imports what it cannot do without, for each import is a moment more."""

from __future__ import annotations

import os
import signal

INTERRUPTED = 130
"""128 + SIGINT, as a shell reports it."""
MESSAGE = "interrupted; plugins.toml and plugins.lock are whole"


def answer_at_once() -> None:
    """Have SIGINT end this process without a traceback, until `Interrupts` takes over; no file is written before."""
    # A shell that starts a job in the background has SIGINT ignored; that is to stay.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, end)


def end(_number: int, _frame: object) -> None:
    """Say that the run was interrupted, and end it."""
    try:
        os.write(2, f"error: {MESSAGE}\n".encode())
    finally:  # stderr may be closed
        os._exit(INTERRUPTED)
