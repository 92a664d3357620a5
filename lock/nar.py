"""The NAR hash of a tree: what `nix hash path` prints, without Nix.

The archive format is the one of E. Dolstra, "The Purely Functional Software Deployment Model" (2006), figure 5.2, and
of the Nix manual ("Nix Archive (NAR) format"): a string is its length in eight bytes (little-endian), its bytes, and
zeros up to a multiple of eight; a folder's entries stand in the order of their names' bytes.  Of a file nothing counts
but its content and whether its owner may execute it; of a folder nothing but its entries.
"""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from lock.errors import InputError, Problem, WorldError
from lock.grammar import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_CHUNK = 1024 * 1024
"""How much of a file is held at once, in bytes."""
_STRANGE = "take it out of the tree: an archive of Nix holds regular files, folders and symbolic links only"
_CHANGED = "wait until nothing writes to the folder any more, then run the command again"


def is_git_folder(path: bytes) -> bool:
    """Name git's own folder at the root, or the file that stands for it in a submodule or worktree."""
    return path == b".git"


def nar_hash(path: Path, *, exclude: Callable[[bytes], bool] | None = None) -> str:
    """Return the SRI hash (`sha256-…`) of a file or tree as an archive; a link at the root is not followed.

    `exclude` is asked for each entry, by its path below the root (`b"a/b"`); what it names is left out with all that
    is below it.  Memory is bounded by the names of the folders on the way to one file.  Raises `InputError` for
    sockets, devices and pipes, and `WorldError` where something cannot be read or changes meanwhile.
    """
    archive = _Archive()
    archive.strings(b"nix-archive-1")
    root = os.fsencode(path)
    # An explicit stack: the depth of a tree is not ours to bound by Python's.
    folders: list[tuple[bytes, Iterator[bytes]]] = []
    archive.strings(b"(")
    if names := archive.node(root):
        folders.append((b"", names))
    else:
        archive.strings(b")")
    while folders:
        folder, names = folders[-1]
        name = next(names, None)
        if name is None:
            folders.pop()
            # The folder's own end, and that of the entry it is in the folder above.
            archive.strings(b")", *([b")"] if folders else []))
            continue
        inner = folder + b"/" + name if folder else name
        if exclude is not None and exclude(inner):
            continue
        archive.strings(b"entry", b"(", b"name", name, b"node", b"(")
        if entries := archive.node(os.path.join(root, inner)):  # noqa: PTH118 - pathlib has no paths of bytes
            folders.append((inner, entries))
        else:
            archive.strings(b")", b")")
    return "sha256-" + base64.b64encode(archive.digest.digest()).decode("ascii")


class _Archive:
    """The digest of an archive that is written nowhere."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()

    def strings(self, *values: bytes) -> None:
        """Write strings, each with its length and its padding."""
        self.digest.update(b"".join(len(value).to_bytes(8, "little") + _padded(value) for value in values))

    def node(self, path: bytes) -> Iterator[bytes] | None:
        """Write a file or link whole, of a folder the beginning; return the folder's names, sorted."""
        with _reading(path):
            kind = os.lstat(path).st_mode
            if stat.S_ISLNK(kind):
                self.strings(b"type", b"symlink", b"target", os.readlink(path))  # noqa: PTH115 - bytes
                return None
            if stat.S_ISDIR(kind):
                self.strings(b"type", b"directory")
                return iter(sorted(os.listdir(path)))  # noqa: PTH208 - bytes
            if not stat.S_ISREG(kind):
                _refuse_kind(path, kind)
            self._file(path)
            return None

    def _file(self, path: bytes) -> None:
        # Should something else have taken the file's place: no link is followed, and no pipe waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123 - a descriptor, no path
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode):
                _refuse_change(path)
            self.strings(b"type", b"regular", *([b"executable", b""] if facts.st_mode & stat.S_IXUSR else []))
            self.strings(b"contents")
            self.digest.update(facts.st_size.to_bytes(8, "little"))
            rest = facts.st_size
            while chunk := file.read(_CHUNK):
                rest -= len(chunk)
                if rest < 0:
                    break
                self.digest.update(chunk)
            if rest:
                _refuse_change(path)
            self.digest.update(bytes(-facts.st_size % 8))


def _padded(value: bytes) -> bytes:
    return value + bytes(-len(value) % 8)


@contextmanager
def _reading(path: bytes) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"{_shown(path)} cannot be read: {error.strerror}"
        raise WorldError(Problem(code="tree-unreadable", message=message)) from None


def _refuse_kind(path: bytes, mode: int) -> NoReturn:
    kinds = {stat.S_IFSOCK: "a socket", stat.S_IFIFO: "a pipe"}
    message = f"{_shown(path)} is {kinds.get(stat.S_IFMT(mode), 'a device')}, which no lock can hold"
    raise InputError(Problem(code="tree-kind", message=message, remedy=_STRANGE))


def _refuse_change(path: bytes) -> NoReturn:
    message = f"{_shown(path)} changed while it was read"
    raise WorldError(Problem(code="tree-changed", message=message, remedy=_CHANGED))


def _shown(path: bytes) -> str:
    return quoted(os.fsdecode(path))
