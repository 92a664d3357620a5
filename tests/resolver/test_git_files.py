"""Files are read from a repository at an exact commit, with git as it comes and nothing of the user's settings."""

from __future__ import annotations

import os
import subprocess

import pytest

from lock.errors import InputError, WorldError
from resolver import git_commands, git_files
from resolver.git_files import open_commit

SETTINGS = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z",
}


def git(folder, *arguments):
    environment = {**os.environ, **SETTINGS}
    done = subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path):
    """A repository whose first commit is no longer a tip."""
    folder = tmp_path / "host.git"
    (folder / "locks").mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "locks" / "uv.lock").write_bytes(b"first\r\n")
    (folder / "link").symlink_to("locks/uv.lock")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    (folder / "locks" / "uv.lock").write_text("second\n")
    git(folder, "commit", "--quiet", "-am", "second")
    return folder


def url(repository):
    return f"file://{repository}"


def test_a_file_is_read_as_the_commit_has_it(repository):
    with open_commit(url(repository), git(repository, "rev-parse", "HEAD~1")) as commit:
        assert commit.read("locks/uv.lock") == b"first\r\n"
    with open_commit(url(repository), git(repository, "rev-parse", "HEAD")) as commit:
        assert commit.read("locks/uv.lock") == b"second\n"


def test_a_server_that_gives_no_single_commits_is_asked_for_everything(repository, monkeypatch):
    first = git(repository, "rev-parse", "HEAD~1")
    git(repository, "config", "uploadpack.allowAnySHA1InWant", "false")
    # Version 0 of the protocol lets a server refuse a commit that is no tip; later ones always give it.
    monkeypatch.setattr(git_commands, "SETTINGS", (*git_commands.SETTINGS, "protocol.version=0"))
    with open_commit(url(repository), first) as commit:
        assert commit.read("locks/uv.lock") == b"first\r\n"


def test_a_path_that_is_not_there_gives_none(repository):
    with open_commit(url(repository), git(repository, "rev-parse", "HEAD")) as commit:
        assert commit.read("uv.lock") is None
        assert commit.read("link/uv.lock") is None
        assert commit.read("locks/*") is None
        assert commit.read(":(top)locks/uv.lock") is None


@pytest.mark.parametrize(("path", "what"), [("link", "a symbolic link"), ("locks", "a directory")])
def test_only_a_regular_file_is_read(repository, path, what):
    head = git(repository, "rev-parse", "HEAD")
    with open_commit(url(repository), head) as commit, pytest.raises(InputError) as caught:
        commit.read(path)
    problem = caught.value.problems[0]
    assert problem.message == f"{path} is {what}"
    assert problem.path == f"{url(repository)}@{head[:12]}:{path}"


def test_a_submodule_is_no_file(repository):
    head = git(repository, "rev-parse", "HEAD")
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{head},sub")
    git(repository, "commit", "--quiet", "-m", "submodule")
    with (
        open_commit(url(repository), git(repository, "rev-parse", "HEAD")) as commit,
        pytest.raises(InputError, match="sub is a submodule"),
    ):
        commit.read("sub")


def test_a_file_that_is_too_large_is_refused(repository, monkeypatch):
    monkeypatch.setattr(git_files, "MAX_BYTES", 3)
    with (
        open_commit(url(repository), git(repository, "rev-parse", "HEAD")) as commit,
        pytest.raises(InputError, match="larger than 3 bytes"),
    ):
        commit.read("locks/uv.lock")


def test_a_commit_the_repository_does_not_have_is_refused(repository):
    with pytest.raises(InputError) as caught, open_commit(url(repository), "1" * 40):
        pass
    assert caught.value.problems[0].code == "git-commit"
    assert "has no commit 1111" in str(caught.value)


@pytest.mark.parametrize("commit", ["main", "HEAD", "1" * 39, "A" * 40, "--upload-pack=x", ""])
def test_only_a_full_commit_is_taken(repository, commit):
    with pytest.raises(InputError, match="40 \\(or 64\\)"), open_commit(url(repository), commit):
        pass


def test_a_tree_is_no_commit(repository):
    tree = git(repository, "rev-parse", "HEAD^{tree}")
    with pytest.raises((InputError, WorldError)), open_commit(url(repository), tree):
        pass


def test_a_repository_of_sha_256_is_read(tmp_path):
    git(tmp_path, "init", "--quiet", "--object-format=sha256", "--initial-branch=main")
    (tmp_path / "uv.lock").write_text("long\n")
    git(tmp_path, "add", "uv.lock")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    head = git(tmp_path, "rev-parse", "HEAD")
    assert len(head) == 64
    with open_commit(url(tmp_path), head) as commit:
        assert commit.read("uv.lock") == b"long\n"


def test_a_repository_that_cannot_be_reached_is_the_worlds_fault(tmp_path):
    with pytest.raises(WorldError) as caught, open_commit(f"file://{tmp_path}/gone", "1" * 40):
        pass
    problem = caught.value.problems[0]
    assert problem.code == "git-failed"
    assert "does not appear to be a git repository" in problem.message
    assert problem.remedy


@pytest.mark.parametrize("address", ["ext::sh -c true", "git://git.example/a", "ftp://git.example/a"])
def test_other_transports_are_refused_by_git_itself(address):
    with pytest.raises(WorldError, match="not allowed"), open_commit(address, "1" * 40):
        pass


def test_the_users_settings_and_hooks_are_not_looked_at(repository, tmp_path, monkeypatch):
    settings = tmp_path / "gitconfig"
    settings.write_text(f'[url "file://{tmp_path}/elsewhere/"]\n\tinsteadOf = file://\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "not-here"))
    with open_commit(url(repository), git_head(repository)) as commit:
        assert commit.read("locks/uv.lock") == b"second\n"


def git_head(repository):
    return (repository / ".git" / "refs" / "heads" / "main").read_text().strip()


def test_a_cached_commit_needs_the_repository_no_more(repository, tmp_path):
    head, address, cache = git_head(repository), url(repository), tmp_path / "cache"
    with open_commit(address, head, cache=cache) as commit:
        assert commit.read("locks/uv.lock") == b"second\n"
    repository.rename(tmp_path / "moved")
    with open_commit(address, head, cache=cache) as commit:
        assert commit.read("locks/uv.lock") == b"second\n"
    assert [path.suffix for path in cache.iterdir()] == [".git"]


def test_a_failed_fetch_leaves_nothing_in_the_cache(tmp_path):
    with pytest.raises(WorldError), open_commit(f"file://{tmp_path}/gone", "1" * 40, cache=tmp_path / "cache"):
        pass
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_copy_that_another_process_put_there_first_is_used(tmp_path):
    mine, theirs = tmp_path / "mine", tmp_path / "place"
    mine.mkdir()
    theirs.mkdir()
    (theirs / "config").write_text("theirs")
    git_files._move(mine, theirs)
    assert (theirs / "config").read_text() == "theirs"


def test_a_machine_without_git_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WorldError, match="git is not installed"), open_commit("file:///x", "1" * 40):
        pass


def test_a_git_that_does_not_answer_is_given_up(repository):
    with pytest.raises(WorldError, match="did not answer"), open_commit(url(repository), "1" * 40, timeout=0.0):
        pass
