"""Packages from folders of the project: taken once, and only as they were locked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lock.model import Directory
from lock.nar import nar_hash
from tests.nix.machine import standalone
from tests.nix.outcomes import build_environment, run_in
from tests.nix.sources import IN_TREE, project, with_backend, write_tree

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nix.locks import LockMaker
    from tests.nix.machine import Nix

pytestmark = pytest.mark.nix


@pytest.fixture
def notes(lock: LockMaker) -> Path:
    """A package in a folder beside the lock, locked."""
    folder = write_tree(lock.path.parent / "plugins/notes", with_backend(project("notes")))
    lock.direct("notes", Directory(path="plugins/notes"), IN_TREE, nar_hash=nar_hash(folder))
    return folder


def test_a_folder_of_the_project_is_built(nix: Nix, lock: LockMaker, notes: Path) -> None:
    run_in(build_environment(nix, lock), lock, "import notes")


def test_a_folder_that_changed_is_refused_with_its_name_and_the_command(nix: Nix, lock: LockMaker, notes: Path) -> None:
    library = standalone(lock.write())
    # The old content lies in the store, where Nix would find it by its hash and not look again.
    nix.build(f"({library}).environment")
    (notes / "notes.py").write_text("changed = True\n", encoding="utf-8")
    message = nix.refusal(f"({library}).environment.drvPath")
    assert "the folder plugins/notes of package notes 1.0 is not what was locked" in message
    assert "run `plugin-lock lock`" in message


def test_a_folder_that_is_gone_is_refused(nix: Nix, lock: LockMaker, notes: Path) -> None:
    library = standalone(lock.write())
    notes.rename(notes.with_name("other"))
    message = nix.refusal(f"({library}).environment.drvPath")
    assert "package notes 1.0 is the folder plugins/notes beside plugins.lock, which is not there" in message


def test_a_folder_is_in_the_store_once(nix: Nix, lock: LockMaker, notes: Path) -> None:
    (notes / "once.txt").write_text(str(nix.root), encoding="utf-8")
    lock.packages.clear()
    lock.plugins.clear()
    lock.direct("notes", Directory(path="plugins/notes"), IN_TREE, nar_hash=nar_hash(notes))
    library = standalone(lock.write())
    done = nix.run("nix-instantiate", "--expr", f"({library}).environment")
    assert done.code == 0, done.err
    copies = [path for path in (nix.root / "store").glob("*/once.txt") if path.read_text() == str(nix.root)]
    assert len(copies) == 1
