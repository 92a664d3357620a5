"""The index client: all configured indexes as one, with a cache and many requests in flight."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from lock.errors import InputError, Problem, WorldError
from resolver.index import pages
from resolver.index.credentials import CredentialStore
from resolver.index.metadata_questions import MetadataQuestions
from resolver.index.retries import ATTEMPTS
from resolver.index.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from resolver.index.cache import Cache, CachedPage
    from resolver.index.downloads import Downloads
    from resolver.index.model import CoreMetadata, Index, ProjectFile, ProjectPage
    from resolver.index.page_digest import Digest
    from resolver.index.transport import Transport
    from resolver.index.wheel_reader import WheelReader
    from resolver.provenance.parsing import Attestations
    from resolver.search.references import Reference

CONNECTIONS = 32
"""The most connections to one origin at a time."""


class IndexClient:
    """Implements `PackageIndexes`; use it as a context manager.

    `indexes` are asked in their order, the first that knows a name wins; explicit ones only by name.  A project
    that an index answers with 404 is looked for in the next; any other failure is an error.  `offline` answers
    from the cache alone.  `refresh` (True, or normalized names) asks again even where the cache is fresh.
    `now` and `sleep` are the clock, in seconds; `attempts` is how often a question is put in all.
    """

    def __init__(
        self,
        indexes: Sequence[Index],
        *,
        cache: Cache | None = None,
        credentials: CredentialStore | None = None,
        environ: Mapping[str, str] | None = None,
        offline: bool = False,
        refresh: bool | Collection[str] = False,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], object] | None = None,
        workers: Workers | None = None,
        connections: int = CONNECTIONS,
        attempts: int = ATTEMPTS,
    ) -> None:
        self._attempts = attempts
        self.indexes = tuple(indexes)
        self.cache = cache
        self._environ = os.environ if environ is None else environ
        self._credentials = credentials or CredentialStore(self._environ)
        self._offline = offline
        self._refresh = refresh
        self._now = now
        self._closing = threading.Event()
        # An event's wait, so that closing ends a back-off at once.
        self._sleep = sleep or self._closing.wait
        self._connections = connections
        self._workers = workers or Workers()
        # What the cache keeps is written by one thread while the others go on asking.
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="index-cache")
        self._making = threading.Lock()
        self._pages: dict[tuple[str, str | None], Future[ProjectPage | None]] = {}
        self._metadata = MetadataQuestions(
            cache=cache,
            credentials=self._credentials,
            workers=self._workers,
            wheels=self._wheels,
            keep=self._keep,
            offline=offline,
        )
        self._downloads: dict[tuple[str, str], Future[Path]] = {}
        self._transport: Transport | None = None
        self._wheel_reader: WheelReader | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Drop what has not begun, wait for what has, close all connections."""
        self._closing.set()
        self._workers.close()
        self._writer.shutdown(wait=True)
        if self._wheel_reader is not None:
            self._wheel_reader.downloads.close()
        if self._transport is not None:
            self._transport.close()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know: a cache that cannot be written, a netrc that cannot be read."""
        return (*(self.cache.notes if self.cache is not None else ()), *self._credentials.notes)

    # -- PackageIndexes ------------------------------------------------------------------------------------------

    def page(
        self, name: str, index: str | None = None, reference: Reference | None = None
    ) -> Future[ProjectPage | None]:
        """See `PackageIndexes`; raises `InputError` for an index that is not configured."""
        if reference is not None:
            raise AssertionError("references are followed by whoever knows of sources")
        known = self._pages.get((name, index))
        if known is not None:
            return known
        chosen = self._chosen(index)
        future: Future[ProjectPage | None] = Future()
        shared = self._pages.setdefault((name, index), future)
        if shared is future:
            self._begin_page(future, chosen, name)
        return shared

    def metadata(self, page: ProjectPage, file: ProjectFile) -> Future[CoreMetadata]:
        """See `PackageIndexes`; fails with `MetadataError` where the file's metadata cannot be used."""
        return self._metadata.ask(page, file)

    def download(self, page: ProjectPage, file: ProjectFile, report: Callable[[int], None]) -> Future[Path]:
        """See `PackageIndexes`; `report` is told a negative number where a broken attempt is begun anew.

        Of several equal calls only the first one's `report` is told.
        """
        future: Future[Path] = Future()
        shared = self._downloads.setdefault((page.index.name, file.url), future)
        if shared is future:
            self._workers.submit(future, self._downloaded, page.index, file, report)
        return shared

    def provenance(self, page: ProjectPage, file: ProjectFile) -> Future[tuple[Attestations, ...]]:
        """See `PackageIndexes`."""
        future: Future[tuple[Attestations, ...]] = Future()
        if file.provenance is None:
            future.set_result(())
        else:
            self._workers.submit(future, self._asked_provenance, page, file)
        return future

    @property
    def downloads(self) -> Downloads:
        """The fetching of whole files, for plugins that come from no index."""
        return self._wheels().downloads

    # -- pages ---------------------------------------------------------------------------------------------------

    def _begin_page(self, future: Future[ProjectPage | None], indexes: Sequence[Index], name: str) -> None:
        # Where the first index's page is fresh in the cache nobody needs to be asked, nor a thread woken.
        known = self._known(indexes[0], name)
        if known is None or known.digest is None or not self._usable(known, name):
            self._workers.submit(future, self._first_page, indexes, name, known)
        else:
            future.set_result(pages.page(indexes[0], name, known.digest))

    def _chosen(self, name: str | None) -> tuple[Index, ...]:
        chosen = tuple(index for index in self.indexes if (index.name == name if name else not index.explicit))
        if not chosen:
            known = ", ".join(index.name for index in self.indexes)
            raise InputError(
                Problem(
                    code="unknown-index",
                    message=f"there is no index named {name!r}" if name else "every index is explicit",
                    remedy=f"add an [[index]] to plugins.toml; known are: {known}",
                )
            )
        return chosen

    def _first_page(self, indexes: Sequence[Index], name: str, known: CachedPage | None) -> ProjectPage | None:
        for place, index in enumerate(indexes):
            digest = self._page_of(index, name, known if place == 0 else self._known(index, name))
            if digest is not None:
                return pages.page(index, name, digest)
        return None

    def _known(self, index: Index, name: str) -> CachedPage | None:
        return self.cache.page(index, name) if self.cache is not None else None

    def _usable(self, known: CachedPage, name: str) -> bool:
        """Tell whether what the cache has may be used without asking."""
        if self._offline:
            return True
        if self._is_refreshed(name):
            return False
        # That an index lacks a project is always asked anew: the next one's page may be an impostor's.
        return known.digest is not None and known.is_fresh(self._now())

    def _is_refreshed(self, name: str) -> bool:
        return self._refresh if isinstance(self._refresh, bool) else name in self._refresh

    def _page_of(self, index: Index, name: str, known: CachedPage | None) -> Digest | None:
        """Return one index's page, from the cache or anew; None where the index knows no such project."""
        if known is not None and self._usable(known, name):
            return known.digest
        if self._offline:
            raise pages.not_in_cache(index, f"the page of {name}")
        answer = self._http().get(pages.question(index, name, known))
        if answer.status == 304 and known is not None and self.cache is not None:
            self.cache.confirm_page(index, name, self._now())
            return known.digest
        try:
            digest = pages.read(index, name, answer) if answer.status == 200 else None
        except WorldError as error:
            raise self._unsaid(error) from None
        head = pages.head(answer, digest)
        if head is not None and not self._is_secret(answer.body):
            now = self._now()
            self._keep(lambda cache: cache.store_page(index, name, head, digest, now))
        return digest

    def _is_secret(self, answer: bytes) -> bool:
        """Tell whether an answer must not be kept: it repeats a password, or gives addresses with tokens in them."""
        return self._credentials.holds_secret(answer) or pages.has_tokens(answer)

    def _unsaid(self, error: WorldError) -> WorldError:
        """Return an error about what an index said without a password that it may have repeated."""
        unsaid = self._credentials.without_secrets
        return WorldError(*(replace(problem, message=unsaid(problem.message)) for problem in error.problems))

    # -- provenance and files ------------------------------------------------------------------------------------

    def _asked_provenance(self, page: ProjectPage, file: ProjectFile) -> tuple[Attestations, ...]:
        from resolver.index import provenance  # noqa: PLC0415 - few indexes serve any

        index = page.index
        asked = provenance.question(index, file)
        known = self.cache.provenance(index, file) if self.cache is not None else None
        # That there is none contradicts the page that names it, so it is believed only where nobody can be asked.
        if known is not None and (self._offline or (known and not self._is_refreshed(page.name))):
            return provenance.read(index, file, known)
        if self._offline:
            raise pages.not_in_cache(index, asked.what)
        answer = self._http().get(asked)
        try:
            found = provenance.answered(index, file, answer, self._credentials.holds_secret)
        except WorldError as error:
            raise self._unsaid(error) from None
        text = answer.body if found else b""
        if not self._credentials.holds_secret(text):
            self._keep(lambda cache: cache.store_provenance(index, file, text))
        return found

    def _downloaded(self, index: Index, file: ProjectFile, report: Callable[[int], None]) -> Path:
        downloads = self._wheels().downloads
        path = downloads.known(file)
        if path is not None:
            return path
        if self._offline:
            raise pages.not_in_cache(index, file.filename)
        return downloads.fetch(index, file, report)

    def _keep(self, store: Callable[[Cache], object]) -> None:
        """Have something written to the cache, if there is one."""
        if self.cache is not None:
            self._writer.submit(store, self.cache)

    # -- made when first needed, because a run that finds all in the cache needs no HTTP -----------------------------

    def _http(self) -> Transport:
        with self._making:
            if self._transport is None:
                from resolver.index.transport import Transport  # noqa: PLC0415 - see above

                self._transport = Transport(
                    self._credentials,
                    self._environ,
                    now=self._now,
                    sleep=self._sleep,
                    connections=self._connections,
                    attempts=self._attempts,
                )
            return self._transport

    def _wheels(self) -> WheelReader:
        http = self._http()
        with self._making:
            if self._wheel_reader is None:
                from resolver.index.wheel_reader import WheelReader  # noqa: PLC0415 - see above

                self._wheel_reader = WheelReader(http, self.cache)
            return self._wheel_reader
