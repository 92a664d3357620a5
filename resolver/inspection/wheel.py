"""Reads a wheel without running or unpacking anything: the facts that plugins.lock records of it.

Source: Binary distribution format (PyPA).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.inspection import layout, metadata
from resolver.inspection.archive import opened
from resolver.inspection.entry_points import parse_entry_points, scripts
from resolver.inspection.findings import Findings
from resolver.inspection.libraries import library_table
from resolver.inspection.model import SeenEntryPoint, WheelContents
from resolver.inspection.native import native_code

if TYPE_CHECKING:
    from pathlib import Path

    from resolver.inspection.archive import WheelArchive

MAX_ENTRY_POINTS_BYTES = 1024 * 1024


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
    licence = None
    if folder is not None:
        metadata.check_record(archive, folder)
        metadata.check_wheel_file(archive, folder)
        fields = metadata.core_metadata(archive, folder, name, version)
        licence = metadata.licence(fields) if fields else None
        entry_points = _entry_points(archive, folder)
    layout.check_schemes(archive)
    placed = layout.site_packages(archive.members)
    native = native_code(archive)
    libraries = native.missing()
    return WheelContents(
        modules=tuple(sorted(layout.modules(placed, archive))),
        startup_files=tuple(sorted(layout.startup_files(placed, archive))),
        console_scripts=tuple(sorted(scripts(entry_points) | layout.installed_scripts(archive.members))),
        entry_points=entry_points,
        native=bool(native),
        libraries=tuple(sorted(libraries)),
        unknown_libraries=_unknown(libraries),
        license=licence,
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
