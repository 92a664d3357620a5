"""Where a host's files lie: on this disk, or in a repository at a pinned revision."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Protocol

import msgspec

from lock.errors import InputError, Problem, WorldError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAX_BYTES = 64 * 1024 * 1024
"""A host file larger than this is not one."""


class HostText(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was read: its path inside its `HostFiles`, its text, and the name that messages give it."""

    path: str
    text: str
    label: str


class HostFiles(Protocol):
    """A place files are read from; paths have forward slashes."""

    def read(self, path: str) -> HostText:
        """Return a file.  Raises `InputError` where it is absent or no text, `WorldError` where reading fails."""

    def find(self, path: str) -> HostText | None:
        """Return a file, None where it is absent."""


class LocalFiles:
    """Files on this disk, relative to `root` (the folder of plugins.toml) unless absolute."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, path: str) -> HostText:
        """Return a file.  Raises `InputError` where it is absent or no text, `WorldError` where reading fails."""
        found = self.find(path)
        if found is None:
            raise InputError(missing_file(path))
        return found

    def find(self, path: str) -> HostText | None:
        """Return a file, None where it is absent."""
        place = self._root / path
        try:
            with place.open("rb") as file:
                content = file.read(MAX_BYTES + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except IsADirectoryError as error:
            raise InputError(directory_instead(path)) from error
        except ValueError:
            return None  # a path no file can have: with a zero byte, say
        except OSError as error:
            message = f"the file cannot be read: {error.strerror}"
            raise WorldError(Problem(code="host-unreadable", message=message, path=path)) from error
        return HostText(path=path, text=decode(content, path), label=path)


class PinnedFiles:
    """Files of one commit of a repository; `label` names the commit in messages."""

    def __init__(self, label: str, read_blob: Callable[[str], bytes | None]) -> None:
        self._label = label
        self._read_blob = read_blob

    def read(self, path: str) -> HostText:
        """Return a file.  Raises `InputError` where it is absent or no text, `WorldError` where reading fails."""
        found = self.find(path)
        if found is None:
            raise InputError(missing_file(f"{self._label}:{path}"))
        return found

    def find(self, path: str) -> HostText | None:
        """Return a file, None where it is absent."""
        label = f"{self._label}:{path}"
        inside = posixpath.normpath(path)
        if not path.isprintable():
            raise InputError(missing_file(self._label))
        if inside.startswith(("/", "../")) or inside == "..":
            message = "the path leads out of the repository"
            raise InputError(Problem(code="host-path", message=message, path=label, remedy="name a file inside it"))
        content = self._read_blob(inside)
        return None if content is None else HostText(path=path, text=decode(content, label), label=label)


def missing_file(label: str) -> Problem:
    """Make the problem of a host file that is not there."""
    remedy = "correct the path in [host]; it is relative to plugins.toml, or to the top of the pinned repository"
    return Problem(code="host-missing-file", message="there is no such file", path=label, remedy=remedy)


def directory_instead(label: str) -> Problem:
    """Make the problem of a directory where a file was meant."""
    remedy = "name the lock file in it; for an installed environment write `environment = …`"
    return Problem(code="host-directory", message="this is a directory", path=label, remedy=remedy)


def decode(content: bytes, label: str) -> str:
    """Decode a host file.  Raises `InputError` where it is too large or not UTF-8; all line ends become line feeds."""
    if len(content) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES} bytes"
        raise InputError(Problem(code="host-too-large", message=message, path=label, remedy="name the lock file"))
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        remedy = "write the file again as UTF-8"
        problem = Problem(code="host-encoding", message="this is not UTF-8", path=label, line=line, remedy=remedy)
        raise InputError(problem) from error
