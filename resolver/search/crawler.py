"""Runs ahead of the search: asks for pages and metadata of whatever is likely to be needed, and waits for nothing.

Nothing here influences the result; the search asks for everything again and then finds it there.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from itertools import islice
from threading import Condition
from typing import TYPE_CHECKING, Self, TypeVar

from packaging.specifiers import SpecifierSet

from lock.errors import PluginLockError
from resolver.index.errors import MetadataError
from resolver.search.demands import Demands, NotYetKnown
from resolver.search.needs import Asker, Candidate, Need

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from packaging.version import Version

    from resolver.index.interface import PackageIndexes
    from resolver.index.model import CoreMetadata, ProjectPage
    from resolver.search.listing import Listing
    from resolver.search.references import Reference

_T = TypeVar("_T")

# The search meets the same failure where it matters, and explains it.
_LEFT_TO_THE_SEARCH = (PluginLockError, MetadataError)

LOOK_AHEAD = 8
"""How many further versions are asked for at once when one turns out not to work."""


def ask(indexes: PackageIndexes, need: Need, index: str | None) -> Future[ProjectPage | None]:
    """Ask for the page that a need is about."""
    if need.reference is None:
        return indexes.page(need.name, index)
    return indexes.page(need.name, index, need.reference)


class Crawler:
    """Follows requirements from the plugins downwards as answers arrive, in the index client's threads.

    It does so inside its `with` block only: at the end it waits for what its callbacks have begun, and what arrives
    later leads nowhere, since the client may then be closing and takes no more questions.
    """

    def __init__(
        self,
        indexes: PackageIndexes,
        demands: Demands,
        listing_of: Callable[[ProjectPage], Listing],
        index_of: Callable[[str], str | None],
    ) -> None:
        self._indexes = indexes
        self._demands = demands
        self._listing_of = listing_of
        self._index_of = index_of
        self._seen: set[tuple[str, str, int, tuple[str, ...], Reference | None]] = set()
        self._state = Condition()
        self._running = False
        self._busy = 0

    def __enter__(self) -> Self:
        with self._state:
            self._running = True
        return self

    def __exit__(self, *exception: object) -> None:
        with self._state:
            self._running = False
            self._state.wait_for(lambda: not self._busy)

    @contextmanager
    def _following(self) -> Iterator[bool]:
        """Say whether an answer is still to be followed; if so the crawler does not end before the block does."""
        with self._state:
            running = self._running
            self._busy += running
        try:
            yield running
        finally:
            with self._state:
                self._busy -= running
                self._state.notify_all()

    def see(self, need: Need) -> None:
        """Ask for the page of a needed project and, when it is there, for its likely candidate's metadata."""
        key = (need.name, str(need.specifier), need.mask, tuple(sorted(need.extras)), need.reference)
        if key in self._seen:
            return
        self._seen.add(key)
        future = ask(self._indexes, need, self._index_of(need.name))
        future.add_done_callback(lambda done: self._page_arrived(need, done))

    def _page_arrived(self, need: Need, future: Future[ProjectPage | None]) -> None:
        with self._following() as wanted, suppress(*_LEFT_TO_THE_SEARCH):
            page = _result(future) if wanted else None
            if page is None:
                return
            for candidate in islice(self.candidates(self._listing_of(page), need), 1):
                self._ask(candidate)

    def look_ahead(self, dead: Candidate) -> None:
        """Ask for the metadata of the versions that would be tried next after a candidate that cannot work."""
        listing = self._listing_of(dead.page)
        older = SpecifierSet(f"<{dead.version.public}")
        need = Need(name=dead.name, specifier=older, mask=dead.mask, extras=dead.extras, asker=Asker(kind="", name=""))
        for candidate in islice(self.candidates(listing, need), LOOK_AHEAD):
            for file in dict.fromkeys(candidate.files.values()):
                self._indexes.metadata(candidate.page, file)

    def candidates(
        self, listing: Listing, need: Need, wanted: Callable[[Version], bool] | None = None
    ) -> Iterator[Candidate]:
        """Yield the candidates of one need taken alone, best first; of those that fit only what is `wanted`."""
        for listed in listing.in_order(need.specifier):
            fit = listing.fit(listed)
            if not need.mask & ~fit.mask and (wanted is None or wanted(listed.version)):
                yield Candidate(
                    name=need.name,
                    version=listed.version,
                    version_text=listed.text,
                    mask=need.mask,
                    extras=need.extras,
                    page=listing.page,
                    files={bit: file for bit, file in fit.files.items() if need.mask >> bit & 1},
                )

    def _ask(self, candidate: Candidate) -> None:
        files = list(dict.fromkeys(candidate.files.values()))
        for file in files:
            future = self._indexes.metadata(candidate.page, file)
            future.add_done_callback(lambda done: self._metadata_arrived(candidate, done))

    def _metadata_arrived(self, candidate: Candidate, future: Future[CoreMetadata]) -> None:
        with self._following() as wanted, suppress(NotYetKnown, *_LEFT_TO_THE_SEARCH):
            if not wanted or _result(future) is None:
                return
            for need in self._demands.of(candidate, wait=False).needs:
                self.see(need)


def _result(future: Future[_T]) -> _T | None:
    """Return what arrived; a failure is left to the search, which meets the same future and can explain it."""
    if future.cancelled():
        return None
    try:
        return future.result()
    except _LEFT_TO_THE_SEARCH:
        return None
