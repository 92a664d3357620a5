"""`lock` and `update`: from plugins.toml to a written plugins.lock, changing as little as was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from lock.errors import InputError, Problem
from resolver.manifest.model import HostRequirement
from resolver.manifest.reader import load
from resolver.operations.changes import names_of
from resolver.operations.currency import outdated
from resolver.operations.hosting import provided_set
from resolver.operations.planning import plan
from resolver.operations.reports import LockReport

if TYPE_CHECKING:
    from lock.model import Lock
    from resolver.manifest.model import Manifest
    from resolver.operations.project import Project, Surroundings
    from resolver.operations.writing import ManifestEdit
    from resolver.progress import Progress

Upgrade = Literal["nothing", "everything"] | tuple[str, ...]


class LockRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What may change, and what is to happen.

    `upgrade` says what may move although nothing asks for it: `nothing`, `everything`, or these plugins and packages
    with what only they need.  `accept_changed` names packages whose files may have other bytes than were locked.
    With `dry_run` versions are resolved and nothing is fetched or written.  `edit` is what plugins.toml becomes
    together with the lock; until then the file on disk is not what is being locked.
    """

    upgrade: Upgrade = "nothing"
    dry_run: bool = False
    accept_changed: tuple[str, ...] = ()
    edit: ManifestEdit | None = None


def lock(
    project: Project,
    surroundings: Surroundings,
    *,
    progress: Progress,
    upgrade: Upgrade = "nothing",
    dry_run: bool = False,
    accept_changed: tuple[str, ...] = (),
) -> LockReport:
    """Bring plugins.lock up to date with plugins.toml and the host; see `LockRequest` and `lock_manifest`."""
    request = LockRequest(upgrade=upgrade, dry_run=dry_run, accept_changed=accept_changed)
    return lock_manifest(project, load(project.manifest_path), surroundings, request, progress)


def lock_manifest(
    project: Project, manifest: Manifest, surroundings: Surroundings, request: LockRequest, progress: Progress
) -> LockReport:
    """Bring plugins.lock up to date with a manifest, which need not be written yet.

    Raises `ResolutionError` with the whole explanation where the plugins cannot be used together beside the host;
    plugins.lock is then as it was.
    """
    planned = plan(manifest)
    old = project.old_lock()
    _check_names(request.upgrade, old, manifest)
    host = None
    if not isinstance(manifest.host.source, HostRequirement):
        host = provided_set(manifest, planned.targets, project, surroundings, None, progress)
    if request.upgrade == "nothing" and old is not None and not outdated(old, manifest, host):
        if request.edit is not None and not request.dry_run:
            from resolver.operations.writing import write  # noqa: PLC0415 - most runs with a current lock write nothing

            write(project, edit=request.edit)
        return LockReport(
            status="current",
            lock=old,
            path=str(project.lock_path),
            packages=len(old.packages),
            warnings=host.warnings if host else (),
        )
    # Everything a search needs is slow to import, and a current lock needs none of it.
    from resolver.operations.relocking import Relocking  # noqa: PLC0415

    return Relocking(
        project=project,
        manifest=manifest,
        planned=planned,
        surroundings=surroundings,
        request=request,
        progress=progress,
        old=old,
        host=host,
    ).run()


def _check_names(upgrade: Upgrade, old: Lock | None, manifest: Manifest) -> None:
    if isinstance(upgrade, str):
        return
    known = names_of(old, manifest)
    problems = []
    for name in upgrade:
        if name not in known:
            from difflib import get_close_matches  # noqa: PLC0415 - only for an error

            near = get_close_matches(name, sorted(known), n=1)
            problems.append(
                Problem(
                    code="unknown-name",
                    message=f"{name} is neither a plugin nor a locked package",
                    path=manifest.path,
                    remedy=f"did you mean {near[0]}?" if near else "plugin-lock tree shows what there is",
                )
            )
    if problems:
        raise InputError(*problems)
