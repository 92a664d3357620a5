"""Asking for the core metadata of files: from the cache, else from the index, and once for files that share it."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future
from typing import TYPE_CHECKING

from resolver.index import core_metadata, pages
from resolver.index.workers import settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from resolver.index.cache import Cache
    from resolver.index.core_metadata import MetadataText
    from resolver.index.credentials import CredentialStore
    from resolver.index.model import CoreMetadata, ProjectFile, ProjectPage
    from resolver.index.wheel_reader import WheelReader
    from resolver.index.workers import Workers


class MetadataQuestions:
    """Answers for an index client; each file is asked for once in a run.

    `keep` has what came written to the cache, if there is one; `wheels` gives the reader, made when first needed.
    """

    def __init__(
        self,
        *,
        cache: Cache | None,
        credentials: CredentialStore,
        workers: Workers,
        wheels: Callable[[], WheelReader],
        keep: Callable[[Callable[[Cache], object]], None],
        offline: bool,
    ) -> None:
        self._cache = cache
        self._credentials = credentials
        self._workers = workers
        self._wheels = wheels
        self._keep = keep
        self._offline = offline
        self._asked: dict[tuple[str, str], Future[CoreMetadata]] = {}
        # By index and by the hash that its page gives: the wheels of a release for many systems mostly share one file.
        self._first: dict[tuple[str, str], Future[CoreMetadata]] = {}
        self._vouched: dict[tuple[str, str], MetadataText] = {}

    def ask(self, page: ProjectPage, file: ProjectFile) -> Future[CoreMetadata]:
        """See `PackageIndexes.metadata`."""
        key = (page.index.name, file.url)
        known = self._asked.get(key)
        if known is not None:
            return known
        future: Future[CoreMetadata] = Future()
        shared = self._asked.setdefault(key, future)
        if shared is future:
            self._begin(future, page, file)
        return shared

    def _begin(self, future: Future[CoreMetadata], page: ProjectPage, file: ProjectFile) -> None:
        text = self._cache.metadata(page.index, file) if self._cache is not None else None
        if text is not None:
            settle(future, core_metadata.checked, file, page.name, text)
            return
        key = _hash_of(page, file)
        first = self._first.setdefault(key, future) if key is not None else future
        if first is future or (first.done() and key not in self._vouched):
            self._workers.submit(future, self._read, page, file)
        else:
            first.add_done_callback(lambda _: self._follow(future, page, file))

    def _follow(self, future: Future[CoreMetadata], page: ProjectPage, file: ProjectFile) -> None:
        """Use what another file's metadata were, if they had the hash that the page gives for this one too.

        Runs in the thread that had the other's, so what is left to do is done there.
        """
        key = _hash_of(page, file)
        text = self._vouched.get(key) if key is not None else None
        if text is None:
            settle(future, self._read, page, file)
        else:
            self._store(page, file, text)
            settle(future, core_metadata.checked, file, page.name, text)

    def _read(self, page: ProjectPage, file: ProjectFile) -> CoreMetadata:
        if self._offline:
            raise pages.not_in_cache(page.index, f"the metadata of {file.filename}")
        content = self._wheels().metadata(page, file)
        text = core_metadata.read(content)
        if not self._credentials.holds_secret(content):
            self._store(page, file, text)
            key = _hash_of(page, file)
            # Where a promised file was missing the wheel was read, and nobody has compared that with the promise.
            if key is not None and hashlib.sha256(content).hexdigest() == key[1]:
                self._vouched[key] = text
        return core_metadata.checked(file, page.name, text)

    def _store(self, page: ProjectPage, file: ProjectFile, text: MetadataText) -> None:
        self._keep(lambda cache: cache.store_metadata(page.index, file, text))


def _hash_of(page: ProjectPage, file: ProjectFile) -> tuple[str, str] | None:
    return (page.index.name, file.metadata) if isinstance(file.metadata, str) else None
