"""The crawler follows answers while a search runs, and leaves alone what arrives later."""

from __future__ import annotations

import logging
from concurrent.futures import Future
from typing import TYPE_CHECKING

from lock.errors import Problem, WorldError
from resolver.search.search import Search
from resolver.search.settings import SearchSettings
from tests.resolver.search.memory_index import MemoryIndexes, release
from tests.resolver.search.searches import TARGETS, host, root

if TYPE_CHECKING:
    import pytest

    from resolver.index.model import CoreMetadata, ProjectFile, ProjectPage

PROJECTS = {"plugin": {"1.0": release(["library"])}, "library": {"1.0": release()}}


class LateIndexes(MemoryIndexes):
    """Holds the page of `plugin` back until `arrive`."""

    late: Future[ProjectPage | None]

    def page(self, name: str, index: str | None = None) -> Future[ProjectPage | None]:
        if name != "plugin":
            return super().page(name, index)
        self.late = Future()
        return self.late

    def arrive(self) -> None:
        self.late.set_result(super().page("plugin").result())


def searching(indexes: MemoryIndexes, plugin: str = "plugin", pin: str = "other==1.0") -> Search:
    return Search(SearchSettings(targets=TARGETS, host=host(pin)), indexes, [root(plugin)])


def test_an_answer_that_comes_while_the_search_runs_is_followed() -> None:
    indexes = LateIndexes(PROJECTS)
    search = searching(indexes)
    with search.crawler as crawler:
        crawler.see(search.roots[0])
        indexes.arrive()
    assert indexes.metadata_read.keys() == {"plugin 1.0", "library 1.0"}


def test_an_answer_that_comes_when_the_search_is_over_is_not_followed() -> None:
    indexes = LateIndexes(PROJECTS)
    search = searching(indexes)
    with search.crawler as crawler:
        crawler.see(search.roots[0])
    indexes.arrive()
    assert not indexes.metadata_read


def test_an_index_that_fails_while_an_extra_of_the_host_is_read_is_left_to_the_search(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Failing(MemoryIndexes):
        asked = 0

        def metadata(self, page: ProjectPage, file: ProjectFile) -> Future[CoreMetadata]:
            if page.name != "shipped":
                return super().metadata(page, file)
            self.asked += 1
            failed: Future[CoreMetadata] = Future()
            failed.set_exception(WorldError(Problem(code="network", message="the index does not answer")))
            return failed

    indexes = Failing({"plugin": {"1.0": release(["shipped[more]"])}, "shipped": {"1.0": release(extras=["more"])}})
    search = searching(indexes, pin="shipped==1.0")
    with search.crawler as crawler, caplog.at_level(logging.WARNING):
        crawler.see(search.roots[0])
    assert indexes.asked
    assert caplog.records == []
