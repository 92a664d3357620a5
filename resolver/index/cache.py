"""The on-disk cache: digested pages, core metadata and downloaded files, safe for several processes and sudden ends.

One file an entry, written under another name and renamed, so a reader sees a whole entry or none and no lock is
needed.  (Measured beside SQLite with 120 pages and 140 small entries: 51 ms against 220 ms to write, 3 ms each to
read the heads.)  Pages are mapped into memory, so only what is looked at is read.  A page's modification time
is when the index last confirmed it.  No name in it holds an address or a password: names are hashes.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import mmap
import os
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from resolver.index.core_metadata import MetadataText
from resolver.index.page_digest import Digest, DigestHeader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from resolver.index.model import Index, ProjectFile

# Part of the path: raise it when an older program would misread what a newer one writes.
_FORMAT = "v2"
_MAGIC = b"plugin-lock\x00"
_LENGTH = 4
# What POSIX systems take in one `writev` (IOV_MAX).
_PARTS_AT_A_TIME = 1024
_BYTES_AT_A_TIME = 1 << 18
_CACHEDIR_TAG = (
    "Signature: 8a477f597d28d172789f06886806bc55\n# A cache of plugin-lock; it can be removed at any time.\n"
)


class PageHead(msgspec.Struct, frozen=True, array_like=True):
    """What the cache keeps of a page beside its files.  `digest` None: the index had no such project.

    `lifetime` is how many seconds the page counts as fresh after it was last confirmed.
    """

    etag: str | None
    last_modified: str | None
    lifetime: float
    body_length: int
    digest: DigestHeader | None


class CachedPage(msgspec.Struct, frozen=True):
    """A page as found: `confirmed` is when the index last said so, in seconds since the epoch."""

    head: PageHead
    digest: Digest | None
    confirmed: float

    def is_fresh(self, now: float) -> bool:
        """Tell whether the page may be used without asking; one from the future may not."""
        return 0 <= now - self.confirmed < self.head.lifetime


_HEAD = msgspec.msgpack.Decoder(PageHead)
_METADATA = msgspec.msgpack.Decoder(MetadataText)
_encode = msgspec.msgpack.encode


class Cache:
    """A cache folder.  Where it cannot be written the run goes on without it, and `notes` says so once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / _FORMAT
        self.notes: list[str] = []
        self._made: set[str] = set()
        self._there: dict[str, bool] = {}
        self._written = itertools.count()
        # No other run's unfinished files are named so, on whatever machine it shares the folder from.
        self._run = os.urandom(8).hex()
        self._writable = True

    def give_up(self, error: OSError) -> None:
        """Write no more in this run, because of an error, and note it."""
        if self._writable:
            self._writable = False
            reason = error.strerror or type(error).__name__
            self.notes.append(f"the cache in {self.folder} cannot be written ({reason}), so this run does without it")

    # -- pages ---------------------------------------------------------------------------------------------------

    def page(self, index: Index, name: str) -> CachedPage | None:
        """Return the page of a project, None where there is none or it is damaged."""
        if not self._has("pages"):
            return None
        try:
            with open(self._page_path(index, name), "rb") as file:  # noqa: PTH123 - a path as text
                size = os.fstat(file.fileno())
                body = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError):  # ValueError: an empty file cannot be mapped
            return None
        start, head = _split(body)
        try:
            known = _HEAD.decode(head)
        except msgspec.DecodeError:
            return None
        if size.st_size != start + known.body_length:
            return None
        digest = Digest(known.digest, body, start) if known.digest is not None else None
        return CachedPage(known, digest, size.st_mtime)

    def store_page(self, index: Index, name: str, head: PageHead, digest: Digest | None, now: float) -> None:
        """Keep a page that the index served at `now`; no digest: it has no such project."""
        encoded = _encode(head)
        with self._writing(self._page_path(index, name), now) as file:
            if file is not None:
                _write_all(file.fileno(), itertools.chain([_framed(encoded)], digest.parts if digest else ()))

    def confirm_page(self, index: Index, name: str, now: float) -> None:
        """Note that the index said at `now` that the page has not changed."""
        if self._writable:
            try:
                os.utime(self._page_path(index, name), (now, now))
            except OSError as error:
                self.give_up(error)

    def _page_path(self, index: Index, name: str) -> str:
        return self._path("pages", f"{index.url}\n{name}")

    # -- metadata ------------------------------------------------------------------------------------------------

    def metadata(self, index: Index, file: ProjectFile) -> MetadataText | None:
        """Return the metadata of a file, None where it is unknown or damaged."""
        if not self._has("metadata"):
            return None
        try:
            with open(self._metadata_path(index, file), "rb") as stream:  # noqa: PTH123 - a path as text
                content = stream.read()
            return _METADATA.decode(_split(content)[1])
        except (OSError, msgspec.DecodeError):
            return None

    def store_metadata(self, index: Index, file: ProjectFile, text: MetadataText) -> None:
        """Keep the metadata of a file."""
        with self._writing(self._metadata_path(index, file), None) as stream:
            if stream is not None:
                stream.write(_framed(_encode(text)))

    def _metadata_path(self, index: Index, file: ProjectFile) -> str:
        # The index belongs to the key: what one index says of a hash is no answer to a question put to another.
        return self._path("metadata", "\n".join((index.url, file.url, str(file.sha256), str(file.metadata))))

    # -- provenance ----------------------------------------------------------------------------------------------

    def provenance(self, index: Index, file: ProjectFile) -> bytes | None:
        """Return what the index said of who published a file; empty where it said that nobody is known to have."""
        try:
            with open(self._provenance_path(index, file), "rb") as stream:  # noqa: PTH123 - a path as text
                content = stream.read()
        except OSError:
            return None
        start, length = _split(content)
        return content[start:] if start and length == len(content[start:]).to_bytes(_LENGTH, "little") else None

    def store_provenance(self, index: Index, file: ProjectFile, text: bytes) -> None:
        """Keep what the index said of who published a file."""
        with self._writing(self._provenance_path(index, file), None) as stream:
            if stream is not None:
                stream.write(_framed(len(text).to_bytes(_LENGTH, "little")) + text)

    def _provenance_path(self, index: Index, file: ProjectFile) -> str:
        # The address is left out: another one for the same bytes would be another word of the same index.
        return self._path("provenance", "\n".join((index.url, file.filename, str(file.sha256))))

    # -- files ---------------------------------------------------------------------------------------------------

    def file(self, sha256: str, filename: str) -> Path | None:
        """Return a downloaded file, its content checked once more, or None."""
        path = self.place(sha256, filename)
        try:
            with path.open("rb") as stream:
                right = hashlib.file_digest(stream, "sha256").hexdigest() == sha256
        except OSError:
            return None
        return path if right else None

    def downloads(self) -> Path:
        """Return a folder, made where missing, for files being downloaded; raises `OSError`."""
        folder = self.folder / "downloads"
        self._make(str(folder))
        return folder

    def keep_file(self, downloaded: Path, sha256: str, filename: str) -> Path:
        """Move a finished download to its place; raises `OSError`."""
        path = self.place(sha256, filename)
        self._make(str(path.parent))
        downloaded.replace(path)
        return path

    def place(self, sha256: str, filename: str) -> Path:
        """Return where a downloaded file is kept, whether it is there or not."""
        return self.folder / "files" / sha256[:2] / sha256 / filename

    # -- writing -------------------------------------------------------------------------------------------------

    def _path(self, kind: str, key: str) -> str:
        # As text: there are hundreds of them in a run, and a `Path` takes as long as the digest.
        return f"{self.folder}/{kind}/{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"

    def _has(self, kind: str) -> bool:
        """Tell whether there is anything of a kind, without looking for each entry in a cache that is new."""
        there = self._there.get(kind)
        if there is None:
            there = self._there[kind] = (self.folder / kind).is_dir()
        return there

    @contextlib.contextmanager
    def _writing(self, path: str, now: float | None) -> Iterator[BinaryIO | None]:
        """Give a stream that becomes the file `path` at the end, or None where nothing can be written."""
        if not self._writable:
            yield None
            return
        folder = path.rpartition("/")[0]
        temporary = None
        try:
            self._make(folder)
            unfinished = f"{folder}/.writing-{self._run}-{next(self._written)}"
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            temporary = unfinished
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
                yield file
            if now is not None:
                os.utime(temporary, (now, now))
            os.replace(temporary, path)  # noqa: PTH105 - both are paths the system gave as text
        except OSError as error:
            if temporary is not None:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)  # noqa: PTH108 - as above
            self.give_up(error)

    def _make(self, name: str) -> None:
        if name in self._made:
            return
        folder = Path(name)
        if not self._made:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            tag = self.folder.parent / "CACHEDIR.TAG"
            if not tag.exists():
                tag.write_text(_CACHEDIR_TAG, encoding="utf-8")
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._made.add(name)
        self._there[folder.name] = True


