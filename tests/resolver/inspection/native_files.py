"""The smallest ELF and Mach-O files that name the libraries they need."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_ET_REL, _ET_DYN = 1, 3
_DT_NULL, _DT_NEEDED, _DT_STRTAB, _DT_SONAME = 0, 1, 5, 14
_LC_ID_DYLIB, _LC_LOAD_DYLIB, _LC_LOAD_WEAK_DYLIB = 0xD, 0xC, 0x80000018


def elf_file(needed: Sequence[str] = (), soname: str | None = None, *, kind: int = _ET_DYN) -> bytes:
    """Make a 64-bit little-endian ELF file: header, PT_LOAD of all of it, PT_DYNAMIC, and no sections."""
    strings = b"\0"
    tags: list[tuple[int, int]] = []
    for tag, name in [*((_DT_NEEDED, name) for name in needed), *([(_DT_SONAME, soname)] if soname else [])]:
        tags.append((tag, len(strings)))
        strings += name.encode() + b"\0"
    dynamic_at = 64 + 2 * 56
    strings_at = dynamic_at + 16 * (len(tags) + 2)
    tags += [(_DT_STRTAB, strings_at), (_DT_NULL, 0)]
    dynamic = b"".join(struct.pack("<QQ", *tag) for tag in tags)
    size = strings_at + len(strings)
    header = b"\x7fELF\x02\x01\x01" + bytes(9)
    header += struct.pack("<HHIQQQIHHHHHH", kind, 62, 1, 0, 64, 0, 0, 64, 56, 2, 64, 0, 0)
    load = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, size, size, 4096)
    dynamic_segment = struct.pack("<IIQQQQQQ", 2, 6, dynamic_at, dynamic_at, 0, len(dynamic), len(dynamic), 8)
    return header + load + dynamic_segment + dynamic + strings


def object_file() -> bytes:
    """Make an ELF object file, which is linked but never loaded."""
    return elf_file(["libneverasked.so.1"], kind=_ET_REL)


def macho_file(needed: Sequence[str] = (), own_name: str | None = None, *, weak: Sequence[str] = ()) -> bytes:
    """Make a 64-bit arm64 Mach-O bundle of load commands alone."""
    names = [
        *((_LC_LOAD_DYLIB, name) for name in needed),
        *((_LC_LOAD_WEAK_DYLIB, name) for name in weak),
        *([(_LC_ID_DYLIB, own_name)] if own_name else []),
    ]
    commands = b"".join(_dylib_command(command, name) for command, name in names)
    return struct.pack("<IiiIIIII", 0xFEEDFACF, 0x0100000C, 0, 8, len(names), len(commands), 0, 0) + commands


def fat_file(*parts: bytes) -> bytes:
    """Put several Mach-O files into one."""
    place = 8 + 20 * len(parts)
    header = struct.pack(">II", 0xCAFEBABE, len(parts))
    for part in parts:
        header += struct.pack(">iiIII", 0x0100000C, 0, place, len(part), 0)
        place += len(part)
    return header + b"".join(parts)


def _dylib_command(command: int, name: str) -> bytes:
    text = name.encode() + b"\0"
    text += bytes(-len(text) % 8)
    return struct.pack("<IIIIII", command, 24 + len(text), 24, 0, 0, 0) + text
