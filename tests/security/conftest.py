"""A stage for secrets, and an index that wants a password."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.security.canaries import PASSWORD, USER, Stage
from tests.servers.index_server import IndexServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GROUP = {"demo.plugins": {"alpha": "alpha_plugin"}}


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(root=tmp_path, monkeypatch=monkeypatch)


@pytest.fixture
def private() -> Iterator[IndexServer]:
    """An index whose every answer needs the password."""
    with IndexServer(login=(USER, PASSWORD)) as server:
        server.add_wheel("alpha-plugin", "1.0", requires=["shared>=1", "httpx"], entry_points=GROUP)
        server.add_wheel("alpha-plugin", "2.0", requires=["shared>=1", "httpx>=1"], entry_points=GROUP)
        server.add_wheel("beta-plugin", "1.0", requires=["shared<2"], entry_points=GROUP, advertised=False)
        server.add_wheel("shared", "1.0")
        server.add_wheel("shared", "1.5")
        yield server
