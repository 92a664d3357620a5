from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lock.errors import WorldError
from resolver.index.model import Index
from tests.resolver.index.conftest import newest_wheel
from tests.servers.index_server import HTML, JSON, Fault, ServedFile
from tests.wheels import sha256_of

if TYPE_CHECKING:
    from tests.resolver.index.conftest import Desk
    from tests.servers.index_server import IndexServer


@pytest.fixture(params=["json", "html"])
def either(server: IndexServer, request: pytest.FixtureRequest) -> IndexServer:
    """The server, speaking one of the two forms only."""
    server.json = request.param == "json"
    server.html = request.param == "html"
    return server


def test_both_forms_of_a_page_say_the_same(either: IndexServer, desk: Desk) -> None:
    served = either.add_wheel("Some.Thing", "1.5", requires_python=">=3.9", yanked="broken", requires=["x"])
    page = desk.page(either, name="some-thing")
    assert (page.name, page.index.name, page.status, page.skipped) == ("some-thing", "corp", "active", ())
    assert list(page.versions) == ["1.5"]
    (file,) = page.versions["1.5"]
    assert file.filename == "some_thing-1.5-py3-none-any.whl"
    assert file.url == f"{either.origin}/files/some-thing/some_thing-1.5-py3-none-any.whl"
    assert (file.kind, file.version, file.sha256) == ("wheel", "1.5", sha256_of(served.data))
    assert (file.requires_python, file.yanked) == (">=3.9", "broken")
    assert file.upload_time == "2026-01-02T03:04:05.000000Z"
    assert file.metadata == sha256_of(served.metadata or b"")


def test_versions_stand_newest_first_whatever_the_order_of_the_page(either: IndexServer, desk: Desk) -> None:
    for version in ("1.9", "1.10", "2.0rc1", "0.1", "1!0.5", "2.0.dev1"):
        either.add_wheel("thing", version)
    assert list(desk.page(either).versions) == ["1!0.5", "2.0rc1", "2.0.dev1", "1.10", "1.9", "0.1"]


def test_spellings_of_one_version_are_one_version_named_as_the_wheels_name_it(either: IndexServer, desk: Desk) -> None:
    either.add("thing", ServedFile(name="thing-1.0.tar.gz", data=b"source"))
    either.add_wheel("thing", "1.0.0")
    page = desk.page(either)
    assert list(page.versions) == ["1.0.0"]
    assert [file.version for file in page.versions["1.0.0"]] == ["1.0.0", "1.0"]


def test_the_files_of_a_version_stand_in_the_order_of_their_names(either: IndexServer, desk: Desk) -> None:
    for tags in ("py3-none-any", "cp312-cp312-macosx_13_0_arm64", "cp311-cp311-linux_x86_64"):
        either.add_wheel("thing", "1.0", tags=tags)
    names = [file.filename for file in desk.page(either).versions["1.0"]]
    assert names == sorted(names)
    assert len(names) == 3


def test_files_that_are_no_distributions_are_left_out_and_odd_names_are_told(either: IndexServer, desk: Desk) -> None:
    either.add_wheel("thing", "1.0")
    for name in ("thing-1.0-py3.9.egg", "thing-1.0.exe", "other-9.9-py3-none-any.whl", "thing-new-py3-none-any.whl"):
        either.add("thing", ServedFile(name=name, data=b""))
    page = desk.page(either)
    assert list(page.versions) == ["1.0"]
    assert page.skipped == (
        ("other-9.9-py3-none-any.whl", "it belongs to another project"),
        ("thing-new-py3-none-any.whl", "'new' is not a version"),
    )


def test_only_sha256_counts_as_a_hash(server: IndexServer, desk: Desk) -> None:
    server.add_wheel("thing", "1.0").said = {"hashes": {"md5": "0" * 32, "sha512": "0" * 128}}
    assert newest_wheel(desk.page(server)).sha256 is None


def test_only_sha256_counts_as_a_hash_in_html_too(server: IndexServer, desk: Desk) -> None:
    server.raw_pages["thing"] = (HTML, b'<a href="/files/thing/thing-1.0.tar.gz#md5=abc">thing</a>')
    (file,) = desk.page(server).versions["1.0"]
    assert file.sha256 is None


