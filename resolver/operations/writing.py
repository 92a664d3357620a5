"""Writing what a run has decided: plugins.lock and plugins.toml together, unless they were changed meanwhile.

A run takes seconds.  What another run, or a person with an editor, has written since its start is not overwritten:
two `add` at once would otherwise lose one plugin without a word.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lock.errors import Problem, WorldError
from lock.storage import Folder, exclusive
from resolver.manifest.reader import read_text

if TYPE_CHECKING:
    from lock.model import Lock
    from resolver.operations.project import Project


class ManifestEdit(msgspec.Struct, frozen=True, kw_only=True):
    """The text of plugins.toml as it was read and as it is to be."""

    before: str
    after: str


def write(
    project: Project, *, old: Lock | None = None, lock: str | None = None, edit: ManifestEdit | None = None
) -> None:
    """Replace plugins.lock (which was `old`) and plugins.toml, each where there is something to write.

    The lock is written first: a run that is killed between the two leaves a lock that the next one brings back in line.
    Raises `WorldError` where either is no longer what was read, another run is at work, or the disk fails; what
    could not be written is then as it was.
    """
    wanted: dict[Path, str] = {}
    if lock is not None:
        wanted[project.lock_path] = lock
    if edit is not None:
        wanted[project.manifest_path] = edit.after
    with ExitStack() as stack:
        folders: dict[Path, Folder] = {}
        # In one order in all runs, so that no two wait for each other.
        for path in sorted(wanted, key=_folder):
            if _folder(path) not in folders:
                folders[_folder(path)] = stack.enter_context(exclusive(path))
        if edit is not None and read_text(project.manifest_path) != edit.before:
            raise _changed(project.manifest_path)
        if lock is not None and project.old_lock() != old:
            raise _changed(project.lock_path)
        for path, text in wanted.items():
            folders[_folder(path)].replace(path, text)


def _folder(path: Path) -> Path:
    return Path(os.path.realpath(path)).parent


def _changed(path: Path) -> WorldError:
    return WorldError(
        Problem(
            code="changed-meanwhile",
            message="the file was changed by somebody else while this run was at work; nothing was written",
            path=str(path),
            remedy="run the command again",
        )
    )
