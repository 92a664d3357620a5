"""The wheels that a source is built with, fetched and looked into before any of them is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.errors import LockError
from resolver.inspection.memory import Seen
from resolver.inspection.wheel import inspect

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lock.errors import Problem
    from resolver.index.interface import PackageIndexes
    from resolver.index.model import ProjectFile, ProjectPage
    from resolver.inspection.memory import InspectionMemory


def fetch_wheels(
    client: PackageIndexes, memory: InspectionMemory, files: Iterable[tuple[ProjectPage, ProjectFile]]
) -> dict[str, Path]:
    """Return where the wheels among some files lie, by file name.

    Installing one that must not be locked could do harm already, and its code would run.  Raises `LockError` with the
    problems of all of them, `WorldError` where a fetch fails.
    """
    downloads = [(page, file, client.download(page, file, _unheard)) for page, file in files if file.kind == "wheel"]
    places: dict[str, Path] = {}
    problems: list[Problem] = []
    for page, file, download in downloads:
        places[file.filename] = path = download.result()
        if file.sha256 is None:
            raise AssertionError("a listing refuses files without a sha256")
        if memory.recall(file.sha256, file.filename) is not None:
            continue
        try:
            contents = inspect(path, name=page.name, version=file.version)
        except LockError as error:
            problems += error.problems
        else:
            memory.remember(file.sha256, file.filename, Seen(size=path.stat().st_size, contents=contents))
    if problems:
        raise LockError(*problems)
    return places


def _unheard(_: int) -> None:
    """Report to nobody: build requirements are small, and their stage is the build."""
