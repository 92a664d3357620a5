"""The members of a zip archive, opened as wheels are: with the same limits and checks of what zip files can hide."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from zipfile import ZipFile

from resolver.inspection import archive as wheel_archive
from resolver.inspection.findings import Findings, InspectionError
from resolver.sources.errors import SourceError
from resolver.sources.members import Member

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from zipfile import ZipInfo


@contextmanager
def opened(path: Path, source: str) -> Iterator[tuple[Member, ...]]:
    """Open a zip archive and give its members.  Raises `SourceError` for what is none, or an unsafe one."""
    try:
        with wheel_archive.opened(path, Findings(source)):
            pass
    except InspectionError as error:
        problems = [replace(one, code=one.code.replace("wheel-", "archive-", 1)) for one in error.problems]
        raise SourceError(*problems) from None
    with ZipFile(path) as zipped:
        yield tuple(_member(zipped, info) for info in zipped.infolist())


def _member(zipped: ZipFile, info: ZipInfo) -> Member:
    if info.filename.endswith("/"):
        return Member(name=info.filename, kind="folder")
    return Member(
        name=info.filename,
        kind="file",
        size=info.file_size,
        is_executable=bool(info.external_attr >> 16 & 0o100),
        open=lambda: zipped.open(info),
    )
