"""Where `verify` gets the bytes of a locked file from over the network: its own address, or a mirror."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Protocol

import msgspec

from lock.errors import Problem, WorldError
from lock.urls import origin
from resolver.index.failures import GONE, UNREACHABLE
from resolver.index.model import Index, ProjectFile
from resolver.index.offered import offered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from resolver.index.client import IndexClient
    from resolver.index.downloads import Downloads
    from resolver.verification.model import LockedFile

UNANSWERED = 3
"""How many files a server may leave without any answer, one after the other, before it is asked for no more."""


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it was got, with the sha256 of its bytes.

    `damaged` are copies in other places whose bytes are not right: each place, and how to mend it.
    """

    path: Path
    sha256: str
    damaged: tuple[tuple[str, str], ...] = ()


class GoneError(Exception):
    """Nobody serves the file any more; `where` says who was asked."""

    def __init__(self, where: str) -> None:
        self.where = where
        super().__init__(where)


class UnseenError(Exception):
    """The file is in none of the places that may be looked at; `damaged` as of a `Copy`."""

    def __init__(self, damaged: tuple[tuple[str, str], ...] = ()) -> None:
        self.damaged = damaged
        super().__init__()


class Bytes(Protocol):
    """Gets files."""

    def opened(self, file: LockedFile) -> AbstractContextManager[Copy]:
        """Give the file as it is served now, whatever its hash, for as long as it is looked at.

        Raises `GoneError`, `UnseenError`, or `WorldError` where network or disk fail.
        """
        ...


class FromAddress:
    """Fetches each file from the address that is locked; `indexes` are those of plugins.toml, by URL."""

    def __init__(self, downloads: Downloads, indexes: Mapping[str, Index]) -> None:
        self._fetched = _Fetched(downloads)
        self._indexes = indexes

    @contextmanager
    def opened(self, file: LockedFile) -> Iterator[Copy]:
        """See `Bytes`."""
        index = self._indexes.get(file.index or "") or Index(name=file.name, url=file.url, noun="source of")
        with self._fetched.opened(index, file, file.url) as copy:
            yield copy


class FromMirror:
    """Fetches each file by its name from the project page of a mirror: the bytes count, not the address.

    What is from no index has no page: `others` gets it.
    """

    def __init__(self, client: IndexClient, others: Bytes) -> None:
        self._client = client
        self._fetched = _Fetched(client.downloads)
        self._others = others

    @contextmanager
    def opened(self, file: LockedFile) -> Iterator[Copy]:
        """See `Bytes`."""
        if file.index is None:
            with self._others.opened(file) as copy:
                yield copy
            return
        mirror = self._client.indexes[0]
        with self._fetched.servers.asked(mirror.url, file):
            page = self._client.page(file.name).result()
        found = offered(page, file.filename)
        if page is None or found is None:
            raise GoneError(f"the {mirror.name}")
        with self._fetched.opened(page.index, file, found.url) as copy:
            yield copy


class _Fetched:
    """Fetches without asking what the bytes should be, and removes each file once it was looked at.

    So the disk holds no more of them than are looked at together.
    """

    def __init__(self, downloads: Downloads) -> None:
        self.servers = _Servers()
        self._downloads = downloads
        self._making = Lock()
        self._names: dict[str, Lock] = {}

    @contextmanager
    def opened(self, index: Index, file: LockedFile, url: str) -> Iterator[Copy]:
        asked = ProjectFile(filename=file.filename, url=url, kind="wheel", version=file.version or "0")
        # Two addresses may lead to one file: it must not go while the other looks at it.
        with self._alone(file.filename):
            with self.servers.asked(url, file):
                path = self._downloads.fetch(index, asked, lambda _: None)
            try:
                yield Copy(path=path, sha256=sha256_of(path))
            finally:
                path.unlink(missing_ok=True)

    def _alone(self, filename: str) -> Lock:
        with self._making:
            return self._names.setdefault(filename, Lock())


class _Servers:
    """Tells which servers gave no answer, so that each is waited for a few times and not once a file."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._unanswered: dict[str, int] = {}

    @contextmanager
    def asked(self, url: str, file: LockedFile) -> Iterator[None]:
        """Ask the server of an address for a file; raises `GoneError` and `WorldError`."""
        server = origin(url) or url
        if self._unanswered.get(server, 0) >= UNANSWERED:
            message = f"{server} gave no answer for other files, so it was not asked for {file.filename}"
            raise WorldError(Problem(code=UNREACHABLE, message=message, remedy="run verify again later"))
        try:
            yield
        except WorldError as error:
            codes = {problem.code for problem in error.problems}
            if GONE in codes:
                self._note(server, answered=True)
                raise GoneError(url) from None
            self._note(server, answered=UNREACHABLE not in codes)
            raise
        self._note(server, answered=True)

    def _note(self, server: str, *, answered: bool) -> None:
        with self._lock:
            self._unanswered[server] = 0 if answered else self._unanswered.get(server, 0) + 1


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
