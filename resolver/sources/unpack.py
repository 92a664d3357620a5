"""Unpacks tar and zip archives of sources: everything is checked first, and nothing is written outside the folder.

A tar file may be compressed by gzip, bzip2 or xz.  The bytes tell which it is, not the name.  Of a file's mode only
the owner's execute bit is kept, as Nix does.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import tarfile
import tempfile
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, cast
from zipfile import BadZipFile

from lock.errors import Problem
from lock.grammar import quoted
from resolver.inspection.streams import BoundedFile
from resolver.sources.errors import SourceError, refused
from resolver.sources.members import MAX_UNPACKED_BYTES, Member, Plan, rises_above

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_RATIO = 200
"""How many times its size an archive may unpack to, once that is more than `RATIO_MATTERS_FROM_BYTES`."""

RATIO_MATTERS_FROM_BYTES = 64 * 1024**2

_CHUNK = 1 << 20
_SET_ID = 0o6000
_BROKEN_STREAM = (EOFError, zlib.error, lzma.LZMAError, OSError, ValueError)
_BROKEN_TAR = (tarfile.TarError, BadZipFile, EOFError, ValueError, OverflowError, struct.error, RecursionError)
_REMEDY = "check the address; where it is right, tell whoever publishes the archive"


def unpack(archive: Path, folder: Path, *, source: str) -> None:
    """Unpack an archive into an empty folder; `source` names it in messages.

    A single folder at the top is stripped: what is inside it becomes the content, as pip, uv and Nix's `fetchzip` have
    it.  Raises `SourceError` for what is no archive or an unsafe one, before anything is written; `OSError` where
    the disk fails.
    """
    with archive.open("rb") as file:
        head = file.read(6)
    if head.startswith(b"PK"):
        from resolver.sources import zip_members  # noqa: PLC0415 - most sources are tar files

        with zip_members.opened(archive, source) as members:
            _write(Plan(members, source), folder, source)
        return
    with tempfile.TemporaryFile(dir=folder.parent) as plain:
        _decompress(archive, head, plain, source)
        with _opened_tar(plain, source) as tar:
            _write(Plan(_tar_members(tar, plain, source), source), folder, source)


# -- tar ---------------------------------------------------------------------------------------------------------


def _decompress(archive: Path, head: bytes, plain: IO[bytes], source: str) -> None:
    """Write the plain tar file, within limits."""
    limit = min(MAX_UNPACKED_BYTES, max(RATIO_MATTERS_FROM_BYTES, archive.stat().st_size * MAX_RATIO))
    written = 0
    with archive.open("rb") as file:
        stream = _decompressed(file, head)
        while True:
            try:
                chunk = stream.read(_CHUNK)
            except _BROKEN_STREAM as error:
                raise _no_archive(source, error) from None
            if not chunk:
                break
            written += len(chunk)
            if written > limit:
                message = f"it unpacks to more than {limit} bytes, {MAX_RATIO} times its size or the limit of all"
                raise SourceError(Problem(code="archive-limit", message=message, path=source, remedy=_REMEDY))
            plain.write(chunk)
    plain.seek(0)


def _decompressed(file: IO[bytes], head: bytes) -> IO[bytes]:
    if head.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=file))
    if head.startswith(b"BZh"):
        return cast("IO[bytes]", bz2.BZ2File(file))
    if head.startswith(b"\xfd7zXZ\x00"):
        return cast("IO[bytes]", lzma.LZMAFile(file))
    return file


@contextmanager
def _opened_tar(plain: IO[bytes], source: str) -> Iterator[tarfile.TarFile]:
    # The encoding is set, or the locale would decide; bounded, or a header could ask for gigabytes of memory.
    bounded = cast("IO[bytes]", BoundedFile(plain))
    try:
        tar = tarfile.TarFile(fileobj=bounded, encoding="utf-8", errors="surrogateescape", errorlevel=2)
    except (*_BROKEN_TAR, OSError) as error:
        raise _no_archive(source, error) from None
    with tar:
        yield tar


def _tar_members(tar: tarfile.TarFile, plain: IO[bytes], source: str) -> Iterator[Member]:
    while True:
        try:
            info = tar.next()
        except (*_BROKEN_TAR, OSError) as error:
            raise _no_archive(source, error) from None
        if info is None:
            break
        yield _tar_member(tar, info)
    # `tarfile` takes a header that is cut off or damaged for the end of the archive, which is a block of zeros.
    plain.seek(tar.offset)
    if plain.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise _no_archive(source, ValueError("it is cut off, or damaged behind one of its files"))


def _tar_member(tar: tarfile.TarFile, info: tarfile.TarInfo) -> Member:
    if info.mode & _SET_ID and not info.isdir():
        return Member(name=info.name, kind="other", other="set-user-id or set-group-id")
    if info.size < 0:
        return Member(name=info.name, kind="other", other="a file of negative size")
    if info.isdir():
        return Member(name=info.name, kind="folder")
    if info.issym():
        return Member(name=info.name, kind="link", target=info.linkname)
    if info.type in {tarfile.REGTYPE, tarfile.AREGTYPE} and not info.issparse():
        return Member(
            name=info.name,
            kind="file",
            size=info.size,
            is_executable=bool(info.mode & 0o100),
            open=lambda: cast("IO[bytes]", tar.extractfile(info)),
        )
    kinds = {
        tarfile.LNKTYPE: "a hard link",
        tarfile.CHRTYPE: "a device",
        tarfile.BLKTYPE: "a device",
        tarfile.FIFOTYPE: "a pipe",
    }
    return Member(name=info.name, kind="other", other=kinds.get(info.type, "no file, folder or symbolic link"))


# -- writing -----------------------------------------------------------------------------------------------------


def _write(plan: Plan, folder: Path, source: str) -> None:
    top = _single_top(plan)
    _check_links(plan, 0 if top is None else 1, source)
    for path, member in sorted(plan.members.items()):
        inside = path.removeprefix(f"{top}/") if top is not None else path
        if inside == top:
            continue
        place = folder / inside
        if member.kind == "folder":
            place.mkdir(mode=0o755, parents=True, exist_ok=True)
            continue
        place.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        if member.kind == "link":
            place.symlink_to(member.target)
        elif member.open is not None:
            _write_file(place, member, source)


def _write_file(place: Path, member: Member, source: str) -> None:
    left = member.size
    with place.open("xb") as file:
        try:
            stream = member.open() if member.open is not None else None
        except (*_BROKEN_TAR, zlib.error, NotImplementedError, RuntimeError) as error:
            raise _no_archive(source, error) from None
        while stream is not None:
            try:
                chunk = stream.read(_CHUNK)
            except (*_BROKEN_TAR, zlib.error, NotImplementedError) as error:
                raise _no_archive(source, error) from None
            if not chunk:
                break
            left -= len(chunk)
            if left < 0:
                break
            file.write(chunk)
        if stream is not None:
            stream.close()
    if left:
        raise _no_archive(source, ValueError(f"{quoted(member.name)} is not as long as its header says"))
    place.chmod(0o755 if member.is_executable else 0o644)


def _single_top(plan: Plan) -> str | None:
    """Return the one folder in which everything lies, None where there is more at the top."""
    tops = {path.partition("/")[0] for path in plan.members}
    if len(tops) != 1:
        return None
    (top,) = tops
    is_folder = top not in plan.members or plan.members[top].kind == "folder"
    return top if is_folder and any("/" in path for path in plan.members) else None


def _check_links(plan: Plan, stripped: int, source: str) -> None:
    """Refuse links out of the stripped folder; that all stay in the archive is checked before."""
    for path, member in plan.members.items():
        if member.kind == "link" and rises_above(path, member.target, stripped):
            message = f"{quoted(path)} is a symbolic link to {quoted(member.target)}, out of the archive's folder"
            raise refused("archive-unsafe", message, source=source, key=path, remedy=_REMEDY)


def _no_archive(source: str, error: Exception) -> SourceError:
    reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    message = f"it is no tar or zip archive that can be read: {quoted(reason)[1:-1]}"
    return SourceError(Problem(code="archive-broken", message=message, path=source, remedy=_REMEDY))
