"""One run of the command line with something going wrong at a chosen step; started by `tests.faults.runs`.

A step is something that changes the disk or asks for another run's leave: a file opened for writing, written, brought
to the disk, renamed, removed or locked, a folder made.
"""

from __future__ import annotations

import ctypes
import importlib
import itertools
import json
import mmap
import os
import resource
import signal
import struct
import sys
from typing import Any

_STEPS = {"os.rename", "os.remove", "os.mkdir", "os.utime", "os.chmod", "fcntl.flock"}
_WRAPPED = ("fsync", "write", "writev")
_IMPORTED_ONCE = (
    *("plugin_lock.commands.add", "plugin_lock.commands.lock", "plugin_lock.running"),
    *("resolver.index.json_page", "resolver.operations.inspecting", "resolver.operations.relocking"),
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def live(order: dict[str, Any], output: int, done: mmap.mmap) -> None:
    """Run as ordered and end the process; what it prints goes to `output`, the number of steps into `done`.

    `kill_at` kills the run before so many steps are done.  `pause_at` names the step (`fcntl.flock`) before which it
    tells the pipe `reached` and waits for a byte from the pipe `go`; `pause_time` says which of them, from 1.
    `largest` is how many bytes a file may have; `unprivileged`: permissions count even
    for root.
    """
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environ"])
    if order.get("largest") is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["largest"], order["largest"]))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    if order.get("unprivileged") and os.geteuid() == 0:
        _drop_privileges()
    _watch(order, done)
    from plugin_lock.main import main  # noqa: PLC0415 - its imports are no part of the run where a server forks

    sys.argv = ["plugin-lock", *order["arguments"]]
    code = 0
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _drop_privileges() -> None:
    """Give up what lets root write anywhere (capset(2), version 3: all three sets empty)."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = struct.pack("=Ii", 0x20080522, 0)
    if libc.capset(header, bytes(24)) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def _watch(order: dict[str, Any], done: mmap.mmap) -> None:
    numbers = itertools.count(1)
    times: dict[str, int] = {}
    kill_at = order.get("kill_at")

    def step(name: str) -> None:
        number = next(numbers)
        done[:8] = number.to_bytes(8)
        if number == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        times[name] = times.get(name, 0) + 1
        if name == order.get("pause_at") and times[name] == order.get("pause_time", 1):
            real["write"](order["reached"], b"!")
            os.read(order["go"], 1)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _STEPS or (event == "open" and arguments[2] & _WRITING):
            step(event)

    real = {name: getattr(os, name) for name in _WRAPPED}

    def wrapped(name: str) -> Any:
        def call(*arguments: Any) -> Any:
            step(name)
            return real[name](*arguments)

        return call

    for name in _WRAPPED:
        setattr(os, name, wrapped(name))
    sys.addaudithook(hook)


def serve() -> None:
    """Fork a run for each order on stdin and answer with its end; what a run imports is imported once, before."""
    for module in _IMPORTED_ONCE:
        importlib.import_module(module)
    for line in sys.stdin:
        order = json.loads(line)
        # Through a pipe and shared memory, so that no limit on files touches them.
        done = mmap.mmap(-1, 8)
        said, output = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(0)
            live(order, output, done)
        os.close(output)
        with open(said, encoding="utf-8") as stream:  # noqa: PTH123 - a descriptor, not a path
            text = stream.read()
        _, status = os.waitpid(child, 0)
        answer = {"code": os.waitstatus_to_exitcode(status), "steps": int.from_bytes(done[:8]), "said": text}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve()
    else:
        live(json.loads(sys.argv[1]), 1, mmap.mmap(-1, 8))
