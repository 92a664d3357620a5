"""Archives become plain trees, and a hostile one is refused before one byte of it is written."""

from __future__ import annotations

import contextlib
import os
import tarfile
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from resolver.sources import members, unpack
from resolver.sources.errors import SourceError
from tests.resolver.sources.archive_builder import Entry, member, tar, zipped
from tests.resolver.sources.repositories import content

SDIST: list[Entry] = [
    ("x-1.0", None),
    ("x-1.0/PKG-INFO", b"Name: x\n"),
    ("x-1.0/bin/run", b"#!/bin/sh\n"),
    ("x-1.0/empty", None),
]
TREE = {"PKG-INFO": b"Name: x\n", "bin": None, "bin/run": (b"#!/bin/sh\n", True), "empty": None}


def unpacked(data: bytes, folder: Path) -> dict[str, object]:
    archive = folder / "archive"
    archive.write_bytes(data)
    place = folder / "tree"
    place.mkdir()
    unpack.unpack(archive, place, source="https://host.example/x-1.0.tar.gz")
    return content(place)


def refusal(data: bytes, folder: Path) -> str:
    """Return the first problem's message, once it is sure that nothing at all was written."""
    with pytest.raises(SourceError) as raised:
        unpacked(data, folder)
    assert sorted(path.name for path in folder.rglob("*")) == ["archive", "tree"]
    assert raised.value.exit_code == 1
    return raised.value.problems[0].message


@pytest.mark.parametrize("compression", ["", "gz", "bz2", "xz"])
def test_a_tar_archive_of_any_compression_is_unpacked(tmp_path: Path, compression: str) -> None:
    found = unpacked(tar(SDIST, compression), tmp_path)
    assert {**found, "bin": None} == TREE


def test_a_zip_archive_is_unpacked(tmp_path: Path) -> None:
    assert {**unpacked(zipped(SDIST), tmp_path), "bin": None} == TREE