def _write_all(descriptor: int, parts: Iterable[bytes]) -> None:
    """Write all parts, many with one call; the system may take less than it is given."""
    batch: list[bytes] = []
    size = 0
    for part in parts:
        batch.append(part)
        size += len(part)
        if len(batch) == _PARTS_AT_A_TIME or size >= _BYTES_AT_A_TIME:
            _write(descriptor, batch, size)
            batch, size = [], 0
    _write(descriptor, batch, size)


def _write(descriptor: int, batch: list[bytes], size: int) -> None:
    written = os.writev(descriptor, batch) if batch else 0
    if written < size:
        rest = memoryview(b"".join(batch))[written:]
        while rest:
            rest = rest[os.write(descriptor, rest) :]


def _framed(head: bytes) -> bytes:
    return _MAGIC + len(head).to_bytes(_LENGTH, "little") + zlib.crc32(head).to_bytes(_LENGTH, "little") + head


def _split(content: bytes | mmap.mmap) -> tuple[int, bytes]:
    """Return where the head ends, and the head; (0, b"") where the file is damaged."""
    start = len(_MAGIC) + 2 * _LENGTH
    if content[: len(_MAGIC)] != _MAGIC:
        return 0, b""
    length = int.from_bytes(content[len(_MAGIC) : len(_MAGIC) + _LENGTH], "little")
    head = content[start : start + length]
    if zlib.crc32(head).to_bytes(_LENGTH, "little") != content[start - _LENGTH : start]:
        return 0, b""
    return start + length, head
