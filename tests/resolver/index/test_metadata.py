from __future__ import annotations

import random
from email.parser import HeaderParser
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lock.errors import WorldError
from resolver.index import core_metadata, remote_wheel
from resolver.index.errors import MetadataError
from resolver.index.model import ProjectFile
from tests.servers.index_server import Fault, IndexServer, ServedFile
from tests.wheels import core_metadata as metadata_bytes
from tests.wheels import wheel_bytes, wheel_name, zip_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.resolver.index.conftest import Desk

WHEEL = "thing-1.0-py3-none-any.whl"
FILE = ProjectFile(filename=WHEEL, url="https://index.example/" + WHEEL, kind="wheel", version="1.0")


def add(server: IndexServer, data: bytes, metadata: bytes | None = None) -> ServedFile:
    """Serve a wheel, and a PEP 658 file where there is one."""
    return server.add("thing", ServedFile(name=WHEEL, data=data, metadata=metadata))


def ranges(server: IndexServer) -> list[str | None]:
    return [seen.headers.get("range") for seen in server.requests if seen.path.endswith(".whl")]


def test_the_fields_resolution_needs_are_read(server: IndexServer, desk: Desk) -> None:
    server.add_wheel("Thing", "1.0", requires=["a>=1", "b; extra == 'x'"], requires_python=">=3.9", extras=["X_y"])
    metadata = desk.metadata(server)
    assert (metadata.name, metadata.version) == ("Thing", "1.0")
    assert [str(requirement) for requirement in metadata.requires_dist] == ["a>=1", 'b; extra == "x"']
    assert str(metadata.requires_python) == ">=3.9"
    assert metadata.provides_extra == ("x-y",)


def test_a_pep_658_file_that_the_page_names_is_all_that_is_fetched(server: IndexServer, desk: Desk) -> None:
    server.add_wheel("thing", "1.0")
    desk.metadata(server)
    assert server.paths() == ["/simple/thing/", f"/files/thing/{WHEEL}.metadata"]


def test_a_pep_658_file_with_another_hash_is_an_error(server: IndexServer, desk: Desk) -> None:
    served = server.add_wheel("thing", "1.0")
    served.said = {"core-metadata": {"sha256": "a" * 64}}
    with pytest.raises(WorldError, match=f"the metadata of {WHEEL} has sha256 [0-9a-f]{{64}}, and its page says a+"):
        desk.metadata(server)


def test_a_promised_pep_658_file_that_is_missing_is_read_from_the_wheel(server: IndexServer, desk: Desk) -> None:
    server.add_wheel("thing", "1.0", requires=["a"])
    server.fail("metadata$", Fault(status=404))
    assert len(desk.metadata(server).requires_dist) == 1
    assert ranges(server) == ["bytes=-65536"]


def test_a_pep_658_file_that_the_page_does_not_promise_is_not_asked_for(server: IndexServer, desk: Desk) -> None:
    server.add_wheel("thing", "1.0", advertised=False)
    desk.metadata(server)
    assert server.paths() == ["/simple/thing/", f"/files/thing/{WHEEL}"]
    assert ranges(server) == ["bytes=-65536"]


def test_a_large_wheel_is_read_in_parts(server: IndexServer, desk: Desk) -> None:
    # METADATA stands first here and is far from the directory at the end, so two parts are needed.
    noise = random.Random(1).randbytes(400_000)
    members = {"thing-1.0.dist-info/METADATA": metadata_bytes("thing", "1.0", requires=["a"]), "thing/data": noise}
    add(server, zip_bytes(members))
    assert len(desk.metadata(server).requires_dist) == 1
    assert len(ranges(server)) == 2
    assert all(ranges(server))


def test_a_directory_larger_than_the_first_part_is_read(server: IndexServer, desk: Desk) -> None:
    files: Mapping[str, bytes] = {f"thing/module_with_quite_a_long_name_{number}.py": b"" for number in range(1500)}
    add(server, wheel_bytes("thing", "1.0", files=files, requires=["a"]))
    assert len(desk.metadata(server).requires_dist) == 1
    assert all(ranges(server))


