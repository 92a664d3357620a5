"""What was seen inside a wheel."""

from __future__ import annotations

import msgspec

from resolver.index.core_metadata import MetadataText  # noqa: TC001 - msgspec resolves the annotation at run time


class SeenEntryPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One line of entry_points.txt."""

    group: str
    name: str
    value: str


class WheelContents(msgspec.Struct, frozen=True, kw_only=True):
    """The facts about a wheel that plugins.lock records; every tuple is sorted.

    `modules` are the importable top-level names; for a namespace package (PEP 420) the dotted name of each first
    regular package or module below it.  `libraries` are the shared libraries that native code needs and the wheel
    does not bring along.  `unknown_libraries` are those of them that neither the C library nor nix/libraries.json
    covers.  `metadata` is what METADATA says that a search goes by.  `remarks` are for a user to read: what is odd
    and does no harm by itself.
    """

    modules: tuple[str, ...] = ()
    startup_files: tuple[str, ...] = ()
    console_scripts: tuple[str, ...] = ()
    entry_points: tuple[SeenEntryPoint, ...] = ()
    native: bool = False
    libraries: tuple[str, ...] = ()
    unknown_libraries: tuple[str, ...] = ()
    license: str | None = None
    metadata: MetadataText | None = None
    remarks: tuple[str, ...] = ()
