"""Nerva: skills from plugins.toml to the daemon, and those that are refused when the lock is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lock.errors import InputError
from tests.nix.machine import SYSTEM, distribution_version, quoted
from tests.nix.module_system import evaluated
from tests.nix.nerva import ADAPTER, nerva, started, write_skill
from tests.projects import Workshop

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nix.machine import Nix
    from tests.servers.index_server import IndexServer

pytestmark = pytest.mark.nix


@pytest.fixture
def workshop(index: IndexServer, tmp_path: Path) -> Workshop:
    """A project of the host nerva, which brings nothing of Python along."""
    root = tmp_path / "workshop"
    root.mkdir()
    python = ".".join(distribution_version().split(".")[:2])
    return Workshop(root=root, server=index, systems=(SYSTEM,), python=python)


def add(workshop: Workshop, name: str, identity: str | None = None, **more: Any) -> Path:
    """Put a skill into the project, and ask for it."""
    folder = write_skill(workshop.root / f"skills/{name}", identity or name, **more)
    workshop.plugins[name] = f'{{ path = "skills/{name}" }}'
    return folder


def refused(workshop: Workshop) -> str:
    """Return what `plugin-lock lock` says where it refuses."""
    with pytest.raises(InputError) as caught:
        workshop.lock()
    assert not workshop.lock_path.exists()
    return str(caught.value)


def test_what_is_locked_from_folders_runs_as_skills(nix: Nix, workshop: Workshop) -> None:
    add(workshop, "clock", risk="safe")
    add(workshop, "notes", "Notes.v2", executable="bin/main.py")
    workshop.lock()
    expression = evaluated(
        f"{{ programs.plugin-lock.hosts.nerva.lock = {quoted(workshop.lock_path)};"
        f" programs.plugin-lock.nerva.package = {nerva()}; }}",
        ADAPTER,
    )
    loaded = started(nix, expression)["loaded"]
    assert {name: skill["risk"] for name, skill in loaded.items()} == {"clock": "safe", "Notes.v2": "caution"}
    skills = nix.evaluate(f"{expression}.config.programs.plugin-lock.nerva.skills")
    assert {name: skill["plugin"] for name, skill in skills.items()} == {"clock": "clock", "Notes.v2": "notes"}
    assert 'risk = "safe"' in workshop.lock_path.read_text(encoding="utf-8")


def test_two_skills_with_one_id_are_refused_when_locking(workshop: Workshop) -> None:
    add(workshop, "clock")
    add(workshop, "watch", "clock")
    message = refused(workshop)
    assert 'clock and watch are skills with the id "clock"' in message
    assert "plugin-lock remove watch" in message


@pytest.mark.parametrize("executable", ["/bin/sh", "../run", "bin/../../run"])
def test_a_program_outside_of_its_folder_is_refused_when_locking(workshop: Workshop, executable: str) -> None:
    folder = add(workshop, "clock")
    manifest = folder / "skill.toml"
    manifest.write_text(manifest.read_text(encoding="utf-8") + f'executable = "{executable}"\n', encoding="utf-8")
    message = refused(workshop)
    assert f'"{executable}" is a program outside of the plugin\'s folder' in message
    assert "skill.toml:4" in message


def test_a_program_that_cannot_be_run_is_refused_when_locking(workshop: Workshop) -> None:
    (add(workshop, "clock") / "run").chmod(0o644)
    message = refused(workshop)
    assert "skill.toml:1: executable: run is not executable" in message
    assert "chmod" in message