@pytest.mark.parametrize("status", [200, 416, 501])
def test_a_server_without_ranges_gives_the_whole_wheel_which_is_kept(
    server: IndexServer, desk: Desk, status: int
) -> None:
    served = add(server, wheel_bytes("thing", "1.0", requires=["a"]))
    server.ranges = False
    if status != 200:
        server.fail(r"\.whl$", Fault(status=status, times=1))
    with desk.client(server) as client:
        page = client.page("thing").result()
        assert page is not None
        (file,) = page.versions["1.0"]
        assert len(client.metadata(page, file).result().requires_dist) == 1
        before = len(server.requests)
        assert client.download(page, file, lambda _: None).result().read_bytes() == served.data
        assert len(server.requests) == before


def test_a_wheel_without_ranges_whose_hash_is_wrong_is_an_error(server: IndexServer, desk: Desk) -> None:
    add(server, wheel_bytes("thing", "1.0")).sha256 = "a" * 64
    server.ranges = False
    with pytest.raises(WorldError, match=f"{WHEEL} has sha256"):
        desk.metadata(server)


def test_a_wheel_of_another_size_than_its_page_says_is_no_candidate(server: IndexServer, desk: Desk) -> None:
    add(server, wheel_bytes("thing", "1.0")).said = {"size": 5}
    with pytest.raises(MetadataError, match="bytes, and its page says 5"):
        desk.metadata(server)


def test_a_wheel_that_changes_between_two_parts_is_an_error(server: IndexServer, desk: Desk) -> None:
    members = {
        "thing-1.0.dist-info/METADATA": metadata_bytes("thing", "1.0"),
        **{f"thing/{number}": bytes([number]) * 5 for number in range(200)},
        "thing/noise": random.Random(1).randbytes(400_000),
    }
    add(server, zip_bytes(members))
    server.fail(r"\.whl$", Fault(headers={"ETag": '"one"'}, times=1))
    server.fail(r"\.whl$", Fault(headers={"ETag": '"two"'}))
    with pytest.raises(WorldError, match=f"{WHEEL} changed while it was read"):
        desk.metadata(server)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (metadata_bytes("other", "1.0"), "its METADATA names another project, 'other'"),
        (metadata_bytes("thing", "1.1"), "its METADATA names another version, '1.1'"),
        (metadata_bytes("thing", "one"), "its METADATA names another version, 'one'"),
        (metadata_bytes("thing", "1.0", requires=["a >= "]), "its requirement 'a >=' is not valid (PEP 508)"),
        (metadata_bytes("thing", "1.0", requires_python="3.x"), "its Requires-Python '3.x' is not valid (PEP 440)"),
        (b"Metadata-Version: 2.1\nName: thing\n", "its METADATA has 0 fields Version instead of one"),
        (
            b"Metadata-Version: 2.1\nName: thing\nName: thing\nVersion: 1.0\n",
            "its METADATA has 2 fields Name instead of one",
        ),
        (b"Metadata-Version: 3.0\nName: thing\nVersion: 1.0\n", "its metadata version '3.0' is not known here"),
        (b"Name: thing\xff\n", "its METADATA is not UTF-8"),
        (b"", "its METADATA has 0 fields Metadata-Version instead of one"),
    ],
)
def test_metadata_that_cannot_be_used_rules_the_file_out_each_time_it_is_asked_for(
    server: IndexServer, desk: Desk, text: bytes, reason: str
) -> None:
    add(server, b"never read", text)
    for _ in range(2):
        with pytest.raises(MetadataError) as caught:
            desk.metadata(server)
        assert caught.value.reason == reason


def test_the_description_may_be_in_any_encoding_and_hold_what_looks_like_fields() -> None:
    text = metadata_bytes("thing", "1.0") + b"Requires-Dist: evil\n\xff\xfe\n\nName: other\n"
    assert core_metadata.read(text).requires_dist == ()


