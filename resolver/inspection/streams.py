"""Bounded streams: hostile archives must not make us hold or unpack more than we mean to."""

from __future__ import annotations

import io
from collections import OrderedDict
from typing import IO, TYPE_CHECKING
from zipfile import BadZipFile

if TYPE_CHECKING:
    from collections.abc import Callable

# zipfile reads the whole central directory in one call; 100,000 members with long names need about 12 MiB.
MAX_READ = 16 * 1024 * 1024

_BLOCK = 64 * 1024
_BLOCKS_KEPT = 64
_MAX_RESTARTS = 8
_MAX_BYTES_GIVEN = 512 * 1024
_SKIP = 1024 * 1024


class _OutsideError(OSError, BadZipFile):
    """A seek to before the start: zipfile expects an `OSError` of it, for us it is a broken archive."""


class BoundedFile(io.RawIOBase):
    """A seekable file that refuses reads larger than `MAX_READ` and seeks to before its start.

    What it refuses is `BadZipFile`, so that any other `OSError` out of zipfile means the disk.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def seekable(self) -> bool:
        """Say that this can be sought in."""
        return True

    def read(self, size: int | None = -1) -> bytes:
        """Read at most `size` bytes."""
        wanted = MAX_READ + 1 if size is None or size < 0 else size
        data = self._file.read(min(wanted, MAX_READ + 1))
        if len(data) > MAX_READ:
            raise BadZipFile(f"its table of contents is larger than {MAX_READ} bytes")
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a place in the file."""
        try:
            return self._file.seek(offset, whence)
        except (ValueError, OSError, OverflowError) as error:
            raise _OutsideError("it points to a place outside of itself") from error

    def tell(self) -> int:
        """Return the place in the file, in bytes."""
        return self._file.tell()


class MemberStream(io.RawIOBase):
    """Random access to a compressed member of a known size without unpacking it to disk or into memory.

    Seeking costs nothing until something is read.  Reading ahead unpacks and forgets; reading behind starts again
    from the front, which only happens a few times because the last blocks read are kept.  Someone who reads more
    than a header's worth gets a `ValueError`.
    """

    def __init__(self, reopen: Callable[[], IO[bytes]], size: int) -> None:
        self._reopen = reopen
        self._size = size
        self._place = 0
        self._source = reopen()
        self._unpacked = 0
        self._restarts = 0
        self._given = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def seekable(self) -> bool:
        """Say that this can be sought in."""
        return True

    def tell(self) -> int:
        """Return the place in the member, in bytes."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a place in the member; nothing is read."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def read(self, size: int | None = -1) -> bytes:
        """Read up to `size` bytes from the present place."""
        rest = max(0, self._size - self._place)
        size = rest if size is None or size < 0 else min(size, rest)
        self._given += size
        if self._given > _MAX_BYTES_GIVEN:
            raise ValueError("its headers are larger than any real file's")
        parts = []
        while size > 0:
            number, within = divmod(self._place, _BLOCK)
            part = self._block(number)[within : within + size]
            if not part:
                break
            parts.append(part)
            self._place += len(part)
            size -= len(part)
        return b"".join(parts)

    def close(self) -> None:
        """Close the member."""
        self._source.close()
        super().close()

    def _block(self, number: int) -> bytes:
        if number in self._blocks:
            self._blocks.move_to_end(number)
            return self._blocks[number]
        start = number * _BLOCK
        if start < self._unpacked:
            self._restart()
        self._skip(start - self._unpacked)
        block = self._source.read(_BLOCK)
        self._unpacked += len(block)
        self._blocks[number] = block
        if len(self._blocks) > _BLOCKS_KEPT:
            self._blocks.popitem(last=False)
        return block

    def _restart(self) -> None:
        self._restarts += 1
        if self._restarts > _MAX_RESTARTS:
            raise ValueError("its headers are scattered as no real file's are")
        self._source.close()
        self._source = self._reopen()
        self._unpacked = 0

    def _skip(self, count: int) -> None:
        while count > 0:
            skipped = len(self._source.read(min(count, _SKIP)))
            if not skipped:
                return
            self._unpacked += skipped
            count -= skipped
