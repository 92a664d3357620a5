"""Plain trees on disk: kept by what they are, hashed as Nix hashes them, and read without leaving them."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from lock.errors import InputError, Problem, WorldError
from lock.grammar import quoted
from resolver.sources.errors import refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FORMAT = 1
"""Raised when trees are made otherwise than they were; what was kept before is then not used."""

MAX_READ = 8 * 1024 * 1024
"""The longest file of a tree that is read, in bytes; pyproject.toml and PKG-INFO are far shorter."""


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """Something about one path of a tree that matters only to those who use that path."""

    kind: Literal["lfs-pointer", "empty-submodule"]
    path: str


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    nar_hash: str
    remarks: tuple[Remark, ...] = ()


_RECORD = msgspec.json.Decoder(_Record)


class Tree(msgspec.Struct, frozen=True, kw_only=True):
    """A plain tree: `path` is its top, `nar_hash` the SRI hash of all of it, `source` its name in messages.

    It may stand in the cache, so nothing may be built or changed inside it: a build takes a copy.
    """

    path: Path
    nar_hash: str
    source: str
    remarks: tuple[Remark, ...] = ()

    def folder(self, subdirectory: str | None) -> Path:
        """Return the folder of the tree that holds the plugin.

        Raises `InputError` where there is no such folder, or a symbolic link leads out of the tree.
        """
        if subdirectory is None:
            return self.path
        folder = self.path / subdirectory
        if not folder.is_dir() or not _is_below(folder, self.path):
            near = _nearest_folder(self.path, subdirectory)
            remedy = f"did you mean {quoted(near)}?" if near else "correct `subdirectory`; it is relative to the root"
            message = f"there is no folder {quoted(subdirectory)} in it"
            raise InputError(Problem(code="source-subdirectory", message=message, path=self.source, remedy=remedy))
        return folder

    def remarks_below(self, kind: str, subdirectory: str | None) -> tuple[str, ...]:
        """Return the paths with a remark of this kind that lie in, or around, the folder that is used."""
        top = f"{subdirectory}/" if subdirectory else ""
        return tuple(
            remark.path
            for remark in self.remarks
            if remark.kind == kind and (remark.path.startswith(top) or top.startswith(f"{remark.path}/"))
        )


def read_file(folder: Path, name: str, *, top: Path, source: str) -> bytes | None:
    """Return a file of a tree whose top is `top`, None where there is no regular file of that name.

    Symbolic links are followed inside the tree.  Raises `SourceError` for one that leads out of it and for a file
    longer than `MAX_READ`, `WorldError` where reading fails.
    """
    path = folder / name
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return None
        if not _is_below(path, top):
            message = f"{quoted(name)} is a symbolic link that leads out of the tree"
            raise refused("source-link", message, source=source, key=name, remedy="tell the plugin's maintainers")
        with path.open("rb") as file:
            content = file.read(MAX_READ + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno in _LOOPS:
            return None
        raise disk_failure(error, source) from None
    if len(content) > MAX_READ:
        message = f"{quoted(name)} is longer than {MAX_READ} bytes"
        raise refused("source-limit", message, source=source, key=name, remedy="tell the plugin's maintainers")
    return content


def nar_hash(path: Path, source: str) -> str:
    """Return the SRI NAR hash of a tree; raises `WorldError` where the disk fails."""
    from lock import nar  # noqa: PLC0415 - only sources need it

    try:
        return nar.nar_hash(path)
    except OSError as error:
        raise disk_failure(error, source) from None


class TreeCache:
    """Keeps trees in a folder, or in one of its own for as long as it lives.  Several processes may share it."""

    def __init__(self, folder: Path | None) -> None:
        self._own = tempfile.TemporaryDirectory(prefix="plugin-lock-trees-") if folder is None else None
        self._folder = Path(self._own.name) if self._own is not None else Path(folder or "") / f"trees-{FORMAT}"

    def close(self) -> None:
        """Remove the folder of trees that no cache keeps."""
        if self._own is not None:
            self._own.cleanup()

    def tree(self, key: str, source: str, make: Callable[[Path], tuple[Remark, ...]]) -> Tree:
        """Return the tree of this key; where it is not there, or was changed, `make` fills a new folder.

        The key says all that decides the content: an address and a commit, or a file's hash.
        """
        place = self._place(key)
        known = _known(place, source)
        if known is not None:
            return known
        try:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _temporary(self._folder) as temporary:
                folder = temporary / "tree"
                folder.mkdir()
                remarks = make(folder)
                record = _Record(nar_hash=nar_hash(folder, source), remarks=remarks)
                (temporary / "record.json").write_bytes(msgspec.json.encode(record))
                _put(temporary, place)
        except OSError as error:
            raise disk_failure(error, source) from None
        return Tree(path=place / "tree", nar_hash=record.nar_hash, source=source, remarks=remarks)

    def kept(self, key: str, source: str) -> Tree | None:
        """Return the tree of this key where it is there and was not changed, and make none."""
        return _known(self._place(key), source)

    def _place(self, key: str) -> Path:
        name = hashlib.sha256(key.encode()).hexdigest()
        return self._folder / name[:2] / name[2:]


def disk_failure(error: OSError, source: str) -> WorldError:
    """Make the error of a disk that failed while a source was put on it or read."""
    return WorldError(
        Problem(
            code="disk",
            message=f"{source} cannot be kept: {error.strerror or type(error).__name__}",
            path=str(error.filename) if error.filename else None,
            remedy="make room, or name another folder in PLUGIN_LOCK_CACHE_DIR",
        )
    )


_LOOPS = {40, 62}
"""ELOOP on Linux and macOS: links that lead in a circle."""


def _is_below(path: Path, top: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(top))


def _nearest_folder(top: Path, wanted: str) -> str | None:
    from difflib import get_close_matches  # noqa: PLC0415 - needed only once something is wrong

    folders = [
        path.relative_to(top).as_posix()
        for pattern in ("*", "*/*")
        for path in top.glob(pattern)
        if path.is_dir() and not path.is_symlink()
    ]
    matches = get_close_matches(wanted, sorted(folders), n=1)
    return matches[0] if matches else None


def _known(place: Path, source: str) -> Tree | None:
    """Return a tree that was kept and is what it was."""
    folder = place / "tree"
    try:
        record = _RECORD.decode((place / "record.json").read_bytes())
        unchanged = nar_hash(folder, source) == record.nar_hash
    except (OSError, msgspec.DecodeError, WorldError):
        return None
    if not unchanged:
        return None
    return Tree(path=folder, nar_hash=record.nar_hash, source=source, remarks=record.remarks)


@contextlib.contextmanager
def _temporary(folder: Path) -> Iterator[Path]:
    temporary = Path(tempfile.mkdtemp(prefix="making-", dir=folder))
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _put(temporary: Path, place: Path) -> None:
    """Move a complete tree to its place; what stands there was changed, or another process was faster."""
    if place.exists():
        discarded = temporary.with_name(f"{temporary.name}-old")
        with contextlib.suppress(FileNotFoundError):
            place.rename(discarded)
        shutil.rmtree(discarded, ignore_errors=True)
    try:
        temporary.rename(place)
    except OSError:
        if not (place / "record.json").is_file():
            raise
