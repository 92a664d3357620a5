"""The entry point, which imports next to nothing: Ctrl-C may come while the rest of the program is still being read."""

from __future__ import annotations

import gc

from plugin_lock.early_interrupts import answer_at_once


def main() -> None:
    """Run on this process's arguments and exit."""
    answer_at_once()
    # A run is short and makes few cycles; to look for them over and over takes a tenth of its time.
    gc.disable()
    from plugin_lock.running import run_process  # noqa: PLC0415 - not before an interrupt would be answered

    run_process()
