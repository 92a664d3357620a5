"""What runs that were killed left unfinished in the cache: nothing reads it, and a later run takes it away."""

from __future__ import annotations

import contextlib
import stat
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LEFT_AFTER_SECONDS = 24 * 60 * 60
"""Age from which something unfinished counts as left behind: no run takes a day for one file or tree."""

PLACES = (
    "v*/*/.writing-*",
    "v*/downloads/.fetching-*",
    "inspections-*/*/.writing-*",
    "builds-*/*/*/.writing-*",
    "trees-*/making-*",
    "git/fetching-*",
)
"""Where unfinished files and folders lie, relative to the cache, those of older versions of plugin-lock included."""

_SWEPT = "swept"
"""The file whose age says when this was last done: looking into every folder is not for every run."""


def sweep(cache: Path) -> None:
    """Remove what was left unfinished in a cache, at most once a day.

    Others may use the cache, and sweep it, meanwhile.  What cannot be removed stays, and is no reason to fail: a cache
    that cannot be written is told of by whoever writes it.
    """
    now = time.time()
    mark = cache / _SWEPT
    with contextlib.suppress(OSError):
        if _is_recent(mark, now):
            return
        for pattern in PLACES:
            for path in cache.glob(pattern):
                with contextlib.suppress(OSError):
                    _remove(path, now)
        mark.touch(mode=0o600)


def _is_recent(mark: Path, now: float) -> bool:
    try:
        return 0 <= now - mark.stat().st_mtime < LEFT_AFTER_SECONDS
    except FileNotFoundError:
        return False


def _remove(path: Path, now: float) -> None:
    found = path.lstat()
    if now - found.st_mtime < LEFT_AFTER_SECONDS:
        return
    if stat.S_ISDIR(found.st_mode):
        import shutil  # noqa: PLC0415 - few runs find anything to remove

        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
