"""Whether a tree is an installable project or a directory plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from lock.errors import InputError, Problem
from resolver.sources import pyproject
from resolver.sources.trees import read_file

if TYPE_CHECKING:
    from pathlib import Path

    from lock.model import PluginKind

MANIFESTS = ("plugin.yaml", "plugin.yml", "skill.toml")
"""The files at the root of a directory plugin, in the order in which they are looked for."""


class Recognised(msgspec.Struct, frozen=True, kw_only=True):
    """What a tree is; `manifest` is the file that makes it a directory plugin."""

    kind: PluginKind
    manifest: str | None = None


def recognise(
    folder: Path, *, top: Path, source: str, asked: Literal["package", "directory"] | None = None
) -> Recognised:
    """Tell what the folder of a tree (whose top is `top`) is; `asked` is what plugins.toml says of it.

    A project is installable where pyproject.toml has a `[build-system]` (PEP 518), or there is a setup.py.  One with a
    `[project]` alone is so too (PEP 517's fallback), unless a manifest says that it is a directory plugin: their Python
    needs stand in such a file.  Raises `InputError` where it is neither, both, or not what was asked for.
    """
    manifests = [name for name in MANIFESTS if read_file(folder, name, top=top, source=source) is not None]
    tables = pyproject.tables(folder, top=top, source=source)
    builds = (tables is not None and "build-system" in tables) or (
        read_file(folder, "setup.py", top=top, source=source) is not None
    )
    is_project = builds or (tables is not None and "project" in tables)
    if asked == "directory":
        if not manifests:
            raise _neither(source, f"it is no directory plugin: it has none of {', '.join(MANIFESTS)} at its root")
        return Recognised(kind="directory", manifest=_only(manifests, source))
    if asked == "package":
        if not is_project:
            raise _neither(source, "it is no package: it has neither pyproject.toml nor setup.py at its root")
        return Recognised(kind="package")
    if manifests and builds:
        raise InputError(
            Problem(
                code="source-kind",
                message=f"it is a package and a directory plugin: it can be built, and has {manifests[0]}",
                path=source,
                key=manifests[0],
                remedy='write kind = "package" or kind = "directory" in plugins.toml',
            )
        )
    if manifests:
        return Recognised(kind="directory", manifest=_only(manifests, source))
    if not is_project:
        looked_for = ", ".join((*pyproject.FILES, *MANIFESTS))
        raise _neither(
            source, f"it is neither a package nor a directory plugin: it has none of {looked_for} at its root"
        )
    return Recognised(kind="package")


def _only(manifests: list[str], source: str) -> str:
    if len(manifests) > 1:
        message = f"it has {' and '.join(manifests)}, and a directory plugin has one of them"
        raise InputError(
            Problem(code="source-kind", message=message, path=source, remedy="ask its maintainers which one counts")
        )
    return manifests[0]


def _neither(source: str, message: str) -> InputError:
    remedy = "name the folder that holds it: subdirectory = …; or correct the address or `kind`"
    return InputError(Problem(code="source-kind", message=message, path=source, remedy=remedy))
