"""Where `verify` gets the bytes of a locked file from: its own address, a mirror, or without a network."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from lock.errors import Problem, WorldError
from resolver.index.failures import GONE
from resolver.index.model import Index, ProjectFile
from resolver.verification.nix_store import flat_file_path, store_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resolver.index.cache import Cache
    from resolver.index.client import IndexClient
    from resolver.index.downloads import Downloads
    from resolver.verification.model import LockedFile


class GoneError(Exception):
    """Nobody serves the file any more; `where` says who was asked."""

    def __init__(self, where: str) -> None:
        self.where = where
        super().__init__(where)


class UnseenError(Exception):
    """The file is in none of the places that may be looked at."""


class Bytes(Protocol):
    """Gets files."""

    def get(self, file: LockedFile) -> Path:
        """Return the file as it is served now, whatever its hash.

        Raises `GoneError`, `UnseenError`, or `WorldError` where the network fails.
        """
        ...


class FromAddress:
    """Fetches each file from the address that is locked; `indexes` are those of plugins.toml, by URL."""

    def __init__(self, downloads: Downloads, indexes: Mapping[str, Index]) -> None:
        self._downloads = downloads
        self._indexes = indexes

    def get(self, file: LockedFile) -> Path:
        """See `Bytes`."""
        index = self._indexes.get(file.index or "") or Index(name=file.name, url=file.url, noun="source of")
        return fetched(self._downloads, index, file, file.url)


class FromMirror:
    """Fetches each file by its name from the project page of a mirror: the bytes count, not the address."""

    def __init__(self, client: IndexClient) -> None:
        self._client = client

    def get(self, file: LockedFile) -> Path:
        """See `Bytes`."""
        page = self._client.page(file.name).result()
        listed = [offered for version in (page.versions.values() if page else ()) for offered in version]
        url = next((offered.url for offered in listed if offered.filename == file.filename), None)
        if page is None or url is None:
            raise GoneError(f"the mirror {self._client.indexes[0].name}")
        return fetched(self._client.downloads, page.index, file, url)


class WithoutNetwork:
    """Looks into the cache, then into the Nix store, where Nix has put the files of a lock that it built.

    What stands in the store gets its true name back in `folder`.
    """

    def __init__(self, cache: Cache, store: Path, folder: Path) -> None:
        self._cache = cache
        self._store = store
        self._folder = folder

    def get(self, file: LockedFile) -> Path:
        """See `Bytes`."""
        kept = self._cache.file(file.sha256, file.filename)
        if kept is not None:
            return kept
        path = Path(flat_file_path(store_name(file.filename), file.sha256, str(self._store)))
        if not path.is_file():
            raise UnseenError
        named = self._folder / file.sha256 / file.filename
        named.parent.mkdir(parents=True, exist_ok=True)
        named.symlink_to(path)
        return named


def fetched(downloads: Downloads, index: Index, file: LockedFile, url: str) -> Path:
    """Fetch a file without asking what its bytes should be; raises `GoneError` and `WorldError`."""
    asked = ProjectFile(filename=file.filename, url=url, kind="wheel", version=file.version or "0")
    try:
        return downloads.fetch(index, asked, lambda _: None)
    except WorldError as error:
        if any(problem.code == GONE for problem in error.problems):
            raise GoneError(url) from None
        raise


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, as hex digits; raises `WorldError`."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise WorldError(
            Problem(
                code="disk",
                message=f"it cannot be read: {error.strerror or type(error).__name__}",
                path=str(path),
                remedy="check the disk and its permissions",
            )
        ) from None
