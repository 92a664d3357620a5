"""Whether every reader of a zip file sees the same members: its records one by one, and no byte that belongs to none.

A zip file says everything twice, in the directory at its end and before each member, and readers differ in what they
believe.  So both must agree, the members must follow one another from the first byte, and the directory must follow the
last.  Source: APPNOTE.TXT, sections 4.3 and 4.5.
"""

from __future__ import annotations

import struct
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from zipfile import ZipInfo

    from resolver.inspection.findings import Findings

_LOCAL = struct.Struct("<4s5H3L2H")
_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_MAX_COMMENT = 0xFFFF
_IN_ZIP64 = 0xFFFFFFFF
_STREAMED = 0x8
_UTF8 = 0x800
# What a reader goes by: encryption, sizes behind the data, the spelling of the name.
_MEANINGFUL_FLAGS = 0x1 | _STREAMED | _UTF8
_ZIP64_FIELD = 0x0001

_CODE = "wheel-structure"


class _Local(NamedTuple):
    """A member's own header; `end` is where its data begins."""

    flags: int
    method: int
    crc: int
    packed: int
    unpacked: int
    name: bytes
    end: int


def check_structure(file: IO[bytes], members: list[ZipInfo], findings: Findings) -> None:
    """Check the end records, then each member's own header against the directory that `members` were read from."""
    start = _check_end(file, len(members), findings)
    if start is None:
        return
    place = 0
    for info in sorted(members, key=lambda info: info.header_offset):
        if info.header_offset != place:
            how = "overlaps the member before it" if info.header_offset < place else "has stray bytes before it"
            findings.add(_CODE, how, member=info.orig_filename)
        local = _local(file, info.header_offset)
        if local is None:
            findings.add(_CODE, "has no header of its own where the directory says", member=info.orig_filename)
            return
        for what in _differences(info, local):
            findings.add(_CODE, f"has {what} in its own header than in the directory", member=info.orig_filename)
        place = local.end + info.compress_size
        if info.flag_bits & _STREAMED:
            length = _descriptor(file, place, info)
            if length is None:
                findings.add(_CODE, "is followed by sizes other than the directory's", member=info.orig_filename)
            place += length or 0
    if members and place != start:
        findings.add(_CODE, "holds stray bytes between its last member and its directory")


# -- the end records ---------------------------------------------------------------------------------------------


def _check_end(file: IO[bytes], count: int, findings: Findings) -> int | None:
    """Return where the directory starts; None, and a finding, where that cannot be told."""
    size = file.seek(0, 2)
    tail_start = max(0, size - _END.size - _MAX_COMMENT)
    file.seek(tail_start)
    tail = file.read()
    at = len(tail) - _END.size
    if tail[at : at + 4] != b"PK\x05\x06" or tail[-2:] != b"\0\0":
        at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        findings.add(_CODE, "has no end record")
        return None
    end: tuple[bytes, int, int, int, int, int, int, int] = _END.unpack_from(tail, at)
    _, disk, first_disk, here, total, length, start, comment = end
    place = tail_start + at
    if place + _END.size + comment != size:
        findings.add(_CODE, "holds bytes behind its end record")
    if b"PK" in tail[at + _END.size :]:
        findings.add(_CODE, "holds what another reader may take for an end record, in its comment")
    if tail[max(0, at - _LOCATOR.size) : at].startswith(b"PK\x06\x07"):
        long = _long_end(file, place - _LOCATOR.size)
        if long is None or not _agrees((here, total, length, start), long[:4]):
            findings.add(_CODE, "has two end records (zip64) that contradict each other")
            return None
        (here, total, length, start), place = long[:4], long[4]
    if disk or first_disk or here != total or total != count:
        findings.add(_CODE, f"has {count} members in its directory, and its end record says {total}")
    if start + length != place:
        findings.add(_CODE, "has stray bytes before its first member, or between its directory and its end record")
        return None
    return start


