"""What the acceptance tests share: one cache for all of them, and each host locked once a run.

A folder named by PLUGIN_LOCK_ACCEPTANCE_DIR keeps the cache, the Nix stores and the installed hosts between runs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.projects import hermes_project
from tests.nix.conftest import WHY_ABSENT
from tests.nix.machine import Nix, programs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.acceptance.projects import Place

KEPT = "PLUGIN_LOCK_ACCEPTANCE_DIR"
# A real index is further away than one on loopback, and its files are larger.
NIX_SETTINGS = ["connect-timeout = 60", "download-attempts = 5"]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of a run share, or even all runs."""
    if named := os.environ.get(KEPT):
        folder = Path(named)
    else:
        base = tmp_path_factory.getbasetemp()
        folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "acceptance"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def cache_dir(shared: Path) -> Path:
    """The cache of plugin-lock."""
    return shared / "cache"


@pytest.fixture(scope="session")
def hermes(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Place]:
    """The sixteen plugins beside hermes-agent, locked for a Python version."""

    @cache
    def locked(python: str) -> Place:
        place = hermes_project(tmp_path_factory.mktemp(f"hermes-{python}"), cache_dir, python=python)
        assert place.lock().status == "written"
        return place

    return locked


@pytest.fixture(scope="session")
def nix(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Iterator[Nix]:
    """This machine's Nix with a store of its own, and the way to the real index."""
    found = programs().get("system")
    if found is None:
        pytest.skip(WHY_ABSENT["system"])
    root = shared / "nix" if KEPT in os.environ else tmp_path_factory.mktemp("nix")
    root.mkdir(exist_ok=True)
    yield Nix(programs=found, root=root, settings=NIX_SETTINGS)
    if KEPT not in os.environ:
        # A store is read-only and large.
        subprocess.run(["chmod", "-R", "u+w", str(root)], check=False)
        shutil.rmtree(root, ignore_errors=True)
