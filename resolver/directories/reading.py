"""One directory plugin, read from its unpacked tree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from resolver.directories.files import PluginFolder
from resolver.directories.manifest import read_manifest
from resolver.directories.requirements import python_needs

if TYPE_CHECKING:
    from pathlib import Path

    from packaging.requirements import Requirement

    from resolver.directories.manifest import ReadManifest
    from resolver.directories.requirements import PythonNeeds


class DirectoryPlugin(msgspec.Struct, frozen=True, kw_only=True):
    """The manifest of a directory plugin, and what it needs of Python."""

    read: ReadManifest
    python: PythonNeeds


def read_plugin(
    tree: Path, *, shown: str, fallback_id: str, dependencies: tuple[Requirement, ...] | None = None
) -> DirectoryPlugin:
    """Read a directory plugin as data; nothing of it is run.

    `tree` is the folder with the manifest (of an unpacked source its subdirectory), `shown` how messages name it,
    `fallback_id` the name its folder would have (`identity.folder_name`), `dependencies` what plugins.toml gives.
    Raises `InputError` with the file and line of everything that is wrong, `WorldError` where the disk fails.
    """
    folder = PluginFolder(tree, shown)
    read = read_manifest(folder, fallback_id)
    return DirectoryPlugin(read=read, python=python_needs(folder, read, dependencies))
