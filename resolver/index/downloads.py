"""Fetching whole files, their sha256 checked while they come."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from lock.errors import Problem, WorldError
from resolver.index.failures import index_failure
from resolver.index.questions import Question

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from resolver.index.cache import Cache
    from resolver.index.model import Index, ProjectFile
    from resolver.index.transport import Transport

FILE_LIMIT = 8 << 30
"""The largest file that is fetched, in bytes, where the index does not say how large it is."""


class Downloads:
    """Keeps fetched files in the cache, or in a folder of its own for as long as it lives."""

    def __init__(self, transport: Transport, cache: Cache | None) -> None:
        self._transport = transport
        self._cache = cache
        self._own: tempfile.TemporaryDirectory[str] | None = None
        self._turn = threading.Lock()

    def close(self) -> None:
        """Remove the folder of files that no cache keeps."""
        if self._own is not None:
            self._own.cleanup()
            self._own = None

    def known(self, file: ProjectFile) -> Path | None:
        """Return the file if the cache has it."""
        if self._cache is None or file.sha256 is None:
            return None
        return self._cache.file(file.sha256, file.filename)

    def fetch(self, index: Index, file: ProjectFile, report: Callable[[int], None]) -> Path:
        """Fetch a file; raises `WorldError`.

        `report` is told the bytes as they arrive, and a negative number where a broken attempt is begun anew.
        """
        try:
            descriptor, name = tempfile.mkstemp(prefix=".fetching-", dir=self._folder())
        except OSError as error:
            raise _disk_failure(file.filename, error) from None
        temporary = Path(name)
        try:
            with open(descriptor, "w+b") as stream:  # noqa: PTH123 - a descriptor, not a path
                receiver = _Receiver(file.filename, stream, report)
                self._transport.stream(
                    Question(
                        index=index,
                        url=file.url,
                        what=file.filename,
                        limit=FILE_LIMIT if file.size is None else file.size,
                        headers={"Accept-Encoding": "identity"},
                    ),
                    receiver.restart,
                )
                stream.flush()
                os.fsync(stream.fileno())
            self._check(index, file, receiver)
            return self._keep(temporary, receiver.hash.hexdigest(), file.filename)
        except OSError as error:
            raise _disk_failure(file.filename, error) from None
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)

    def _folder(self) -> Path:
        # Two downloads that begin at once must not make two folders: the one that is forgotten goes with its files.
        with self._turn:
            if self._cache is not None:
                try:
                    return self._cache.downloads()
                except OSError as error:
                    self._cache.give_up(error)
                    self._cache = None
            if self._own is None:
                self._own = tempfile.TemporaryDirectory(prefix="plugin-lock-")
            return Path(self._own.name)

    def _check(self, index: Index, file: ProjectFile, receiver: _Receiver) -> None:
        sha256 = receiver.hash.hexdigest()
        if file.sha256 is not None and sha256 != file.sha256:
            raise index_failure(
                "file-hash",
                index,
                f"{file.filename} has sha256 {sha256}, and its page says {file.sha256}",
                key=file.filename,
                remedy="do not use this file: it was replaced or damaged on its way; tell whoever runs the index",
            )
        if file.size is not None and receiver.received != file.size:
            raise index_failure(
                "file-size",
                index,
                f"{file.filename} has {receiver.received} bytes, and its page says {file.size}",
                key=file.filename,
                remedy="tell whoever runs the index",
            )

    def _keep(self, temporary: Path, sha256: str, filename: str) -> Path:
        if self._cache is not None:
            return self._cache.keep_file(temporary, sha256, filename)
        path = temporary.parent / sha256 / filename
        path.parent.mkdir(exist_ok=True)
        return temporary.replace(path)


class _Receiver:
    """Takes the bytes of a download: to the disk, into the hash, and into the report."""

    def __init__(self, filename: str, stream: BinaryIO, report: Callable[[int], None]) -> None:
        self.hash = hashlib.sha256()
        self.received = 0
        self._filename = filename
        self._stream = stream
        self._report = report

    def restart(self) -> Callable[[bytes], None]:
        if self.received:
            self._report(-self.received)
        self.hash = hashlib.sha256()
        self.received = 0
        try:
            self._stream.seek(0)
            self._stream.truncate()
        except OSError as error:
            raise _disk_failure(self._filename, error) from None
        return self._take

    def _take(self, data: bytes) -> None:
        try:
            self._stream.write(data)
        except OSError as error:
            # Told apart here from an OSError of the network, which is worth another attempt.
            raise _disk_failure(self._filename, error) from None
        self.hash.update(data)
        self.received += len(data)
        self._report(len(data))


def _disk_failure(filename: str, error: OSError) -> WorldError:
    return WorldError(
        Problem(
            code="disk",
            message=f"{filename} cannot be kept: {error.strerror or type(error).__name__}",
            path=str(error.filename) if error.filename else None,
            remedy="make room, or name another folder in PLUGIN_LOCK_CACHE_DIR",
        )
    )
