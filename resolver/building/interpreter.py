"""Which Python runs a build at lock time: one of the host's minor version where the machine has it."""

from __future__ import annotations

import platform
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec

from lock.errors import Problem, WorldError
from lock.systems import SYSTEMS

if TYPE_CHECKING:
    from resolver.building.isolation import Isolation

_SECONDS = 60.0


class Interpreter(msgspec.Struct, frozen=True, kw_only=True):
    """A CPython of this machine; `system` in Nix's words, `warning` where it is not of the version asked for."""

    path: str
    minor: tuple[int, int]
    system: str
    warning: str | None = None


def this_system() -> str:
    """Return this machine's system in Nix's words; raises `WorldError` where a lock cannot be made for it."""
    machine = platform.machine()
    for system in SYSTEMS.values():
        if (sys.platform, machine) == (system.sys_platform, system.platform_machine):
            return system.name
    raise WorldError(
        Problem(
            code="no-build-here",
            message=f"a source must be built to be locked, and no build is known to work on {sys.platform} {machine}",
            remedy=f"lock on one of {', '.join(sorted(SYSTEMS))}",
        )
    )


def find_interpreter(wanted: tuple[int, int], isolation: Isolation) -> Interpreter:
    """Find a CPython of a minor version on this machine, else take the one that runs this program.

    uv looks where it always does (PATH, its own Pythons); nothing is downloaded.
    """
    system = this_system()
    running = sys.version_info[:2]
    if wanted == running and platform.python_implementation() == "CPython":
        return Interpreter(path=sys.executable, minor=running, system=system)
    asked = f"cpython=={wanted[0]}.{wanted[1]}.*"
    command = [isolation.uv, "python", "find", "--no-python-downloads", "--no-project", "--system", asked]
    environ = isolation.environ(home="/nonexistent") | {"UV_NO_CACHE": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - a list of words, no shell
            command, check=False, capture_output=True, text=True, errors="replace", env=environ, timeout=_SECONDS
        )
        found = done.stdout.strip() if done.returncode == 0 else ""
    except subprocess.TimeoutExpired:
        # Some other Python on PATH hangs when uv asks it for its version.
        found = ""
    if found:
        return Interpreter(path=found, minor=wanted, system=system)
    return Interpreter(
        path=sys.executable,
        minor=running,
        system=system,
        warning=f"this machine has no Python {wanted[0]}.{wanted[1]}: sources were built with"
        f" Python {running[0]}.{running[1]} to learn their metadata and content",
    )
