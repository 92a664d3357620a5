"""Disks that are full or may not be written."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from lock.reader import parse
from tests.faults.test_kills import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.runs import Runs
    from tests.projects import Workshop

pytestmark = pytest.mark.attack(27)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_files_that_cannot_grow_leave_the_old_ones(runs: Runs, workshop: Workshop, share: float) -> None:
    assert runs.run(workshop, "add", "other").code == 0
    before = files(workshop.root)
    end = runs.run(workshop, "add", "plug", largest=round(len(before["plugins.lock"]) * share))
    assert end.code == 3
    assert files(workshop.root) == before
    assert runs.run(workshop, "add", "plug").code == 0
    assert "plug" in workshop.versions()


@pytest.fixture
def small_disk(workshop: Workshop) -> Iterator[Path]:
    """The project's folder on a disk of its own, of 64 KiB."""
    content = files(workshop.root)
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(workshop.root)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("to mount a small disk takes root; the limit on the size of files stands in for it above")
    try:
        for name, data in content.items():
            (workshop.root / name).write_bytes(data)
        yield workshop.root
    finally:
        subprocess.run(["umount", str(workshop.root)], check=True)


def test_a_full_disk_leaves_the_old_files_and_says_so(runs: Runs, workshop: Workshop, small_disk: Path) -> None:
    assert runs.run(workshop, "add", "other").code == 0
    fill = small_disk / "fill"
    left = os.statvfs(small_disk)
    fill.write_bytes(bytes(left.f_bavail * left.f_frsize))
    before = files(small_disk)
    end = runs.run(workshop, "add", "plug")
    assert end.code == 3
    assert "plugins.lock: the file cannot be written: No space left on device" in end.said
    assert files(small_disk) == before
    fill.unlink()
    assert runs.run(workshop, "add", "plug").code == 0
    assert "plug" in workshop.versions()


def test_a_read_only_folder_leaves_the_old_files_and_says_so(runs: Runs, workshop: Workshop) -> None:
    assert runs.run(workshop, "add", "other").code == 0
    before = files(workshop.root)
    workshop.root.chmod(0o555)
    end = runs.run(workshop, "add", "plug", unprivileged=True)
    workshop.root.chmod(0o755)
    assert end.code == 3
    assert "plugins.lock: the file cannot be written: Permission denied" in end.said
    assert files(workshop.root) == before


def test_a_read_only_folder_can_be_checked(runs: Runs, workshop: Workshop) -> None:
    assert runs.run(workshop, "add", "plug").code == 0
    workshop.root.chmod(0o555)
    end = runs.run(workshop, "check", unprivileged=True)
    workshop.root.chmod(0o755)
    assert end.code == 0, end.said


def test_a_cache_that_cannot_be_written_is_done_without(runs: Runs, workshop: Workshop, tmp_path: Path) -> None:
    cache = tmp_path / "closed"
    cache.mkdir()
    cache.chmod(0o555)
    end = runs.run(workshop, "lock", "--dry-run", cache=cache, unprivileged=True)
    assert end.code == 0, end.said
    added = runs.run(workshop, "add", "plug", cache=cache, unprivileged=True)
    assert added.code == 0, added.said
    assert "cannot be written (Permission denied), so this run does without it" in added.said
    assert list(cache.iterdir()) == []
    parse(workshop.lock_path.read_bytes(), "plugins.lock")
