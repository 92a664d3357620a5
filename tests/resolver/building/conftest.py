from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.resolver.building.sources import Yard
from tests.servers.index_server import IndexServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    with IndexServer() as server:
        yield Yard(folder=tmp_path, server=server)
