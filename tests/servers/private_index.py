"""A real private index: pypiserver as a process of its own on loopback, with a password file."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_START_SECONDS = 30


@dataclass(frozen=True)
class PrivateIndex:
    """A running pypiserver; wheels put into `packages` are served at once."""

    port: int
    packages: Path
    username: str
    password: str

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.origin}/simple/"


@contextlib.contextmanager
def private_index(folder: Path, username: str = "ada", password: str = "correct horse") -> Iterator[PrivateIndex]:
    """Start pypiserver on a free port with a folder for its files; listing and downloading want the password."""
    packages = folder / "packages"
    packages.mkdir(parents=True)
    passwords = folder / "htpasswd"
    # Apache's {SHA} form: no code of this machine's C library is needed to read it.
    digest = base64.b64encode(hashlib.sha1(password.encode(), usedforsecurity=False).digest()).decode()
    passwords.write_text(f"{username}:{{SHA}}{digest}\n")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    command = Path(sys.executable).parent / "pypi-server"
    arguments = ["run", "--interface", "127.0.0.1", "--port", str(port), "--passwords", str(passwords)]
    arguments += ["--authenticate", "list,download,update", "--hash-algo", "sha256", "--disable-fallback"]
    arguments += ["--backend", "simple-dir", str(packages)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(command), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            env=os.environ | {"PYTHONWARNINGS": "ignore"},
        )
    try:
        _await(process, port, folder / "log")
        yield PrivateIndex(port, packages, username, password)
    finally:
        process.terminate()
        process.wait()


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(_START_SECONDS * 20):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        # Not a blind pause: it ends at once, with the reason, if the server gives up.
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.05)
            raise AssertionError(f"pypiserver ended: {log.read_text()}")
    raise AssertionError(f"pypiserver did not start: {log.read_text()}")