def test_json_is_asked_for_first(server: IndexServer, desk: Desk) -> None:
    server.add_wheel("thing", "1.0")
    desk.page(server)
    (seen,) = server.requests
    assert seen.headers["accept"].startswith(JSON)
    assert HTML in seen.headers["accept"]
    assert "text/html" in seen.headers["accept"]


@pytest.mark.parametrize(("said", "yanked"), [(True, ""), (False, None), ("why", "why"), ("", None), (None, None)])
def test_yanked_is_a_reason_or_none(server: IndexServer, desk: Desk, said: Any, yanked: str | None) -> None:
    server.add_wheel("thing", "1.0").said = {"yanked": said}
    assert newest_wheel(desk.page(server)).yanked == yanked


@pytest.mark.parametrize(
    ("keys", "metadata"),
    [
        ({"core-metadata": True}, True),
        ({"core-metadata": False}, None),
        ({"core-metadata": {"sha256": "A" * 64}}, "a" * 64),
        ({"core-metadata": {"sha512": "a"}}, True),
        ({"core-metadata": None, "dist-info-metadata": True}, True),
        ({"core-metadata": None, "data-dist-info-metadata": {"sha256": "b" * 64}}, "b" * 64),
    ],
)
def test_all_spellings_of_the_metadata_key_are_understood(
    server: IndexServer, desk: Desk, keys: dict[str, Any], metadata: str | bool | None
) -> None:
    server.add_wheel("thing", "1.0").said = keys
    assert newest_wheel(desk.page(server)).metadata == metadata


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05.123456Z", "2026-01-02T03:04:05.123456Z"),
        ("2026-01-02T03:04:05+02:00", "2026-01-02T01:04:05Z"),
        ("2026-01-02T03:04:05", "2026-01-02T03:04:05Z"),
    ],
)
def test_upload_times_are_in_utc(server: IndexServer, desk: Desk, given: str, expected: str) -> None:
    server.add_wheel("thing", "1.0", upload_time=given)
    assert newest_wheel(desk.page(server)).upload_time == expected


def test_size_and_provenance_are_kept(server: IndexServer, desk: Desk) -> None:
    served = server.add_wheel("thing", "1.0")
    served.said = {"provenance": "/integrity/thing"}
    file = newest_wheel(desk.page(server))
    assert (file.size, file.provenance) == (len(served.data), f"{server.origin}/integrity/thing")


def test_a_quarantined_project_has_no_versions(server: IndexServer, desk: Desk) -> None:
    server.add_wheel("thing", "1.0")
    server.page_keys["thing"] = {"project-status": {"status": "quarantined", "reason": "malware"}}
    page = desk.page(server)
    assert (page.status, dict(page.versions)) == ("quarantined", {})


@pytest.mark.parametrize("status", ["archived", "deprecated"])
def test_an_archived_or_deprecated_project_keeps_its_versions(server: IndexServer, desk: Desk, status: str) -> None:
    server.add_wheel("thing", "1.0")
    server.page_keys["thing"] = {"project-status": {"status": status}}
    page = desk.page(server)
    assert (page.status, list(page.versions)) == (status, ["1.0"])


def test_the_status_is_read_from_html_too(server: IndexServer, desk: Desk) -> None:
    server.raw_pages["thing"] = (
        HTML,
        b'<meta name="pypi:project-status" content="quarantined"><a href="/files/thing/thing-1.0.tar.gz">thing</a>',
    )
    page = desk.page(server)
    assert (page.status, len(page.versions)) == ("quarantined", 0)


def test_what_pep_708_says_is_kept(server: IndexServer, desk: Desk) -> None:
    server.add_wheel("thing", "1.0")
    server.meta["tracks"] = ["https://upstream.example/simple/thing/"]
    server.page_keys["thing"] = {"alternate-locations": ["https://other.example/simple/thing/"]}
    page = desk.page(server)
    assert page.tracks == ("https://upstream.example/simple/thing/",)
    assert page.alternate_locations == ("https://other.example/simple/thing/",)


