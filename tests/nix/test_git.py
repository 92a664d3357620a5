"""Packages and plugin folders from git: over http in the sandbox, over ssh and from this machine at evaluation."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lock.model import Vcs
from lock.nar import nar_hash
from tests.nix.machine import DISTRIBUTION_PYTHON, Nix, standalone, write_flake
from tests.nix.sources import IN_TREE, commit, git, project, with_backend
from tests.servers.git_servers import GitHttpServer, GitSshServer, sshd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.nix.locks import LockMaker

pytestmark = pytest.mark.nix


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a package, a link, a program, and attributes that archives heed and checkouts do not."""
    folder = tmp_path / "work/notes"
    folder.mkdir(parents=True)
    files = {
        **with_backend(project("notes")),
        "run": "#!/bin/sh\n",
        "lines.txt": "one\ntwo\n",
        "kept.txt": str(tmp_path),
        ".gitattributes": "lines.txt text eol=crlf\nkept.txt export-ignore\n",
    }
    (folder / "link").symlink_to("notes.py")
    commit(folder, files, executable=("run",))
    return folder


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHttpServer]:
    """Bare repositories over http."""
    root = tmp_path / "served"
    root.mkdir()
    with GitHttpServer(root) as running:
        yield running


def checkout(repository: Path, tmp_path: Path, *options: str) -> str:
    """Return the hash of a clone without `.git`."""
    folder = tmp_path / f"clone-{len(list(tmp_path.iterdir()))}"
    git(tmp_path, "clone", "--quiet", *options, str(repository), str(folder))
    for inner in sorted(folder.rglob(".git"), reverse=True):
        subprocess.run(["rm", "-rf", str(inner)], check=True)
    return nar_hash(folder)


def serve(repository: Path, server: GitHttpServer) -> str:
    """Serve a repository and return its address."""
    name = f"{repository.name}.git"
    git(server.root, "clone", "--quiet", "--bare", str(repository), name)
    return server.url(name)


def lock_notes(lock: LockMaker, url: str, repository: Path, tmp_path: Path, *, revision: str = "HEAD") -> None:
    """Lock the package of a repository."""
    source = Vcs(url=url, commit_id=git(repository, "rev-parse", revision), requested_revision="main")
    lock.direct("notes", source, IN_TREE, nar_hash=checkout(repository, tmp_path))


def imports_notes(environment: Path, lock: LockMaker) -> bool:
    """Tell whether the package of the tests can be imported."""
    path = {"PYTHONPATH": str(environment / f"lib/python{lock.python}/site-packages")}
    done = subprocess.run([str(DISTRIBUTION_PYTHON), "-c", "import notes"], check=False, env=path)
    return done.returncode == 0


def test_a_package_from_git_over_http_is_fetched_by_its_hash_and_built(
    nix: Nix, lock: LockMaker, repository: Path, server: GitHttpServer, tmp_path: Path
) -> None:
    lock_notes(lock, serve(repository, server), repository, tmp_path)
    library = standalone(lock.write())
    environment, tree = nix.build(f"let built = {library}; in [ built.environment built.artifacts.notes ]")
    assert imports_notes(environment, lock)
    assert sorted(path.name for path in tree.iterdir() if path.name.startswith((".", "k", "l"))) == [
        ".gitattributes",
        "kept.txt",
        "lines.txt",
        "link",
    ]
    assert (tree / "lines.txt").read_bytes() == b"one\r\ntwo\r\n"
    assert (tree / "run").stat().st_mode & 0o111


def test_a_commit_that_no_branch_names_is_fetched_from_a_server_that_gives_only_branches(
    nix: Nix, lock: LockMaker, repository: Path, server: GitHttpServer, tmp_path: Path
) -> None:
    url = serve(repository, server)
    lock_notes(lock, url, repository, tmp_path)
    git(server.root / "notes.git", "config", "uploadpack.allowReachableSHA1InWant", "false")
    commit(repository, {"later.txt": "x"})
    git(repository, "push", "--quiet", str(server.root / "notes.git"), "main")
    done = nix.try_build(f"({standalone(lock.write())}).artifacts.notes")
    assert done.code == 0, done.err


def test_a_commit_that_is_gone_is_an_error_with_a_remedy(
    nix: Nix, lock: LockMaker, repository: Path, server: GitHttpServer, tmp_path: Path
) -> None:
    url = serve(repository, server)
    gone = "0123456789" * 4
    lock.direct("notes", Vcs(url=url, commit_id=gone), IN_TREE, nar_hash=checkout(repository, tmp_path))
    done = nix.try_build(f"({standalone(lock.write())}).artifacts.notes")
    assert done.code != 0
    assert f"{url} no longer has the commit {gone}" in done.err
    assert "plugin-lock update" in done.err


def test_a_tree_that_is_not_the_locks_is_refused_by_name(
    nix: Nix, lock: LockMaker, repository: Path, server: GitHttpServer, tmp_path: Path
) -> None:
    url = serve(repository, server)
    lock_notes(lock, url, repository, tmp_path)
    # What a tool does that changes the commit and forgets the hash.
    newer = commit(repository, {"notes.py": "changed = True\n"})
    git(repository, "push", "--quiet", str(server.root / "notes.git"), "main")
    old = lock.packages[0].source
    assert isinstance(old, Vcs)
    library = standalone(lock.write())
    nix.build(f"({library}).artifacts.notes")
    lock.path.write_text(lock.path.read_text(encoding="utf-8").replace(old.commit_id, newer), encoding="utf-8")
    done = nix.try_build(f"({library}).artifacts.notes")
    assert done.code != 0
    assert "hash mismatch" in done.err
    assert f"notes-{newer}" in done.err


