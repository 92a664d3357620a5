"""Whose wheel it is, under which licence, and what is refused before anything is read."""

from __future__ import annotations

import contextlib
import stat
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lock.errors import WorldError
from resolver.index.core_metadata import MetadataText
from resolver.inspection import archive as archive_module
from resolver.inspection.findings import InspectionError
from resolver.inspection.model import SeenEntryPoint, WheelContents
from resolver.inspection.wheel import inspect
from tests.resolver.inspection.conftest import refusal
from tests.resolver.inspection.native_files import elf_file, fat_file, macho_file
from tests.wheels import build_wheel, core_metadata, wheel_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.resolver.inspection.conftest import Inspect, Refuse

INFO = "thing-1.0.dist-info"


def test_the_facts_of_a_whole_wheel(tmp_path: Path) -> None:
    path = build_wheel(
        tmp_path,
        "Some.Thing",
        "1.0",
        tags="cp312-cp312-manylinux_2_28_x86_64",
        entry_points={"host.plugins": {"thing": "some_thing:plugin"}, "console_scripts": {"thing": "some_thing:main"}},
        files={"some_thing/__init__.py": "", "some_thing/fast.so": elf_file(["libz.so.1"]), "x.pth": "import x"},
        metadata=core_metadata("Some.Thing", "1.0.0", headers=["License-Expression: MIT"]),
    )
    assert inspect(path, name="some-thing", version="1.0") == WheelContents(
        modules=("some_thing",),
        startup_files=("x.pth",),
        console_scripts=("thing",),
        entry_points=(
            SeenEntryPoint(group="console_scripts", name="thing", value="some_thing:main"),
            SeenEntryPoint(group="host.plugins", name="thing", value="some_thing:plugin"),
        ),
        native=True,
        libraries=("libz.so.1",),
        license="MIT",
        metadata=MetadataText(metadata_version="2.4", name="Some.Thing", version="1.0.0"),
    )


@pytest.mark.parametrize(
    ("headers", "licence"),
    [
        (["License-Expression: MIT OR Apache-2.0", "License: something else"], "MIT OR Apache-2.0"),
        (["License: BSD 3-Clause"], "BSD 3-Clause"),
        (["License: MIT License\n        \n        Permission is hereby granted"], "MIT License"),
        (
            ["License: Copyright (c) 2005 Someone\n        All rights", "Classifier: License :: OSI Approved"],
            "OSI Approved",
        ),
        (["License: UNKNOWN", "Classifier: License :: OSI Approved :: MIT License"], "MIT License"),
        (["License: " + "x" * 500, "Classifier: License :: OSI Approved :: MIT License"], "MIT License"),
        (
            ["Classifier: License :: OSI Approved :: MIT License", "Classifier: License :: OSI Approved :: Apache"],
            "Apache, MIT License",
        ),
        (["License: \x1b[31mMIT\u202e"], "[31mMIT"),
        (["Classifier: Programming Language :: Python"], None),
        ([], None),
    ],
)
def test_the_licence_is_one_short_line(inspected: Inspect, headers: list[str], licence: str | None) -> None:
    assert inspected(metadata=core_metadata("thing", "1.0", headers=headers)).license == licence


@pytest.mark.attack(17)
@pytest.mark.parametrize(
    ("metadata", "problems"),
    [
        (core_metadata("other", "1.0"), ["wheel-name: '{}/METADATA' names the distribution 'other', not 'thing'"]),
        (core_metadata("thing", "1.1"), ["wheel-name: '{}/METADATA' gives the version as '1.1', not '1.0'"]),
        (core_metadata("thing", "1-x!"), ["wheel-name: '{}/METADATA' gives the version as '1-x!', not '1.0'"]),
        (
            b"Metadata-Version: 2.1\n",
            [
                "wheel-metadata: '{}/METADATA' gives its name nowhere",
                "wheel-metadata: '{}/METADATA' gives its version nowhere",
            ],
        ),
        (
            core_metadata("thing", "1.0", headers=["Name: other"]),
            ["wheel-metadata: '{}/METADATA' gives its name in a way that cannot be read"],
        ),
    ],
)
def test_metadata_that_names_another_distribution_is_refused(
    refused: Refuse, metadata: bytes, problems: list[str]
) -> None:
    assert refused(metadata=metadata) == [problem.format(INFO) for problem in problems]


