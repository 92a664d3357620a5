"""Reads single files of a git repository at an exact commit, without a checkout.

What git fetches it checks against the commit's own hash, so that neither the server nor a cache can give other bytes
for a commit.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lock.errors import InputError, Problem, WorldError
from resolver.git_commands import TIMEOUT, Git, GitFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 64 * 1024 * 1024
"""The largest file that is read."""

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SINGLE_COMMIT_REFUSED = re.compile("not our ref|unadvertised object|couldn't find remote ref")


class GitCommit:
    """One commit of a repository whose objects are (or are being) fetched into a bare repository of our own."""

    def __init__(self, directory: Path, url: str, commit: str, timeout: float) -> None:
        self._url = url
        self._commit = commit
        self._repository = Git(directory, url, what=f"{url} at {commit[:12]}", timeout=timeout)

    def read(self, path: str) -> bytes | None:
        """Return the content of a regular file, None where there is nothing at this path.

        Raises `InputError` for a directory, a symbolic link, a submodule or a file that is too large, and
        `WorldError` where git fails.
        """
        listing = self._git("ls-tree", "-z", "--full-tree", self._commit, "--", path)
        if not listing:
            return None
        mode, _, rest = listing.split(b"\0", 1)[0].partition(b" ")
        object_id = rest.split()[1].decode("ascii")
        unfit = {b"040000": "a directory", b"120000": "a symbolic link", b"160000": "a submodule"}.get(mode)
        if unfit is not None:
            raise InputError(self._unfit(path, f"{path} is {unfit}", "name the regular file"))
        if int(self._git("cat-file", "-s", object_id)) > MAX_BYTES:
            raise InputError(self._unfit(path, f"{path} is larger than {MAX_BYTES} bytes", "name the lock file"))
        return self._git("cat-file", "blob", object_id)

    def fetch(self) -> None:
        """Bring the commit and its trees; files follow when they are read, where the server can do that.

        A server that gives no single commits is asked for all branches and tags.
        """
        algorithm = "sha256" if len(self._commit) == 64 else "sha1"
        self._git("init", "--quiet", "--bare", "--template=", f"--object-format={algorithm}")
        self._git("remote", "add", "origin", self._url)
        options = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--filter=blob:none")
        try:
            self._git(*options, "--depth=1", "origin", self._commit)
        except GitFailedError as error:
            if not _SINGLE_COMMIT_REFUSED.search(error.said):
                raise
            everything = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
            self._git(*options, "origin", *everything)
        if not self._has_commit():
            message = f"the repository {self._url} has no commit {self._commit} on any branch or tag"
            remedy = "correct the revision, or push the commit"
            raise InputError(Problem(code="git-commit", message=message, remedy=remedy))

    def _has_commit(self) -> bool:
        try:
            return self._git("cat-file", "-t", self._commit).strip() == b"commit"
        except WorldError:
            return False

    def _git(self, *arguments: str) -> bytes:
        # Files are fetched when they are read, so every command may use the network.
        return self._repository.run(*arguments, remote=True)

    def _unfit(self, path: str, message: str, remedy: str) -> Problem:
        return Problem(code="git-file", message=message, path=f"{self._url}@{self._commit[:12]}:{path}", remedy=remedy)


@contextmanager
def open_commit(url: str, commit: str, *, cache: Path | None = None, timeout: float = TIMEOUT) -> Iterator[GitCommit]:
    """Give a commit of the repository at `url` (https, ssh, file or `user@host:path`, no password in it).

    `commit` is 40 or 64 hex digits.  With `cache` (a directory) the objects are kept there and a second run needs
    no network; several processes may share it.  `timeout` is in seconds, for one git command.  Raises `InputError`
    where the repository has no such commit, `WorldError` where git fails.
    """
    if not _COMMIT.fullmatch(commit):
        message = "a git revision is 40 (or 64) lower-case hex digits"
        remedy = "write the full commit: `git rev-parse` gives it"
        raise InputError(Problem(code="git-commit", message=message, remedy=remedy))
    if cache is not None:
        yield _cached(url, commit, cache, timeout)
        return
    with tempfile.TemporaryDirectory(prefix="plugin-lock-git-") as temporary:
        fetched = GitCommit(Path(temporary), url, commit, timeout)
        fetched.fetch()
        yield fetched


def _cached(url: str, commit: str, cache: Path, timeout: float) -> GitCommit:
    place = cache / f"{hashlib.sha256(f'{url} {commit}'.encode()).hexdigest()}.git"
    if not place.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix="fetching-", dir=cache))
        try:
            GitCommit(temporary, url, commit, timeout).fetch()
            _move(temporary, place)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return GitCommit(place, url, commit, timeout)


def _move(temporary: Path, place: Path) -> None:
    """Put a complete repository in its place; where another process was faster, its copy is as good."""
    try:
        temporary.rename(place)
    except OSError:
        if not place.is_dir():
            raise
