"""Archives as sources: fetched by their address, known by the hash of their bytes, unpacked into plain trees."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from lock.errors import InputError, Problem
from lock.grammar import FILE, quoted
from lock.urls import last_segment, origin
from resolver.index.model import Index, ProjectFile
from resolver.sources.errors import refused
from resolver.sources.trees import disk_failure
from resolver.sources.unpack import unpack

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from resolver.index.downloads import Downloads
    from resolver.sources.trees import Remark, Tree, TreeCache

MAX_BYTES = 2 * 1024**3
"""The largest archive, in bytes."""


class FetchedArchive(msgspec.Struct, frozen=True, kw_only=True):
    """An archive on this disk: `filename` is the last segment of its address, `size` in bytes."""

    url: str
    filename: str
    path: Path
    size: int
    sha256: str

    @property
    def is_wheel(self) -> bool:
        """Tell whether it is a wheel, which is installed as it is."""
        return self.filename.endswith(".whl")


def from_network(downloads: Downloads, report: Callable[[int], None] = lambda _: None) -> Callable[[str], Path]:
    """Return a `download` for `ArchiveSources`: with the credentials, limits and retries of the index client.

    `report` is told the bytes as they arrive.
    """

    def download(url: str) -> Path:
        server = Index(name=origin(url) or "", url=f"{origin(url)}/")
        return downloads.fetch(server, ProjectFile(filename=_filename(url), url=url, kind="sdist", version="0"), report)

    return download


def _filename(url: str) -> str:
    """Return the last segment of an address, once it is sure to be no more than a file's name."""
    filename = last_segment(url)
    if not FILE.fits(filename):
        message = f"the address ends with {quoted(filename)}, which is not {FILE.says}"
        raise InputError(Problem(code="archive-name", message=message, path=url, remedy="name another address of it"))
    return filename


class ArchiveSources:
    """Fetches archives through `download`, and unpacks them into a cache of trees.

    `download` returns the file of an address, and raises `WorldError` where the network fails; it decides about
    credentials, redirects and retries.
    """

    def __init__(self, trees: TreeCache, download: Callable[[str], Path]) -> None:
        self._trees = trees
        self._download = download

    def fetch(self, url: str, *, sha256: str | None = None) -> FetchedArchive:
        """Fetch an archive; `sha256` is what is locked for it.

        Raises `SourceError` where its bytes are not those, or too many, `WorldError` where it cannot be had.
        """
        path = self._download(url)
        try:
            size = path.stat().st_size
            if size > MAX_BYTES:
                message = f"it has {size} bytes, more than the limit of {MAX_BYTES}"
                raise refused("archive-limit", message, source=url, remedy="name another source of the plugin")
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise disk_failure(error, url) from None
        if sha256 is not None and found != sha256:
            message = f"it has sha256 {found}, and {sha256} is locked: it was replaced, or damaged on its way"
            remedy = "ask whoever publishes it; an archive made anew at each request cannot be locked, a git tag can"
            raise refused("archive-changed", message, source=url, remedy=remedy)
        return FetchedArchive(url=url, filename=_filename(url), path=path, size=size, sha256=found)

    def tree(self, archive: FetchedArchive) -> Tree:
        """Return the plain tree in an archive; see `unpack` for its top folder and for what is refused."""
        return self.tree_of_file(archive.path, sha256=archive.sha256, source=archive.url)

    def tree_of_file(self, path: Path, *, sha256: str, source: str) -> Tree:
        """Return the plain tree in an archive on this disk, such as an sdist of an index; `source` names it."""

        def make(folder: Path) -> tuple[Remark, ...]:
            unpack(path, folder, source=source)
            return ()

        return self._trees.tree(f"archive {sha256}", source, make)
