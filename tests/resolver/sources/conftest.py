from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resolver.sources.git import GitSources
from resolver.sources.trees import TreeCache
from tests.resolver.sources.repositories import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "served" / "plugin.git")


@pytest.fixture
def trees(tmp_path: Path) -> Iterator[TreeCache]:
    cache = TreeCache(tmp_path / "cache")
    yield cache
    cache.close()


@pytest.fixture
def sources(trees: TreeCache) -> GitSources:
    return GitSources(trees)
