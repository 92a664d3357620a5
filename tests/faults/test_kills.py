"""A run that is killed with SIGKILL, before each of its steps in turn."""

from __future__ import annotations

import shutil
import signal
from typing import TYPE_CHECKING

import pytest

from lock.reader import parse

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.runs import Runs
    from tests.projects import Workshop


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def put_back(folder: Path, content: dict[str, bytes]) -> None:
    shutil.rmtree(folder)
    folder.mkdir()
    for name, data in content.items():
        (folder / name).write_bytes(data)


@pytest.mark.attack(27)
def test_a_run_killed_at_any_step_leaves_whole_files_and_the_next_one_ends_its_work(
    runs: Runs, workshop: Workshop, tmp_path: Path
) -> None:
    assert runs.run(workshop, "add", "other").code == 0
    before = files(workshop.root)
    shutil.rmtree(tmp_path / "cache")
    assert runs.run(workshop, "add", "plug").code == 0
    after = files(workshop.root)
    assert before.keys() == after.keys() == {"plugins.lock", "plugins.toml", "requirements.txt"}
    assert before["plugins.lock"] != after["plugins.lock"]
    assert before["plugins.toml"] != after["plugins.toml"]

    step, seen = 0, set()
    while True:
        step += 1
        put_back(workshop.root, before)
        shutil.rmtree(tmp_path / "cache")
        end = runs.run(workshop, "add", "plug", kill_at=step)
        if end.code == 0:
            break
        assert end.code == -signal.SIGKILL, end.said
        left = files(workshop.root)
        state = tuple(left[name] == after[name] for name in ("plugins.lock", "plugins.toml"))
        seen.add(state)
        for name in ("plugins.lock", "plugins.toml"):
            assert left[name] in {before[name], after[name]}, f"{name} is neither old nor new after step {step}"
        parse(left["plugins.lock"], "plugins.lock")
        again = runs.run(workshop, "add", "plug")
        assert again.code == 0, f"after step {step}: {again.said}"
        assert files(workshop.root) == after, f"after step {step}"
    # Else the kills missed the writing: before it, between the two files, and after both.
    assert seen == {(False, False), (True, False), (True, True)}
    assert step > 20
