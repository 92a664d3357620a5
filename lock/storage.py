"""Files on disk: read whole, replaced whole, by one run at a time.

The advisory lock is taken on the folder that holds the file: it needs no file of its own that would litter a
repository, exists before the first write, is the same for every user and container that sees the folder, and is
released by the kernel however a run ends.  It covers plugins.toml and plugins.lock of one folder together.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING

from lock.errors import InputError, Problem, WorldError
from lock.text_checks import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 10.0
"""How long to wait for another run, in seconds."""

_PAUSE = 0.05
_TEMPORARY = ".plugin-lock-tmp"
# Network file systems that cannot lock a folder; replacement stays atomic there, only the waiting is lost.
_NO_LOCKS = {errno.EBADF, errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}


def read(path: str | Path) -> bytes:
    """Return a file's content, at most one byte more than `MAX_BYTES` (which a reader then refuses).

    Raises `InputError` where there is no such file, `WorldError` where it cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(Problem(code="file-absent", message="there is no such file", path=str(path))) from None
    except OSError as error:
        raise _failure(error, path, "cannot be read") from error


def replace(path: str | Path, text: str, *, patience: float = PATIENCE) -> None:
    """Replace a file in one step, so that at every moment it has its old or its new content.

    A symbolic link is followed, permissions are kept.  Raises `WorldError` where another run holds the folder for
    longer than `patience` seconds or the disk fails; the old file is then as it was.
    """
    with exclusive(path, patience=patience) as folder:
        folder.replace(path, text)


@contextlib.contextmanager
def exclusive(path: str | Path, *, patience: float = PATIENCE) -> Iterator[Folder]:
    """Keep other runs away from the folder of a file, from reading the old to writing the new.

    Raises `WorldError` as `replace` does.
    """
    real = Path(os.path.realpath(path)).parent
    try:
        descriptor = os.open(real, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _failure(error, path, "cannot be written") from error
    try:
        yield Folder(descriptor, is_locked=_acquire(descriptor, path, patience))
    finally:
        os.close(descriptor)


class Folder:
    """A folder that no other run changes while it is held.

    `is_locked` is False on a file system that cannot lock folders: other runs are not kept away there.
    """

    def __init__(self, descriptor: int, *, is_locked: bool) -> None:
        self.is_locked = is_locked
        self._descriptor = descriptor

    def replace(self, path: str | Path, text: str) -> None:
        """Replace a file of this folder as `lock.storage.replace` does, under the lock already held."""
        name = Path(os.path.realpath(path)).name
        temporary = f".{name}.{os.urandom(8).hex()}{_TEMPORARY}"
        try:
            mode = self._mode(name)
            if self.is_locked:
                self._sweep(name)
            try:
                self._write(temporary, text, mode)
                os.replace(temporary, name, src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(temporary, dir_fd=self._descriptor)
                raise
            os.fsync(self._descriptor)
        except OSError as error:
            raise _failure(error, path, "cannot be written") from error

    def _mode(self, name: str) -> int | None:
        """Return the permissions of the file to be replaced, None where there is none."""
        try:
            mode = os.stat(name, dir_fd=self._descriptor, follow_symlinks=False).st_mode
        except FileNotFoundError:
            return None
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        return stat.S_IMODE(mode)

    def _sweep(self, name: str) -> None:
        """Remove what killed runs left: nobody else writes here while the folder is held."""
        for left in os.listdir(self._descriptor):  # noqa: PTH208 - a descriptor has no path
            if left.startswith(f".{name}.") and left.endswith(_TEMPORARY):
                os.unlink(left, dir_fd=self._descriptor)

    def _write(self, temporary: str, text: str, mode: int | None) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(temporary, flags, 0o666, dir_fd=self._descriptor)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())


def _acquire(descriptor: int, path: str | Path, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise WorldError(
                    Problem(
                        code="lock-held",
                        message="another run of plugin-lock is at work in this folder",
                        path=str(path),
                        remedy="wait until it has ended, then run the command again",
                    )
                ) from None
            time.sleep(_PAUSE)
        except OSError as error:
            if error.errno in _NO_LOCKS:
                return False
            raise _failure(error, path, "cannot be locked") from error
        else:
            return True


def _failure(error: OSError, path: str | Path, what: str) -> WorldError:
    return WorldError(
        Problem(
            code="file-failed",
            message=f"the file {what}: {error.strerror}",
            path=str(path),
            remedy="mend this and run the command again; no file was changed",
        )
    )
