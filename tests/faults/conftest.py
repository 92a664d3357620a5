from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.runs import Runs
from tests.projects import Workshop
from tests.servers.index_server import IndexServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    with Runs() as running:
        yield running


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer() as running:
        for name in ("plug", "other"):
            running.add_wheel(name, "1.0", requires=["helper"], entry_points={"the_host.plugins": {name: name}})
        running.add_wheel("helper", "1.0")
        yield running


@pytest.fixture
def workshop(tmp_path: Path, server: IndexServer) -> Workshop:
    """A project that holds no plugin yet, in a folder of its own; what runs print and cache lies beside it."""
    root = tmp_path / "project"
    root.mkdir()
    workshop = Workshop(root=root, server=server, host={"web": "2.0"})
    workshop.write()
    return workshop
