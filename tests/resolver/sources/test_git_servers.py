"""Repositories come over smart HTTP and ssh as they do from files, with the user's own credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lock.errors import WorldError
from resolver.manifest.model import GitSource
from tests.resolver.sources.repositories import Repository, content
from tests.servers.git_servers import GitHttpServer, GitSshServer, sshd

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from resolver.sources.git import GitSources


@pytest.fixture
def ssh_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitSshServer]:
    program = sshd()
    if program is None:
        pytest.skip("there is no sshd: install openssh-server")
    with GitSshServer(tmp_path / "ssh", program) as server:
        monkeypatch.setenv("GIT_SSH_COMMAND", server.command)
        yield server


def test_a_tag_comes_over_smart_http(repository: Repository, sources: GitSources, tmp_path: Path) -> None:
    commit = repository.commit({"a": "1"})
    repository.git("tag", "-a", "-m", "x", "v1")
    repository.commit({"a": "2"})
    with GitHttpServer(tmp_path / "served") as server:
        source = GitSource(url=server.url("plugin.git"), tag="v1")
        assert sources.commit(source) == commit
        tree = sources.tree(source, commit)
    assert content(tree.path) == {"a": b"1"}
    assert any(path.endswith("/git-upload-pack") for path in server.requests)
    assert tree.nar_hash == sources.tree(GitSource(url=repository.url, tag="v1"), commit).nar_hash


def test_an_older_commit_comes_over_smart_http(repository: Repository, sources: GitSources, tmp_path: Path) -> None:
    commit = repository.commit({"a": "1"})
    repository.commit({"a": "2"})
    with GitHttpServer(tmp_path / "served") as server:
        source = GitSource(url=server.url("plugin.git"), revision=commit)
        assert content(sources.tree(source, commit).path) == {"a": b"1"}


def test_credentials_come_from_netrc(
    repository: Repository, sources: GitSources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = repository.commit({"a": "1"})
    home = tmp_path / "home"
    home.mkdir()
    (home / ".netrc").write_text("machine 127.0.0.1 login alice password hunter2\n")
    (home / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(home))
    with GitHttpServer(tmp_path / "served", login=("alice", "hunter2")) as server:
        source = GitSource(url=server.url("plugin.git"))
        assert sources.commit(source) == commit
        assert content(sources.tree(source, commit).path) == {"a": b"1"}


def test_nobody_is_asked_for_a_password(
    repository: Repository, sources: GitSources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with (
        GitHttpServer(tmp_path / "served", login=("alice", "hunter2")) as server,
        pytest.raises(WorldError) as raised,
    ):
        sources.commit(GitSource(url=server.url("plugin.git")))
    assert "terminal prompts disabled" in str(raised.value)


@pytest.mark.parametrize("target", ["file:///", "ftp://127.0.0.1/", "https://127.0.0.1:1/"])
def test_a_redirect_to_another_transport_is_refused(
    repository: Repository, sources: GitSources, tmp_path: Path, target: str
) -> None:
    repository.commit()
    with GitHttpServer(tmp_path / "served") as server:
        server.redirects["/plugin.git/"] = target
        with pytest.raises(WorldError) as raised:
            sources.commit(GitSource(url=server.url("plugin.git")))
    assert "git could not read" in str(raised.value)
    assert "Failed to connect" not in str(raised.value)


def test_a_branch_comes_over_ssh(repository: Repository, sources: GitSources, ssh_server: GitSshServer) -> None:
    first = repository.commit({"a": "1"})
    second = repository.commit({"a": "2"})
    source = GitSource(url=ssh_server.url(repository.folder), branch="main")
    assert sources.commit(source) == second
    assert content(sources.tree(source, second).path) == {"a": b"2"}
    assert content(sources.tree(source, first).path) == {"a": b"1"}


def test_an_ssh_server_that_lets_nobody_in_is_the_worlds_fault(
    repository: Repository, sources: GitSources, ssh_server: GitSshServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit()
    monkeypatch.setenv("GIT_SSH_COMMAND", f"{ssh_server.command} -o UserKnownHostsFile=/dev/null")
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with pytest.raises(WorldError) as raised:
        sources.commit(GitSource(url=ssh_server.url(repository.folder).replace("127.0.0.1", "localhost")))
    assert raised.value.problems[0].code == "git-failed"
