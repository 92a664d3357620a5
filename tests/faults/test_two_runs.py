"""Two runs in one folder at the same time, in real processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from resolver.manifest.reader import load
from tests.faults.runs import PausedRun

if TYPE_CHECKING:
    from tests.faults.runs import Runs
    from tests.projects import Workshop

pytestmark = pytest.mark.attack(27)


def plugins(workshop: Workshop) -> list[str]:
    """The plugins of plugins.toml, which must be those of plugins.lock."""
    named = sorted(plugin.name for plugin in load(workshop.root / "plugins.toml").plugins)
    assert named == [plugin.name for plugin in workshop.read().plugins]
    return named


def test_what_another_run_wrote_meanwhile_is_not_overwritten(runs: Runs, workshop: Workshop) -> None:
    slow = PausedRun(workshop, "add", "plug", pause_at="fcntl.flock")
    assert slow.wait_for_the_step()
    assert runs.run(workshop, "add", "other").code == 0
    end = slow.let_go()
    assert end.code == 3
    assert "plugins.toml: the file was changed by somebody else while this run was at work" in end.said
    assert plugins(workshop) == ["other"]
    assert runs.run(workshop, "add", "plug").code == 0
    assert plugins(workshop) == ["other", "plug"]


def test_a_line_that_a_person_wrote_meanwhile_is_not_overwritten(workshop: Workshop) -> None:
    slow = PausedRun(workshop, "add", "plug", pause_at="fcntl.flock")
    assert slow.wait_for_the_step()
    path = workshop.root / "plugins.toml"
    path.write_text(path.read_text() + "# a thought\n")
    assert slow.let_go().code == 3
    assert path.read_text().endswith("# a thought\n")
    assert not workshop.lock_path.exists()


def test_a_lock_that_another_run_wrote_meanwhile_is_not_overwritten(runs: Runs, workshop: Workshop) -> None:
    workshop.plugins = {"plug": '"*"'}
    workshop.write()
    slow = PausedRun(workshop, "lock", pause_at="fcntl.flock")
    assert slow.wait_for_the_step()
    workshop.plugins = {"other": '"*"'}
    workshop.write()
    assert runs.run(workshop, "lock").code == 0
    end = slow.let_go()
    assert end.code == 3
    assert "plugins.lock: the file was changed by somebody else" in end.said
    assert plugins(workshop) == ["other"]


def test_a_run_waits_until_the_one_that_writes_has_ended(runs: Runs, workshop: Workshop) -> None:
    # With all in the cache the first file to be renamed is plugins.lock, while the folder is held.
    assert runs.run(workshop, "add", "plug", "other").code == 0
    workshop.lock_path.unlink()
    workshop.write()
    first = PausedRun(workshop, "add", "plug", pause_at="os.rename")
    assert first.wait_for_the_step()
    # The second attempt to take the folder shows that the first was refused: it waits.
    second = PausedRun(workshop, "add", "other", pause_at="fcntl.flock", pause_time=2)
    assert second.wait_for_the_step()
    assert not workshop.lock_path.exists()
    assert first.let_go().code == 0
    end = second.let_go()
    assert end.code == 3
    assert "run the command again" in end.said
    assert plugins(workshop) == ["plug"]


def test_two_runs_share_one_cache(runs: Runs, workshop: Workshop) -> None:
    slow = PausedRun(workshop, "add", "plug", pause_at="os.rename")
    assert slow.wait_for_the_step()  # before its first entry of the cache gets its name
    assert runs.run(workshop, "add", "plug", "other", "--dry-run").code == 0
    end = slow.let_go()
    assert end.code == 0, end.said
    assert plugins(workshop) == ["plug"]
    offline = runs.run(workshop, "update", "--offline")
    assert offline.code == 0, offline.said