def test_relative_addresses_follow_the_base_of_an_html_page(server: IndexServer, desk: Desk) -> None:
    server.raw_pages["thing"] = (
        "text/html; charset=utf-8",
        b'<head><base href="/files/thing/"></head><a href="thing-1.0.tar.gz#sha256=' + b"a" * 64 + b'">x</a>',
    )
    (file,) = desk.page(server).versions["1.0"]
    assert file.url == f"{server.origin}/files/thing/thing-1.0.tar.gz"


@pytest.mark.parametrize("version", ["1.0", "1.4", "1.99"])
def test_a_newer_minor_version_of_the_api_is_fine(either: IndexServer, desk: Desk, version: str) -> None:
    either.meta["api-version"] = version
    either.add_wheel("thing", "1.0")
    assert list(desk.page(either).versions) == ["1.0"]


def test_a_newer_major_version_of_the_api_is_refused(either: IndexServer, desk: Desk) -> None:
    either.meta["api-version"] = "2.0"
    either.add_wheel("thing", "1.0")
    with pytest.raises(WorldError, match=r"speaks version 2\.0 of the Simple API") as caught:
        desk.page(either)
    (problem,) = caught.value.problems
    assert problem.code == "index-page"
    assert problem.remedy == "update plugin-lock"


@pytest.mark.parametrize(
    ("kind", "body", "message"),
    [
        (JSON, b"{", "its JSON cannot be understood"),
        (JSON, b"[]", "its JSON cannot be understood"),
        (JSON, b'{"meta": {"api-version": "1.0"}}', "missing required field `files`"),
        (JSON, b'{"meta": {"api-version": "one"}, "files": []}', "its API version 'one' is not of the form 1.0"),
        (JSON, b'{"meta": {"api-version": "1.0"}, "files": [1]}', "one of its files cannot be understood"),
        (JSON, b'{"meta": {"api-version": "1.0"}, "files": [{}]}', "missing required field `filename`"),
        (JSON, b"[" * 100_000, "its JSON cannot be understood"),
        ("application/json", b"{}", "is of type 'application/json'"),
        ("application/octet-stream", b"{}", "neither JSON nor HTML of the Simple API"),
    ],
)
@pytest.mark.attack(28)
def test_a_page_that_is_none_is_an_error_that_names_index_and_project(
    server: IndexServer, desk: Desk, kind: str, body: bytes, message: str
) -> None:
    server.raw_pages["thing"] = (kind, body)
    with pytest.raises(WorldError) as caught:
        desk.page(server)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.message.startswith(f"index corp ({server.url}): the page of thing ")
    assert problem.code == "index-page"
    assert not list(desk.cache_folder.rglob("pages"))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"url": 5}, "an entry of the page of thing cannot be understood"),
        ({"hashes": {"sha256": "short"}}, "the sha256 of thing-1.0-py3-none-any.whl is not 64 hexadecimal digits"),
        ({"size": -1}, "the size of thing-1.0-py3-none-any.whl is negative"),
        ({"upload-time": "yesterday"}, "the upload time of thing-1.0-py3-none-any.whl is not in ISO 8601"),
        (
            {"provenance": "http://[/x"},
            "the address of what attests thing-1.0-py3-none-any.whl (its provenance) cannot be",
        ),
        ({"url": "/files/thing/evil.whl"}, "the address of thing-1.0-py3-none-any.whl does not end in that name"),
        ({"url": "http://[/thing-1.0-py3-none-any.whl"}, "cannot be understood"),
        ({"url": "file:///tmp/thing-1.0-py3-none-any.whl"}, "is served from an address without a host"),
        ({"url": "//evil.example/thing-1.0-py3-none-any.whl"}, "is served from http://evil.example"),
    ],
)
def test_a_file_that_cannot_be_accepted_spoils_only_its_own_version(
    server: IndexServer, desk: Desk, said: dict[str, Any], message: str
) -> None:
    server.add_wheel("thing", "1.0").said = said
    server.add_wheel("thing", "0.9")
    page = desk.page(server)
    assert list(page.versions) == ["1.0", "0.9"]
    assert len(page.versions["0.9"]) == 1
    with pytest.raises(WorldError) as caught:
        page.versions["1.0"]
    assert message in caught.value.problems[0].message


