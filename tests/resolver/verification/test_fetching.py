"""How `verify` gets files: nothing is left lying about, and servers that do not answer are not asked for ever."""

from __future__ import annotations

import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from lock.errors import WorldError
from resolver.index import retries
from resolver.index.failures import UNREACHABLE, index_failure
from resolver.operations import verifying
from resolver.verification.contents import Contents
from resolver.verification.fetching import UNANSWERED, FromAddress, GoneError
from resolver.verification.model import LockedFile
from tests.projects import Workshop
from tests.resolver.verification.locked_projects import looked
from tests.sdists import tar_bytes
from tests.servers.index_server import Fault, IndexServer, ServedFile
from tests.wheels import wheel_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lock.errors import Problem
    from resolver.index.model import Index, ProjectFile

MANY = 12


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer() as running:
        yield running


@pytest.fixture
def locked(tmp_path: Path, server: IndexServer) -> Workshop:
    """A lock of many small wheels."""
    workshop = Workshop(root=tmp_path, server=server)
    for number in range(MANY):
        server.add_wheel(f"plug{number}", "1.0")
        workshop.plugins[f"plug{number}"] = '"*"'
    workshop.lock()
    return workshop


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "delay", lambda _: 0.0)


def test_no_more_files_lie_about_than_are_looked_at(
    locked: Workshop, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "WORKERS", 2)
    locked.server.projects["plug3"][0].data = wheel_bytes("plug3", "1.0", files={"x.py": "x = 1\n"})
    locked.server.fail("plug4-1.0.*whl$", Fault(status=403))
    counts = []
    of_file = Contents.of_file

    def counted(self: Contents, file: LockedFile, path: Path) -> tuple[Problem, ...]:
        counts.append(len(list(temporary.rglob("*.whl"))))
        return of_file(self, file, path)

    monkeypatch.setattr(Contents, "of_file", counted)
    report = looked(locked)
    assert report.verified == MANY - 2
    assert len(counts) == MANY - 2
    assert 1 <= max(counts) <= 2
    assert list(temporary.iterdir()) == []


def test_nothing_is_left_behind_where_looking_inside_fails(
    locked: Workshop, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: Contents, file: LockedFile, path: Path) -> tuple[Problem, ...]:
        raise KeyboardInterrupt

    monkeypatch.setattr(Contents, "of_file", fails)
    with pytest.raises(KeyboardInterrupt):
        looked(locked)
    assert list(temporary.iterdir()) == []


def test_what_an_interrupted_file_left_is_removed_at_once(locked: Workshop, temporary: Path) -> None:
    (package,) = (each for each in locked.read().packages if each.name == "plug0")
    wheel = package.wheels[0]
    file = LockedFile(
        name="plug0",
        version="1.0",
        filename=wheel.name,
        url=wheel.url,
        sha256=wheel.sha256,
        size=wheel.size,
        store_name=wheel.name,
    )
    surroundings = replace(locked.surroundings(), cache_dir=temporary / "cache")
    with verifying.indexes(verifying.load(locked.root / "plugins.toml"), surroundings) as client:
        source = FromAddress(client.downloads, {})
        seen = []

        def interrupted() -> None:
            with source.opened(file) as copy:
                seen.append(copy.path.is_file())
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            interrupted()
        assert seen == [True]
        assert list(temporary.rglob("*.whl")) == []


# -- servers that do not answer ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", [Fault(drop=True), Fault(status=503)], ids=["no answer", "503"])
def test_a_mirror_that_does_not_answer_is_told_once_and_asked_for_one_page(locked: Workshop, fault: Fault) -> None:
    with IndexServer() as mirror:
        mirror.fail("", fault)
        with pytest.raises(WorldError) as caught:
            looked(locked, mirror=mirror.url)
        assert len(mirror.requests) == verifying.PROBE_ATTEMPTS
        (problem,) = caught.value.problems
        assert problem.message.startswith(f"the mirror ({mirror.url}): ")


def test_a_mirror_whose_host_is_not_there_is_told_once(locked: Workshop) -> None:
    with IndexServer() as gone:
        address = gone.url
    with pytest.raises(WorldError, match="the connection was refused") as caught:
        looked(locked, mirror=address)
    assert len(caught.value.problems) == 1
    assert caught.value.exit_code == 3


@pytest.mark.usefixtures("impatient")
def test_a_mirror_that_hiccups_once_is_asked_again(locked: Workshop) -> None:
    with IndexServer() as mirror:
        for name, files in locked.server.projects.items():
            for file in files:
                mirror.add(name, file)
        mirror.fail("", Fault(status=503, times=1))
        assert looked(locked, mirror=mirror.url).exit_code == 0


