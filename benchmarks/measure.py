"""Running one process and measuring it: wall time, processor time, peak memory, exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# What happens to a program that is told to end: servers and temporary folders are to go with it.
signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
SERVER = Path(__file__).with_name("server.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a process.

    `wall` and `processor` (user and system) are seconds.  `peak` is the largest resident size in MB of the process or
    any child it waited for; the kernel counts the moment before `exec` too, so values under this program's own
    size (some 25 MB) cannot be told apart.
    """

    wall: float
    processor: float
    peak: float
    exit_code: int
    output: str


def run(command: Sequence[str], *, folder: Path, environment: Mapping[str, str], limit: float) -> Run:
    """Run a command to its end, or until `limit` seconds have passed (it is then killed, exit code -9)."""
    log = folder / "output.txt"
    with log.open("wb") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            list(command),
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        watchdog = threading.Timer(limit, _kill_group, [process.pid])
        watchdog.start()
        try:
            # wait4 rather than Popen.wait: it tells what this one child used.
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            _kill_group(process.pid)
            raise
        finally:
            watchdog.cancel()
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    return Run(
        wall=wall,
        processor=usage.ru_utime + usage.ru_stime,
        peak=usage.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024),
        exit_code=process.returncode,
        output=log.read_text(encoding="utf-8", errors="replace"),
    )


def _kill_group(process_id: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process_id, signal.SIGKILL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running local index."""

    index: str

    def take_counters(self) -> dict[str, Any]:
        """Return what was served since this was last asked."""
        with urllib.request.urlopen(self.index.removesuffix("simple/") + "counters", timeout=30) as answer:
            counters: dict[str, Any] = json.load(answer)
        return counters


@contextmanager
def serving(*arguments: str) -> Iterator[Server]:
    """Run the local index with these arguments for as long as the block lasts."""
    process = subprocess.Popen([sys.executable, str(SERVER), *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise SystemExit("the local index did not start; its message stands above")
        yield Server(index=json.loads(line)["index"])
    finally:
        process.terminate()
        process.wait()
