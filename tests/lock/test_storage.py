"""Replacing files: whole or not at all, one run at a time."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lock import storage
from lock.errors import InputError, PluginLockError, WorldError
from lock.text_checks import MAX_BYTES

ROOT = Path(__file__).parents[2]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "plugins.lock"
    path.write_text("old\n", encoding="utf-8")
    return path


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def told(error: pytest.ExceptionInfo[PluginLockError]) -> str:
    return error.value.problems[0].message


def test_a_file_is_replaced_and_nothing_else_is_left(file: Path) -> None:
    storage.replace(file, "new: ü\n")
    assert storage.read(file) == "new: ü\n".encode()
    assert names(file.parent) == ["plugins.lock"]


def test_a_file_that_was_not_there_is_written(tmp_path: Path) -> None:
    storage.replace(tmp_path / "plugins.lock", "new\n")
    assert names(tmp_path) == ["plugins.lock"]


def test_permissions_are_kept(file: Path) -> None:
    file.chmod(0o640)
    storage.replace(file, "new\n")
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    storage.replace(tmp_path / "plugins.lock", "new\n")
    assert (tmp_path / "plugins.lock").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_symbolic_link_is_followed(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "links"
    folder.mkdir()
    link = folder / "plugins.lock"
    link.symlink_to(file)
    storage.replace(link, "new\n")
    assert link.is_symlink()
    assert file.read_text(encoding="utf-8") == "new\n"
    assert names(folder) == ["plugins.lock"]


@pytest.mark.attack(27)
def test_another_run_in_the_folder_is_told_of(file: Path) -> None:
    with storage.exclusive(file), pytest.raises(WorldError) as caught:
        storage.replace(file, "new\n", patience=0)
    assert str(caught.value) == (
        f"{file}: another run of plugin-lock is at work in this folder\n"
        "  help: wait until it has ended, then run the command again"
    )
    assert caught.value.exit_code == 3
    assert file.read_text(encoding="utf-8") == "old\n"


@pytest.mark.attack(27)
def test_a_run_waits_for_the_one_before_it(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = storage.exclusive(file)
    first.__enter__()
    monkeypatch.setattr(time, "sleep", lambda _: first.__exit__(None, None, None))
    storage.replace(file, "new\n")
    assert file.read_text(encoding="utf-8") == "new\n"


def test_one_run_may_replace_several_files(file: Path) -> None:
    with storage.exclusive(file) as folder:
        folder.replace(file, "new\n")
        folder.replace(file.with_name("plugins.toml"), "also\n")
    assert names(file.parent) == ["plugins.lock", "plugins.toml"]


@pytest.mark.parametrize("step", ["fsync", "replace", "open"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
@pytest.mark.attack(27)
def test_a_failing_disk_leaves_the_old_file(file: Path, monkeypatch: pytest.MonkeyPatch, step: str, code: int) -> None:
    real_open = os.open

    def fail(*arguments: object, **options: object) -> int:
        if step == "open" and str(arguments[0]).endswith(file.parent.name):
            return real_open(*arguments, **options)  # type: ignore[arg-type]
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, step, fail)
        with pytest.raises(WorldError) as caught:
            storage.replace(file, "new\n")
    assert told(caught) == f"the file cannot be written: {os.strerror(code)}"
    assert file.read_text(encoding="utf-8") == "old\n"
    assert names(file.parent) == ["plugins.lock"]


@pytest.mark.attack(27)
def test_an_interrupted_run_leaves_the_old_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", interrupt)
        with pytest.raises(KeyboardInterrupt):
            storage.replace(file, "new\n")
    assert file.read_text(encoding="utf-8") == "old\n"
    assert names(file.parent) == ["plugins.lock"]


KILLED = """
import os, signal, sys
from lock import storage
storage.os.replace = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
storage.replace(sys.argv[1], "new")
"""


@pytest.mark.attack(27)
def test_a_killed_run_leaves_the_old_file_and_the_next_one_cleans_up(file: Path) -> None:
    run = subprocess.run([sys.executable, "-c", KILLED, str(file)], cwd=ROOT, check=False)
    assert run.returncode == -signal.SIGKILL
    assert file.read_text(encoding="utf-8") == "old\n"
    assert len(names(file.parent)) == 2
    storage.replace(file, "new\n")
    assert names(file.parent) == ["plugins.lock"]
    assert file.read_text(encoding="utf-8") == "new\n"


def test_a_file_system_without_locks_is_still_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with storage.exclusive(file) as folder:
        assert not folder.is_locked
        folder.replace(file, "new\n")
    assert file.read_text(encoding="utf-8") == "new\n"


def test_a_folder_in_the_place_of_the_file_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "plugins.lock").mkdir()
    with pytest.raises(WorldError) as caught:
        storage.replace(tmp_path / "plugins.lock", "new\n")
    assert told(caught) == "the file cannot be written: it is not a regular file"


def test_an_absent_folder_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(WorldError) as caught:
        storage.replace(tmp_path / "absent" / "plugins.lock", "new\n")
    assert told(caught) == "the file cannot be written: No such file or directory"


def test_an_absent_file_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        storage.read(tmp_path / "plugins.lock")
    assert str(caught.value) == f"{tmp_path}/plugins.lock: there is no such file"


def test_an_unreadable_file_is_a_failure_of_the_world(tmp_path: Path) -> None:
    with pytest.raises(WorldError) as caught:
        storage.read(tmp_path)
    assert told(caught) == "the file cannot be read: Is a directory"


@pytest.mark.attack(15)
def test_an_endless_file_is_read_in_part_only() -> None:
    assert len(storage.read("/dev/zero")) == MAX_BYTES + 1