def test_fields_with_folded_lines_and_carriage_returns_are_read() -> None:
    text = (
        b"Metadata-Version: 2.1\r\nName: thing\r\nVersion: 1.0\r\nRequires-Dist: a\r\n  >=1\r\n\r\nRequires-Dist: b\r\n"
    )
    assert core_metadata.read(text).requires_dist == ("a >=1",)


DIST_INFO = "thing-1.0.dist-info/METADATA"


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({}, "it holds 0 METADATA files instead of one"),
        ({"deep/thing-1.0.dist-info/METADATA": b""}, "it holds 0 METADATA files instead of one"),
        ({DIST_INFO: b"", "other-1.0.dist-info/METADATA": b""}, "it holds 2 METADATA files instead of one"),
        ({"other-1.0.dist-info/METADATA": b""}, "its dist-info folder 'other-1.0' is that of another distribution"),
        ({"thing-2.0.dist-info/METADATA": b""}, "its dist-info folder 'thing-2.0' is that of another distribution"),
    ],
)
def test_a_wheel_with_the_wrong_dist_info_is_no_candidate(
    server: IndexServer, desk: Desk, members: dict[str, bytes], reason: str
) -> None:
    add(server, zip_bytes(members))
    with pytest.raises(MetadataError) as caught:
        desk.metadata(server)
    assert caught.value.reason == reason


def test_a_file_that_is_no_zip_is_no_candidate(server: IndexServer, desk: Desk) -> None:
    add(server, b"not a zip file" * 10)
    with pytest.raises(MetadataError, match="it is not a readable zip file"):
        desk.metadata(server)


@pytest.mark.attack(15)
def test_metadata_larger_than_the_limit_is_not_read(
    server: IndexServer, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_wheel, "METADATA_LIMIT", 1000)
    add(server, zip_bytes({DIST_INFO: metadata_bytes("thing", "1.0", body="x" * 2000)}))
    with pytest.raises(MetadataError, match="its METADATA is larger than the limit of 1000 bytes"):
        desk.metadata(server)


@given(st.data())
def test_a_damaged_wheel_is_read_or_ruled_out(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    whole = bytearray(wheel_bytes("thing", "1.0", requires=["a"]))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path: Path = tmp_path_factory.getbasetemp() / wheel_name("thing", "1.0")
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    with path.open("rb") as stream:
        try:
            text = remote_wheel.read_local(stream, "thing", FILE)
        except MetadataError:
            return
    assert isinstance(text, bytes)


@given(st.binary(max_size=300))
def test_any_bytes_are_metadata_or_a_metadata_error(noise: bytes) -> None:
    try:
        core_metadata.checked(FILE, "thing", core_metadata.read(b"Metadata-Version: 2.1\nName: thing\n" + noise))
    except MetadataError as error:
        reason = error.reason
    else:
        reason = "fine"
    assert reason


NAMES = st.sampled_from(["Metadata-Version", "Name", "VERSION", "Requires-Dist", "requires-dist", "Summary", "X"])
VALUES = st.text(st.sampled_from("ab 1.:;[]=<>'\"\t"), max_size=12)
CONTINUATIONS = st.lists(st.tuples(st.sampled_from([" ", "\t", "   "]), VALUES), max_size=2)


@given(st.lists(st.tuples(NAMES, VALUES, CONTINUATIONS), max_size=6), st.sampled_from(["\n", "\r\n", "\r"]))
def test_headers_are_read_as_the_parser_of_mail_reads_them(
    headers: list[tuple[str, str, list[tuple[str, str]]]], end: str
) -> None:
    lines = [line for name, value, more in headers for line in (f"{name}:{value}", *(a + b for a, b in more))]
    text = end.join(lines) + end + end + "Name: in the body" + end
    message = HeaderParser().parsestr(text, headersonly=True)
    expected: dict[str, list[str]] = {}
    for name, value in message.items():
        expected.setdefault(name.lower(), []).append(" ".join(str(value).split()))
    head = text.partition(end + end)[0]
    assert core_metadata.fields(head) == expected
