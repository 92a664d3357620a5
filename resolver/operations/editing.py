"""`init`, `add` and `remove`: plugins.toml is edited, then locked; what cannot be locked is taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from lock.errors import InputError, Problem
from lock.storage import replace
from resolver.manifest import asked, edit
from resolver.manifest.reader import parse, read_text
from resolver.manifest.template import template
from resolver.operations.locking import LockRequest, lock_manifest
from resolver.operations.project import MANIFEST_NAME
from resolver.operations.writing import ManifestEdit, write

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
    # Whether the name behind a repository's `@` is a tag or a branch only the repository can tell.
    kind = _kind_of_ref if lock and not surroundings.offline else None
    before = read_text(project.manifest_path)
    after = edit.add(before, requirements, index=index, path=shown, kind_of_ref=kind)
    return _lock_and_write(
        project, ManifestEdit(before=before, after=after), surroundings, progress, lock=lock, dry_run=dry_run
    )


def _kind_of_ref(url: str, name: str) -> Literal["tag", "branch"]:
    from resolver.sources.git_refs import kind_of_ref  # noqa: PLC0415 - few plugins come from git

    return kind_of_ref(url, name)


def names_of(requirements: tuple[str, ...]) -> tuple[str, ...]:
    """Return what was added as a person would name it: a requirement as written, of an address the plugin's name."""
    return tuple(
        requirement if one.source is None else one.name
        for requirement, one in zip(requirements, asked.read(requirements, None), strict=True)
    )


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
    before = read_text(project.manifest_path)
    after = edit.remove(before, names, path=str(project.manifest_path))
    return _lock_and_write(
        project, ManifestEdit(before=before, after=after), surroundings, progress, lock=lock, dry_run=dry_run
    )


def _lock_and_write(
    project: Project, edit: ManifestEdit, surroundings: Surroundings, progress: Progress, *, lock: bool, dry_run: bool
) -> LockReport | None:
    manifest = parse(edit.after, str(project.manifest_path))
    if lock:
        return lock_manifest(project, manifest, surroundings, LockRequest(dry_run=dry_run, edit=edit), progress)
    if not dry_run:
        write(project, edit=edit)
    return None
