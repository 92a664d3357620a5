"""The tree of a commit is what a clone gives, and is taken only where the repository vouches for the commit."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from lock.errors import InputError, WorldError
from lock.nar import nar_hash
from resolver import git_commands
from resolver.git_commands import Git
from resolver.manifest.model import GitSource
from resolver.sources import git_checkout
from resolver.sources.errors import SourceError
from resolver.sources.git import GitSources, pinned
from tests.resolver.sources.repositories import SETTINGS, Repository, content
from tests.servers.git_servers import GitHttpServer

if TYPE_CHECKING:
    from pathlib import Path

POINTER = (
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
)


def cloned(repository: Repository, folder: Path) -> dict[str, object]:
    """Clone as a user without settings does, and take .git away."""
    subprocess.run(["git", "clone", "--quiet", repository.url, str(folder)], env={**os.environ, **SETTINGS}, check=True)
    shutil.rmtree(folder / ".git")
    return content(folder)


def refusal(sources: GitSources, source: GitSource, commit: str) -> str:
    with pytest.raises(SourceError) as raised:
        sources.tree(source, commit)
    return str(raised.value)


# -- what is in the tree -----------------------------------------------------------------------------------------


def test_a_tree_is_what_a_clone_gives_without_git(repository: Repository, sources: GitSources, tmp_path: Path) -> None:
    script = repository.folder / "bin" / "run"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    (repository.folder / "link").symlink_to("bin/run")
    (repository.folder / "away").symlink_to("/nowhere/at/all")
    commit = repository.commit({"a b\tä": "odd", "deep/er/file": b"\x00\xff\r\n", ".hidden": "h"})
    tree = sources.tree(GitSource(url=repository.url), commit)
    assert content(tree.path) == cloned(repository, tmp_path / "clone")
    assert content(tree.path)["bin/run"] == (b"#!/bin/sh\n", True)
    assert tree.nar_hash == nar_hash(tmp_path / "clone")


@pytest.mark.nix
@pytest.mark.skipif(shutil.which("nix") is None, reason="there is no Nix")
def test_the_hash_of_a_tree_is_the_one_nix_gives(repository: Repository, sources: GitSources) -> None:
    (repository.folder / "link").symlink_to("a")
    tree = sources.tree(GitSource(url=repository.url), repository.commit({"a": "1", "b/c": "2"}))
    command = ["nix", "--extra-experimental-features", "nix-command", "hash", "path", str(tree.path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert tree.nar_hash == done.stdout.strip()


def test_exporting_attributes_have_no_effect(repository: Repository, sources: GitSources) -> None:
    commit = repository.commit(
        {".gitattributes": "secret export-ignore\nstamp export-subst\n", "secret": "s", "stamp": "$Format:%H$"}
    )
    tree = sources.tree(GitSource(url=repository.url), commit)
    assert content(tree.path)["secret"] == b"s"
    assert content(tree.path)["stamp"] == b"$Format:%H$"


def test_attributes_that_change_nothing_are_no_reason_to_refuse(repository: Repository, sources: GitSources) -> None:
    attributes = "* text=auto\n*.py text eol=lf\n*.png binary\n*.bin filter=lfs diff=lfs -text\n"
    commit = repository.commit({".gitattributes": attributes, "a.py": "a\n", "x.png": b"\r\n", "x.bin": "plain"})
    assert content(sources.tree(GitSource(url=repository.url), commit).path)["a.py"] == b"a\n"


@pytest.mark.parametrize(
    ("attributes", "name", "stored", "checked_out"),
    [
        ("*.bat text eol=crlf", "sub/run.bat", b"a\nb\n", b"a\r\nb\r\n"),
        ("*.py ident", "a.py", b"# $Id$\n", b"# $Id: "),
        ("*.txt text working-tree-encoding=UTF-16LE", "a.txt", "ä\n".encode("utf-16-le"), "ä\n".encode("utf-16-le")),
    ],
)
def test_attributes_that_change_a_file_are_heeded_where_nix_heeds_them_and_refused_elsewhere(
    repository: Repository,
    sources: GitSources,
    tmp_path: Path,
    attributes: str,
    name: str,
    stored: bytes,
    checked_out: bytes,
) -> None:
    commit = repository.commit({".gitattributes": attributes, name: stored})
    message = refusal(sources, GitSource(url=repository.url), commit)
    assert message == (
        f"{repository.url}@{commit[:12]}: .gitattributes (text, eol, crlf, ident, working-tree-encoding) makes a "
        f"checkout change '{name}', and Nix's fetchGit does not\n"
        "  help: use the https address of the repository, or ask its maintainers to store the files as meant"
    )
    with GitHttpServer(tmp_path / "served") as server:
        tree = sources.tree(GitSource(url=server.url("plugin.git")), commit)
    found = content(tree.path)
    assert found == cloned(repository, tmp_path / "clone")
    assert bytes(found[name]).startswith(checked_out)


@pytest.mark.attack(19)
def test_filters_and_hooks_of_the_user_are_not_run(
    repository: Repository, sources: GitSources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = tmp_path / "canary"
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for hook in ("post-checkout", "reference-transaction", "post-index-change"):
        (hooks / hook).write_text(f"#!/bin/sh\ntouch {canary}\n")
        (hooks / hook).chmod(0o755)
    settings = tmp_path / "gitconfig"
    settings.write_text(
        f'[filter "x"]\n\tsmudge = touch {canary}\n[core]\n\thooksPath = {hooks}\n\tautocrlf = true\n'
        f"\tfsmonitor = touch {canary}\n\tattributesFile = {tmp_path}/attributes\n"
    )
    (tmp_path / "attributes").write_text("* text eol=crlf\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_ATTR_SOURCE", "HEAD")
    monkeypatch.setenv("HOME", str(tmp_path))
    commit = repository.commit({".gitattributes": "a filter=x\n", "a": "1\n"})
    assert content(sources.tree(GitSource(url=repository.url), commit).path)["a"] == b"1\n"
    assert not canary.exists()


def test_a_pointer_of_git_lfs_is_refused_by_name(repository: Repository, sources: GitSources) -> None:
    commit = repository.commit({"plugin/model.bin": POINTER, "other/a": "1"})
    assert refusal(sources, GitSource(url=repository.url, subdirectory="plugin"), commit) == (
        f"{repository.url}@{commit[:12]}: 'plugin/model.bin' is kept with git-lfs: the repository holds a pointer "
        "instead of the file\n"
        "  help: name a release archive with the files in it by url, or another subdirectory"
    )
    assert refusal(sources, GitSource(url=repository.url), commit)
    tree = sources.tree(GitSource(url=repository.url, subdirectory="other"), commit)
    assert content(tree.folder("other")) == {"a": b"1"}


def test_a_subdirectory_that_is_not_there_is_refused_with_the_nearest(
    repository: Repository, sources: GitSources
) -> None:
    (repository.folder / "out").symlink_to("..")
    commit = repository.commit({"plugins/weather/plugin.yaml": "", "file": ""})
    for wrong, help_ in (
        ("plugins/wether", "did you mean 'plugins/weather'?"),
        ("file", "correct `subdirectory`; it is relative to the root"),
        ("out", "correct `subdirectory`; it is relative to the root"),
    ):
        with pytest.raises(InputError) as raised:
            sources.tree(GitSource(url=repository.url, subdirectory=wrong), commit)
        assert str(raised.value) == (
            f"{repository.url}@{commit[:12]}: there is no folder '{wrong}' in it\n  help: {help_}"
        )


@pytest.mark.parametrize(
    ("limit", "value", "message"),
    [
        ("MAX_ENTRIES", 1, "the commit has 2 files, more than the limit of 1"),
        ("MAX_BYTES", 3, "the commit has 4 bytes, more than the limit of 3"),
        ("MAX_PATH", 2, "the commit has 3 characters in a path, more than the limit of 2"),
        ("MAX_DEPTH", 0, "the commit has 1 folders in a path, more than the limit of 0"),
    ],
)
def test_a_commit_that_is_too_large_is_refused_before_it_is_checked_out(
    repository: Repository,
    sources: GitSources,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    value: int,
    message: str,
) -> None:
    monkeypatch.setattr(git_checkout, limit, value)
    assert message in refusal(sources, GitSource(url=repository.url), repository.commit({"a": "12", "b/c": "34"}))


def made_tree(repository: Repository, listing: str) -> str:
    done = subprocess.run(
        ["git", "mktree"], cwd=repository.folder, input=listing, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_path_into_git_is_not_written(repository: Repository, sources: GitSources) -> None:
    repository.commit({"a": "#!/bin/sh\n"})
    blob = repository.git("rev-parse", "HEAD:a")
    inner = made_tree(repository, f"100755 blob {blob}\tpost-checkout\n")
    outer = made_tree(repository, f"040000 tree {inner}\t.git\n")
    commit = repository.git("commit-tree", "-m", "evil", outer)
    repository.git("update-ref", "refs/heads/evil", commit)
    assert "it holds a path that git does not write" in refusal(
        sources, GitSource(url=repository.url, branch="evil"), commit
    )


# -- which commits are taken -------------------------------------------------------------------------------------


def test_a_commit_of_the_history_is_taken_by_branch_and_as_it_is(repository: Repository, sources: GitSources) -> None:
    first = repository.commit({"a": "1"})
    repository.commit({"a": "2"})
    repository.commit({"a": "3"})
    for source in (
        GitSource(url=repository.url),
        GitSource(url=repository.url, branch="main"),
        GitSource(url=repository.url, revision=first),
    ):
        assert content(sources.tree(source, first).path) == {"a": b"1"}


@pytest.mark.parametrize("ref", ["refs/pull/1/head", "refs/stash", None])
@pytest.mark.attack(7)
def test_a_commit_that_only_a_fork_has_is_refused(
    repository: Repository, sources: GitSources, tmp_path: Path, ref: str | None
) -> None:
    """A forge keeps the commits of forks in one store, and gives them out under the address of the original."""
    repository.commit({"a": "1"})
    tree = repository.git("rev-parse", "HEAD^{tree}")
    fork = repository.git("commit-tree", "-p", "HEAD", "-m", "theirs", tree)
    if ref is not None:
        repository.git("update-ref", ref, fork)
    asked = GitSource(url=repository.url, revision=fork)
    expected = (
        f"{repository.url}: the commit {fork} is not reachable from any of its branches and tags\n"
        "  help: do not trust it: servers give out the commits of forks under this address; name a commit of a "
        "branch or tag of this repository, or the fork itself"
    )
    assert refusal(sources, asked, fork) == expected
    with GitHttpServer(tmp_path / "served") as server:
        url = server.url("plugin.git")
        assert refusal(sources, GitSource(url=url, revision=fork), fork) == expected.replace(repository.url, url)


@pytest.mark.attack(7)
def test_a_commit_that_another_repository_brought_into_the_cache_is_refused(
    repository: Repository, sources: GitSources, tmp_path: Path
) -> None:
    repository.commit({"a": "1"})
    fork = Repository(tmp_path / "fork")
    fork.git("pull", "--quiet", repository.url, "main")
    theirs = fork.commit({"a": "theirs"})
    sources.tree(GitSource(url=fork.url, revision=theirs), theirs)
    assert f"the repository has no commit {theirs}" in refusal(
        sources, GitSource(url=repository.url, revision=theirs), theirs
    )


def test_a_commit_of_another_branch_is_not_one_of_the_branch_asked_for(
    repository: Repository, sources: GitSources
) -> None:
    repository.commit({"a": "1"})
    repository.git("checkout", "--quiet", "-b", "other")
    other = repository.commit({"a": "2"})
    repository.git("checkout", "--quiet", "main")
    message = refusal(sources, GitSource(url=repository.url, branch="main"), other)
    assert f"the commit {other} is not reachable from the branch it is asked by\n" in message
    assert "not reachable from its default branch\n" in refusal(sources, GitSource(url=repository.url), other)
    assert sources.tree(GitSource(url=repository.url, revision=other), other).nar_hash


def test_a_commit_that_vanished_is_told(repository: Repository, sources: GitSources) -> None:
    repository.commit({"a": "1"})
    assert refusal(sources, GitSource(url=repository.url, revision="1" * 40), "1" * 40) == (
        f"{repository.url}: the repository has no commit {'1' * 40}\n"
        "  help: correct it, or name a tag or branch; if it was there before, the history was rewritten"
    )


def test_a_locked_commit_whose_tag_moved_can_still_be_had(repository: Repository, sources: GitSources) -> None:
    first = repository.commit({"a": "1"})
    repository.git("tag", "v1")
    repository.commit({"a": "2"})
    repository.git("checkout", "--quiet", "--orphan", "new")
    repository.commit({"b": "3"})
    repository.git("tag", "-f", "v1")
    source = GitSource(url=repository.url, tag="v1")
    assert "is not reachable from the tag it is asked by" in refusal(sources, source, first)
    assert content(sources.tree(pinned(source, first), first).path) == {"a": b"1"}


def test_a_local_repository_sends_commits_and_no_files_to_vouch_for_one(
    repository: Repository, sources: GitSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = repository.commit({"a": "1"})
    repository.commit({"a": "2"})
    run = Git.run
    sent: list[str] = []

    def watched(git: Git, *arguments: str, **options: Any) -> bytes:
        out = run(git, *arguments, **options)
        if "--filter=tree:0" in arguments:
            sent.extend(run(git, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)").decode().split())
        return out

    monkeypatch.setattr(Git, "run", watched)
    sources.tree(GitSource(url=repository.url, revision=first), first)
    assert sent == ["commit", "commit"]


@pytest.mark.parametrize(("named", "what"), [("HEAD^{tree}", "folder (git calls it a tree)"), ("HEAD:a", "file (git")])
@pytest.mark.parametrize("annotation", [(), ("-a", "-m", "a tag")])
def test_a_tag_of_something_else_than_a_commit_is_told(
    repository: Repository, sources: GitSources, named: str, what: str, annotation: tuple[str, ...]
) -> None:
    repository.commit({"a": "1"})
    repository.git("tag", *annotation, "odd", repository.git("rev-parse", named))
    source = GitSource(url=repository.url, tag="odd")
    with pytest.raises(InputError, match="refs/tags/odd names no commit but a ") as raised:
        sources.tree(source, sources.commit(source))
    assert what in str(raised.value)


@pytest.mark.parametrize("kind", ["branch", "tag"])
@pytest.mark.attack(8)
def test_a_branch_or_tag_named_like_a_commit_is_not_taken_for_it(
    repository: Repository, sources: GitSources, kind: str
) -> None:
    first = repository.commit({"a": "good"})
    second = repository.commit({"a": "evil"})
    repository.git("update-ref", f"refs/{'heads' if kind == 'branch' else 'tags'}/{first}", second)
    with pytest.raises(InputError) as raised:
        sources.tree(GitSource(url=repository.url, revision=first), first)
    assert str(raised.value) == (
        f"{repository.url}: the repository has a {kind} that is called like the commit {first}\n"
        "  help: do not trust this repository; whoever named it so meant to mislead"
    )


@pytest.mark.parametrize("commit", ["main", "0123456", "HEAD"])
@pytest.mark.attack(8)
def test_only_a_full_commit_has_a_tree(repository: Repository, sources: GitSources, commit: str) -> None:
    repository.commit()
    with pytest.raises(InputError, match="is not a full commit"):
        sources.tree(GitSource(url=repository.url, branch="main"), commit)


def test_a_server_that_gives_no_single_commits_is_asked_for_everything(
    repository: Repository, sources: GitSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = repository.commit({"a": "1"})
    repository.commit({"a": "2"})
    monkeypatch.setattr(git_commands, "SETTINGS", (*git_commands.SETTINGS, "protocol.version=0"))
    source = GitSource(url=repository.url, revision=first)
    assert content(sources.tree(source, first).path) == {"a": b"1"}
    tree = repository.git("rev-parse", "HEAD^{tree}")
    fork = repository.git("commit-tree", "-p", "HEAD", "-m", "theirs", tree)
    assert f"the repository has no commit {fork}" in refusal(sources, pinned(source, fork), fork)


# -- the cache ---------------------------------------------------------------------------------------------------


def test_a_tree_in_the_cache_needs_the_repository_no_more(
    repository: Repository, sources: GitSources, tmp_path: Path
) -> None:
    commit = repository.commit({"a": "1"})
    source = GitSource(url=repository.url, branch="main")
    tree = sources.tree(source, commit)
    (tmp_path / "served").rename(tmp_path / "gone")
    assert sources.tree(source, commit) == tree
    with pytest.raises(WorldError):
        sources.tree(pinned(source, commit), commit)
    assert not [path for path in (tmp_path / "cache" / "trees-1").iterdir() if path.name.startswith("making-")]


def test_a_tree_in_the_cache_that_was_changed_is_made_anew(repository: Repository, sources: GitSources) -> None:
    commit = repository.commit({"a": "1"})
    source = GitSource(url=repository.url, branch="main")
    tree = sources.tree(source, commit)
    (tree.path / "a").write_text("tampered")
    assert sources.tree(source, commit) == tree
    assert content(tree.path) == {"a": b"1"}


def test_no_secret_of_the_environment_is_in_an_error(
    tmp_path: Path, sources: GitSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".netrc").write_text("machine 127.0.0.1 login alice password wrong-hunter2\n")
    (home / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(home))
    with GitHttpServer(tmp_path, login=("alice", "right-hunter2")) as server, pytest.raises(WorldError) as raised:
        sources.commit(GitSource(url=server.url("x.git")))
    assert "hunter2" not in repr(raised.value.problems)
    assert raised.value.problems[0].code == "git-failed"
