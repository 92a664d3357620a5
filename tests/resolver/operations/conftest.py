from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.projects import Workshop
from tests.servers.index_server import IndexServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer() as running:
        yield running


@pytest.fixture
def workshop(tmp_path: Path, server: IndexServer) -> Workshop:
    """A project with one plugin that needs a library of its own and one that the host ships."""
    server.add_wheel(
        "plug",
        "1.0",
        requires=["helper>=1", "web"],
        entry_points={"the_host.plugins": {"plug": "plug:register"}, "console_scripts": {"plug": "plug:main"}},
    )
    server.add_wheel("helper", "1.0")
    return Workshop(root=tmp_path, server=server, plugins={"plug": '"*"'}, host={"web": "2.0"})
