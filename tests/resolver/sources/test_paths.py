"""A folder of the project is taken whole, and holds nothing that differs from machine to machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from lock.errors import InputError, PluginLockError
from lock.nar import nar_hash
from resolver.manifest.model import PathSource
from resolver.sources import paths
from resolver.sources.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

NOTES = PathSource(path="plugins/notes")


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "plugins" / "notes"
    (folder / "sub" / "empty").mkdir(parents=True)
    (folder / "plugin.yaml").write_text("name: notes\n")
    (folder / "link").symlink_to("sub/../plugin.yaml")
    return folder


def problem(root: Path, source: PathSource = NOTES) -> str:
    with pytest.raises(PluginLockError) as raised:
        paths.tree(root, source)
    return str(raised.value).partition("\n")[0]


def test_a_folder_is_taken_where_it_stands(tmp_path: Path, notes: Path) -> None:
    tree = paths.tree(tmp_path, PathSource(path="plugins/notes", subdirectory="sub"))
    assert tree.path == notes
    assert tree.nar_hash == nar_hash(notes)
    assert tree.folder("sub") == notes / "sub"


@pytest.mark.nix
@pytest.mark.skipif(shutil.which("nix-instantiate") is None, reason="there is no Nix")
def test_the_hash_is_that_of_what_nix_takes(tmp_path: Path, notes: Path) -> None:
    expression = (
        f'builtins.path {{ path = {notes}; name = "notes-source"; sha256 = "{paths.tree(tmp_path, NOTES).nar_hash}"; }}'
    )
    environment = {
        **os.environ,
        **{
            name: str(tmp_path / "nix" / name)
            for name in ("NIX_STORE_DIR", "NIX_STATE_DIR", "NIX_LOG_DIR", "NIX_CONF_DIR")
        },
    }
    done = subprocess.run(
        ["nix-instantiate", "--eval", "--read-write-mode", "--expr", expression],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith('-notes-source"')


@pytest.mark.parametrize("name", sorted(paths.LEFT_BY_TOOLS))
def test_what_tools_leave_behind_is_refused_by_name(tmp_path: Path, notes: Path, name: str) -> None:
    (notes / "sub" / name).mkdir()
    (notes / "sub" / name / "inside").write_text("")
    assert problem(tmp_path) == (
        f"plugins/notes: 'sub/{name}' must not be in a plugin's folder: {paths.LEFT_BY_TOOLS[name]}"
    )


def test_the_git_file_of_a_submodule_is_refused_as_well(tmp_path: Path, notes: Path) -> None:
    (notes / ".git").write_text("gitdir: ../x\n")
    assert "'.git' must not be in a plugin's folder" in problem(tmp_path)


@pytest.mark.parametrize("target", ["/etc/passwd", "../../outside", "sub/../../../x", "chain/.."])
def test_a_link_out_of_the_folder_is_refused(tmp_path: Path, notes: Path, target: str) -> None:
    (notes / "chain").symlink_to("sub/empty/../..")
    (notes / "out").symlink_to(target)
    assert problem(tmp_path) == f"plugins/notes: 'out' is a symbolic link out of the folder, to '{target}'"


def test_a_pipe_is_refused(tmp_path: Path, notes: Path) -> None:
    os.mkfifo(notes / "pipe")
    assert problem(tmp_path) == "plugins/notes: 'pipe' is neither a file nor a folder nor a symbolic link"


def test_a_folder_that_is_not_there_or_a_file_is_refused(tmp_path: Path, notes: Path) -> None:
    assert problem(tmp_path, PathSource(path="plugins/nots")) == "plugins/nots: there is no such folder"
    file = PathSource(path="plugins/notes/plugin.yaml")
    assert problem(tmp_path, file) == "plugins/notes/plugin.yaml: this is a file, not a folder"


def test_a_path_that_leads_elsewhere_through_a_link_is_refused(tmp_path: Path, notes: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "out").symlink_to(notes)
    (project / "real").mkdir()
    (project / "alias").symlink_to("real")
    assert problem(project, PathSource(path="out")) == "out: a symbolic link on this path leads out of the project"
    assert problem(project, PathSource(path="alias")) == "alias: a symbolic link on this path leads elsewhere"


def test_a_project_that_is_itself_reached_through_a_link_is_fine(tmp_path: Path, notes: Path) -> None:
    (tmp_path / "alias").symlink_to(".")
    assert paths.tree(tmp_path / "alias", NOTES).nar_hash == nar_hash(notes)


def test_a_subdirectory_that_is_not_there_is_refused(tmp_path: Path, notes: Path) -> None:
    with pytest.raises(InputError, match="there is no folder 'sib' in it"):
        paths.tree(tmp_path, PathSource(path="plugins/notes", subdirectory="sib"))


def test_a_folder_of_too_many_files_is_refused(tmp_path: Path, notes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "MAX_ENTRIES", 3)
    with pytest.raises(SourceError, match="it holds more than 3 files"):
        paths.tree(tmp_path, NOTES)
