"""Zip files that two readers would read in two ways."""

from __future__ import annotations

import io
import struct
import unicodedata
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest

from resolver.inspection.wheel import inspect
from tests.resolver.inspection.conftest import refusal
from tests.wheels import build_wheel, wheel_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from resolver.inspection.model import WheelContents
    from tests.resolver.inspection.conftest import Refuse

pytestmark = pytest.mark.attack(13)

GOOD = wheel_bytes("thing", "1.0")
CENTRAL = GOOD.index(b"PK\x01\x02")
END = GOOD.rindex(b"PK\x05\x06")
OTHER = wheel_bytes("thing", "1.0", files={"evil.py": "x = 1\n"})


def put(data: bytes, place: int, new: bytes) -> bytes:
    return data[:place] + new + data[place + len(new) :]


def add_to(data: bytes, place: int, value: int, width: int = 4) -> bytes:
    old = int.from_bytes(data[place : place + width], "little")
    return put(data, place, (old + value).to_bytes(width, "little"))


def with_gap() -> bytes:
    """Return the wheel with stray bytes between its members and its directory, which the end record knows of."""
    return add_to(GOOD[:CENTRAL] + b"stray" + GOOD[CENTRAL:], END + 5 + 16, 5)


def between_members() -> bytes:
    """Return the wheel with a hidden member that the directory does not list, and all offsets right."""
    second = GOOD.index(b"PK\x03\x04", 1)
    hidden = OTHER[: OTHER.index(b"PK\x03\x04", 1)]
    data = GOOD[:second] + hidden + GOOD[second:]
    place = CENTRAL + len(hidden)
    for number in range(GOOD.count(b"PK\x01\x02")):
        name, extra, comment = struct.unpack_from("<3H", data, place + 28)
        if number:
            data = add_to(data, place + 42, len(hidden))
        place += 46 + name + extra + comment
    return add_to(data, END + len(hidden) + 16, len(hidden))


def comment(text: bytes) -> bytes:
    return put(GOOD, END + 20, len(text).to_bytes(2, "little")) + text


def long_end(total: int) -> bytes:
    """Return the wheel with a zip64 end record as well, which counts `total` members."""
    count, _, length, start = struct.unpack_from("<2H2L", GOOD, END + 8)
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, total, total, length, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, END, 1)
    assert count != 9
    return GOOD[:END] + record + locator + GOOD[END:]


