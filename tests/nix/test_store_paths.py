"""Where `verify` looks for what Nix has fetched: the paths that the library's own derivations have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lock.model import Archive, Vcs
from lock.nar import nar_hash
from resolver.verification.locked import files, tree_artifact, trees
from resolver.verification.nix_store import flat_file_path, tree_path
from tests.nix.machine import Nix, standalone
from tests.nix.sources import IN_TREE, commit, git, project, tar_bytes, with_backend
from tests.wheels import sha256_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nix.locks import LockMaker

pytestmark = pytest.mark.nix


def test_files_are_looked_for_where_nix_puts_them(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("chart", version="1!2.0")
    lock.as_plugin(lock.sdist("weather", tar_bytes("w", with_backend(project("weather"))), IN_TREE))
    data = tar_bytes("blob", with_backend(project("blob")))
    url = lock.archive_url("blob-v1.tar.gz", data)
    lock.direct("blob", Archive(url=url, size=len(data), sha256=sha256_of(data)), IN_TREE)
    expression = f"({standalone(lock.write())}).artifacts"
    wanted = files(lock.model(), ())
    assert {file.name for file in wanted} == {"blob", "chart", "weather"}
    for file in wanted:
        path = nix.evaluate(f"({expression}).{file.name}.outPath")
        assert flat_file_path(file.store_name, file.sha256, nix.environment["NIX_STORE_DIR"]) == path


@pytest.mark.parametrize("private", [False, True], ids=["http", "file"])
def test_commits_are_looked_for_where_nix_puts_them(
    nix: Nix, lock: LockMaker, tmp_path: Path, *, private: bool
) -> None:
    repository = tmp_path / "notes"
    repository.mkdir()
    commit(repository, with_backend(project("notes")))
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(repository), str(clone))
    (clone / ".git").rename(tmp_path / "git")
    # Over http nothing is fetched before it is built, so nobody needs to serve it.
    url = f"file://{repository}" if private else "http://127.0.0.1:9/notes.git"
    source = Vcs(url=url, commit_id=git(repository, "rev-parse", "HEAD"))
    lock.direct("notes", source, IN_TREE, nar_hash=nar_hash(clone))
    path = nix.evaluate(f"let tree = ({standalone(lock.write())}).artifacts.notes; in tree.outPath or tree")
    (tree,) = trees(lock.model(), ())
    name = "source" if private else tree_artifact(tree.owners[0], tree.source)
    assert tree_path(name, tree.nar_hash, nix.environment["NIX_STORE_DIR"]) == path