def _long_end(file: IO[bytes], place: int) -> tuple[int, int, int, int, int] | None:
    """Return counts, length and start of the directory as the zip64 record has them, and where that record stands."""
    file.seek(place)
    _, disk, record, disks = _LOCATOR.unpack(file.read(_LOCATOR.size))
    if disk or disks > 1 or record + _END_64.size != place:
        return None
    file.seek(record)
    signature, rest, _, _, disk, first_disk, here, total, length, start = _END_64.unpack(file.read(_END_64.size))
    if signature != b"PK\x06\x06" or rest != _END_64.size - 12 or disk or first_disk:
        return None
    return here, total, length, start, record


def _agrees(short: tuple[int, int, int, int], long: tuple[int, ...]) -> bool:
    refers = (0xFFFF, 0xFFFF, _IN_ZIP64, _IN_ZIP64)
    return all(one in (mark, other) for one, other, mark in zip(short, long, refers, strict=True))


# -- members -----------------------------------------------------------------------------------------------------


def _local(file: IO[bytes], place: int) -> _Local | None:
    file.seek(place)
    head = file.read(_LOCAL.size)
    if len(head) != _LOCAL.size or head[:4] != b"PK\x03\x04":
        return None
    _, _, flags, method, _, _, crc, packed, unpacked, name_length, extra_length = _LOCAL.unpack(head)
    rest = file.read(name_length + extra_length)
    if len(rest) != name_length + extra_length:
        return None
    if _IN_ZIP64 in (packed, unpacked):
        packed, unpacked = _long_sizes(rest[name_length:], packed, unpacked)
    end = place + _LOCAL.size + len(rest)
    return _Local(flags, method, crc, packed, unpacked, rest[:name_length], end)


def _long_sizes(extra: bytes, packed: int, unpacked: int) -> tuple[int, int]:
    """Return the sizes as the zip64 field of a header has them; as they were where it has none."""
    for kind, content in extra_fields(extra):
        if kind == _ZIP64_FIELD:
            values = [int.from_bytes(content[at : at + 8], "little") for at in range(0, len(content) - 7, 8)]
            if unpacked == _IN_ZIP64 and values:
                unpacked = values.pop(0)
            if packed == _IN_ZIP64 and values:
                packed = values.pop(0)
            break
    return packed, unpacked


def extra_fields(extra: bytes) -> list[tuple[int, bytes]]:
    """Return the kind and content of each field of a header's extra part; what is cut off is left out."""
    fields = []
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<2H", extra)
        fields.append((kind, extra[4 : 4 + length]))
        extra = extra[4 + length :]
    return fields


def _differences(info: ZipInfo, local: _Local) -> list[str]:
    found = []
    if local.name != raw_name(info):
        found.append("another name")
    if (local.flags ^ info.flag_bits) & _MEANINGFUL_FLAGS:
        found.append("other flags")
    if local.method != info.compress_type:
        found.append("another method")
    own = (local.crc, local.packed, local.unpacked)
    # Who writes as a stream knows them only afterwards.
    absent = info.flag_bits & _STREAMED and not any(own)
    if not absent and own != (info.CRC, info.compress_size, info.file_size):
        found.append("another size or checksum")
    return found


def raw_name(info: ZipInfo) -> bytes:
    """Return the bytes of a member's name as the directory has them."""
    return info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8 else "cp437", "surrogatepass")


def _descriptor(file: IO[bytes], place: int, info: ZipInfo) -> int | None:
    """Return the length of the record behind a streamed member's data; None where it says something else."""
    file.seek(place)
    record = file.read(24)
    for sizes in ("<3L", "<L2Q"):
        expected = info.CRC, info.compress_size, info.file_size
        if sizes == "<3L" and max(expected) > _IN_ZIP64:
            continue
        content = struct.pack(sizes, *expected)
        for whole in (b"PK\x07\x08" + content, content):
            if record.startswith(whole):
                return len(whole)
    return None
