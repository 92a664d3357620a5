"""`[targets]`: the systems to lock for, and the oldest glibc and macOS they run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.systems import SYSTEMS
from resolver.manifest import words
from resolver.manifest.model import TargetsConfig

if TYPE_CHECKING:
    from resolver.manifest.document import Table

KEYS = ("systems", "manylinux", "macos")
DEFAULT_MANYLINUX = (2, 28)
DEFAULT_MACOS = (13, 0)

_FIRST_ARM_MACOS = (11, 0)


def read(table: Table) -> TargetsConfig | None:
    """Return the targets, None where something is wrong (and reported)."""
    example = 'add the systems to lock for: systems = ["x86_64-linux"]'
    table.require("systems", example)
    systems = table.read_list("systems", words.one_of(SYSTEMS, "systems"), remedy='write ["x86_64-linux"]')
    if table.values.get("systems") == []:
        table.report("systems", "the list is empty", remedy=example)
    manylinux = table.read("manylinux", words.glibc_floor, remedy='put it in quotes: manylinux = "2_28"')
    macos = table.read("macos", words.macos_floor, remedy='put it in quotes: macos = "13.0"')
    if macos is not None and macos < _FIRST_ARM_MACOS and "aarch64-darwin" in systems:
        table.report(
            "macos", "aarch64-darwin began with macOS 11.0", remedy='write "11.0" or newer, or drop the system'
        )
    return TargetsConfig(
        systems=tuple(sorted(systems)),
        manylinux=manylinux or DEFAULT_MANYLINUX,
        macos=macos or DEFAULT_MACOS,
        place=table.document.place(table.key),
    )
