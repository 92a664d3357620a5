"""What killed runs left in the cache, and what goes on in it."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest

from resolver import cache_leftovers
from resolver.cache_leftovers import LEFT_AFTER_SECONDS, PLACES, sweep
from resolver.git_files import open_commit
from tests.projects import Workshop
from tests.resolver.building.sources import project
from tests.resolver.sources.repositories import Repository
from tests.sdists import sdist_bytes, sdist_name
from tests.servers.index_server import IndexServer, ServedFile

if TYPE_CHECKING:
    from collections.abc import Callable

UNFINISHED = [pattern.replace("*", "1") for pattern in PLACES]


def leave(folder: Path, name: str, *, age: float) -> Path:
    """Leave something unfinished of this age; folders hold a file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.name.startswith("."):
        path.write_bytes(b"half")
    else:
        (path / "tree").mkdir(parents=True)
        (path / "tree" / "file").write_bytes(b"half")
    os.utime(path, (time.time() - age,) * 2)
    return path


def remains(folder: Path) -> set[str]:
    return {name for name in UNFINISHED if (folder / name).exists()}


@pytest.mark.attack(27)
def test_what_was_left_for_longer_than_a_day_is_removed(tmp_path: Path) -> None:
    for name in UNFINISHED:
        leave(tmp_path, name, age=LEFT_AFTER_SECONDS + 60)
    sweep(tmp_path)
    assert remains(tmp_path) == set()


@pytest.mark.parametrize("age", [LEFT_AFTER_SECONDS - 60, 0, -60], ids=["nearly a day", "now", "from the future"])
def test_what_may_still_be_written_is_left_alone(tmp_path: Path, age: float) -> None:
    for name in UNFINISHED:
        leave(tmp_path, name, age=age)
    sweep(tmp_path)
    assert remains(tmp_path) == set(UNFINISHED)


def test_finished_entries_stay_however_old_they_are(tmp_path: Path) -> None:
    names = ["v2/pages/ab", "v2/files/ab/abc/x-1.0-py3-none-any.whl", "inspections-2/ab/c", "builds-2/ab/c/wheel"]
    kept = [tmp_path / name for name in (*names, "trees-1/ab/c/record.json", "git/ab.git/HEAD", "CACHEDIR.TAG")]
    for path in kept:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"whole")
        os.utime(path, (0, 0))
        os.utime(path.parent, (0, 0))
    sweep(tmp_path)
    assert [path.read_bytes() for path in kept] == [b"whole"] * len(kept)


def test_a_link_goes_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "file").write_bytes(b"mine")
    link = tmp_path / "cache" / "trees-1" / "making-1"
    link.parent.mkdir(parents=True)
    link.symlink_to(other)
    os.utime(link, (0, 0), follow_symlinks=False)
    sweep(tmp_path / "cache")
    assert not link.is_symlink()
    assert (other / "file").read_bytes() == b"mine"


def test_it_is_looked_for_once_a_day(tmp_path: Path) -> None:
    sweep(tmp_path)
    path = leave(tmp_path, UNFINISHED[0], age=LEFT_AFTER_SECONDS + 60)
    sweep(tmp_path)
    assert path.exists()
    os.utime(tmp_path / "swept", (time.time() - LEFT_AFTER_SECONDS - 60,) * 2)
    sweep(tmp_path)
    assert not path.exists()


def test_another_run_may_remove_the_same_at_the_same_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in UNFINISHED:
        leave(tmp_path, name, age=LEFT_AFTER_SECONDS + 60)
    alone = cache_leftovers._remove

    def remove(path: Path, now: float) -> None:
        alone(path, now)
        alone(path, now)

    monkeypatch.setattr(cache_leftovers, "_remove", remove)
    sweep(tmp_path)
    assert remains(tmp_path) == set()
    assert (tmp_path / "swept").exists()


def test_a_cache_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    sweep(tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


# -- the places are those where unfinished things lie ------------------------------------------------------------------


def test_all_that_a_run_makes_in_the_cache_under_another_name_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []
    for name in ("mkstemp", "mkdtemp"):
        monkeypatch.setattr(tempfile, name, _noting(getattr(tempfile, name), made))
    opened = os.open

    def noting(path: Any, flags: int, *arguments: Any, **named: Any) -> int:
        if flags & os.O_EXCL and str(path).startswith(str(tmp_path)):
            made.append(Path(path))
        return opened(path, flags, *arguments, **named)

    monkeypatch.setattr(os, "open", noting)
    cache = tmp_path / "cache"
    repo = Repository(tmp_path / "served" / "host.git")
    commit = repo.commit({"uv.lock": ""})
    with IndexServer() as server, open_commit(repo.url, commit, cache=cache / "git"):
        server.add_wheel("tool", "1.0")
        data = sdist_bytes("mine", "1.0", project("mine", "1.0", built_with=["tool"]), static=False)
        server.add("mine", ServedFile(name=sdist_name("mine", "1.0"), data=data))
        Workshop(
            root=tmp_path,
            server=server,
            plugins={"mine": '"*"'},
            settings='[policy]\nallow-build = { mine = "tested" }',
            python=f"{sys.version_info[0]}.{sys.version_info[1]}",
        ).lock()
    names = [path.relative_to(cache).as_posix() for path in made if path.is_relative_to(cache)]
    met = {name: {pattern for pattern in PLACES if PurePosixPath(name).match(pattern)} for name in names}
    assert [name for name, patterns in met.items() if not patterns] == []
    assert set().union(*met.values()) == set(PLACES)


def test_opening_the_indexes_of_a_project_sweeps_its_cache(tmp_path: Path) -> None:
    with IndexServer() as server:
        workshop = Workshop(root=tmp_path, server=server)
        path = leave(tmp_path / "cache", UNFINISHED[0], age=LEFT_AFTER_SECONDS + 60)
        workshop.lock()
    assert not path.exists()


def _noting(make: Callable[..., Any], made: list[Path]) -> Callable[..., Any]:
    """Return the same function of `tempfile`, which notes what it has made."""

    def noted(*arguments: Any, **keywords: Any) -> Any:
        found = make(*arguments, **keywords)
        made.append(Path(found[1] if isinstance(found, tuple) else found))
        return found

    return noted