@pytest.mark.attack(17)
def test_a_file_name_that_names_another_distribution_is_refused(tmp_path: Path) -> None:
    path = build_wheel(tmp_path, "thing", "1.0").rename(tmp_path / "other-1.0-py3-none-any.whl")
    assert refusal(path) == ["wheel-name: the file's name says other 1.0, not thing 1.0"]


def test_a_file_name_that_is_no_wheels_is_refused(tmp_path: Path) -> None:
    path = build_wheel(tmp_path, "thing", "1.0").rename(tmp_path / "thing.zip")
    (problem,) = refusal(path)
    assert problem.startswith("wheel-name: is no wheel's file name: ")


@pytest.mark.parametrize(
    ("member", "problem"),
    [
        (f"{INFO}/METADATA", f"wheel-dist-info: '{INFO}/METADATA' is missing"),
        (f"{INFO}/WHEEL", f"wheel-dist-info: '{INFO}/WHEEL' is missing"),
        (f"{INFO}/RECORD", f"wheel-record: '{INFO}' has no RECORD"),
    ],
)
def test_a_dist_info_folder_that_is_not_whole_is_refused(refused: Refuse, member: str, problem: str) -> None:
    assert refused(replaced={member: None}) == [problem]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Wheel-Version: 2.0\n", "'2.0'"),
        (b"Wheel-Version: 10.0\n", "'10.0'"),
        (b"Generator: x\n", "none"),
        (b"Wheel-Version: 1.0\nWheel-Version: 2.0\n", "'1.0', '2.0'"),
    ],
)
def test_a_wheel_version_that_we_do_not_know_is_refused(refused: Refuse, content: bytes, said: str) -> None:
    rest = b"Root-Is-Purelib: true\nTag: py3-none-any\n"
    assert refused(replaced={f"{INFO}/WHEEL": content + rest}) == [
        f"wheel-version: '{INFO}/WHEEL' has Wheel-Version {said}; only 1.x is known"
    ]


@pytest.mark.attack(17)
def test_two_dist_info_folders_are_refused(refused: Refuse) -> None:
    assert refused(added=[("other-1.0.dist-info/METADATA", b"")]) == [
        f"wheel-dist-info: must hold one dist-info folder, holds 'other-1.0.dist-info', '{INFO}'"
    ]


@pytest.mark.attack(17)
def test_a_data_folder_of_another_distribution_is_refused(refused: Refuse) -> None:
    assert refused(files={"other-1.0.data/purelib/x.py": ""}) == [
        "wheel-name: 'other-1.0.data' is not the folder of thing 1.0"
    ]


def test_all_problems_are_told_at_once(refused: Refuse) -> None:
    problems = refused(
        metadata=core_metadata("other", "2.0"),
        entry_points={"g": {"../b": "m:a"}},
        files={"thing-1.0.data/nowhere/x": "", "thing/x.so": elf_file(["lib x.so"])},
        replaced={f"{INFO}/RECORD": None},
    )
    assert [problem.partition(":")[0] for problem in problems] == [
        "wheel-record",
        "wheel-name",
        "wheel-name",
        "entry-points",
        "wheel-data",
        "wheel-native-code",
    ]


def test_problems_of_one_kind_are_counted_after_the_first_few(refused: Refuse) -> None:
    problems = refused(files={f"thing-1.0.data/nowhere/{number}": "" for number in range(50)})
    assert len(problems) == 6
    assert problems[-1] == "wheel-data: and 45 more of this kind"