STRAY = "wheel-structure: has stray bytes before its first member, or between its directory and its end record"
CASES: dict[str, tuple[bytes, str]] = {
    "trailing": (GOOD + b"trailing", "wheel-structure: holds bytes behind its end record"),
    "leading": (b"#!/bin/sh\n" + GOOD, STRAY),
    "two archives": (OTHER + GOOD, STRAY),
    "before the directory": (
        with_gap(),
        "wheel-structure: holds stray bytes between its last member and its directory",
    ),
    "behind the directory": (
        GOOD[:END] + b"stray" + GOOD[END:],
        "wheel-not-a-zip: is not a zip archive that can be read: Bad magic number for central directory",
    ),
    "hidden member": (between_members(), "wheel-structure: 'thing-1.0.dist-info/METADATA' has stray bytes before it"),
    "second end record": (
        comment(b"PK\x01\x02 and so on"),
        "wheel-structure: holds what another reader may take for an end record, in its comment",
    ),
    "count": (
        add_to(add_to(GOOD, END + 8, -1, 2), END + 10, -1, 2),
        "wheel-structure: has 4 members in its directory, and its end record says 3",
    ),
    "disks": (
        put(GOOD, END + 4, b"\1\0"),
        "wheel-structure: has 4 members in its directory, and its end record says 4",
    ),
    "local crc": (
        add_to(GOOD, 14, 1),
        "wheel-structure: 'thing.py' has another size or checksum in its own header than in the directory",
    ),
    "local size": (
        add_to(GOOD, 22, 1),
        "wheel-structure: 'thing.py' has another size or checksum in its own header than in the directory",
    ),
    "local method": (
        put(GOOD, 8, b"\0\0"),
        "wheel-structure: 'thing.py' has another method in its own header than in the directory",
    ),
    "local flags": (
        put(GOOD, 6, b"\0\x08"),
        "wheel-structure: 'thing.py' has other flags in its own header than in the directory",
    ),
    "local name": (
        put(GOOD, 30, b"evil.xpy"),
        "wheel-structure: 'thing.py' has another name in its own header than in the directory",
    ),
    "zip64 count": (
        long_end(9),
        "wheel-structure: has two end records (zip64) that contradict each other",
    ),
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_what_readers_read_differently_is_refused(tmp_path: Path, case: str) -> None:
    data, problem = CASES[case]
    path = tmp_path / "thing-1.0-py3-none-any.whl"
    path.write_bytes(data)
    assert problem in refusal(path)


def test_an_empty_directory_is_refused_although_members_are_there(tmp_path: Path) -> None:
    path = tmp_path / "thing-1.0-py3-none-any.whl"
    path.write_bytes(GOOD[:CENTRAL] + b"PK\x05\x06" + bytes(8) + struct.pack("<2LH", 0, CENTRAL, 0))
    assert refusal(path) == ["wheel-empty: the archive holds no files"]


def looked_at(tmp_path: Path, data: bytes) -> WheelContents:
    path = tmp_path / "thing-1.0-py3-none-any.whl"
    path.write_bytes(data)
    return inspect(path, name="thing", version="1.0")


def streamed(data: bytes) -> bytes:
    """Return the same archive as written by somebody who cannot seek: sizes stand behind each member."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.written = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, part: bytes) -> int:  # type: ignore[override]
            self.written += part
            return len(part)

    pipe = Pipe()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as new:  # type: ignore[call-overload]
        for info in old.infolist():
            new.writestr(info.filename, old.read(info))
    return bytes(pipe.written)


@pytest.mark.parametrize(
    "make", [lambda: GOOD, lambda: comment(b"made by tests"), lambda: long_end(4), lambda: streamed(GOOD)]
)
def test_unusual_archives_that_say_one_thing_are_read(tmp_path: Path, make: Callable[[], bytes]) -> None:
    assert looked_at(tmp_path, make()).modules == ("thing",)


def test_sizes_behind_a_streamed_member_must_be_the_directorys(tmp_path: Path) -> None:
    data = streamed(GOOD)
    path = tmp_path / "thing-1.0-py3-none-any.whl"
    path.write_bytes(add_to(data, data.index(b"PK\x07\x08") + 4, 1))
    assert "wheel-structure: 'thing.py' is followed by sizes other than the directory's" in refusal(path)


def test_members_that_overlap_are_refused(tmp_path: Path) -> None:
    name_length = struct.unpack_from("<H", GOOD, CENTRAL + 28)[0]
    path = tmp_path / "thing-1.0-py3-none-any.whl"
    # The second member of the directory is said to lie where the first does.
    path.write_bytes(put(GOOD, CENTRAL + 46 + name_length + 42, bytes(4)))
    assert any(problem.endswith("overlaps the member before it") for problem in refusal(path))


def test_a_name_with_the_utf_8_flag_that_is_none_is_refused(tmp_path: Path) -> None:
    data = wheel_bytes("thing", "1.0", files={"thing/\u00e4.py": ""}).replace("\u00e4".encode(), b"\xff\xfe")
    path = tmp_path / "thing-1.0-py3-none-any.whl"
    path.write_bytes(data)
    (problem,) = refusal(path)
    assert problem.startswith("wheel-not-a-zip: ")


def test_a_name_that_is_not_marked_as_utf_8_is_refused(tmp_path: Path) -> None:
    data = wheel_bytes("thing", "1.0", files={"thing/\u00e4.py": ""})
    data = put(put(data, 6, b"\0\0"), data.index(b"PK\x01\x02") + 8, b"\0\0")
    path = tmp_path / "thing-1.0-py3-none-any.whl"
    path.write_bytes(data)
    assert any(problem.endswith("has a name that is not marked as UTF-8") for problem in refusal(path))


def test_a_second_name_in_an_extra_field_is_refused(refused: Refuse) -> None:
    info = zipfile.ZipInfo("thing/a.py")
    name = b"sitecustomize.py"
    info.extra = struct.pack("<2HBL", 0x7075, 5 + len(name), 1, zlib.crc32(b"other")) + name
    assert refused(added=[(info, b"")]) == ["wheel-unsafe-member: 'thing/a.py' has another name in an extra field"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("thing/a.py", "thing/A.py"),
        ("thing/\u00e4", unicodedata.normalize("NFD", "thing/\u00e4")),
        ("thing/ss", "thing/\u00df"),
    ],
)
def test_names_that_are_one_on_some_systems_are_refused(refused: Refuse, first: str, second: str) -> None:
    (problem,) = refused(added=[(first, b""), (second, b"")])
    assert problem == f"wheel-duplicate-member: {second!r} is the same file as {first!r} on some systems"


def test_a_file_that_is_a_folder_too_is_refused(refused: Refuse) -> None:
    assert refused(added=[("thing/x", b""), ("thing/x/y.py", b"")]) == [
        "wheel-duplicate-member: 'thing/x' is a file and a folder"
    ]


def test_a_member_too_deep_is_refused(refused: Refuse) -> None:
    (problem,) = refused(added=[("a/" * 101 + "b", b"")])
    assert problem.endswith("lies more than 100 folders deep")


def test_all_that_is_wrong_with_an_archive_is_told_at_once(tmp_path: Path) -> None:
    path = build_wheel(tmp_path, "thing", "1.0", files={"../a.py": "", "B.py": "", "b.py": ""})
    path.write_bytes(path.read_bytes() + b"trailing")
    assert {problem.partition(":")[0] for problem in refusal(path)} == {
        "wheel-unsafe-member",
        "wheel-duplicate-member",
        "wheel-structure",
    }
