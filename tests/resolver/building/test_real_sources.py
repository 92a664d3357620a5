"""Sources of the real index, one for each backend, as people publish them."""

from __future__ import annotations

import os
from concurrent.futures import Future
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from resolver.building.requirements import for_targets, sources_in
from resolver.building.source_indexes import SourceIndexes
from resolver.building.wheel import build_wheel
from resolver.building.workshop import Workshop
from resolver.index.client import IndexClient
from resolver.index.configuration import configured
from resolver.progress import Silent
from resolver.search.search import solve
from resolver.search.settings import SearchSettings
from resolver.sources.trees import TreeCache
from tests.resolver.building.sources import TARGETS, versions
from tests.resolver.search.searches import root

if TYPE_CHECKING:
    from pathlib import Path

    from resolver.index.model import ProjectPage

pytestmark = pytest.mark.network

LEGACY = "setuptools.build_meta:__legacy__"


class _WithoutWheels(SourceIndexes):
    """Shows the source distributions of one project alone."""

    def __init__(self, workshop: Workshop, name: str) -> None:
        super().__init__(workshop)
        self._name = name

    def page(self, name: str, index: str | None = None) -> Future[ProjectPage | None]:
        future = super().page(name, index)
        page = future.result() if name == self._name else None
        if page is None:
            return future
        sources = {text: tuple(f for f in page.versions[text] if f.kind == "sdist") for text in page.versions}
        without: Future[ProjectPage | None] = Future()
        without.set_result(replace(page, versions=sources))
        return without


@pytest.mark.parametrize(
    ("name", "version", "backend", "needs", "modules"),
    [
        ("jieba", "0.42.1", LEGACY, {"setuptools"}, ("jieba",)),
        ("langdetect", "1.0.9", LEGACY, {"setuptools"}, ("langdetect",)),
        ("pluggy", "1.6.0", "setuptools.build_meta", {"setuptools", "setuptools-scm", "packaging"}, ("pluggy",)),
        ("httpx", "0.28.1", "hatchling.build", {"hatchling", "hatch-fancy-pypi-readme", "pathspec"}, ("httpx",)),
        ("idna", "3.10", "flit_core.buildapi", {"flit-core"}, ("idna",)),
        ("rich", "14.0.0", "poetry.core.masonry.api", {"poetry-core"}, ("rich",)),
        ("findpython", "0.6.3", "pdm.backend", {"pdm-backend"}, ("findpython",)),
    ],
)
def test_a_published_source_is_locked_and_built(
    tmp_path: Path, name: str, version: str, backend: str, needs: set[str], modules: tuple[str, ...]
) -> None:
    settings = for_targets(
        SearchSettings(targets=TARGETS, host=None, allow_build={name: "tested"}),  # type: ignore[arg-type]  # replaced
        TARGETS,
    )
    with (
        IndexClient(configured((), os.environ).indexes) as client,
        Workshop(
            settings,
            client,
            environ=os.environ,
            cache=tmp_path,
            trees=TreeCache(tmp_path),
            progress=Silent(),
        ) as workshop,
    ):
        indexes = _WithoutWheels(workshop, name)
        found = solve(settings, indexes, [root(f"{name}=={version}")], Silent()).found
        sources = [(indexes.source(page, file), mask) for page, file, mask in sources_in(found)]
        (locked,) = workshop.lock(sources).values()
        assert locked.build.backend == backend
        assert versions(locked).keys() >= needs
        assert all(entry.systems == () for entry in locked.build.requires)
        assert build_wheel(workshop, sources[0][0]).contents.modules == modules