def test_one_name_with_two_hashes_is_refused(server: IndexServer, desk: Desk) -> None:
    server.add_wheel("thing", "1.0")
    server.add_wheel("thing", "1.0").sha256 = "a" * 64
    with pytest.raises(WorldError, match="stands twice on the page of thing, with two hashes"):
        desk.page(server).versions["1.0"]


def test_files_from_another_origin_need_a_word_in_plugins_toml(server: IndexServer, desk: Desk) -> None:
    server.file_origin = "https://files.example"
    server.add_wheel("thing", "1.0")
    with pytest.raises(WorldError) as caught:
        desk.page(server).versions["1.0"]
    (problem,) = caught.value.problems
    assert problem.code == "file-origin"
    assert problem.remedy is not None
    assert 'files = ["https://files.example"]' in problem.remedy
    allowed = Index(name="corp", url=server.url, files=("https://files.example",))
    (file,) = desk.page(allowed).versions["1.0"]
    assert file.url == "https://files.example/files/thing/thing-1.0-py3-none-any.whl"


def test_another_port_of_the_same_host_is_another_origin(server: IndexServer, desk: Desk) -> None:
    server.file_origin = "http://127.0.0.1:1"
    server.add_wheel("thing", "1.0")
    with pytest.raises(WorldError, match=r"is served from http://127\.0\.0\.1:1, which is neither"):
        desk.page(server).versions["1.0"]


def test_a_login_in_a_file_address_is_dropped(server: IndexServer, desk: Desk) -> None:
    server.file_origin = server.origin.replace("//", "//user:hunter2@")
    server.add_wheel("thing", "1.0")
    assert newest_wheel(desk.page(server)).url == f"{server.origin}/files/thing/thing-1.0-py3-none-any.whl"


def test_a_page_without_files_has_no_versions(either: IndexServer, desk: Desk) -> None:
    either.projects["thing"] = []
    assert dict(desk.page(either).versions) == {}


def test_an_unknown_project_is_none(server: IndexServer, desk: Desk) -> None:
    assert desk.client(server).page("thing").result() is None


def test_equal_questions_are_asked_once(server: IndexServer, desk: Desk) -> None:
    server.add_wheel("thing", "1.0")
    client = desk.client(server)
    assert client.page("thing") is client.page("thing")
    page = client.page("thing").result()
    assert page is not None
    file = newest_wheel(page)
    assert client.metadata(page, file) is client.metadata(page, file)
    client.metadata(page, file).result()
    assert len(server.requests) == 2


@pytest.mark.attack(15)
def test_a_page_larger_than_the_limit_is_not_read(
    server: IndexServer, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolver.index.pages.PAGE_LIMIT", 1000)
    server.compress = False
    server.raw_pages["thing"] = (JSON, json.dumps({"x": "y" * 2000}).encode())
    with pytest.raises(WorldError, match="the page of thing is larger than the limit of 1000 bytes"):
        desk.page(server)


@pytest.mark.attack(15)
def test_an_endless_page_is_cut_at_the_limit(server: IndexServer, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resolver.index.pages.PAGE_LIMIT", 1000)
    server.compress = False
    server.raw_pages["thing"] = (JSON, b"{" + b" " * 5000)
    server.fail("thing", Fault(chunked=True))
    with pytest.raises(WorldError, match="larger than the limit of 1000 bytes"):
        desk.page(server)


@pytest.mark.attack(15)
def test_a_page_that_inflates_past_the_limit_is_not_inflated(
    server: IndexServer, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolver.index.pages.PAGE_LIMIT", 100_000)
    server.raw_pages["thing"] = (JSON, b" " * 10_000_000)
    with pytest.raises(WorldError, match="larger than the limit of 100000 bytes"):
        desk.page(server)
