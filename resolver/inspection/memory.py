"""Remembers what was inside a file, by its hash: the same bytes need not be fetched or read again."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from resolver.inspection.libraries import nix_folder
from resolver.inspection.model import WheelContents  # noqa: TC001 - msgspec resolves the annotation at run time

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT = 2
"""Raised when inspection finds more, or otherwise, than it did; what was remembered before is then not used."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A file whose bytes were read: its size in bytes, and what is inside."""

    size: int
    contents: WheelContents


_DECODER = msgspec.msgpack.Decoder(Seen)


class InspectionMemory:
    """A folder with one small file for each file seen; None as folder remembers nothing.

    What cannot be read or written is simply not remembered.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder / f"inspections-{FORMAT}" if folder is not None else None
        self._libraries: str | None = None

    def recall(self, sha256: str, filename: str) -> Seen | None:
        """Return what was seen in a file of this hash and name."""
        if self._folder is None:
            return None
        try:
            return _DECODER.decode(self._path(self._folder, sha256, filename).read_bytes())
        except (OSError, msgspec.DecodeError):
            return None

    def remember(self, sha256: str, filename: str, seen: Seen) -> None:
        """Keep what was seen; whole or not at all."""
        if self._folder is None:
            return
        path = self._path(self._folder, sha256, filename)
        with contextlib.suppress(OSError), _replacing(path) as descriptor:
            os.write(descriptor, msgspec.msgpack.encode(seen))

    def _path(self, folder: Path, sha256: str, filename: str) -> Path:
        # Which libraries count as unknown depends on that table, and so does what is remembered.
        if self._libraries is None:
            self._libraries = hashlib.sha256((nix_folder() / "libraries.json").read_bytes()).hexdigest()
        key = hashlib.sha256(f"{sha256}\n{filename}\n{self._libraries}".encode()).hexdigest()
        return folder / key[:2] / key[2:]


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[int]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
    try:
        try:
            yield descriptor
        finally:
            os.close(descriptor)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
