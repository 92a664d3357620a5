"""Core metadata of a source without running its code, where the standards allow it.

An sdist's PKG-INFO counts from metadata version 2.2 on, if it says of nothing we need that it is dynamic (PEP 643).
A pyproject.toml counts if its `[project]` (PEP 621) has all we need and lists none of it under `dynamic`; a backend
must not change what stands there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec
from packaging.metadata import parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from resolver.index import core_metadata, parsed
from resolver.index.errors import MetadataError
from resolver.index.model import CoreMetadata, ProjectFile
from resolver.sources import pyproject
from resolver.sources.trees import read_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from packaging.markers import Marker

_FIRST_STATIC = (2, 2)
_NEEDED_FIELDS = ("requires-dist", "requires-python", "provides-extra")
_NEEDED_KEYS = ("name", "version", "dependencies", "optional-dependencies", "requires-python")


class StaticMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What a source says of itself.  `metadata` None: a build is needed, and `reason` says why.

    `name` (as it is written) and `version` may be known even then.
    """

    metadata: CoreMetadata | None = None
    reason: str | None = None
    name: str | None = None
    version: str | None = None


class _NeedsBuildError(Exception):
    """The metadata cannot be told without a build; the text is the reason."""


def read(folder: Path, *, top: Path, source: str, is_sdist: bool) -> StaticMetadata:
    """Return the metadata of a source in a folder of a tree whose top is `top`.

    Only of an sdist PKG-INFO is looked at: in a repository it is what somebody once forgot there.  Raises `SourceError`
    for a pyproject.toml that cannot be read; everything else that is wrong is left to the build to tell.
    """
    reasons = []
    if is_sdist:
        try:
            metadata = _from_pkg_info(read_file(folder, "PKG-INFO", top=top, source=source))
            return StaticMetadata(metadata=metadata, name=metadata.name, version=metadata.version)
        except _NeedsBuildError as error:
            reasons.append(str(error))
    project = (pyproject.tables(folder, top=top, source=source) or {}).get("project")
    try:
        metadata = _from_project(project, _poetry(folder, top, source))
        return StaticMetadata(metadata=metadata, name=metadata.name, version=metadata.version)
    except _NeedsBuildError as error:
        reasons.append(str(error))
    table = project if isinstance(project, dict) else {}
    name, version = table.get("name"), table.get("version")
    return StaticMetadata(
        reason="; ".join(reasons),
        name=name if isinstance(name, str) else None,
        version=version if isinstance(version, str) and parsed.version(version) is not None else None,
    )


# -- PKG-INFO ----------------------------------------------------------------------------------------------------


def _from_pkg_info(content: bytes | None) -> CoreMetadata:
    if content is None:
        raise _NeedsBuildError("it has no PKG-INFO")
    try:
        text = core_metadata.read(content)
        version = tuple(int(part) for part in text.metadata_version.split("."))
        if version < _FIRST_STATIC:
            raise _NeedsBuildError(f"its PKG-INFO has metadata version {text.metadata_version}, before 2.2")
        raw, _ = parse_email(content)
        dynamic = {field.lower() for field in raw.get("dynamic", [])}
        for field in _NEEDED_FIELDS:
            if field in dynamic:
                raise _NeedsBuildError(f"its PKG-INFO says that {field.title()} is dynamic")
        # The file stands for itself here: its name and version are compared with what was asked for elsewhere.
        file = ProjectFile(filename="PKG-INFO", url="", kind="sdist", version=text.version)
        return core_metadata.checked(file, parsed.normalized(text.name), text)
    except MetadataError as error:
        raise _NeedsBuildError(f"its PKG-INFO cannot be used: {error.reason}") from None
    except ValueError:
        raise _NeedsBuildError("its PKG-INFO cannot be read") from None


# -- pyproject.toml ----------------------------------------------------------------------------------------------


def _poetry(folder: Path, top: Path, source: str) -> bool:
    """Tell whether dependencies stand in Poetry's own table, which are not static metadata."""
    tool = (pyproject.tables(folder, top=top, source=source) or {}).get("tool")
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    return isinstance(poetry, dict) and "dependencies" in poetry


def _from_project(project: object, poetry: bool) -> CoreMetadata:
    if not isinstance(project, dict):
        raise _NeedsBuildError("its pyproject.toml has no [project]")
    table = cast("Mapping[str, object]", project)
    dynamic = _texts(table, "dynamic")
    for key in _NEEDED_KEYS:
        if key in dynamic:
            raise _NeedsBuildError(f"its pyproject.toml says that {key} is dynamic")
    if poetry and "dependencies" not in table:
        raise _NeedsBuildError("its dependencies stand in [tool.poetry], which is no static metadata")
    name, version = _text(table, "name"), _text(table, "version")
    requires_python = _text(table, "requires-python") if "requires-python" in table else None
    extras, optional = _optional(table)
    try:
        return CoreMetadata(
            name=name,
            version=str(Version(version)),
            requires_dist=(*(Requirement(text) for text in _texts(table, "dependencies")), *optional),
            requires_python=None if requires_python is None else SpecifierSet(requires_python),
            provides_extra=extras,
        )
    except (InvalidRequirement, InvalidSpecifier, InvalidVersion, RecursionError) as error:
        raise _NeedsBuildError(f"its [project] is not valid (PEP 621): {str(error).splitlines()[0]!a}") from None


def _optional(table: Mapping[str, object]) -> tuple[tuple[str, ...], tuple[Requirement, ...]]:
    """Return the extras, normalized (PEP 685), and their requirements, each with its extra in the marker."""
    groups = table.get("optional-dependencies", {})
    if not isinstance(groups, dict):
        raise _NeedsBuildError("its [project] is not valid (PEP 621): optional-dependencies is no table")
    found = []
    for extra in groups:
        for text in _texts(groups, extra):
            try:
                requirement = Requirement(text)
                requirement.marker = _with_extra(requirement.marker, parsed.normalized(extra))
            except (ValueError, RecursionError):
                raise _NeedsBuildError(f"its [project] is not valid (PEP 621): the requirement {text!a}") from None
            found.append(requirement)
    return tuple(parsed.normalized(extra) for extra in groups), tuple(found)


def _with_extra(marker: Marker | None, extra: str) -> Marker:
    from packaging.markers import Marker as Parsed  # noqa: PLC0415 - for extras alone

    own = f'extra == "{extra}"'
    return Parsed(own if marker is None else f"({marker}) and {own}")


def _text(table: Mapping[str, object], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str):
        raise _NeedsBuildError(
            f"its [project] has no {key}" if value is None else f"the {key} of its [project] is no text"
        )
    return value


def _texts(table: Mapping[str, object], key: str) -> list[str]:
    values = table.get(key, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise _NeedsBuildError(f"its [project] is not valid (PEP 621): {key} is no array of strings")
    return cast("list[str]", values)
