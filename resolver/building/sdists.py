"""Source distributions of an index as trees: fetched, unpacked once, and read without running anything."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from resolver.building.source import SourceTree
from resolver.index.errors import MetadataError
from resolver.sources import static_metadata
from resolver.sources.archives import ArchiveSources
from resolver.sources.self_description import contradictions

if TYPE_CHECKING:
    from pathlib import Path

    from resolver.index.interface import PackageIndexes
    from resolver.index.model import CoreMetadata, ProjectFile, ProjectPage
    from resolver.sources.static_metadata import StaticMetadata
    from resolver.sources.trees import TreeCache

_WORKERS = 4
_FILE_NAME = "its file name"
_HASH = "sha256:"


class Sdists:
    """Unpacks into `trees`, in threads of its own; futures are shared between equal calls."""

    def __init__(self, client: PackageIndexes, trees: TreeCache) -> None:
        self._client = client
        self._archives = ArchiveSources(trees, _no_address)
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="sources")
        self._lock = threading.Lock()
        self._trees: dict[str, Future[SourceTree]] = {}
        self._listed: dict[str, tuple[ProjectPage, ProjectFile]] = {}
        self._read: dict[str, Future[CoreMetadata | None]] = {}

    def close(self) -> None:
        """Drop what has not begun and wait for what has."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def tree(self, page: ProjectPage, file: ProjectFile) -> Future[SourceTree]:
        """Fetch and unpack a source distribution; fails with `WorldError` and what unpacking refuses."""
        with self._lock:
            return self._tree(page, file)

    def listed(self, source: SourceTree) -> tuple[ProjectPage, ProjectFile] | None:
        """Return the file that a source was unpacked from, None for one that is from no index."""
        with self._lock:
            return self._listed.get(source.identity)

    def static(self, page: ProjectPage, file: ProjectFile) -> Future[CoreMetadata | None]:
        """Return metadata that needs no build, None where there is none; fails with `MetadataError` and as `tree`."""
        key = _sha256(file)
        with self._lock:
            future = self._read.get(key)
            if future is None:
                tree = self._tree(page, file)
                future = self._read[key] = self._pool.submit(lambda: _static(tree.result()))
            return future

    def _tree(self, page: ProjectPage, file: ProjectFile) -> Future[SourceTree]:
        # Workers take tasks in order, so a tree that is waited for has always begun.
        key = _sha256(file)
        future = self._trees.get(key)
        if future is None:
            self._listed[f"{_HASH}{key}"] = page, file
            future = self._trees[key] = self._pool.submit(self._unpacked, page, file)
        return future

    def _unpacked(self, page: ProjectPage, file: ProjectFile) -> SourceTree:
        archive = self._client.download(page, file, _unheard).result()
        sha256 = _sha256(file)
        tree = self._archives.tree_of_file(archive, sha256=sha256, source=file.filename)
        return SourceTree(name=page.name, version=file.version, root=tree.path, identity=f"{_HASH}{sha256}")


def _static(source: SourceTree) -> CoreMetadata | None:
    """Return what a source says of itself; raises `MetadataError` where it is not what it was taken for."""
    known = static_metadata.read(source.project, top=source.root, source=str(source), is_sdist=True)
    refuse_other(known, source, source.version, asker=_FILE_NAME, is_sdist=True)
    return known.metadata


def refuse_other(known: StaticMetadata, source: SourceTree, version: str | None, *, asker: str, is_sdist: bool) -> None:
    """Refuse a source that calls itself otherwise than it was taken for, with all of that in one reason.

    `known` is what was read of it, `version` what its file's name says, None where that says nothing; `asker` takes it
    for `source.name`.  Raises `MetadataError`.
    """
    found = contradictions(
        known,
        source.project,
        top=source.root,
        source=str(source),
        name=source.name,
        version=version,
        is_sdist=is_sdist,
    )
    if found:
        told = (f"{one.text}, and {asker if one.of_name else _FILE_NAME} {one.expected}" for one in found)
        raise MetadataError("; ".join(told))


def _sha256(file: ProjectFile) -> str:
    if file.sha256 is None:
        raise AssertionError("a listing refuses files without a sha256")
    return file.sha256


def _unheard(_: int) -> None:
    """Report to nobody: this download is a means to the metadata."""


def _no_address(url: str) -> Path:
    raise AssertionError(f"files of an index are fetched by its client, not from {url}")
