"""Where a project's files are, and what surrounds a run: environment variables, the time, the cache."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from lock.errors import InputError, LockError, Problem
from lock.storage import read
from resolver.cache_folder import cache_folder

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lock.model import Lock

MANIFEST_NAME = "plugins.toml"
LOCK_NAME = "plugins.lock"


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """The files of one project; paths in plugins.toml are relative to `root`."""

    root: Path
    manifest_path: Path
    lock_path: Path

    def shown(self, path: Path) -> str:
        """Return a path of the project as messages and plugins.lock name it: relative to where it stands."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)

    def old_lock(self) -> Lock | None:
        """Read plugins.lock; None where there is none.  Raises `LockError` for a damaged one."""
        return _parsed(read(self.lock_path), self.lock_path) if self.lock_path.exists() else None

    def required_lock(self) -> Lock:
        """Read plugins.lock; raises `LockError` for an absent or a damaged one."""
        return _parsed(self.lock_bytes(), self.lock_path)

    def lock_bytes(self) -> bytes:
        """Return the content of plugins.lock; raises `LockError` where there is none."""
        if not self.lock_path.exists():
            remedy = "run plugin-lock lock"
            message = "there is no lock yet"
            raise LockError(Problem(code="no-lock", message=message, path=str(self.lock_path), remedy=remedy))
        return read(self.lock_path)


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What a run finds around it.  `now` is aware; `offline` allows only what the cache holds."""

    environ: Mapping[str, str]
    now: datetime
    offline: bool = False
    refresh: bool = False
    cache_dir: Path | None = None

    @property
    def cache(self) -> Path:
        """The folder of the cache."""
        return self.cache_dir or cache_folder(self.environ)


def surroundings(
    environ: Mapping[str, str],
    *,
    offline: bool = False,
    refresh: bool = False,
    cache_dir: Path | None = None,
) -> Surroundings:
    """Return the surroundings of a run that starts now."""
    return Surroundings(environ=environ, now=datetime.now(UTC), offline=offline, refresh=refresh, cache_dir=cache_dir)


def find(start: Path, manifest: Path | None = None, lock: Path | None = None) -> Project:
    """Find plugins.toml in a folder or the nearest one above it; plugins.lock stands beside it.

    Raises `InputError` where there is none.
    """
    if manifest is None:
        folders = [start, *start.parents] if start.is_absolute() else [start, *start.absolute().parents]
        manifest = next((folder / MANIFEST_NAME for folder in folders if (folder / MANIFEST_NAME).is_file()), None)
        if manifest is None:
            raise InputError(
                Problem(
                    code="no-manifest",
                    message=f"there is no {MANIFEST_NAME} here or in any folder above",
                    path=str(start),
                    remedy="write one with plugin-lock init, or name it with --manifest",
                )
            )
    root = manifest.parent
    return Project(root=root, manifest_path=manifest, lock_path=lock or root / LOCK_NAME)


def _parsed(content: bytes, path: Path) -> Lock:
    from lock.reader import parse  # noqa: PLC0415 - where there is no lock yet its reader and rules need no import

    return parse(content, str(path))
