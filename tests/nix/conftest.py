"""Fixtures of the Nix tests: each Nix version at hand, and an index on loopback."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.nix.locks import LockMaker
from tests.nix.machine import NEWEST, Nix, programs
from tests.servers.index_server import IndexServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHY_ABSENT = {
    "system": "no nix-build on PATH: `python3 scripts/install_nix.py` installs it on Debian",
    "newest": f"{NEWEST} does not name a folder: `python3 scripts/install_nix.py --newest --prefix DIR` fills one",
}


@pytest.fixture(scope="session", params=["system", "newest"])
def nix(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nix]:
    """A Nix with a store of its own."""
    found = programs().get(request.param)
    if found is None:
        pytest.skip(WHY_ABSENT[request.param])
    root: Path = tmp_path_factory.mktemp(f"nix-{request.param}")
    yield Nix(programs=found, root=root)
    # A store is read-only, which pytest's own clearing of old folders stumbles over.
    subprocess.run(["chmod", "-R", "u+w", str(root)], check=False)


@pytest.fixture
def index() -> Iterator[IndexServer]:
    """An index on loopback."""
    with IndexServer() as server:
        yield server


@pytest.fixture
def lock(index: IndexServer, tmp_path: Path) -> LockMaker:
    """An empty lock for this machine's system and Python, whose files come from `index`."""
    path = tmp_path / "project/plugins.lock"
    path.parent.mkdir()
    return LockMaker(index=index, path=path)
