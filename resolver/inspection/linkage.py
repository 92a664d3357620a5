"""What a native file asks of the dynamic loader, whatever its format."""

from __future__ import annotations

from typing import NamedTuple

ELF_MAGIC = b"\x7fELF"
# 32 and 64 bits, each with the big end first and with the little end first.
THIN_MACHO_MAGICS = (b"\xfe\xed\xfa\xce", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xcf\xfa\xed\xfe")
# Several architectures in one file, with offsets of 32 and of 64 bits.
FAT_MACHO_MAGICS = (b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf")
MACHO_MAGICS = (*THIN_MACHO_MAGICS, *FAT_MACHO_MAGICS)
NATIVE_MAGICS = frozenset({ELF_MAGIC, *MACHO_MAGICS})


class Linkage(NamedTuple):
    """The libraries a file cannot be loaded without, and the names under which it offers itself to others.

    For ELF they are sonames, for Mach-O install names (`@rpath/libx.dylib`, `/usr/lib/libSystem.B.dylib`).
    """

    needed: frozenset[str] = frozenset()
    offered: frozenset[str] = frozenset()
