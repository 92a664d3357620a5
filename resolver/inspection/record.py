"""RECORD against the archive, in both directions.

Source: Recording installed projects (PyPA), Binary distribution format ("RECORD is a list of (almost) all the files in
the wheel and their secure hashes").
"""

from __future__ import annotations

import base64
import csv
import io
import re
from typing import TYPE_CHECKING, NamedTuple

from resolver.inspection.findings import shown
from resolver.inspection.member_names import path_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zipfile import ZipInfo

    from resolver.inspection.archive import Sighting, WheelArchive

MAX_RECORD_BYTES = 32 * 1024 * 1024

DEFAULT_HASH = "sha256"
_HASHES = frozenset({"sha256", "sha384", "sha512"})
# They hold RECORD's own hash or signature, and so cannot stand in it.
_UNLISTED = ("RECORD", "RECORD.jws", "RECORD.p7s")
_DRIVE = re.compile(r"[A-Za-z]:")
_CODE = "wheel-record"


class RecordRow(NamedTuple):
    """What RECORD says of a file; `size` in bytes, None where it does not say."""

    algorithm: str
    digest: bytes
    size: int | None


def read_record(archive: WheelArchive, folder: str) -> dict[str, RecordRow] | None:
    """Return the rows by path, those without a hash left out; None, and a finding, where there is no RECORD to read."""
    member = f"{folder}/RECORD"
    if member not in archive.members:
        archive.findings.add(_CODE, "has no RECORD", member=folder)
        return None
    data = archive.read(member, MAX_RECORD_BYTES)
    if data is None:
        return None
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        archive.findings.add(_CODE, f"cannot be read: {shown(str(error))}", member=member)
        return None
    found: dict[str, RecordRow] = {}
    seen: set[str] = set()
    for number, row in enumerate(rows, start=1):
        fault = _row_fault(row, seen, archive.members, folder)
        if fault:
            archive.findings.add(_CODE, f"row {number} {fault}", member=member)
        if len(row) == 3:
            path = path_of(row[0])
            seen.add(path)
            parsed = _parsed(row)
            if parsed is not None and not fault:
                found[path] = parsed
    _note_unlisted(archive, folder, seen)
    return found


def _row_fault(row: list[str], seen: set[str], members: Mapping[str, ZipInfo], folder: str) -> str | None:
    if not row:
        return None
    if len(row) != 3:
        return f"has {len(row)} columns instead of 3"
    named, digest, size = row
    path = path_of(named)
    if path.startswith("/") or _DRIVE.match(path) or "\\" in path or ".." in path.split("/"):
        return f"names {shown(path)}, a path out of the wheel"
    if path in seen:
        return f"names {shown(path)} a second time"
    # In the archive's own spelling, by which installers look for it.
    if path not in members or members[path].filename != named:
        return f"names {shown(named)}, which is not in the wheel"
    if path in {f"{folder}/{name}" for name in _UNLISTED} and not digest:
        return None
    if not digest:
        return f"gives no hash of {shown(path)}"
    if digest.partition("=")[0] not in _HASHES:
        return f"has a hash of {shown(path)} that is not one of {', '.join(sorted(_HASHES))}"
    if _parsed(row) is None:
        return f"has a hash or size of {shown(path)} that cannot be read: {shown(f'{digest},{size}')}"
    return None


def _parsed(row: list[str]) -> RecordRow | None:
    algorithm, _, text = row[1].partition("=")
    try:
        digest = base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    if not digest or (row[2] and not (row[2].isascii() and row[2].isdigit() and len(row[2]) < 20)):
        return None
    return RecordRow(algorithm, digest, int(row[2]) if row[2] else None)


def _note_unlisted(archive: WheelArchive, folder: str, seen: set[str]) -> None:
    """Note every member that RECORD passes over."""
    allowed = {f"{folder}/{name}" for name in _UNLISTED}
    for member in archive.members:
        if member not in seen and member not in allowed:
            archive.findings.add(_CODE, "is not listed in RECORD", member=member)


def check_row(archive: WheelArchive, member: str, row: RecordRow | None, seen: Sighting) -> None:
    """Compare what RECORD says of a member with the bytes that were read, hashed as the row says."""
    if row is None:
        return
    if row.size is not None and row.size != seen.size:
        archive.findings.add(_CODE, f"has {seen.size} bytes, and RECORD says {row.size}", member=member)
    elif row.digest != seen.digest:
        archive.findings.add(_CODE, f"has another {row.algorithm} than RECORD says", member=member)
