"""The version that the host's own pyproject.toml declares, for lock files that do not hold the host itself."""

from __future__ import annotations

import posixpath
import tomllib
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from resolver.hosts.shipment import valid_version

if TYPE_CHECKING:
    from resolver.hosts.files import HostFiles


def declared_version(files: HostFiles, lock_path: str, name: str) -> str | None:
    """Return the static `project.version` beside a lock file, where that project has this normalized name.

    None where there is no such file, it is of another project, or its version is dynamic (pyproject.toml
    specification).  What is wrong in it is not ours to report.
    """
    found = files.find(posixpath.join(posixpath.dirname(lock_path), "pyproject.toml"))
    if found is None:
        return None
    try:
        project = tomllib.loads(found.text).get("project")
    except tomllib.TOMLDecodeError:
        return None
    if not isinstance(project, dict) or canonicalize_name(str(project.get("name", ""))) != name:
        return None
    version = project.get("version")
    return version if isinstance(version, str) and valid_version(version) else None
