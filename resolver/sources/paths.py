"""Folders of the project as sources: what Nix's `builtins.path` takes of them, no more and no less.

The whole folder counts, so what differs from machine to machine must not be in it: it is refused by name, rather than
left out here and taken by Nix.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from lock.errors import InputError, Problem
from lock.grammar import quoted
from resolver.sources.errors import SHOWN, SourceError
from resolver.sources.trees import Tree, disk_failure, nar_hash

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resolver.manifest.model import PathSource

MAX_ENTRIES = 200_000

LEFT_BY_TOOLS = {
    ".git": "git's own folder differs on every machine",
    ".hg": "Mercurial's own folder differs on every machine",
    ".svn": "Subversion's own folder differs on every machine",
    "__pycache__": "Python writes it anew for every version",
    ".mypy_cache": "it is a cache of mypy",
    ".pytest_cache": "it is a cache of pytest",
    ".ruff_cache": "it is a cache of ruff",
    ".tox": "it holds environments of tox",
    ".venv": "it is an environment of this machine",
    ".DS_Store": "macOS writes it",
}
"""Names that must not lie in a plugin's folder, and why."""


def tree(root: Path, source: PathSource) -> Tree:
    """Return the folder `source` names below `root`, the folder of plugins.toml, with its hash.

    Raises `InputError` where there is no such folder or it leads out of the project, `SourceError` for what must not
    be inside: see `LEFT_BY_TOOLS`; links that lead out of it; sockets, pipes and devices.  `WorldError` where the disk
    fails.
    """
    folder = root / source.path
    try:
        _check_place(root, folder, source.path)
        problems = []
        for number, problem in enumerate(_problems(folder, source.path), start=1):
            problems.append(problem)
            if number == SHOWN:
                break
        if problems:
            raise SourceError(*problems)
    except OSError as error:
        raise disk_failure(error, source.path) from None
    found = Tree(path=folder, nar_hash=nar_hash(folder, source.path), source=source.path)
    found.folder(source.subdirectory)
    return found


def _check_place(root: Path, folder: Path, path: str) -> None:
    real, top = os.path.realpath(folder), os.path.realpath(root)
    if not folder.is_dir():
        what = "there is no such folder" if not folder.exists() else "this is a file, not a folder"
        remedy = "correct the path in plugins.toml; it is relative to that file"
        raise InputError(Problem(code="path-missing", message=what, path=path, remedy=remedy))
    # A link on the way, even one to another folder of the project, Nix would copy as a link.
    if real != os.path.normpath(os.path.join(top, path)):  # noqa: PTH118 - as it is written, links not followed
        where = "out of the project" if os.path.commonpath((real, top)) != top else "elsewhere"
        message = f"a symbolic link on this path leads {where}"
        remedy = "move the folder into the project, and name it without links"
        raise InputError(Problem(code="path-link", message=message, path=path, remedy=remedy))


def _problems(folder: Path, path: str) -> Iterator[Problem]:
    number = 0
    top = Path(os.path.realpath(folder))
    for place, folders, files in os.walk(folder, onerror=_raise):
        folders.sort()
        for name in sorted([*folders, *files]):
            number += 1
            if number > MAX_ENTRIES:
                message = f"it holds more than {MAX_ENTRIES} files"
                remedy = "name a smaller folder"
                raise SourceError(Problem(code="source-limit", message=message, path=path, remedy=remedy))
            full = os.path.join(place, name)  # noqa: PTH118 - a path object for each of many files costs much
            inside = os.path.relpath(full, folder)
            wrong = _fault(full, name, top)
            if wrong is not None:
                yield Problem(
                    code=wrong[0], message=f"{quoted(inside)} {wrong[1]}", path=path, key=inside, remedy=wrong[2]
                )
        folders[:] = [name for name in folders if name not in LEFT_BY_TOOLS]


def _fault(full: str, name: str, top: Path) -> tuple[str, str, str] | None:
    reason = LEFT_BY_TOOLS.get(name)
    if reason is not None:
        remedy = "remove it, or move the plugin's own files into a folder that holds nothing else"
        return "path-unstable", f"must not be in a plugin's folder: {reason}", remedy
    mode = os.lstat(full).st_mode
    if stat.S_ISLNK(mode):
        target = str(Path(full).readlink())
        if os.path.isabs(target) or not Path(os.path.realpath(full)).is_relative_to(top):  # noqa: PTH117 - a text
            message = f"is a symbolic link out of the folder, to {quoted(target)}"
            return "path-link", message, "copy what it points to into the folder"
    elif not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        return "path-special", "is neither a file nor a folder nor a symbolic link", "remove it"
    return None


def _raise(error: OSError) -> None:
    raise error
