"""A wheel as a zip archive: opened within limits, its members' names and kinds checked before any is read.

One function a check: those of the directory in `_CHECKS`, that of the bytes themselves in `zip_structure`.
"""

from __future__ import annotations

import hashlib
import io
import stat
import struct
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from lock.errors import Problem, WorldError
from resolver.inspection.linkage import NATIVE_MAGICS
from resolver.inspection.member_names import check_names, check_spelling, check_twins, path_of
from resolver.inspection.streams import BoundedFile, MemberStream
from resolver.inspection.zip_structure import check_structure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from resolver.inspection.findings import Findings

MAX_MEMBERS = 100_000
MAX_UNPACKED_BYTES = 16 * 1024**3
# Deflate cannot do better than 1 : 1032.  Real wheels stay below 1 : 20; small files of zeros are harmless.
MAX_RATIO = 200
RATIO_MATTERS_FROM_BYTES = 64 * 1024**2

_ENCRYPTED = 0x1

# What zipfile and zlib raise for archives that are no archives; none of it can come from the disk.
BROKEN = (BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, struct.error, zlib.error)


_CHUNK = 1024 * 1024
_MAGIC_BYTES = 4
MAX_KEPT_BYTES = 32 * 1024**2


class Sighting(NamedTuple):
    """What one reading of a member's bytes shows: how they begin, their number, their hash.

    `content` is there for native code of up to `MAX_KEPT_BYTES`, so that its headers need no second unpacking.
    """

    magic: bytes
    size: int
    digest: bytes
    content: bytes | None = None


class WheelArchive:
    """An open wheel: its regular members by the path they are unpacked to, and bounded ways to read them."""

    def __init__(self, archive: ZipFile, findings: Findings) -> None:
        self.findings = findings
        self._archive = archive
        self.members = {path_of(info.filename): info for info in archive.infolist() if not _is_folder(info)}

    def read(self, name: str, limit: int) -> bytes | None:
        """Return a member's bytes; None, and a finding, where it is broken or longer than `limit` bytes."""
        try:
            with self._archive.open(self.members[name]) as stream:
                data = stream.read(limit + 1)
        except BROKEN as error:
            self.findings.add("wheel-broken-member", f"cannot be unpacked: {error}", member=name)
            return None
        if len(data) > limit:
            self.findings.add("wheel-limit", f"is longer than {limit} bytes", member=name)
            return None
        return data

    def survey(self, algorithms: Mapping[str, str], default: str) -> Iterator[tuple[str, Sighting]]:
        """Read every member once; `algorithms` names the hash of each, `default` that of the others.

        A member that is broken, or whose checksum is wrong, is a finding and left out.
        """
        for name in self.members:
            sighting = self._sighting(name, algorithms.get(name, default))
            if sighting is not None:
                yield name, sighting

    def _sighting(self, name: str, algorithm: str) -> Sighting | None:
        digest = hashlib.new(algorithm, usedforsecurity=False)
        magic, size = b"", 0
        keep = self.members[name].file_size <= MAX_KEPT_BYTES
        kept: list[bytes] = []
        try:
            with self._archive.open(self.members[name]) as stream:
                while chunk := stream.read(_CHUNK):
                    magic = magic or chunk[:_MAGIC_BYTES]
                    size += len(chunk)
                    digest.update(chunk)
                    if keep and magic in NATIVE_MAGICS:
                        kept.append(chunk)
        except BROKEN as error:
            self.findings.add("wheel-broken-member", f"cannot be unpacked: {error}", member=name)
            return None
        if size != self.members[name].file_size:
            message = f"unpacks to {size} bytes, and the directory says {self.members[name].file_size}"
            self.findings.add("wheel-broken-member", message, member=name)
            return None
        return Sighting(magic, size, digest.digest(), b"".join(kept) if kept else None)

    @contextmanager
    def stream(self, name: str, content: bytes | None = None) -> Iterator[IO[bytes]]:
        """Open a member for random access to its headers; see `MemberStream` for what it refuses.

        `content` are its bytes, where they are at hand.
        """
        info = self.members[name]
        stream = MemberStream(
            lambda: self._archive.open(info) if content is None else io.BytesIO(content), info.file_size
        )
        with stream:
            yield stream  # type: ignore[misc]  # typeshed does not count a RawIOBase as IO[bytes]


@contextmanager
def opened(path: Path, findings: Findings) -> Iterator[WheelArchive]:
    """Open a wheel and check it as an archive; nothing is unpacked.

    Raises:
        InspectionError: it is no zip archive, or an unsafe one.
        WorldError: it cannot be read from disk.
    """
    try:
        with path.open("rb") as file:
            archive = _zip_file(file, findings)
            for check in _CHECKS:
                check(archive.infolist(), findings)
            check_structure(file, archive.infolist(), findings)
            findings.raise_if_any()
            yield WheelArchive(archive, findings)
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise WorldError(Problem(code="wheel-unreadable", message=message, path=findings.filename)) from error


def _zip_file(file: IO[bytes], findings: Findings) -> ZipFile:
    try:
        return ZipFile(BoundedFile(file))
    except BROKEN as error:
        findings.add("wheel-not-a-zip", f"is not a zip archive that can be read: {error}")
        findings.raise_if_any()
        raise


def _check_count(members: list[ZipInfo], findings: Findings) -> None:
    if not members:
        findings.add("wheel-empty", "the archive holds no files")
    if len(members) > MAX_MEMBERS:
        findings.add("wheel-limit", f"the archive holds {len(members)} files, more than the limit of {MAX_MEMBERS}")


def _check_sizes(members: list[ZipInfo], findings: Findings) -> None:
    total = sum(info.file_size for info in members)
    if total > MAX_UNPACKED_BYTES:
        findings.add("wheel-limit", f"unpacks to {total} bytes, more than the limit of {MAX_UNPACKED_BYTES}")
    for info in members:
        bomb = info.file_size > info.compress_size * MAX_RATIO and info.file_size > RATIO_MATTERS_FROM_BYTES
        if bomb:
            message = f"unpacks to more than {MAX_RATIO} times its packed size ({info.file_size} bytes)"
            findings.add("wheel-limit", message, member=info.filename)


def _check_kinds(members: list[ZipInfo], findings: Findings) -> None:
    for info in members:
        mode = info.external_attr >> 16
        kind = stat.S_IFMT(mode)
        expected = stat.S_IFDIR if _is_folder(info) else stat.S_IFREG
        # Archivers that know no Unix modes leave the kind empty.
        if kind not in (0, expected):
            what = "a symbolic link" if kind == stat.S_IFLNK else "neither a file nor a folder"
            findings.add("wheel-unsafe-member", f"is {what}", member=info.filename)
        if mode & (stat.S_ISUID | stat.S_ISGID):
            findings.add("wheel-unsafe-member", "is set-user-id or set-group-id", member=info.filename)


def _is_folder(info: ZipInfo) -> bool:
    # `ZipInfo.is_dir` cannot take an empty name.
    return info.filename.endswith("/")


def _check_encodings(members: list[ZipInfo], findings: Findings) -> None:
    for info in members:
        if info.flag_bits & _ENCRYPTED:
            findings.add("wheel-unsafe-member", "is encrypted", member=info.filename)
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            message = f"is packed by method {info.compress_type}; installers know stored and deflated"
            findings.add("wheel-unsafe-member", message, member=info.filename)


_CHECKS = (_check_count, _check_sizes, check_names, check_spelling, _check_kinds, _check_encodings, check_twins)