@pytest.mark.usefixtures("impatient")
def test_what_is_from_no_index_comes_from_its_own_address_though_there_is_a_mirror(
    tmp_path: Path, server: IndexServer
) -> None:
    file = server.add_wheel("plug", "1.0")
    url = f"{server.origin}{server.file_url('plug', file)}"
    workshop = Workshop(root=tmp_path, server=server, plugins={"plug": f'{{ url = "{url}" }}'})
    workshop.lock()
    with IndexServer() as mirror:
        report = looked(workshop, mirror=mirror.url)
        assert (report.findings, report.verified) == ((), 1)
        assert mirror.requests == []


class Unanswering:
    """Downloads from servers that are not there; `gone` are addresses whose server says that they are gone."""

    def __init__(self, gone: str = "") -> None:
        self.asked: list[str] = []
        self._gone = gone

    def fetch(self, index: Index, file: ProjectFile, report: Callable[[int], None]) -> Path:
        del report
        self.asked.append(file.url)
        code = "index-gone" if self._gone and self._gone in file.url else UNREACHABLE
        raise index_failure(code, index, "no answer", remedy="wait")


def locked_file(url: str) -> LockedFile:
    return LockedFile(name="a", version="1", filename="a.whl", url=url, sha256="0" * 64, size=1, store_name="a.whl")


def ask(source: FromAddress, url: str) -> WorldError | GoneError:
    with pytest.raises((WorldError, GoneError)) as caught, source.opened(locked_file(url)):
        pass
    assert isinstance(caught.value, WorldError | GoneError)
    return caught.value


def test_a_server_that_leaves_file_after_file_without_an_answer_is_asked_no_more() -> None:
    downloads = Unanswering()
    source = FromAddress(downloads, {})  # type: ignore[arg-type]  # it only fetches
    for number in range(9):
        ask(source, f"https://files.example/{number}/a.whl")
    assert len(downloads.asked) == UNANSWERED
    last = ask(source, "https://files.example/last/a.whl")
    assert str(last).startswith("https://files.example gave no answer for other files, so it was not asked for a.whl")
    ask(source, "https://other.example/a.whl")
    assert downloads.asked[-1] == "https://other.example/a.whl"


def test_an_answer_in_between_shows_that_a_server_is_there() -> None:
    downloads = Unanswering(gone="gone")
    source = FromAddress(downloads, {})  # type: ignore[arg-type]  # as above
    for number in range(UNANSWERED - 1):
        ask(source, f"https://files.example/{number}/a.whl")
    assert isinstance(ask(source, "https://files.example/gone/a.whl"), GoneError)
    ask(source, "https://files.example/again/a.whl")
    assert len(downloads.asked) == UNANSWERED + 1


def test_two_addresses_of_one_file_do_not_take_it_from_each_other(tmp_path: Path, server: IndexServer) -> None:
    names = [f"plug{number}" for number in range(6)]
    members = {f"{name}/plugin.yaml": f"name: {name}\n" for name in names}
    members |= {f"{name}/__init__.py": "def register(ctx): ...\n" for name in names}
    workshop = Workshop(root=tmp_path, server=server)
    for name in names:
        file = server.add(name, ServedFile(name="same.tar.gz", data=tar_bytes(members)))
        url = f"{server.origin}{server.file_url(name, file)}"
        workshop.plugins[name] = f'{{ url = "{url}", subdirectory = "{name}" }}'
    workshop.lock()
    report = looked(workshop)
    assert (report.findings, report.verified) == ((), len(names))


class SamePlace:
    """Downloads that put every file of one name into one place, as a cache does."""

    def __init__(self, folder: Path) -> None:
        self._place = folder / "a.whl"

    def fetch(self, index: Index, file: ProjectFile, report: Callable[[int], None]) -> Path:
        del index, file, report
        self._place.write_bytes(b"bytes")
        return self._place


def test_a_file_that_is_looked_at_is_not_fetched_to_the_same_place_meanwhile(tmp_path: Path) -> None:
    source = FromAddress(SamePlace(tmp_path), {})  # type: ignore[arg-type]  # it only fetches
    both_inside = threading.Barrier(2)

    def look(url: str) -> bool:
        with source.opened(locked_file(url)) as copy:
            try:
                both_inside.wait(timeout=0.2)
            except threading.BrokenBarrierError:
                return copy.path.is_file()
        return False

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(look, ("https://one.example/a.whl", "https://two.example/a.whl"))) == [True, True]
