"""Submodules are fetched where they are asked for, by the rules that hold for plugins.toml itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from resolver.manifest.model import GitSource
from resolver.sources import submodules
from resolver.sources.errors import SourceError
from tests.resolver.sources.repositories import SETTINGS, Repository, content
from tests.servers.git_servers import GitHttpServer

if TYPE_CHECKING:
    from pathlib import Path

    from resolver.sources.git import GitSources


def modules(path: str, url: str, more: str = "") -> str:
    return f'[submodule "x"]\n\tpath = {path}\n\turl = {url}\n{more}'


@pytest.fixture
def library(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "served" / "library.git")


def with_submodule(repository: Repository, library: Repository, url: str, more: str = "") -> str:
    commit = library.git("rev-parse", "HEAD")
    (repository.folder / ".gitmodules").write_text(modules("vendor/lib", url, more))
    (repository.folder / "a").write_text("1")
    repository.git("add", "a", ".gitmodules")
    repository.add_gitlink("vendor/lib", commit)
    repository.git("commit", "--quiet", "-m", "with a submodule")
    return repository.git("rev-parse", "HEAD")


def refusal(sources: GitSources, source: GitSource, commit: str) -> str:
    with pytest.raises(SourceError) as raised:
        sources.tree(source, commit)
    return raised.value.problems[0].message


def test_a_submodule_not_asked_for_is_an_empty_folder_and_a_warning(
    repository: Repository, library: Repository, sources: GitSources
) -> None:
    library.commit({"b": "2"})
    commit = with_submodule(repository, library, "../library.git")
    source = GitSource(url=repository.url)
    tree = sources.tree(source, commit)
    assert content(tree.path)["vendor/lib"] is None
    (problem,) = sources.missing_submodules(source, tree)
    assert problem.message == "'vendor/lib' is a submodule, and an empty folder as long as it is not asked for"
    assert problem.remedy == "write submodules = true where the plugin needs it"


def test_submodules_are_fetched_recursively_as_git_does(
    repository: Repository, library: Repository, sources: GitSources, tmp_path: Path
) -> None:
    deepest = Repository(tmp_path / "served" / "deep.git")
    deepest.commit({"c": "3"})
    (library.folder / ".gitmodules").write_text(modules("in", "./../deep.git"))
    library.git("add", ".gitmodules")
    library.add_gitlink("in", deepest.git("rev-parse", "HEAD"))
    library.git("commit", "--quiet", "-m", "x")
    commit = with_submodule(repository, library, "../library.git")
    source = GitSource(url=repository.url, submodules=True)
    tree = sources.tree(source, commit)
    assert content(tree.path)["vendor/lib/in/c"] == b"3"
    assert sources.missing_submodules(source, tree) == ()
    clone = tmp_path / "clone"
    allowed = ["-c", "protocol.file.allow=always"]
    subprocess.run(
        ["git", *allowed, "clone", "--quiet", "--recurse-submodules", repository.url, str(clone)],
        env={**os.environ, **SETTINGS},
        check=True,
        capture_output=True,
    )
    for path in sorted(clone.rglob(".git")):
        if path.is_dir():
            shutil.rmtree(path)
        elif path.exists():
            path.unlink()
    assert content(tree.path) == content(clone)


def test_a_submodule_from_the_network_must_not_name_this_machines_files(
    repository: Repository, library: Repository, sources: GitSources, tmp_path: Path
) -> None:
    library.commit({"b": "2"})
    commit = with_submodule(repository, library, library.url)
    with GitHttpServer(tmp_path / "served") as server:
        source = GitSource(url=server.url("plugin.git"), submodules=True)
        assert refusal(sources, source, commit) == (
            "its submodule 'vendor/lib' has a file address, in a repository that comes over http"
        )
        commit = with_submodule(repository, library, "../library.git")
        assert content(sources.tree(source, commit).path)["vendor/lib/b"] == b"2"


@pytest.mark.parametrize(
    ("url", "more", "message"),
    [
        ("ext::sh -c true", "", "has an address that cannot be used: "),
        ("https://alice:hunter2@host.example/x", "", "has an address that cannot be used: the URL holds a user name"),
        ("--upload-pack=touch", "", "has an address that cannot be used: "),
        ("../../../../../../../../../../../x", "", "has an address that cannot be used: "),
        ("../library.git", "\tupdate = none\n", "is not to be checked out (update = 'none')"),
        ("../library.git", "\tupdate = !touch x\n", "is not to be checked out (update = '!touch x')"),
        ("", "", "has an address that cannot be used: "),
    ],
)
def test_a_submodule_that_git_would_not_fetch_so_is_refused_by_name(
    repository: Repository, library: Repository, sources: GitSources, url: str, more: str, message: str
) -> None:
    library.commit({"b": "2"})
    commit = with_submodule(repository, library, url, more)
    said = refusal(sources, GitSource(url=repository.url, submodules=True), commit)
    assert said.startswith(f"its submodule 'vendor/lib' {message}")
    assert "hunter2" not in said


def test_a_submodule_without_an_address_is_refused(repository: Repository, sources: GitSources) -> None:
    head = repository.commit({".gitmodules": "", "a": "1"})
    repository.add_gitlink("lib", head)
    repository.git("commit", "--quiet", "-m", "x")
    commit = repository.git("rev-parse", "HEAD")
    source = GitSource(url=repository.url, submodules=True)
    assert refusal(sources, source, commit) == "its submodule 'lib' has no address in .gitmodules"


def test_the_commit_of_a_submodule_must_be_on_a_branch_of_its_repository(
    repository: Repository, library: Repository, sources: GitSources
) -> None:
    library.commit({"b": "2"})
    library.commit({"b": "3"})
    commit = with_submodule(repository, library, "../library.git")
    library.git("reset", "--quiet", "--hard", "HEAD~1")
    message = refusal(sources, GitSource(url=repository.url, submodules=True), commit)
    assert "is not reachable from any of its branches and tags" in message


def test_submodules_nested_too_deeply_are_refused(
    repository: Repository, library: Repository, sources: GitSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submodules, "MAX_DEPTH", 0)
    library.commit()
    commit = with_submodule(repository, library, "../library.git")
    message = refusal(sources, GitSource(url=repository.url, submodules=True), commit)
    assert message == "its submodules are nested more than 0 deep"


@pytest.mark.parametrize(
    ("url", "parent", "expected"),
    [
        ("../lib.git", "https://host.example/user/plugin.git", "https://host.example/user/lib.git"),
        ("../../other/lib", "https://host.example/user/plugin/", "https://host.example/other/lib"),
        ("./lib", "https://host.example/user/plugin", "https://host.example/user/plugin/lib"),
        ("../lib", "git@host.example:user/plugin", "git@host.example:user/lib"),
        ("../../lib", "ssh://git@host.example/user/plugin", "ssh://git@host.example/lib"),
        ("../lib", "file:///srv/git/plugin", "file:///srv/git/lib"),
        ("../../../lib", "https://host.example/user/plugin", ""),
        ("https://else.example/lib", "https://host.example/user/plugin", "https://else.example/lib"),
    ],
)
def test_a_relative_address_starts_from_the_repositorys_own(url: str, parent: str, expected: str) -> None:
    assert submodules.resolved(url, parent) == expected
