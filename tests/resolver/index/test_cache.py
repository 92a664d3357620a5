from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lock.errors import WorldError
from resolver.cache_folder import cache_folder
from resolver.index.cache import Cache
from resolver.index.model import Index
from tests.resolver.index.conftest import newest_wheel
from tests.servers.index_server import Fault, ServedFile

if TYPE_CHECKING:
    from tests.resolver.index.conftest import Desk
    from tests.servers.index_server import IndexServer


@pytest.fixture
def ready(server: IndexServer) -> IndexServer:
    server.add_wheel("thing", "1.0", requires=["a"])
    return server


def kept(desk: Desk, kind: str) -> list[Path]:
    return [path for path in desk.cache_folder.glob(f"v2/{kind}/**/*") if path.is_file()]


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"PLUGIN_LOCK_CACHE_DIR": "/c", "XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/c"),
        ({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/x/plugin-lock"),
        ({"HOME": "/h"}, "/h/.cache/plugin-lock"),
    ],
)
def test_the_cache_lives_where_the_environment_says(environ: dict[str, str], folder: str) -> None:
    assert cache_folder(environ) == Path(folder)


def test_a_fresh_page_and_its_metadata_are_not_asked_for_again(ready: IndexServer, desk: Desk) -> None:
    first = desk.metadata(ready)
    desk.clock.time += 599
    asked = len(ready.requests)
    again = desk.metadata(ready)
    assert again == first
    assert len(ready.requests) == asked


def test_a_page_from_the_cache_equals_the_one_that_came(ready: IndexServer, desk: Desk) -> None:
    ready.add("thing", ServedFile(name="odd-9.0.tar.gz", data=b""))
    first, again = desk.page(ready), desk.page(ready)
    assert len(ready.requests) == 1
    assert dict(again.versions) == dict(first.versions)
    assert (again.skipped, again.status) == (first.skipped, "active")


def test_a_page_that_is_no_longer_fresh_is_asked_for_by_its_etag(ready: IndexServer, desk: Desk) -> None:
    first = desk.page(ready)
    desk.clock.time += 601
    again = desk.page(ready)
    assert dict(again.versions) == dict(first.versions)
    assert "if-none-match" not in ready.requests[0].headers
    assert ready.requests[1].headers["if-none-match"].startswith('"')
    desk.clock.time += 599
    desk.page(ready)
    assert len(ready.requests) == 2


def test_a_page_without_an_etag_is_asked_for_by_its_date(ready: IndexServer, desk: Desk) -> None:
    ready.etag = False
    ready.fail("thing", Fault(headers={"Last-Modified": "Fri, 02 Jan 2026 03:04:05 GMT"}))
    desk.page(ready)
    desk.page(ready, refresh=True)
    assert ready.requests[1].headers["if-modified-since"] == "Fri, 02 Jan 2026 03:04:05 GMT"


def test_a_changed_page_replaces_the_old_one(ready: IndexServer, desk: Desk) -> None:
    desk.page(ready)
    ready.add_wheel("thing", "2.0")
    desk.clock.time += 601
    assert list(desk.page(ready).versions) == ["2.0", "1.0"]
    assert list(desk.page(ready).versions) == ["2.0", "1.0"]
    assert len(kept(desk, "pages")) == 1


@pytest.mark.parametrize(
    ("control", "headers", "fresh_after", "stale_after"),
    [
        ("max-age=60", {}, 59, 61),
        ("public, max-age=3600", {}, 3599, 3601),
        ("max-age=60", {"Age": "50"}, 9, 11),
        ("no-cache", {}, None, 0),
        ("max-age=0", {}, None, 0),
    ],
)
def test_how_long_a_page_stays_fresh_is_the_index_s_word(
    ready: IndexServer,
    desk: Desk,
    control: str,
    headers: dict[str, str],
    fresh_after: float | None,
    stale_after: float,
) -> None:
    ready.fail("thing", Fault(headers={"Cache-Control": control} | headers))
    start = desk.clock.time
    desk.page(ready)
    if fresh_after is not None:
        desk.clock.time = start + fresh_after
        desk.page(ready)
        assert len(ready.requests) == 1
    desk.clock.time = start + stale_after
    desk.page(ready)
    assert len(ready.requests) == 2


def test_what_must_not_be_stored_is_not(ready: IndexServer, desk: Desk) -> None:
    ready.cache_control = "private, no-store"
    desk.page(ready)
    assert kept(desk, "pages") == []


def test_a_page_from_the_future_is_not_fresh(ready: IndexServer, desk: Desk) -> None:
    desk.page(ready)
    desk.clock.time -= 10
    desk.page(ready)
    assert len(ready.requests) == 2


@pytest.mark.parametrize(("refresh", "asked"), [(True, 2), ({"thing"}, 2), ({"other"}, 1), (False, 1)])
def test_a_refresh_asks_anew_for_all_or_the_named(
    ready: IndexServer, desk: Desk, refresh: bool | set[str], asked: int
) -> None:
    desk.page(ready)
    desk.page(ready, refresh=refresh)
    assert len(ready.requests) == asked


