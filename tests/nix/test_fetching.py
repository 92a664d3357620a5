"""How files are fetched: from public and private indexes, and only the bytes that the lock names."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.nix.locks import LockMaker
from tests.nix.machine import Nix, standalone
from tests.servers.index_server import IndexServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.nix

LOGIN = ("reader", "open-sesame")


def test_bytes_other_than_the_locks_are_refused_by_name(nix: Nix, lock: LockMaker) -> None:
    # A name of its own: equal files of other tests lie in the same store, and would be taken without asking.
    lock.plugin("forged-plugin")
    lock.index.projects["forged-plugin"][0].data += b"more"
    done = nix.try_build(f"({standalone(lock.write())}).environment")
    assert done.code != 0
    assert "hash mismatch" in done.err
    assert "forged_plugin-1.0-py3-none-any.whl" in done.err


def test_a_stale_hash_under_a_new_version_is_not_satisfied_by_the_old_bytes(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin", "1.0")
    nix.build(f"({standalone(lock.write())}).artifacts.weather-plugin")
    # What a tool does that changes every name and forgets the hash.
    edited = lock.path.read_text(encoding="utf-8").replace("1.0-py3", "1.1-py3")
    edited = edited.replace('\nversion = "1.0"', '\nversion = "1.1"')
    lock.path.write_text(edited, encoding="utf-8")
    done = nix.try_build(f"({standalone(lock.path)}).artifacts.weather-plugin")
    assert done.code != 0
    assert "weather_plugin-1.1-py3-none-any.whl" in done.err


@pytest.fixture
def private_index(tmp_path: Path) -> Iterator[IndexServer]:
    """An index that asks for a password."""
    with IndexServer(login=LOGIN) as server:
        yield server


def netrc(tmp_path: Path, login: tuple[str, str]) -> str:
    """Write a netrc file and return the setting that makes Nix read it."""
    path = tmp_path / "netrc"
    path.write_text(f"machine 127.0.0.1 login {login[0]} password {login[1]}\n", encoding="utf-8")
    return f"netrc-file = {path}"


def test_a_private_index_is_served_through_the_netrc_file(nix: Nix, private_index: IndexServer, tmp_path: Path) -> None:
    lock = LockMaker(index=private_index, path=tmp_path / "plugins.lock")
    lock.plugin("weather-plugin", files={"weather_plugin.py": f"def register(): return {nix.programs.as_posix()!r}\n"})
    expression = f"({standalone(lock.write())}).artifacts.weather-plugin"
    without = nix.try_build(expression)
    assert without.code != 0
    assert "401" in without.err
    assert LOGIN[1] not in lock.path.read_text(encoding="utf-8")

    trusted = Nix(programs=nix.programs, root=nix.root, settings=[netrc(tmp_path, LOGIN)])
    done = trusted.try_build(expression)
    assert done.code == 0, done.err
    assert LOGIN[1] not in done.err


# The real pypiserver in a process of its own; it prints the port it was given, so nobody has to guess or wait.
PYPISERVER = """
import sys
from wsgiref.simple_server import make_server
import pypiserver
app = pypiserver.app(roots=[sys.argv[1]], password_file=sys.argv[2], authenticate=["download", "list", "update"])
with make_server("127.0.0.1", 0, app) as server:
    print(server.server_port, flush=True)
    server.serve_forever()
"""


@contextmanager
def pypiserver(packages: Path, passwords: Path) -> Iterator[str]:
    """Serve a folder of files to those who have a password; gives the origin."""
    command = [sys.executable, "-W", "ignore", "-c", PYPISERVER, str(packages), str(passwords)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def test_pypiserver_behind_a_password_is_such_an_index(nix: Nix, lock: LockMaker, tmp_path: Path) -> None:
    lock.plugin("weather-plugin", files={"weather_plugin.py": f"def register(): return {str(tmp_path)!r}\n"})
    file = lock.index.projects["weather-plugin"][0]
    packages = tmp_path / "packages"
    packages.mkdir()
    (packages / file.name).write_bytes(file.data)
    digest = base64.b64encode(hashlib.sha1(LOGIN[1].encode()).digest()).decode()
    passwords = tmp_path / "htpasswd"
    passwords.write_text(f"{LOGIN[0]}:{{SHA}}{digest}\n", encoding="utf-8")

    with pypiserver(packages, passwords) as origin:
        text = lock.write().read_text(encoding="utf-8")
        text = text.replace(f"{lock.index.origin}/files/weather-plugin/", f"{origin}/packages/")
        lock.path.write_text(text.replace(lock.index.origin, origin), encoding="utf-8")
        expression = f"({standalone(lock.path)}).artifacts.weather-plugin"
        without = nix.try_build(expression)
        assert without.code != 0
        assert "401" in without.err
        trusted = Nix(programs=nix.programs, root=nix.root, settings=[netrc(tmp_path, LOGIN)])
        done = trusted.try_build(expression)
        assert done.code == 0, done.err


def test_another_fetcher_can_be_given(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin")
    library = standalone(lock.write(), fetchurl="={ name, url, sha256 }: { inherit name url sha256; }")
    found = nix.evaluate(f"({library}).artifacts.weather-plugin")
    assert sorted(found) == ["name", "sha256", "url"]
