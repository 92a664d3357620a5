"""Runs programs of strangers at lock time: without the user's settings and secrets, and without a network.

A build may do what the user may do to files; `[policy].allow-build` is the consent to that.  What it gets from us:
an environment made from nothing but PATH, a home of its own, a time limit, and on Linux, wherever the kernel lets us, a
network namespace of its own with nothing in it, so that a build that fetches something fails here and not only
in Nix's sandbox.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from lock.errors import Problem, WorldError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

HOOK_SECONDS = 3600.0
"""How long one step of a build may take."""

KEPT_OUTPUT = 64 * 1024
"""How many of the last bytes of a program's output are kept."""

SOURCE_DATE_EPOCH = "315532800"
"""1980, the oldest time a zip file can hold; the same as in the Nix build."""

_CLOSED = (["--net"], ["--user", "--map-current-user", "--net"])


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """How a program ended: `status` is its exit status, None where it took too long; `output` is its last output."""

    status: int | None
    output: str


class Isolation:
    """How programs are run.  `search_path` is the PATH on which compilers and the like are found."""

    def __init__(self, search_path: str, *, seconds: float = HOOK_SECONDS) -> None:
        self._search_path = search_path
        self._seconds = seconds

    @cached_property
    def uv(self) -> str:
        """The path of uv."""
        from uv import find_uv_bin  # noqa: PLC0415 - only a build needs it

        try:
            return find_uv_bin()
        except FileNotFoundError:
            raise WorldError(
                Problem(
                    code="installation-incomplete",
                    message="the program uv is missing",
                    remedy="install uv and try again",
                )
            ) from None

    @cached_property
    def closes_network(self) -> bool:
        """Whether builds run without a network."""
        return bool(self._prefix)

    @cached_property
    def _prefix(self) -> tuple[str, ...]:
        unshare = shutil.which("unshare", path=self._search_path) if sys.platform == "linux" else None
        if unshare is None:
            return ()
        for options in _CLOSED:
            words = [unshare, *options]
            done = subprocess.run(  # noqa: S603 - fixed words
                [*words, "true"], check=False, capture_output=True, env={"PATH": self._search_path}
            )
            if done.returncode == 0:
                return tuple(words)
        return ()

    def environ(self, *, home: str) -> dict[str, str]:
        """Return all that a program sees of the environment: nothing of the user's but PATH."""
        return {
            "HOME": home,
            "LC_ALL": "C.UTF-8",
            "PATH": self._search_path,
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PYTHONHASHSEED": "0",
            "PYTHONNOUSERSITE": "1",
            "SOURCE_DATE_EPOCH": SOURCE_DATE_EPOCH,
            "TZ": "UTC",
            "UV_NO_CONFIG": "1",
            "UV_OFFLINE": "1",
            "UV_PYTHON_DOWNLOADS": "never",
            "XDG_CACHE_HOME": f"{home}/.cache",
            "XDG_CONFIG_HOME": f"{home}/.config",
            "XDG_DATA_HOME": f"{home}/.local/share",
        }

    def run(self, command: Sequence[str], *, cwd: Path, environ: Mapping[str, str], closed: bool = True) -> Ran:
        """Run a program to its end or its time limit, then end whatever it left running; `closed`: no network."""
        words = [*self._prefix, *command] if closed else list(command)
        with tempfile.TemporaryFile() as output:
            # A file, not a pipe: a process that outlives the build would keep a pipe open and us waiting.
            process = subprocess.Popen(  # noqa: S603 - a list of words, no shell
                words,
                cwd=cwd,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                status: int | None = process.wait(self._seconds)
            except subprocess.TimeoutExpired:
                status = None
            finally:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            size = output.seek(0, os.SEEK_END)
            output.seek(max(0, size - KEPT_OUTPUT))
            return Ran(status=status, output=output.read().decode("utf-8", "backslashreplace"))
