"""Reads a wheel without running or unpacking anything: the facts that plugins.lock records of it.

Source: Binary distribution format (PyPA).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.inspection import layout, metadata
from resolver.inspection.archive import opened
from resolver.inspection.entry_points import parse_entry_points, scripts
from resolver.inspection.findings import Findings, shown
from resolver.inspection.libraries import library_table
from resolver.inspection.model import SeenEntryPoint, WheelContents
from resolver.inspection.native import NativeCode, note_native_code
from resolver.inspection.record import DEFAULT_HASH, check_row, read_record

if TYPE_CHECKING:
    from pathlib import Path

    from resolver.inspection.archive import WheelArchive
    from resolver.inspection.record import RecordRow

MAX_ENTRY_POINTS_BYTES = 1024 * 1024

_SHOWN = 5


def inspect(path: Path, *, name: str, version: str) -> WheelContents:
    """Return what is inside a wheel.

    `path` must carry the wheel's real file name; `name` and `version` are those it was chosen for.

    Raises:
        InspectionError: the wheel must not be locked; every problem found is listed.
        WorldError: the file cannot be read from disk.
    """
    findings = Findings(path.name)
    metadata.check_file_name(path.name, name, version, findings)
    with opened(path, findings) as archive:
        contents = _contents(archive, name, version)
    findings.raise_if_any()
    return contents


def _contents(archive: WheelArchive, name: str, version: str) -> WheelContents:
    folder = metadata.dist_info_folder(archive, name, version)
    entry_points: tuple[SeenEntryPoint, ...] = ()
    licence, text, pure = None, None, False
    rows: dict[str, RecordRow] = {}
    if folder is not None:
        rows = read_record(archive, folder) or {}
        pure = metadata.check_wheel_file(archive, folder)
        fields = metadata.core_metadata(archive, folder, name, version)
        if fields is not None:
            licence, text = metadata.licence(fields[0]), fields[1]
        entry_points = _entry_points(archive, folder)
    layout.check_schemes(archive)
    native = NativeCode()
    for member, seen in archive.survey({path: row.algorithm for path, row in rows.items()}, DEFAULT_HASH):
        check_row(archive, member, rows.get(member), seen)
        note_native_code(archive, member, seen, native)
    libraries = native.missing()
    placed = layout.site_packages(archive.members)
    startup_files = layout.startup_files(placed, archive)
    paths = sorted(layout.path_files(placed) - startup_files)
    if paths:
        archive.findings.remark(f"adds folders to sys.path through {', '.join(map(shown, paths[:_SHOWN]))}")
    if pure and native:
        archive.findings.remark("says that it is pure Python (Root-Is-Purelib), and holds native code")
    return WheelContents(
        modules=tuple(sorted(layout.modules(placed, archive))),
        startup_files=tuple(sorted(startup_files)),
        console_scripts=tuple(sorted(scripts(entry_points) | layout.installed_scripts(archive.members))),
        entry_points=entry_points,
        native=bool(native),
        libraries=tuple(sorted(libraries)),
        unknown_libraries=_unknown(libraries),
        license=licence,
        metadata=text,
        remarks=tuple(archive.findings.remarks),
    )


def _entry_points(archive: WheelArchive, folder: str) -> tuple[SeenEntryPoint, ...]:
    member = f"{folder}/entry_points.txt"
    if member not in archive.members:
        return ()
    data = archive.read(member, MAX_ENTRY_POINTS_BYTES)
    return parse_entry_points(data, member, archive.findings) if data is not None else ()


def _unknown(libraries: set[str]) -> tuple[str, ...]:
    if not libraries:
        return ()
    table = library_table()
    return tuple(sorted(library for library in libraries if not table.covers(library)))