def test_offline_answers_from_the_cache_however_old(ready: IndexServer, desk: Desk) -> None:
    desk.metadata(ready)
    desk.clock.time += 10_000_000
    asked = len(ready.requests)
    assert len(desk.metadata(ready, offline=True).requires_dist) == 1
    assert len(ready.requests) == asked


def test_offline_says_what_is_missing(ready: IndexServer, desk: Desk) -> None:
    with pytest.raises(WorldError) as caught:
        desk.page(ready, offline=True)
    (problem,) = caught.value.problems
    assert problem.code == "offline"
    assert "the page of thing is not in the cache" in problem.message
    desk.page(ready)
    with pytest.raises(WorldError, match=r"the metadata of thing-.* is not in the cache"):
        desk.metadata(ready, offline=True)


def test_offline_knows_which_index_lacked_a_name(ready: IndexServer, desk: Desk) -> None:
    empty = Index(name="empty", url=f"{ready.origin}/none/")
    usual = Index(name="default", url=ready.url)
    desk.page(empty, usual)
    assert desk.page(empty, usual, offline=True).index.name == "default"


def test_what_one_index_says_of_a_file_is_no_answer_for_another(ready: IndexServer, desk: Desk) -> None:
    desk.metadata(ready)
    asked = len(ready.requests)
    desk.metadata(Index(name="other", url=ready.url.replace("127.0.0.1", "localhost")))
    assert len(ready.requests) == asked + 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data[: len(data) // 2],
        lambda data: bytes(len(data)),
        lambda data: b"x" + data[1:],
        lambda data: data[:30] + b"\x00\xff" + data[32:],
        lambda data: data + b"more",
    ],
)
@pytest.mark.attack(27)
def test_a_damaged_entry_is_as_good_as_none(ready: IndexServer, desk: Desk, damage: object) -> None:
    desk.metadata(ready)
    for path in [*kept(desk, "pages"), *kept(desk, "metadata")]:
        modified = path.stat().st_mtime
        path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
        os.utime(path, (modified, modified))
    assert len(desk.metadata(ready).requires_dist) == 1
    assert list(desk.page(ready).versions) == ["1.0"]


@pytest.mark.attack(27)
def test_a_cache_that_cannot_be_written_is_done_without_and_told_once(ready: IndexServer, desk: Desk) -> None:
    ready.add_wheel("other", "1.0")
    # A file where the folder should be: nobody, not even root, can write below it.
    desk.cache_folder.write_text("in the way")
    with desk.client(ready) as client:
        for name in ("thing", "other"):
            page = client.page(name).result()
            assert page is not None
            file = newest_wheel(page)
            client.metadata(page, file).result()
            assert client.download(page, file, lambda _: None).result().exists()
    assert len(client.notes) == 1
    assert f"the cache in {desk.cache_folder / 'v2'} cannot be written" in client.notes[0]


def test_a_client_without_a_cache_writes_nothing(ready: IndexServer, desk: Desk) -> None:
    desk.metadata(ready, cached=False)
    assert not desk.cache_folder.exists()


def test_the_cache_is_private_and_marked_as_a_cache(ready: IndexServer, desk: Desk) -> None:
    desk.page(ready)
    assert (desk.cache_folder / "v2").stat().st_mode & 0o777 == 0o700
    assert (desk.cache_folder / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")


def test_no_unfinished_file_is_left_behind(ready: IndexServer, desk: Desk) -> None:
    desk.metadata(ready)
    assert not [path for path in desk.cache_folder.rglob("*") if path.name.startswith(".")]


WRITER = """
import sys
from pathlib import Path
from resolver.index.cache import Cache
from resolver.index.cache import PageHead
from resolver.index.model import Index
from resolver.index.page_digest import Digest, DigestHeader

cache = Cache(Path(sys.argv[1]))
index = Index(name="corp", url="https://index.example/simple/")
body = sys.argv[2].encode() * 300_000
digest = Digest(DigestHeader("https://index.example/", (("1.0", 0, len(body)),)), [[body]])
head = PageHead(None, None, 600.0, len(body), digest.header)
cache.store_page(index, "thing", head, digest, 0.0)
print("ready", flush=True)
while True:
    cache.store_page(index, "thing", head, digest, 0.0)
"""


@pytest.mark.attack(27)
def test_processes_that_write_the_same_page_and_are_killed_leave_a_whole_one(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), letter],
            cwd=root,
            env=os.environ | {"PYTHONPATH": str(root)},
            stdout=subprocess.PIPE,
        )
        for letter in "ab"
    ]
    index = Index(name="corp", url="https://index.example/simple/")
    try:
        for writer in writers:
            assert writer.stdout is not None
            writer.stdout.readline()
        cache = Cache(tmp_path)
        seen = 0
        for _ in range(300):
            page = cache.page(index, "thing")
            if page is not None:
                assert page.digest is not None
                assert set(page.digest.text(0)) in ({ord("a")}, {ord("b")})
                seen += 1
        assert seen
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
            if writer.stdout is not None:
                writer.stdout.close()
    page = Cache(tmp_path).page(index, "thing")
    assert page is not None
    assert page.digest is not None
    assert set(page.digest.text(0)) in ({ord("a")}, {ord("b")})
