"""Native code and the shared libraries it needs."""

from __future__ import annotations

import random
import struct
from typing import TYPE_CHECKING

import pytest

from tests.resolver.inspection.native_files import elf_file, fat_file, macho_file, object_file

if TYPE_CHECKING:
    from tests.resolver.inspection.conftest import Inspect, Refuse


def test_a_wheel_without_native_code_needs_no_libraries(inspected: Inspect) -> None:
    contents = inspected(files={"thing/__init__.py": "", "thing/data.so": b"not a library, whatever its name says"})
    assert (contents.native, contents.libraries, contents.unknown_libraries) == (False, (), ())


def test_native_code_is_known_by_its_first_bytes(inspected: Inspect) -> None:
    contents = inspected(files={"thing/no_ending": elf_file(["libc.so.6"])})
    assert (contents.native, contents.libraries) == (True, ("libc.so.6",))


def test_libraries_that_nix_cannot_provide_are_told_apart(inspected: Inspect) -> None:
    contents = inspected(files={"thing/x.so": elf_file(["libc.so.6", "libstdc++.so.6", "libnobody-has-this.so.9"])})
    assert contents.libraries == ("libc.so.6", "libnobody-has-this.so.9", "libstdc++.so.6")
    assert contents.unknown_libraries == ("libnobody-has-this.so.9",)


def test_a_library_brought_under_its_file_name_is_not_needed(inspected: Inspect) -> None:
    files = {
        "thing/x.so": elf_file(["libm.so.6", "libfoo-1a2b.so.1"]),
        "thing.libs/libfoo-1a2b.so.1": elf_file(["libc.so.6"]),
    }
    assert inspected(files=files).libraries == ("libc.so.6", "libm.so.6")


def test_a_library_brought_under_its_soname_is_not_needed(inspected: Inspect) -> None:
    files = {"thing/x.so": elf_file(["libfoo.so.1"]), "thing/libfoo.so": elf_file(soname="libfoo.so.1")}
    assert inspected(files=files).libraries == ()


def test_object_files_are_not_native_code(inspected: Inspect) -> None:
    contents = inspected(files={"thing/x.o": object_file()})
    assert (contents.native, contents.libraries) == (False, ())


def test_a_static_program_is_native_code_that_needs_nothing(inspected: Inspect) -> None:
    contents = inspected(files={"thing-1.0.data/scripts/thing": elf_file()})
    assert (contents.native, contents.libraries, contents.console_scripts) == (True, (), ("thing",))


def test_headers_are_read_from_files_larger_than_what_is_kept(inspected: Inspect) -> None:
    noise = random.Random(0).randbytes(9_000_000)
    assert inspected(files={"thing/x.so": elf_file(["libz.so.1"]) + noise}).libraries == ("libz.so.1",)


@pytest.mark.parametrize("cut", [20, 63, 100, 180])
def test_a_library_that_is_cut_off_is_refused(refused: Refuse, cut: int) -> None:
    whole = elf_file(["libc.so.6", "libm.so.6"])
    problems = refused(files={"thing/x.so": whole[:cut] + bytes(max(0, 40 - cut))})
    assert [problem.partition(":")[0] for problem in problems] == ["wheel-native-code"]
    assert "'thing/x.so' cannot be loaded: " in problems[0]


def test_a_broken_file_that_claims_to_be_no_library_is_only_data(inspected: Inspect) -> None:
    assert inspected(files={"thing/fixture.bin": elf_file(["libc.so.6"])[:100]}).native is False


@pytest.mark.parametrize("name", ["libx\n.so", "lib${x}.so", "a b.so", "lib..so", "/usr/lib/lib;x.so"])
def test_a_library_name_that_no_lock_can_hold_is_refused(refused: Refuse, name: str) -> None:
    assert refused(files={"thing/x.so": elf_file([name])}) == [
        f"wheel-native-code: 'thing/x.so' needs a library named {name!r}"
    ]


def test_a_header_that_names_too_many_segments_is_refused(refused: Refuse) -> None:
    data = bytearray(elf_file(["libc.so.6"]))
    data[56:58] = b"\xff\xff"
    assert refused(files={"thing/x.so": bytes(data)}) == [
        "wheel-native-code: 'thing/x.so' cannot be loaded: it has more segments than any real file"
    ]


def test_a_dynamic_segment_of_absurd_length_is_refused(refused: Refuse) -> None:
    long = elf_file()[:176] + struct.pack("<QQ", 21, 0) * 50_000 + elf_file()[176:]
    (problem,) = refused(files={"thing/x.so": long})
    assert problem.startswith("wheel-native-code: 'thing/x.so' cannot be loaded: ")


def test_headers_scattered_to_cost_time_are_refused(refused: Refuse) -> None:
    # Each name lies far from the tag that points to it, and far from the next: every look-up unpacks all again.
    names = 200
    strings_at = 64 + 112 + 16 * (names + 2)
    tags = b"".join(struct.pack("<QQ", 1, (names - number) * 70_000) for number in range(names))
    size = strings_at + names * 70_000 + 70_000
    header = bytearray(elf_file()[:176])
    struct.pack_into("<QQ", header, 64 + 32, size, size)
    scattered = bytes(header) + tags + struct.pack("<QQQQ", 5, strings_at, 0, 0)
    scattered += bytes(size - len(scattered))
    assert refused(files={"thing/x.so": scattered}) == [
        "wheel-native-code: 'thing/x.so' cannot be loaded: its headers are scattered as no real file's are"
    ]


def test_mac_libraries_of_the_system_are_not_recorded(inspected: Inspect) -> None:
    files = {
        "thing/x.so": macho_file(
            [
                "/usr/lib/libSystem.B.dylib",
                "/System/Library/Frameworks/Accelerate.framework/Versions/A/Accelerate",
                "/opt/homebrew/lib/libomp.dylib",
            ],
            weak=["/opt/homebrew/lib/libmaybe.dylib"],
        )
    }
    assert inspected(files=files).libraries == ("libomp.dylib",)


def test_mac_libraries_beside_the_loader_are_brought_along(inspected: Inspect) -> None:
    files = {
        "thing/x.so": macho_file(["@loader_path/.dylibs/liba.dylib", "@rpath/libb.dylib", "@rpath/libmissing.dylib"]),
        "thing/.dylibs/liba.dylib": macho_file([], "/DLC/thing/.dylibs/liba.dylib"),
        "thing/libb.dylib": macho_file(["/DLC/thing/.dylibs/liba.dylib", "/usr/local/lib/libb.dylib"]),
    }
    # An absolute name is not searched for beside the loader: a copy in the wheel does not serve.
    assert inspected(files=files).libraries == ("libb.dylib", "libmissing.dylib")


def test_every_architecture_of_a_universal_file_is_read(inspected: Inspect) -> None:
    both = fat_file(macho_file(["@rpath/liba.dylib"]), macho_file(["@rpath/libb.dylib"]))
    assert inspected(files={"thing/x.so": both}).libraries == ("liba.dylib", "libb.dylib")


def test_a_java_class_is_no_universal_file(inspected: Inspect) -> None:
    java = b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + bytes(60)
    assert inspected(files={"thing/Main.class": java}).native is False


def test_a_mac_library_that_is_cut_off_is_refused(refused: Refuse) -> None:
    (problem,) = refused(files={"thing/x.dylib": macho_file(["/opt/liba.dylib"])[:-4]})
    assert problem == "wheel-native-code: 'thing/x.dylib' cannot be loaded: its load commands overlap"