def test_one_folder_at_the_top_is_stripped_and_more_are_not(tmp_path: Path) -> None:
    for number, (entries, expected) in enumerate(
        (
            ([("x/a", b"1"), ("x/b/c", b"2")], {"a": b"1", "b/c": b"2"}),
            ([("x/a", b"1"), ("y/b", b"2")], {"x/a": b"1", "y/b": b"2"}),
            ([("x/a", b"1"), ("b", b"2")], {"x/a": b"1", "b": b"2"}),
            ([("a", b"1")], {"a": b"1"}),
            ([("./x/a", b"1"), ("./x", None), (".", None)], {"a": b"1"}),
            ([("x/x/a", b"1")], {"x/a": b"1"}),
        )
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        found = unpacked(tar(entries), folder)
        assert {name: value for name, value in found.items() if value is not None} == expected


def test_links_that_stay_inside_are_kept(tmp_path: Path) -> None:
    entries: list[Entry] = [("x/a/b", b"1"), ("x/a/up", "../c"), ("x/c", b"2"), ("x/to-folder", "a"), ("x/gone", "no")]
    found = unpacked(tar(entries), tmp_path)
    assert (found["a/up"], found["to-folder"], found["gone"]) == ("-> ../c", "-> a", "-> no")


@pytest.mark.parametrize("target", ["./b", "b/", ".//b", "..//a/b", "../c/../a/b", "b/../b/.", ".", "./", "../"])
def test_the_way_people_write_links_is_no_reason_to_refuse_them(tmp_path: Path, target: str) -> None:
    unpacked(tar([("x/a/b", b"1"), ("x/c/d", b"2"), ("x/a/link", target)]), tmp_path)
    assert os.readlink(tmp_path / "tree/a/link") == target  # noqa: PTH115 - a path object tidies the text up


HOSTILE: dict[str, tuple[list[Entry | tarfile.TarInfo], str]] = {
    "up": ([("x/a", b"1"), ("../evil", b"2")], "'../evil' has an empty segment, `.` or `..` in its path"),
    "up-inside": ([("x/../../evil", b"2")], "'x/../../evil' has an empty segment, `.` or `..` in its path"),
    "absolute": ([("/etc/evil", b"2")], "'/etc/evil' is an absolute path"),
    "drive": ([("C:/evil", b"2")], "'C:/evil' is an absolute path"),
    "backslash": ([("x\\..\\evil", b"2")], "'x\\\\..\\\\evil' has a backslash in its name"),
    "control": ([("x/a\nb", b"2")], "'x/a\\nb' has a control character in its name"),
    "link-absolute": ([("x/l", "/etc")], "'x/l' is a symbolic link to '/etc', which is no plain relative path"),
    "link-out": ([("x/l", "../../etc")], "'x/l' is a symbolic link to '../../etc', out of the archive"),
    "link-out-of-the-stripped-folder": (
        [("x/l", "../x/a"), ("x/a", b"1")],
        "'x/l' is a symbolic link to '../x/a', out of the archive's folder",
    ),
    "link-then-member": (
        [("x/l", "a"), ("x/a", None), ("x/l/evil", b"2")],
        "'x/l/evil' lies behind 'x/l', which is a link",
    ),
    "member-then-link": ([("x/l/evil", b"2"), ("x/l", "a")], "'x/l/evil' lies behind 'x/l', which is a link"),
    "link-through-link": (
        [("x/d/l", ".."), ("x/m", "d/l/../../etc")],
        "'x/m' is a symbolic link through another, 'x/d/l'",
    ),
    "link-through-link-plainly": (
        [("x/d/e/l", "../.."), ("x/m", "d/e/l/x")],
        "'x/m' is a symbolic link through another, 'x/d/e/l'",
    ),
    "link-out-and-in-again": (
        [("x/d/l", "../../x/d/a"), ("x/d/a", b"1")],
        "'x/d/l' is a symbolic link to '../../x/d/a', out of the archive's folder",
    ),
    "link-out-behind-a-folder": (
        [("x/l", "d/../../../etc")],
        "'x/l' is a symbolic link to 'd/../../../etc', out of the archive",
    ),
    "file-as-folder": ([("x/a", b"1"), ("x/a/b", b"2")], "'x/a/b' lies behind 'x/a', which is a file"),
    "twice": ([("x/a", b"1"), ("x/a", b"2")], "'x/a' stands twice in the archive"),
    "twice-by-dot": ([("x/a", b"1"), ("./x/a", b"2")], "'./x/a' stands twice in the archive"),
    "same-after-folding": ([("x/a", b"1"), ("x/A", b"2")], "'x/A' is the same file as 'x/a' on some systems"),
    "same-after-composing": (
        [("x/\u00e4", b"1"), ("x/a\u0308", b"2")],
        "'x/a\\u0308' is the same file as 'x/\\xe4' on some systems",
    ),
    "hard-link": ([member("x/h", kind=tarfile.LNKTYPE, target="x/a")], "'x/h' is a hard link"),
    "character-device": ([member("x/d", kind=tarfile.CHRTYPE)], "'x/d' is a device"),
    "block-device": ([member("x/d", kind=tarfile.BLKTYPE)], "'x/d' is a device"),
    "pipe": ([member("x/p", kind=tarfile.FIFOTYPE)], "'x/p' is a pipe"),
    "set-user-id": ([member("x/s", mode=0o4755)], "'x/s' is set-user-id or set-group-id"),
    "set-group-id": ([member("x/s", mode=0o2755)], "'x/s' is set-user-id or set-group-id"),
    "unknown-kind": ([member("x/k", kind=b"Z")], "'x/k' is no file, folder or symbolic link"),
    "long-name": ([("x/" + "n" * 1100, b"1")], "has a name longer than 1024 bytes"),
    "long-part-of-a-name": ([("x/" + "\u00fc" * 200, b"1")], "has a part of its name longer than 255 bytes"),
    "deep": ([("a/" * 120 + "b", b"1")], "lies more than 100 folders deep"),
    "empty": ([], "holds no files"),
}


@pytest.mark.attack(14)
@pytest.mark.parametrize("name", sorted(HOSTILE))
@pytest.mark.attack(14)
def test_a_hostile_tar_archive_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    entries, message = HOSTILE[name]
    assert refusal(tar([("x/first", b"1"), *entries] if entries else []), tmp_path).endswith(message)


@pytest.mark.attack(14)
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_a_name_in_a_header_of_its_own_is_the_one_that_counts(tmp_path: Path, form: int) -> None:
    info = tarfile.TarInfo("x/harmless")
    if form == tarfile.PAX_FORMAT:
        info.pax_headers = {"path": "../evil"}
        name = "../evil"
    else:
        info.name = name = "../" + "e" * 150
    data = info.tobuf(form, "utf-8", "surrogateescape") + bytes(1024)
    said = refusal(data, tmp_path)
    assert said.startswith(f"'{name[:40]}")
    assert said.endswith("has an empty segment, `.` or `..` in its path")


@pytest.mark.attack(14)
def test_a_sparse_file_is_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x/holes")
    info.pax_headers = {
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.map": "0,1",
        "GNU.sparse.size": "9",
    }
    data = info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape") + bytes(1024)
    assert refusal(data, tmp_path) == "'x/holes' is no file, folder or symbolic link"


def test_a_name_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("x/caf\udce9")
    data = info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape") + bytes(1024)
    assert refusal(data, tmp_path) == "'x/caf\\udce9' has a name that is not UTF-8"


@pytest.mark.attack(14)
@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([("../evil", b"2")], "'../evil' has an empty segment, `.` or `..` in its path"),
        ([("/evil", b"2")], "'/evil' is an absolute path"),
        ([("x/l", "/etc")], "'x/l' is a symbolic link"),
        ([("x\\evil", b"2")], "'x\\\\evil' has a backslash in its name"),
    ],
)
@pytest.mark.attack(14)
def test_a_hostile_zip_archive_is_refused_before_anything_is_written(
    tmp_path: Path, entries: list[Entry], message: str
) -> None:
    assert refusal(zipped(entries), tmp_path) == message


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no archive",
        b"\x1f\x8b",
        b"BZh9",
        b"\xfd7zXZ\x00",
        b"PK\x03\x04",
        b"\x00" * 511,
        tar(SDIST)[:60],
        tar(SDIST, "")[:700],
    ],
    ids=range(9),
)
def test_what_is_no_archive_or_cut_off_is_refused(tmp_path: Path, data: bytes) -> None:
    archive = tmp_path / "archive"
    archive.write_bytes(data)
    (tmp_path / "tree").mkdir()
    with pytest.raises(SourceError) as raised:
        unpack.unpack(archive, tmp_path / "tree", source="x")
    assert raised.value.problems[0].code in {"archive-broken", "archive-not-a-zip", "archive-unsafe"}


