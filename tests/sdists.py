"""Tiny source distributions made for tests: the same bytes for the same arguments."""

from __future__ import annotations

import gzip
import io
import tarfile
from typing import TYPE_CHECKING

from tests.wheels import core_metadata, escaped

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def sdist_name(name: str, version: str) -> str:
    """Return the file name of a source distribution (PEP 625)."""
    return f"{escaped(name)}-{version}.tar.gz"


def sdist_bytes(
    name: str,
    version: str,
    files: Mapping[str, bytes | str],
    *,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    extras: Sequence[str] = (),
    static: bool = True,
) -> bytes:
    """Make a source distribution in memory.

    `static`: its PKG-INFO promises (PEP 643) that a wheel will say the same; else it says nothing worth reading.
    """
    pkg_info = core_metadata(name, version, requires=requires, requires_python=requires_python, extras=extras)
    if not static:
        pkg_info = f"Metadata-Version: 1.0\nName: {name}\nVersion: {version}\n".encode()
    top = f"{escaped(name)}-{version}"
    return tar_bytes({f"{top}/{path}": content for path, content in {**files, "PKG-INFO": pkg_info}.items()})


def tar_bytes(members: Mapping[str, bytes | str]) -> bytes:
    """Make a `.tar.gz` whose members stand in the given order."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
        for path, content in members.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(path)
            info.size = len(data)
            info.mode = 0o644
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()