def test_submodules_are_part_of_the_tree_where_they_are_asked_for(
    nix: Nix, lock: LockMaker, repository: Path, server: GitHttpServer, tmp_path: Path
) -> None:
    inner = tmp_path / "work/inner"
    commit(inner, {"inner.txt": str(tmp_path)})
    inner_url = serve(inner, server)
    git(repository, "submodule", "--quiet", "add", inner_url, "vendored")
    git(repository, "commit", "--quiet", "--message", "With a submodule")
    url = serve(repository, server)
    source = Vcs(url=url, commit_id=git(repository, "rev-parse", "HEAD"))
    expected = checkout(repository, tmp_path, "--recurse-submodules")
    lock.direct("notes", source, IN_TREE, nar_hash=expected, submodules=True)
    (tree,) = nix.build(f"({standalone(lock.write())}).artifacts.notes")
    assert (tree / "vendored/inner.txt").exists()
    assert nar_hash(tree) == expected


@pytest.fixture
def plain_repository(tmp_path: Path) -> Path:
    """A repository without attributes, which Nix's own fetcher reads as a checkout has it."""
    folder = tmp_path / "work/notes"
    folder.mkdir(parents=True)
    commit(folder, {**with_backend(project("notes")), "place.txt": str(tmp_path)})
    return folder


def test_a_repository_of_this_machine_is_fetched_at_evaluation(
    nix: Nix, lock: LockMaker, plain_repository: Path, tmp_path: Path
) -> None:
    lock_notes(lock, f"file://{plain_repository}", plain_repository, tmp_path)
    (environment,) = nix.build(f"({standalone(lock.write())}).environment")
    assert imports_notes(environment, lock)


@pytest.fixture
def over_ssh(nix: Nix, tmp_path: Path) -> Nix:
    """A Nix whose git takes this very machine for every ssh host."""
    client = tmp_path / "ssh"
    client.write_text('#!/bin/sh\nfor word; do command=$word; done\nexec sh -c "$command"\n', encoding="utf-8")
    client.chmod(0o755)
    variables = {"GIT_SSH_COMMAND": str(client), "GIT_SSH_VARIANT": "ssh"}
    return Nix(programs=nix.programs, root=nix.root, variables=variables)


@pytest.mark.parametrize("form", ["ssh://git@git.example/{path}", "git@git.example:{path}"])
def test_a_repository_over_ssh_is_fetched_at_evaluation(
    over_ssh: Nix, lock: LockMaker, plain_repository: Path, tmp_path: Path, form: str
) -> None:
    lock_notes(lock, form.format(path=str(plain_repository).removeprefix("/")), plain_repository, tmp_path)
    (environment,) = over_ssh.build(f"({standalone(lock.write())}).environment")
    assert imports_notes(environment, lock)


def test_a_repository_over_ssh_is_fetched_in_pure_evaluation(
    over_ssh: Nix, lock: LockMaker, plain_repository: Path, tmp_path: Path
) -> None:
    lock_notes(lock, f"ssh://git@git.example{plain_repository}", plain_repository, tmp_path)
    flake = write_flake(tmp_path / "flake", lock.write(), "{ tree = library.artifacts.notes; }")
    done = over_ssh.run("nix", "eval", "--raw", f"{flake}#tree")
    assert done.code == 0, done.err
    assert (Path(done.out) / "place.txt").read_text() == str(tmp_path)


def test_a_tree_over_ssh_that_is_not_the_locks_is_refused_by_name(
    over_ssh: Nix, lock: LockMaker, plain_repository: Path, tmp_path: Path
) -> None:
    url = f"ssh://git@git.example{plain_repository}"
    lock_notes(lock, url, plain_repository, tmp_path)
    newer = commit(plain_repository, {"notes.py": "changed = True\n"})
    old = lock.packages[0].source
    assert isinstance(old, Vcs)
    path = lock.write()
    path.write_text(path.read_text(encoding="utf-8").replace(old.commit_id, newer), encoding="utf-8")
    done = over_ssh.run("nix-instantiate", "--show-trace", "--expr", f"({standalone(path)}).environment")
    assert done.code != 0
    assert "NAR hash mismatch" in done.err
    assert f"while fetching {url} for package notes 1.0" in done.err


def test_a_repository_over_real_ssh_is_fetched_at_evaluation(
    nix: Nix, lock: LockMaker, plain_repository: Path, tmp_path: Path
) -> None:
    program = sshd()
    if program is None:
        pytest.skip("there is no sshd: `apt-get install openssh-server` brings one")
    with GitSshServer(tmp_path / "ssh-server", program) as server:
        lock_notes(lock, server.url(plain_repository), plain_repository, tmp_path)
        client = Nix(programs=nix.programs, root=nix.root, variables={"GIT_SSH_COMMAND": server.command})
        (environment,) = client.build(f"({standalone(lock.write())}).environment")
    assert imports_notes(environment, lock)


def test_another_way_to_fetch_git_can_be_given(nix: Nix, lock: LockMaker, repository: Path, tmp_path: Path) -> None:
    lock_notes(lock, "https://git.example/notes", repository, tmp_path)
    library = standalone(lock.write(), fetchGit="=request: request")
    source = lock.packages[0].source
    assert isinstance(source, Vcs)
    assert nix.evaluate(f"({library}).artifacts.notes") == {
        "name": f"notes-{source.commit_id}",
        "url": "https://git.example/notes",
        "rev": source.commit_id,
        "hash": lock.packages[0].artifacts[0].nar_hash,
        "fetchSubmodules": False,
    }
