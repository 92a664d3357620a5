"""Reading METADATA out of a wheel on a server, with range requests (RFC 9110) for only the parts that are needed."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

from resolver.index import parsed
from resolver.index.errors import MetadataError
from resolver.index.failures import index_failure
from resolver.index.questions import Question

if TYPE_CHECKING:
    from typing import BinaryIO

    from resolver.index.model import Index, ProjectFile
    from resolver.index.questions import Answer
    from resolver.index.transport import Transport

TAIL = 1 << 16
"""How much is asked for first, in bytes from the end: as a rule it holds the directory and METADATA."""

METADATA_LIMIT = 16 << 20
"""The largest METADATA that is read, in bytes."""

DIRECTORY_LIMIT = 64 << 20
"""The most bytes fetched from one wheel by ranges; a directory larger than that is no honest one."""

_CONTENT_RANGE = re.compile(r"bytes ([0-9]+)-([0-9]+)/([0-9]+)", re.ASCII)
_NO_RANGES = frozenset({400, 403, 405, 416, 501})


class NoRangesError(Exception):
    """The server does not give parts of this file; it has to be fetched whole."""


def read_remote(transport: Transport, index: Index, project: str, file: ProjectFile) -> bytes:
    """Fetch METADATA by range requests; raises `NoRangesError`, `MetadataError` and `WorldError`."""
    return _metadata_of(_Ranges(transport, index, file), project, file)


def read_local(stream: BinaryIO, project: str, file: ProjectFile) -> bytes:
    """Read METADATA from a wheel on disk; raises `MetadataError`."""
    return _metadata_of(stream, project, file)


def _metadata_of(stream: io.RawIOBase | BinaryIO, project: str, file: ProjectFile) -> bytes:
    try:
        with zipfile.ZipFile(stream) as archive:
            member = _metadata_member(archive, project, file)
            if member.file_size > METADATA_LIMIT:
                raise MetadataError(f"its METADATA is larger than the limit of {METADATA_LIMIT} bytes")
            with archive.open(member) as content:
                # The size in the directory may lie: read no further than the limit.
                text = content.read(METADATA_LIMIT + 1)
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        RuntimeError,
        OSError,
        EOFError,
        ValueError,
        LookupError,
    ) as error:
        # All that zipfile raises for damaged, encrypted or strangely compressed files; OSError where an offset lies.
        raise MetadataError(f"it is not a readable zip file ({type(error).__name__})") from None
    if len(text) > METADATA_LIMIT:
        raise MetadataError(f"its METADATA is larger than the limit of {METADATA_LIMIT} bytes")
    return text


def _metadata_member(archive: zipfile.ZipFile, project: str, file: ProjectFile) -> zipfile.ZipInfo:
    """Find the METADATA of the wheel's one dist-info folder (Binary distribution format)."""
    found = [
        member
        for member in archive.infolist()
        if member.filename.endswith(".dist-info/METADATA") and member.filename.count("/") == 1
    ]
    if len(found) != 1:
        raise MetadataError(f"it holds {len(found)} METADATA files instead of one")
    folder = found[0].filename.partition(".dist-info/")[0]
    name, _, version = folder.rpartition("-")
    if parsed.normalized(name) != project or parsed.version(version) != parsed.version(file.version):
        raise MetadataError(f"its dist-info folder {folder[:120]!r} is that of another distribution")
    return found[0]


class _Ranges(io.RawIOBase):
    """A wheel on a server as a seekable stream; parts are fetched when read."""

    def __init__(self, transport: Transport, index: Index, file: ProjectFile) -> None:
        self._transport = transport
        self._index = index
        self._file = file
        self._position = 0
        self._parts: list[tuple[int, bytes]] = []
        self._fetched = 0
        self._size = 0
        self._etag: str | None = None
        self._fetch_tail()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise OSError("before the start of the file")
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        end = self._size if size is None or size < 0 else min(self._size, self._position + size)
        if end <= self._position:
            return b""
        for start, data in self._parts:
            if start <= self._position and end <= start + len(data):
                break
        else:
            # Parts near each other are read next: fetch a little more than asked.
            start = self._position
            data = self._fetch(start, min(self._size, max(end, start + TAIL)))
        data = data[self._position - start : end - start]
        self._position = end
        return data

    def _fetch_tail(self) -> None:
        answer = self._ask(f"bytes=-{TAIL}")
        start, end, size = self._range(answer)
        if size - end != 1 or start != max(0, size - TAIL):
            raise NoRangesError
        if self._file.size is not None and size != self._file.size:
            raise MetadataError(f"it has {size} bytes, and its page says {self._file.size}")
        self._size = size
        self._etag = answer.headers.get("etag")
        self._parts.append((start, answer.body))

    def _fetch(self, start: int, end: int) -> bytes:
        if self._fetched + end - start > DIRECTORY_LIMIT:
            raise MetadataError(f"more than {DIRECTORY_LIMIT} bytes of it are needed for METADATA")
        answer = self._ask(f"bytes={start}-{end - 1}")
        if self._range(answer) != (start, end - 1, self._size) or answer.headers.get("etag") != self._etag:
            raise index_failure(
                "index-answer",
                self._index,
                f"{self._file.filename} changed while it was read",
                remedy="try again; if it happens again, tell whoever runs the index",
            )
        self._parts.append((start, answer.body))
        return answer.body

    def _ask(self, wanted: str) -> Answer:
        answer = self._transport.get(
            Question(
                index=self._index,
                url=self._file.url,
                what=f"a part of {self._file.filename}",
                limit=DIRECTORY_LIMIT,
                headers={"Range": wanted, "Accept-Encoding": "identity"},
                statuses=_NO_RANGES | {206},
                partial=True,
            )
        )
        self._fetched += len(answer.body)
        return answer

    def _range(self, answer: Answer) -> tuple[int, int, int]:
        match = _CONTENT_RANGE.fullmatch(answer.headers.get("content-range", ""))
        if answer.status != 206 or match is None:
            raise NoRangesError
        start, end, size = (int(number) for number in match.groups())
        if end - start + 1 != len(answer.body):
            raise NoRangesError
        return start, end, size
