"""Keeps what builds at lock time gave, so that no source is built twice; it can be removed at any time."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from resolver.inspection.model import WheelContents  # noqa: TC001 - msgspec resolves the annotation at run time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FORMAT = 2
"""Raised when a build would be done otherwise than it was; what was kept before is then not used."""


class StoredWheel(msgspec.Struct, frozen=True, kw_only=True):
    """A wheel that was built: `sha256` and `size` of the file, its METADATA, what is inside."""

    filename: str
    sha256: str
    size: int
    metadata: bytes
    contents: WheelContents


_WHEEL = msgspec.msgpack.Decoder(StoredWheel)
_TEXTS = msgspec.msgpack.Decoder(tuple[str, ...])


def key_of(*parts: str | Iterable[str]) -> str:
    """Return the key of a build with these inputs."""
    text = json.dumps([FORMAT, *(part if isinstance(part, str) else list(part) for part in parts)])
    return hashlib.sha256(text.encode()).hexdigest()


class BuildStore:
    """A folder of results by key.  What cannot be written is simply not kept, what is damaged is not found."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / f"builds-{FORMAT}"

    def requires(self, key: str) -> tuple[str, ...] | None:
        """Return what a backend asked for."""
        try:
            return _TEXTS.decode((self._place(key) / "requires").read_bytes())
        except (OSError, msgspec.DecodeError):
            return None

    def keep_requires(self, key: str, requires: tuple[str, ...]) -> None:
        """Keep what a backend asked for."""
        self._keep(key, "requires", msgspec.msgpack.encode(requires))

    def metadata(self, key: str) -> bytes | None:
        """Return METADATA as a backend wrote it."""
        try:
            return (self._place(key) / "METADATA").read_bytes()
        except OSError:
            return None

    def keep_metadata(self, key: str, metadata: bytes) -> None:
        """Keep METADATA as a backend wrote it."""
        self._keep(key, "METADATA", metadata)

    def wheel(self, key: str) -> tuple[StoredWheel, Path] | None:
        """Return a wheel that was built, its content checked once more."""
        place = self._place(key)
        try:
            stored = _WHEEL.decode((place / "wheel").read_bytes())
            path = place / stored.filename
            with path.open("rb") as stream:
                right = hashlib.file_digest(stream, "sha256").hexdigest() == stored.sha256
        except (OSError, msgspec.DecodeError):
            return None
        return (stored, path) if right else None

    def keep_wheel(self, key: str, stored: StoredWheel, path: Path) -> Path:
        """Copy a wheel here and return where it is now; raises `OSError`."""
        place = self._place(key)
        with _replacing(place / stored.filename) as temporary:
            shutil.copyfile(path, temporary)
        self._keep(key, "wheel", msgspec.msgpack.encode(stored))
        return place / stored.filename

    def _place(self, key: str) -> Path:
        return self._folder / key[:2] / key[2:]

    def _keep(self, key: str, name: str, content: bytes) -> None:
        with contextlib.suppress(OSError), _replacing(self._place(key) / name) as temporary:
            temporary.write_bytes(content)


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
    os.close(descriptor)
    temporary = Path(name)
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