@pytest.mark.attack(14)
@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("../evil.py", "has an empty segment, `.` or `..` in its path"),
        ("thing/../../evil.py", "has an empty segment, `.` or `..` in its path"),
        ("thing/./evil.py", "has an empty segment, `.` or `..` in its path"),
        ("thing//evil.py", "has an empty segment, `.` or `..` in its path"),
        ("/etc/evil", "is an absolute path"),
        ("C:/evil", "is an absolute path"),
        ("c:evil", "is an absolute path"),
        ("thing\\..\\evil.py", "has a backslash in its name"),
        ("thing/a\nb.py", "has a control character in its name"),
        ("thing/\x1b[31m.py", "has a control character in its name"),
    ],
)
def test_a_member_that_leaves_its_place_is_refused(refused: Refuse, name: str, fault: str) -> None:
    assert refused(added=[(name, b"")]) == [f"wheel-unsafe-member: {name!r} {fault}"]


@pytest.mark.attack(13)
def test_a_member_whose_name_hides_behind_a_zero_byte_is_refused(tmp_path: Path) -> None:
    path = build_wheel(tmp_path, "thing", "1.0", files={"thing.py@evil": ""})
    path.write_bytes(path.read_bytes().replace(b"thing.py@evil", b"thing.py\0evil"))
    assert refusal(path) == [r"wheel-unsafe-member: 'thing.py\x00evil' has a control character in its name"]


def test_a_name_of_absurd_length_is_refused(refused: Refuse) -> None:
    (problem,) = refused(added=[("a/" * 600 + "b", b"")])
    assert problem.endswith(" is a name longer than 1024 bytes")
    assert len(problem) < 200


@pytest.mark.attack(14)
@pytest.mark.parametrize(
    ("mode", "fault"),
    [
        (stat.S_IFLNK | 0o777, "is a symbolic link"),
        (stat.S_IFIFO | 0o644, "is neither a file nor a folder"),
        (stat.S_IFCHR | 0o644, "is neither a file nor a folder"),
        (stat.S_IFREG | 0o4755, "is set-user-id or set-group-id"),
        (stat.S_IFREG | 0o2755, "is set-user-id or set-group-id"),
    ],
)
def test_a_member_that_is_no_plain_file_is_refused(refused: Refuse, mode: int, fault: str) -> None:
    info = zipfile.ZipInfo("thing/odd")
    info.create_system = 3
    info.external_attr = mode << 16
    assert refused(added=[(info, b"/etc/passwd")]) == [f"wheel-unsafe-member: 'thing/odd' {fault}"]


@pytest.mark.attack(13)
@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_a_member_that_stands_twice_is_refused(refused: Refuse) -> None:
    assert refused(added=[("thing.py", b"evil")]) == ["wheel-duplicate-member: 'thing.py' stands twice in the archive"]


def test_a_method_that_installers_do_not_know_is_refused(refused: Refuse) -> None:
    info = zipfile.ZipInfo("thing/packed")
    info.compress_type = zipfile.ZIP_LZMA
    assert refused(added=[(info, b"x")]) == [
        "wheel-unsafe-member: 'thing/packed' is packed by method 14; installers know stored and deflated"
    ]


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    path = build_wheel(tmp_path, "thing", "1.0")
    data = bytearray(path.read_bytes())
    entry = data.index(b"PK\x01\x02")
    data[entry + 8] |= 1
    data[6] |= 1
    path.write_bytes(data)
    assert refusal(path) == ["wheel-unsafe-member: 'thing.py' is encrypted"]


@pytest.mark.attack(15)
def test_a_bomb_is_refused_unread(refused: Refuse) -> None:
    (problem,) = refused(added=[("thing/bomb", bytes(70 * 1024**2))])
    assert problem == "wheel-limit: 'thing/bomb' unpacks to more than 200 times its packed size (73400320 bytes)"