@pytest.mark.attack(15)
def test_a_bomb_is_refused_by_its_ratio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "RATIO_MATTERS_FROM_BYTES", 1000)
    message = refusal(tar([("x/zeros", bytes(5_000_000))]), tmp_path)
    assert message.startswith("it unpacks to more than ")
    assert message.endswith(" bytes, 200 times its size or the limit of all")


@pytest.mark.parametrize(
    ("limit", "value", "message"),
    [
        ("MAX_MEMBERS", 2, "it holds more than 2 files"),
        ("MAX_UNPACKED_BYTES", 10, "it unpacks to more than 10 bytes"),
    ],
)
@pytest.mark.attack(15)
def test_an_archive_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, message: str
) -> None:
    monkeypatch.setattr(members, limit, value)
    assert refusal(tar(SDIST), tmp_path) == message


@pytest.mark.attack(15)
def test_a_header_that_asks_for_gigabytes_is_refused_in_little_memory(tmp_path: Path) -> None:
    info = member("x/long", kind=tarfile.GNUTYPE_LONGNAME)
    info.size = 8 * 1024**3
    data = info.tobuf(tarfile.GNU_FORMAT) + bytes(20 * 1024**2)
    message = refusal(data, tmp_path)
    assert message.startswith("it is no tar or zip archive that can be read: ")


def test_only_a_few_of_many_problems_are_told(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    archive.write_bytes(tar([(f"../{number}", b"") for number in range(50)]))
    with pytest.raises(SourceError) as raised:
        unpack.unpack(archive, tmp_path, source="x")
    assert len(raised.value.problems) == 5


GOOD = [tar(SDIST), tar(SDIST, ""), tar(SDIST, "bz2"), tar(SDIST, "xz"), zipped(SDIST)]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Take a right archive and change it at up to six places; plain tar files most often, as they hide nothing."""
    data = bytearray(draw(st.sampled_from([*GOOD, GOOD[1], GOOD[1]])))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 9))] = draw(st.binary(max_size=9))
    return bytes(data)


@given(
    st.binary(max_size=2000)
    | damaged()
    | st.sampled_from([b"PK", b"BZh", b"\x1f\x8b\x08"]).flatmap(
        lambda head: st.binary(max_size=400).map(lambda rest: head + rest)
    )
)
@example(b"\x00" * 10240)
@example(
    tarfile.TarInfo("x").tobuf().replace(b"00000000000", b"\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff") + bytes(1024)
)
def test_any_bytes_are_unpacked_inside_the_folder_or_refused(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "archive").write_bytes(data)
        (folder / "tree").mkdir()
        with contextlib.suppress(SourceError):
            unpack.unpack(folder / "archive", folder / "tree", source="x")
        assert sorted(path.name for path in folder.iterdir()) == ["archive", "tree"]


NAMES = st.sampled_from(["a", "b", "c", "..", ".", "", "A", "x\\y", "C:", "\u00e4"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


@given(st.lists(st.tuples(PATHS, st.binary(max_size=3) | PATHS | st.none()), max_size=6), st.booleans())
@pytest.mark.attack(14)
def test_whatever_an_archive_holds_nothing_leads_out_of_the_folder(entries: list[Entry], as_zip: bool) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve()
        (folder / "archive").write_bytes(zipped(entries) if as_zip else tar(entries, ""))
        tree = folder / "tree"
        tree.mkdir()
        try:
            unpack.unpack(folder / "archive", tree, source="x")
        except SourceError:
            assert not list(tree.iterdir())
        assert sorted(path.name for path in folder.iterdir()) == ["archive", "tree"]
        for path in tree.rglob("*"):
            assert path.parent.resolve().is_relative_to(tree)
            try:
                assert path.resolve().is_relative_to(tree)
            except (RuntimeError, OSError):
                assert path.is_symlink()


def test_a_file_as_long_as_its_header_says_is_whole(tmp_path: Path) -> None:
    data = bytes(range(256)) * 5000
    assert unpacked(tar([("x/a", data)]), tmp_path)["a"] == data
