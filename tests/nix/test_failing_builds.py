"""Sources that cannot be built, or must not be: the step that failed is named, and nothing reaches out."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from lock.model import Build
from tests.nix.machine import DISTRIBUTION_PYTHON, Nix, standalone
from tests.nix.sources import IN_TREE, project, tar_bytes, with_backend

if TYPE_CHECKING:
    from tests.nix.locks import LockMaker

pytestmark = pytest.mark.nix


def test_a_build_reaches_no_network(nix: Nix, lock: LockMaker) -> None:
    connect = f"import socket\nsocket.create_connection(('127.0.0.1', {lock.index.port}), 5)\n"
    subprocess.run([str(DISTRIBUTION_PYTHON), "-c", connect], check=True)
    files = with_backend(project("weather-plugin", imports=["reach"]))
    files["build-tools/reach.py"] = connect
    lock.as_plugin(lock.sdist("weather-plugin", tar_bytes("w", files), IN_TREE))
    done = nix.try_build(f"({standalone(lock.write())}).packages.weather-plugin")
    assert done.code != 0
    assert "Connection refused" in done.err or "unreachable" in done.err, done.err


def failing(lock: LockMaker, files: dict[str, bytes | str], build: Build | None = None) -> str:
    """Lock an sdist that cannot be built, and return the expression of its package."""
    lock.as_plugin(lock.sdist("weather-plugin", tar_bytes("w", files), build or IN_TREE))
    return f"({standalone(lock.write())}).packages.weather-plugin"


def test_a_backend_that_is_not_there_is_the_step_that_failed(nix: Nix, lock: LockMaker) -> None:
    build = Build(backend="not_there.api", requires=())
    done = nix.try_build(failing(lock, project("weather-plugin"), build))
    assert done.code != 0
    assert "building weather-plugin 1.0 failed while importing its backend not_there.api" in done.err
    assert "No module named 'not_there'" in done.err


@pytest.mark.parametrize(
    "statement", ["raise RuntimeError('no such header')", "import sys; sys.exit('no such header')"]
)
def test_a_backend_that_fails_is_named_below_its_own_words(nix: Nix, lock: LockMaker, statement: str) -> None:
    files = with_backend(project("weather-plugin", imports=["broken"])) | {"build-tools/broken.py": statement}
    done = nix.try_build(failing(lock, files))
    assert done.code != 0
    assert "building weather-plugin 1.0 failed while its backend tiny_backend made the wheel (build_wheel)" in done.err
    assert "no such header" in done.err


def test_a_wheel_of_another_version_than_the_locks_is_refused(nix: Nix, lock: LockMaker) -> None:
    done = nix.try_build(failing(lock, with_backend(project("weather-plugin", "1.1"))))
    assert done.code != 0
    assert "failed while comparing the wheel with the lock: the wheel is weather-plugin 1.1" in done.err


def test_backend_path_may_not_lead_to_a_backend_from_elsewhere(nix: Nix, lock: LockMaker) -> None:
    tiny = lock.tiny_backend()
    build = Build(backend="tiny_backend", backend_path=("build-tools",), requires=tiny.requires)
    done = nix.try_build(failing(lock, {**project("weather-plugin"), "build-tools/other.py": ""}, build))
    assert done.code != 0
    assert "not from its `backend-path` (PEP 517)" in done.err


@pytest.mark.parametrize(
    ("name", "words"),
    [("../outside.py", "leads out of its folder"), ("/etc/outside.py", "leads out of its folder")],
)
def test_an_archive_that_leads_out_of_its_folder_is_not_unpacked(
    nix: Nix, lock: LockMaker, name: str, words: str
) -> None:
    lock.as_plugin(lock.sdist("weather-plugin", tar_bytes("", {name: "x = 1\n"}), IN_TREE))
    done = nix.try_build(f"({standalone(lock.write())}).packages.weather-plugin")
    assert done.code != 0
    assert words in done.err
