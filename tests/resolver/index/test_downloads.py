from __future__ import annotations

import contextlib
import tempfile
import threading
from typing import TYPE_CHECKING

import pytest

from lock.errors import WorldError
from tests.servers.index_server import Fault, ServedFile
from tests.wheels import sha256_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.resolver.index.conftest import Desk
    from tests.servers.index_server import IndexServer

NAME = "thing-1.0-py3-none-any.whl"
DATA = bytes(range(256)) * 2000


@pytest.fixture
def served(server: IndexServer) -> ServedFile:
    return server.add("thing", ServedFile(name=NAME, data=DATA))


def download(desk: Desk, server: IndexServer, reports: list[int] | None = None, **options: object) -> Path:
    with desk.client(server, **options) as client:
        page = client.page("thing").result()
        assert page is not None
        (file,) = page.versions["1.0"]
        path = client.download(page, file, (reports if reports is not None else []).append).result()
        assert path.read_bytes() == DATA
        return path


@pytest.mark.usefixtures("served")
def test_a_file_is_kept_by_its_hash_under_its_own_name(server: IndexServer, desk: Desk) -> None:
    reports: list[int] = []
    path = download(desk, server, reports)
    assert path == desk.cache_folder / "v2" / "files" / sha256_of(DATA)[:2] / sha256_of(DATA) / NAME
    assert sum(reports) == len(DATA)


@pytest.mark.usefixtures("served")
def test_a_kept_file_is_not_fetched_again(server: IndexServer, desk: Desk) -> None:
    download(desk, server)
    reports: list[int] = []
    asked = len(server.requests)
    download(desk, server, reports, offline=True)
    assert (len(server.requests), reports) == (asked, [])


@pytest.mark.usefixtures("served")
def test_a_kept_file_that_was_damaged_is_fetched_again(server: IndexServer, desk: Desk) -> None:
    download(desk, server).write_bytes(b"damaged")
    download(desk, server)


def test_a_file_without_a_hash_is_kept_by_the_hash_it_has(server: IndexServer, desk: Desk, served: ServedFile) -> None:
    served.said = {"hashes": {}}
    assert download(desk, server).parent.name == sha256_of(DATA)


@pytest.mark.usefixtures("served")
def test_without_a_cache_a_file_lives_as_long_as_the_client(server: IndexServer, desk: Desk) -> None:
    assert not download(desk, server, cached=False).exists()


def test_downloads_that_begin_at_once_share_the_folder_of_a_run_without_a_cache(
    server: IndexServer, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        server.add("thing", ServedFile(name=f"thing-{number}.0-py3-none-any.whl", data=DATA + bytes([number])))
    made: list[str] = []
    both = threading.Barrier(2)
    real = tempfile.TemporaryDirectory

    def slow(**arguments: str) -> tempfile.TemporaryDirectory[str]:
        # Waits for another that makes a folder meanwhile; there must be none.
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(timeout=0.5)
        folder = real(**arguments)
        made.append(folder.name)
        return folder

    with desk.client(server, cached=False) as client:
        page = client.page("thing").result()
        assert page is not None
        monkeypatch.setattr(tempfile, "TemporaryDirectory", slow)
        files = [file for version in page.versions.values() for file in version]
        futures = [client.download(page, file, lambda _: None) for file in files]
        assert sorted(future.result().read_bytes()[-1] for future in futures) == [0, 1]
    assert len(made) == 1


def test_a_file_with_another_hash_than_its_page_says_is_an_error_with_both(
    server: IndexServer, desk: Desk, served: ServedFile
) -> None:
    served.sha256 = "a" * 64
    with pytest.raises(WorldError) as caught:
        download(desk, server)
    (problem,) = caught.value.problems
    assert problem.code == "file-hash"
    assert f"{NAME} has sha256 {sha256_of(DATA)}, and its page says {'a' * 64}" in problem.message
    assert not list(desk.cache_folder.rglob("*.whl"))
    assert not list(desk.cache_folder.rglob(".*"))


@pytest.mark.attack(15)
def test_a_file_larger_than_its_page_says_is_not_read_to_its_end(
    server: IndexServer, desk: Desk, served: ServedFile
) -> None:
    served.said = {"size": 1000}
    with pytest.raises(WorldError, match=f"{NAME} is larger than the limit of 1000 bytes"):
        download(desk, server)


def test_a_file_smaller_than_its_page_says_is_an_error(server: IndexServer, desk: Desk, served: ServedFile) -> None:
    served.said = {"size": len(DATA) + 1}
    with pytest.raises(WorldError, match=f"{NAME} has {len(DATA)} bytes, and its page says {len(DATA) + 1}"):
        download(desk, server)


@pytest.mark.usefixtures("served")
@pytest.mark.parametrize("fault", [Fault(cut=300_000, times=2), Fault(cut=300_000, chunked=True, times=2)])
@pytest.mark.attack(28)
def test_a_download_that_breaks_off_is_begun_anew_and_its_report_taken_back(
    server: IndexServer, desk: Desk, fault: Fault
) -> None:
    server.fail(r"\.whl$", fault)
    reports: list[int] = []
    download(desk, server, reports)
    assert sum(reports) == len(DATA)
    assert min(reports) < 0


@pytest.mark.usefixtures("served")
@pytest.mark.attack(27)
def test_a_full_disk_is_an_error_that_names_the_file(
    server: IndexServer, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(WorldError) as caught:
        download(desk, server)
    (problem,) = caught.value.problems
    assert (problem.code, problem.message) == ("disk", f"{NAME} cannot be kept: No space left on device")


@pytest.mark.usefixtures("served")
def test_a_missing_file_is_an_error(server: IndexServer, desk: Desk) -> None:
    server.fail(r"\.whl$", Fault(status=404))
    with pytest.raises(WorldError, match=f"it answered 404 for {NAME}"):
        download(desk, server)


@pytest.mark.usefixtures("served")
def test_offline_a_file_that_is_not_kept_is_an_error(server: IndexServer, desk: Desk) -> None:
    desk.page(server)
    with pytest.raises(WorldError, match=f"{NAME} is not in the cache"):
        download(desk, server, offline=True)