@pytest.mark.attack(15)
def test_a_bomb_that_lies_about_its_size_is_unpacked_no_further_than_it_says(tmp_path: Path) -> None:
    path = build_wheel(tmp_path, "thing", "1.0", files={"thing/x.so": elf_file(["libc.so.6"]) + bytes(3_000_000)})
    size = len(elf_file(["libc.so.6"])) + 3_000_000
    path.write_bytes(path.read_bytes().replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little")))
    assert refusal(path) == ["wheel-broken-member: 'thing/x.so' cannot be unpacked: Bad CRC-32 for file 'thing/x.so'"]


@pytest.mark.attack(15)
def test_metadata_longer_than_its_limit_is_refused(refused: Refuse) -> None:
    metadata = core_metadata("thing", "1.0", body="x" * 9_000_000)
    assert refused(metadata=metadata) == [f"wheel-limit: '{INFO}/METADATA' is longer than 8388608 bytes"]


@pytest.mark.attack(15)
def test_too_many_members_are_refused(refused: Refuse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "MAX_MEMBERS", 20)
    assert refused(files={f"thing/{number}": "" for number in range(20)}) == [
        "wheel-limit: the archive holds 23 files, more than the limit of 20"
    ]


@pytest.mark.attack(15)
def test_too_large_a_sum_is_refused(refused: Refuse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_module, "MAX_UNPACKED_BYTES", 1000)
    (problem,) = refused(files={"thing/data": bytes(5000)})
    assert problem.startswith("wheel-limit: unpacks to ")


def test_an_empty_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "thing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w"):
        pass
    assert refusal(path) == ["wheel-empty: the archive holds no files"]


def test_a_file_that_is_not_there_is_the_worlds_fault(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match=r"thing-1\.0-py3-none-any\.whl: cannot be read: No such file"):
        inspect(tmp_path / "thing-1.0-py3-none-any.whl", name="thing", version="1.0")


SAMPLE = wheel_bytes(
    "thing",
    "1.0",
    entry_points={"g": {"a": "b:c"}},
    files={
        "thing/__init__.py": "x = 1\n",
        "thing/a.so": elf_file(["libc.so.6", "libm.so.6"], "a.so"),
        "thing/b.so": fat_file(macho_file(["@rpath/libx.dylib"], "@rpath/b.dylib"), macho_file(["/opt/x.dylib"])),
        "thing.pth": "import thing\n",
    },
)


def survives(folder: Path, data: bytes) -> None:
    path = folder / "thing-1.0-py3-none-any.whl"
    path.write_bytes(data)
    # Anything else than a refusal fails the test by itself.
    with contextlib.suppress(InspectionError):
        inspect(path, name="thing", version="1.0")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=500))
@example(data=b"")
@example(data=b"PK\x05\x06" + bytes(18))
@example(data=b"PK\x05\x06" + b"\xff" * 18)
def test_any_bytes_are_a_wheel_or_a_finding(tmp_path: Path, data: bytes) -> None:
    survives(tmp_path, data)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(changes=st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_wheel_with_any_bytes_changed_is_a_wheel_or_a_finding(tmp_path: Path, changes: list[tuple[int, int]]) -> None:
    data = bytearray(SAMPLE)
    for place, value in changes:
        data[place] = value
    survives(tmp_path, bytes(data))


_parts = st.one_of(
    st.builds(lambda cut: elf_file(["libc.so.6", "libm.so.6"], "x.so")[:cut], st.integers(30, 320)),
    st.builds(lambda cut: fat_file(macho_file(["a", "b"], "c"))[:cut], st.integers(30, 200)),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(part=_parts, changes=st.dictionaries(st.integers(4, 300), st.integers(0, 255), max_size=6))
def test_any_native_file_is_read_or_a_finding(tmp_path: Path, part: bytes, changes: dict[int, int]) -> None:
    data = bytearray(part)
    for place, value in changes.items():
        if place < len(data):
            data[place] = value
    survives(tmp_path, wheel_bytes("thing", "1.0", files={"thing/x.so": bytes(data)}))
