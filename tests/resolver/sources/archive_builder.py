"""Archives of any content, hostile ones included, for the tests of the unpacker."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import warnings
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Entry = tuple[str, bytes | str | None]
"""A member: bytes make a file, a text a symbolic link to it, None a folder."""

COMPRESSIONS = {
    "": bytes,
    "gz": lambda data: gzip.compress(data, mtime=0),
    "bz2": bz2.compress,
    "xz": lzma.compress,
}


def member(
    name: str, *, kind: bytes = tarfile.REGTYPE, mode: int = 0o644, target: str = "", size: int = 0
) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.linkname, info.size = kind, mode, target, size
    return info


def tar(entries: Iterable[Entry | tarfile.TarInfo], compression: str = "gz") -> bytes:
    """Return a tar archive; a `TarInfo` stands for itself, with zeros as its content."""
    buffer = io.BytesIO()
    with tarfile.TarFile(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                archive.addfile(entry, io.BytesIO(bytes(entry.size)))
                continue
            name, content = entry
            if isinstance(content, bytes):
                mode = 0o755 if name.endswith("run") else 0o644
                archive.addfile(member(name, mode=mode, size=len(content)), io.BytesIO(content))
            elif content is None:
                archive.addfile(member(name, kind=tarfile.DIRTYPE, mode=0o755))
            else:
                archive.addfile(member(name, kind=tarfile.SYMTYPE, target=content))
    return COMPRESSIONS[compression](buffer.getvalue())


def zipped(entries: Iterable[Entry]) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore", UserWarning)  # of a name that stands twice
        for name, content in entries:
            info = zipfile.ZipInfo(name)
            if content is None:
                info.filename = f"{name}/"
                archive.writestr(info, b"")
            elif isinstance(content, bytes):
                info.external_attr = (stat.S_IFREG | (0o755 if name.endswith("run") else 0o644)) << 16
                archive.writestr(info, content)
            else:
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
                archive.writestr(info, content)
    return buffer.getvalue()
