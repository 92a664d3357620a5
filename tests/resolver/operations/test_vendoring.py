"""A copy of the Nix library in a user's repository."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lock.errors import InputError
from resolver.operations import vendoring
from resolver.operations.vendoring import RECORD, copies, problems_of, vendor

if TYPE_CHECKING:
    from pathlib import Path

    from tests.projects import Workshop


def codes(root: Path) -> list[str]:
    return [problem.code for copy in copies(root) for problem in problems_of(copy, root)]


def test_the_library_is_copied_whole_and_without_what_only_its_repository_needs(tmp_path: Path) -> None:
    report = vendor(tmp_path, "nix/plugin-lock")
    folder = tmp_path / "nix/plugin-lock"
    assert report.status == "written"
    assert (folder / "default.nix").is_file()
    assert (folder / "modules/nixos.nix").is_file()
    assert {path.name for path in folder.iterdir()} & {"templates", "examples", "plugin-lock", "overlay.nix"} == set()
    assert report.files == len([path for path in folder.rglob("*") if path.is_file()]) - 1
    assert codes(tmp_path) == []
    assert [path.name for path in folder.parent.iterdir()] == ["plugin-lock"]


def test_a_current_copy_is_left_alone(tmp_path: Path) -> None:
    vendor(tmp_path, "copy")
    before = (tmp_path / "copy" / RECORD).stat().st_mtime_ns
    assert vendor(tmp_path, "copy").status == "current"
    assert (tmp_path / "copy" / RECORD).stat().st_mtime_ns == before


def test_an_older_copy_is_told_and_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = vendoring._library()
    monkeypatch.setattr(vendoring, "_library", lambda: {**library, "default.nix": b"# older\n", "gone.nix": b""})
    vendor(tmp_path, "copy")
    monkeypatch.undo()
    assert codes(tmp_path) == ["vendor-old"]
    assert vendor(tmp_path, "copy").status == "updated"
    assert codes(tmp_path) == []
    assert not (tmp_path / "copy/gone.nix").exists()


@pytest.mark.parametrize("edited", [False, True])
def test_the_remedy_names_the_very_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edited: bool) -> None:
    library = vendoring._library()
    monkeypatch.setattr(vendoring, "_library", lambda: {**library, "default.nix": b"# older\n"})
    vendor(tmp_path, "nix/plugin-lock")
    monkeypatch.undo()
    if edited:
        (tmp_path / "nix/plugin-lock/lock.nix").write_text("1\n", encoding="utf-8")
    (copy,) = copies(tmp_path)
    (problem,) = problems_of(copy, tmp_path)
    command = "plugin-lock init --vendor nix/plugin-lock" + (" --force" if edited else "")
    assert f"run {command}, " in (problem.remedy or "")


@pytest.mark.parametrize("how", ["changed", "removed", "added"])
def test_an_edited_copy_is_told_by_file_and_replaced_only_by_force(tmp_path: Path, how: str) -> None:
    vendor(tmp_path, "copy")
    file = tmp_path / "copy" / ("mine.nix" if how == "added" else "default.nix")
    if how == "removed":
        file.unlink()
    else:
        file.write_text("# mine\n", encoding="utf-8")
    assert codes(tmp_path) == ["vendor-edited"]
    with pytest.raises(InputError, match=f"was edited: {file.name}"):
        vendor(tmp_path, "copy")
    assert vendor(tmp_path, "copy", force=True).status == "updated"
    assert codes(tmp_path) == []
    assert (tmp_path / "copy/mine.nix").exists() is False


def test_a_folder_that_is_no_copy_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "nix").mkdir()
    (tmp_path / "nix/own.nix").write_text("1\n", encoding="utf-8")
    with pytest.raises(InputError, match="is no copy of the Nix library"):
        vendor(tmp_path, "nix", force=True)
    assert [path.name for path in (tmp_path / "nix").iterdir()] == ["own.nix"]


@pytest.mark.parametrize("folder", ["", ".", "..", "../elsewhere", "/tmp"])
def test_a_folder_outside_the_project_is_refused(tmp_path: Path, folder: str) -> None:
    with pytest.raises(InputError, match="is no folder inside of the project"):
        vendor(tmp_path, folder)


def test_a_record_that_cannot_be_read_makes_no_copy(tmp_path: Path) -> None:
    vendor(tmp_path, "copy")
    (tmp_path / "copy" / RECORD).write_text(json.dumps({"files": 1}), encoding="utf-8")
    assert copies(tmp_path) == ()


def test_check_tells_of_a_copy_that_was_edited(workshop: Workshop) -> None:
    workshop.lock()
    vendor(workshop.root, "nix/plugin-lock")
    assert workshop.check().problems == ()
    (workshop.root / "nix/plugin-lock/default.nix").write_text("# mine\n", encoding="utf-8")
    assert [problem.code for problem in workshop.check().problems] == ["vendor-edited"]
