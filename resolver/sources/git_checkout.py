"""A commit as a plain tree on disk: what `git clone` gives on Linux with no settings, without `.git`.

That is what Nix's `fetchgit` gives: attributes for line ends are heeded, `export-ignore`, `export-subst` and filters
have no effect.  Nix's own `fetchGit`, which keys and local repositories need, takes the files as they are stored; a
tree in which that makes a difference is refused for them.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from resolver.sources.errors import named, refused
from resolver.sources.trees import Remark

if TYPE_CHECKING:
    from collections.abc import Iterable

    from resolver.git_commands import Git, GitFailedError

MAX_ENTRIES = 200_000
MAX_BYTES = 4 * 1024**3
MAX_PATH = 4096
MAX_DEPTH = 200

_ENTRY = re.compile(rb"([0-7]{6}) (blob|commit|tree) ([0-9a-f]{40}|[0-9a-f]{64}) +(\d+|-)\t(.+)", re.DOTALL)
_SUBMODULE, _LINK = "160000", "120000"
_POINTER = b"version https://git-lfs.github.com/spec/v1\n"
_LONGEST_POINTER = 1024
_STORED = "* -text -eol -crlf -ident -filter -working-tree-encoding\n"
_CONVERTING = ("text", "eol", "crlf", "ident", "working-tree-encoding")
_CHUNK = 1 << 20


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A file, link or submodule of a commit; `size` in bytes, 0 for a submodule."""

    mode: str
    object_id: str
    size: int
    path: str

    @property
    def is_submodule(self) -> bool:
        """Tell whether this is a commit of another repository."""
        return self.mode == _SUBMODULE


def entries(git: Git, commit: str, source: str) -> tuple[Entry, ...]:
    """List a commit, within limits.  Raises `SourceError` where it exceeds one, `WorldError` where git fails."""
    found = []
    for line in git.run("ls-tree", "-r", "-l", "-z", "--full-tree", commit).split(b"\0")[:-1]:
        match = _ENTRY.fullmatch(line)
        if match is None:
            raise refused("git-tree", "its listing cannot be understood", source=source, remedy="update git")
        mode, _, object_id, size, path = match.groups()
        found.append(
            Entry(
                mode=mode.decode(),
                object_id=object_id.decode(),
                size=0 if size == b"-" else int(size),
                path=os.fsdecode(path),
            )
        )
    _check_limits(found, source)
    return tuple(found)


def check_out(git: Git, git_directory: Path, commit: str, folder: Path, *, source: str, as_stored: bool) -> None:
    """Fill an empty folder with a commit.

    `as_stored` refuses a tree whose files a checkout changes: `SourceError`.  Raises `WorldError` where git fails.
    """
    found = entries(git, commit, source)
    _filled(git, git_directory, commit, folder)
    if as_stored and any(entry.path.rpartition("/")[2] == ".gitattributes" for entry in found):
        _check_stored(git, git_directory, commit, folder, found, source)


def remarks(found: Iterable[Entry], folder: Path) -> tuple[Remark, ...]:
    """Say which files of a filled folder are but pointers of git-lfs, and which submodules are empty folders."""
    said = []
    for entry in found:
        if entry.is_submodule:
            said.append(Remark(kind="empty-submodule", path=entry.path))
        elif entry.mode != _LINK and len(_POINTER) < entry.size < _LONGEST_POINTER and _is_pointer(folder / entry.path):
            said.append(Remark(kind="lfs-pointer", path=entry.path))
    return tuple(said)


def _is_pointer(path: Path) -> bool:
    with path.open("rb") as file:
        content = file.read(_LONGEST_POINTER)
    return content.startswith(_POINTER) and b"\noid sha256:" in content


def _filled(git: Git, git_directory: Path, commit: str, folder: Path, *, attributes: str | None = None) -> None:
    info = git_directory / "info"
    info.mkdir(exist_ok=True)
    file = info / "attributes"
    if attributes is not None:
        file.write_text(attributes, encoding="ascii")
    try:
        with tempfile.TemporaryDirectory(dir=git_directory) as scratch:
            environment = {"GIT_INDEX_FILE": str(Path(scratch, "index")), "GIT_WORK_TREE": str(folder)}
            git.run("read-tree", "--reset", "-u", commit, environment=environment, settings=("core.bare=false",))
    finally:
        file.unlink(missing_ok=True)


def _check_stored(
    git: Git, git_directory: Path, commit: str, folder: Path, found: tuple[Entry, ...], source: str
) -> None:
    with tempfile.TemporaryDirectory(dir=git_directory) as scratch:
        stored = Path(scratch)
        _filled(git, git_directory, commit, stored, attributes=_STORED)
        files = [entry.path for entry in found if not entry.is_submodule and entry.mode != _LINK]
        changed = [path for path in files if not _same(folder / path, stored / path)]
    if changed:
        words = ", ".join(_CONVERTING)
        raise refused(
            "git-attributes",
            f".gitattributes ({words}) makes a checkout change {named(changed)}, and Nix's fetchGit does not",
            source=source,
            key=changed[0],
            remedy="use the https address of the repository, or ask its maintainers to store the files as meant",
        )


def _same(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as first, other.open("rb") as second:
        while True:
            chunk = first.read(_CHUNK)
            if chunk != second.read(_CHUNK):
                return False
            if not chunk:
                return True


def _check_limits(found: list[Entry], source: str) -> None:
    limits = (
        (len(found), MAX_ENTRIES, "files"),
        (sum(entry.size for entry in found), MAX_BYTES, "bytes"),
        (max((len(entry.path) for entry in found), default=0), MAX_PATH, "characters in a path"),
        (max((entry.path.count("/") for entry in found), default=0), MAX_DEPTH, "folders in a path"),
    )
    for number, limit, what in limits:
        if number > limit:
            message = f"the commit has {number} {what}, more than the limit of {limit}"
            raise refused("source-limit", message, source=source, remedy="name another source of the plugin")


def git_failed_in_path(error: GitFailedError) -> bool:
    """Tell whether git refused a path that would write outside the folder or into `.git`."""
    return "invalid path" in error.said
