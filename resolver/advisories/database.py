"""A given database: a folder or a zip file of OSV records as JSON, such as OSV's own export of an ecosystem."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from lock.errors import InputError, Problem, WorldError
from resolver.advisories.model import Answers
from resolver.advisories.reading import advisory
from resolver.advisories.records import MAX_RECORD_BYTES, RecordError, decode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from resolver.advisories.model import Advisory, Release
    from resolver.advisories.records import Record

MAX_RECORDS = 1_000_000
"""Files of a database; OSV's export for Python has some twenty thousand, that of everything some hundred thousand."""
MAX_DATABASE_BYTES = 8 << 30
"""Bytes of all records together, after inflating."""
MAX_FOLDER_DEPTH = 16
"""Folders inside folders."""

_SUFFIX = ".json"
_ENCRYPTED = 0x1
_COMPRESSIONS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_EXAMPLE = "name a folder or a zip file of OSV records in JSON, such as OSV's export for PyPI (all.zip)"


class Database:
    """Implements `AdvisorySource` without any network."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.text = f"the database {path}"

    def ask(self, releases: Sequence[Release]) -> Answers:
        """See `AdvisorySource`; a database knows all or nothing, so nothing stays unknown."""
        wanted: dict[str, list[Release]] = {}
        for release in releases:
            wanted.setdefault(release.name, []).append(release)
        found: dict[Release, list[Advisory]] = {}
        for record in self._records():
            for name in {entry.name() for entry in record.affected or ()} & wanted.keys():
                for release in wanted[name]:
                    said = advisory(record, release)
                    if said is not None:
                        found.setdefault(release, []).append(said)
        return Answers(advisories={release: tuple(said) for release, said in found.items()}, unknown={})

    def _records(self) -> Iterator[Record]:
        count = size = 0
        for place, content in self._contents():
            count += 1
            size += len(content)
            if count > MAX_RECORDS or size > MAX_DATABASE_BYTES:
                limit = f"{MAX_RECORDS} records" if count > MAX_RECORDS else f"{MAX_DATABASE_BYTES} bytes"
                raise InputError(self._problem("too-large", f"the database holds more than {limit}"))
            try:
                yield decode(content)
            except RecordError as error:
                raise InputError(
                    self._problem("advisory-record", f"{place} {error}", "take the database from its source again")
                ) from None
        if count == 0:
            raise InputError(self._problem("advisory-database", "there is no record in it", _EXAMPLE))

    def _contents(self) -> Iterator[tuple[str, bytes]]:
        try:
            kind = self._path.stat().st_mode
            if stat.S_ISDIR(kind):
                yield from self._folder(self._path, 0)
            elif stat.S_ISREG(kind):
                yield from self._zip_file()
            else:
                raise InputError(self._problem("advisory-database", "this is neither a folder nor a file", _EXAMPLE))
        except (FileNotFoundError, NotADirectoryError):
            raise InputError(self._problem("advisory-database", "there is no such database", _EXAMPLE)) from None
        except OSError as error:
            reason = error.strerror or type(error).__name__
            message = f"the database cannot be read: {reason}"
            raise WorldError(self._problem("unreadable", message, "check its permissions and the disk")) from error

    def _folder(self, folder: Path, depth: int) -> Iterator[tuple[str, bytes]]:
        if depth > MAX_FOLDER_DEPTH:
            raise InputError(self._problem("too-large", f"folders are nested deeper than {MAX_FOLDER_DEPTH}"))
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
        for entry in entries:
            # What begins with a dot is the version control's, not the database's.  No link leads out of the folder.
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from self._folder(Path(entry.path), depth + 1)
            elif entry.name.endswith(_SUFFIX) and entry.is_file(follow_symlinks=False):
                with Path(entry.path).open("rb") as file:
                    yield str(Path(entry.path).relative_to(self._path)), file.read(MAX_RECORD_BYTES + 1)

    def _zip_file(self) -> Iterator[tuple[str, bytes]]:
        try:
            with zipfile.ZipFile(self._path) as archive:
                for member in archive.infolist():
                    if member.filename.endswith(_SUFFIX):
                        self._require_plain(member)
                        with archive.open(member) as file:
                            yield member.filename, file.read(MAX_RECORD_BYTES + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            message = f"the zip file is damaged, or is none ({type(error).__name__})"
            raise InputError(self._problem("advisory-database", message)) from None

    def _require_plain(self, member: zipfile.ZipInfo) -> None:
        if member.flag_bits & _ENCRYPTED or member.compress_type not in _COMPRESSIONS:
            message = f"{member.filename} is encrypted, or not compressed by deflate"
            raise InputError(self._problem("advisory-database", message))

    def _problem(self, code: str, message: str, remedy: str = _EXAMPLE) -> Problem:
        return Problem(code=code, message=message, path=str(self._path), remedy=remedy)
