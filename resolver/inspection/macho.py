"""What a Mach-O file asks of dyld.

Only headers and load commands are read.  Structures and numbers are macholib's; its `MachO` class is not used because
it reads whole sections.  Source: <mach-o/loader.h>, <mach-o/fat.h>.
"""

from __future__ import annotations

import struct
from typing import IO, TYPE_CHECKING

from macholib import mach_o

from resolver.inspection.linkage import FAT_MACHO_MAGICS, THIN_MACHO_MAGICS, Linkage

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENDIAN = dict(zip(THIN_MACHO_MAGICS, "><><", strict=True))

_MAX_ARCHITECTURES = 32
_MAX_COMMAND_BYTES = 128 * 1024


def macho_linkage(stream: IO[bytes]) -> Linkage | None:
    """Return the install names that a Mach-O file loads and its own; None for one that is never loaded.

    A weakly linked library may be absent, so it is not counted as needed.

    Raises:
        ValueError: it is no Mach-O file that could be loaded.
    """
    needed: set[str] = set()
    offered: set[str] = set()
    loaded = False
    try:
        for offset in _architectures(stream):
            commands = _load_commands(stream, offset)
            if commands is None:
                continue
            loaded = True
            for command, name in commands:
                (offered if command == "id" else needed).add(name)
    except (struct.error, OverflowError) as error:
        raise ValueError("its Mach-O headers are cut off") from error
    return Linkage(frozenset(needed), frozenset(offered)) if loaded else None


def _architectures(stream: IO[bytes]) -> list[int]:
    """Return where each architecture's own Mach-O file begins."""
    stream.seek(0)
    magic = stream.read(4)
    if magic not in FAT_MACHO_MAGICS:
        return [0]
    stream.seek(0)
    count = int(mach_o.fat_header.from_fileobj(stream).nfat_arch)
    # Java classes begin with the same four bytes; their next four hold a version, which is larger.
    if count > _MAX_ARCHITECTURES:
        return []
    kind = mach_o.fat_arch if magic == FAT_MACHO_MAGICS[0] else mach_o.fat_arch64
    return [int(kind.from_fileobj(stream).offset) for _ in range(count)]


def _load_commands(stream: IO[bytes], offset: int) -> Iterator[tuple[str, str]] | None:
    stream.seek(offset)
    magic = stream.read(4)
    if magic not in _ENDIAN:
        raise ValueError("an architecture in it is no Mach-O file")
    endian = _ENDIAN[magic]
    stream.seek(offset)
    wide = b"\xcf" in magic
    header = (mach_o.mach_header_64 if wide else mach_o.mach_header).from_fileobj(stream, _endian_=endian)
    if header.filetype not in (mach_o.MH_EXECUTE, mach_o.MH_DYLIB, mach_o.MH_BUNDLE):
        return None
    if header.sizeofcmds > _MAX_COMMAND_BYTES:
        raise ValueError("its load commands are larger than any real file's")
    return _dylibs(stream.read(header.sizeofcmds), header.ncmds, endian)


def _dylibs(data: bytes, count: int, endian: str) -> Iterator[tuple[str, str]]:
    """Yield `load` or `id` with the install name, for each load command that names a library."""
    kinds = {
        mach_o.LC_LOAD_DYLIB: "load",
        mach_o.LC_REEXPORT_DYLIB: "load",
        mach_o.LC_LOAD_UPWARD_DYLIB: "load",
        mach_o.LC_LAZY_LOAD_DYLIB: "load",
        mach_o.LC_ID_DYLIB: "id",
    }
    place = 0
    for _ in range(count):
        command, size = struct.unpack_from(endian + "II", data, place)
        if size < 8 or place + size > len(data):
            raise ValueError("its load commands overlap")
        if command in kinds:
            (name_offset,) = struct.unpack_from(endian + "I", data, place + 8)
            name = data[place + name_offset : place + size].split(b"\0", 1)[0]
            yield kinds[command], name.decode()
        place += size
