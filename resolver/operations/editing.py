"""`init`, `add` and `remove`: plugins.toml is edited, then locked; what cannot be locked is taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.errors import InputError, Problem
from lock.storage import replace
from resolver.manifest import edit
from resolver.manifest.reader import parse, read_text
from resolver.manifest.template import template
from resolver.operations.locking import LockRequest, lock_manifest
from resolver.operations.project import MANIFEST_NAME

if TYPE_CHECKING:
    from pathlib import Path

    from resolver.operations.project import Project, Surroundings
    from resolver.operations.reports import LockReport
    from resolver.progress import Progress


def init(
    directory: Path,
    *,
    host: str,
    python: str,
    lock: str | None,
    systems: tuple[str, ...],
    force: bool = False,
) -> Path:
    """Write a plugins.toml to start from and return its path; refuses to replace one unless `force`."""
    path = directory / MANIFEST_NAME
    if path.exists() and not force:
        raise InputError(
            Problem(
                code="exists",
                message="there is a plugins.toml already",
                path=str(path),
                remedy="edit it, or start again with --force",
            )
        )
    replace(path, template(name=host, python=python, lock=lock, systems=systems))
    return path


def add(
    project: Project,
    requirements: tuple[str, ...],
    *,
    surroundings: Surroundings,
    progress: Progress,
    index: str | None = None,
    lock: bool = True,
    dry_run: bool = False,
) -> LockReport | None:
    """Add plugins to plugins.toml and lock.

    plugins.toml is written only once the lock is: where locking fails, and in a dry run, it stays as it was.
    """
    shown = str(project.manifest_path)
    text = edit.add(read_text(project.manifest_path), requirements, index=index, path=shown)
    return _lock_and_write(project, text, surroundings, progress, lock=lock, dry_run=dry_run)


def remove(
    project: Project,
    names: tuple[str, ...],
    *,
    surroundings: Surroundings,
    progress: Progress,
    lock: bool = True,
    dry_run: bool = False,
) -> LockReport | None:
    """Remove plugins from plugins.toml and lock; plugins.toml stays as it was where that fails, or in a dry run."""
    text = edit.remove(read_text(project.manifest_path), names, path=str(project.manifest_path))
    return _lock_and_write(project, text, surroundings, progress, lock=lock, dry_run=dry_run)


def _lock_and_write(
    project: Project, text: str, surroundings: Surroundings, progress: Progress, *, lock: bool, dry_run: bool
) -> LockReport | None:
    manifest = parse(text, str(project.manifest_path))
    report = None
    if lock:
        report = lock_manifest(
            project, manifest, surroundings, LockRequest(dry_run=dry_run, manifest_is_written=False), progress
        )
    if not dry_run:
        replace(project.manifest_path, text)
    return report
