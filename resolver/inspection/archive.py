"""A wheel as a zip archive: opened within limits, its members' names and kinds checked before any is read.

One function a check.  Deeper checks (what local headers say, RECORD hashes, names equal after case-folding) are more
functions in `_CHECKS`.
"""

from __future__ import annotations

import re
import stat
import struct
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from lock.errors import Problem, WorldError
from resolver.inspection.streams import BoundedFile, MemberStream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from resolver.inspection.findings import Findings

MAX_MEMBERS = 100_000
MAX_NAME_BYTES = 1024
MAX_UNPACKED_BYTES = 16 * 1024**3
# Deflate cannot do better than 1 : 1032.  Real wheels stay below 1 : 20; small files of zeros are harmless.
MAX_RATIO = 200
RATIO_MATTERS_FROM_BYTES = 64 * 1024**2

_DRIVE = re.compile(r"[A-Za-z]:")
_ENCRYPTED = 0x1

# What zipfile and zlib raise for archives that are no archives; none of it can come from the disk.
BROKEN = (BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, struct.error, zlib.error)


class WheelArchive:
    """An open wheel: its regular members by name, and bounded ways to read them."""

    def __init__(self, archive: ZipFile, findings: Findings) -> None:
        self.findings = findings
        self._archive = archive
        self.members = {info.filename: info for info in archive.infolist() if not _is_folder(info)}

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

    def peek(self, name: str, count: int) -> bytes:
        """Return a member's first bytes; empty, and a finding, where it is broken."""
        try:
            with self._archive.open(self.members[name]) as stream:
                return stream.read(count)
        except BROKEN as error:
            self.findings.add("wheel-broken-member", f"cannot be unpacked: {error}", member=name)
            return b""

    @contextmanager
    def stream(self, name: str) -> Iterator[IO[bytes]]:
        """Open a member for random access to its headers; see `MemberStream` for what it refuses."""
        info = self.members[name]
        stream = MemberStream(lambda: self._archive.open(info), info.file_size)
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


def _check_names(members: list[ZipInfo], findings: Findings) -> None:
    for info in members:
        fault = _name_fault(info.orig_filename)
        if fault:
            findings.add("wheel-unsafe-member", fault, member=info.orig_filename)


def _name_fault(name: str) -> str | None:
    if len(name.encode(errors="surrogatepass")) > MAX_NAME_BYTES:
        return f"is a name longer than {MAX_NAME_BYTES} bytes"
    if "\\" in name:
        return "has a backslash in its name"
    if name.startswith("/") or _DRIVE.match(name):
        return "is an absolute path"
    if any(segment in ("", ".", "..") for segment in name.removesuffix("/").split("/")):
        return "has an empty segment, `.` or `..` in its path"
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in name):
        return "has a control character in its name"
    return None


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


def _check_duplicates(members: list[ZipInfo], findings: Findings) -> None:
    seen: set[str] = set()
    for info in members:
        name = info.filename.removesuffix("/")
        if name in seen:
            findings.add("wheel-duplicate-member", "stands twice in the archive", member=name)
        seen.add(name)


_CHECKS = (_check_count, _check_sizes, _check_names, _check_kinds, _check_encodings, _check_duplicates)
