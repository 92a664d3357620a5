"""pyproject.toml of a source: its tables, and how it is built (PEP 517, PEP 518)."""

from __future__ import annotations

import os
import posixpath
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from lock.grammar import BACKEND, BACKEND_PATH, quoted
from resolver.sources.errors import refused
from resolver.sources.trees import read_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.requirements import Requirement

    from resolver.sources.errors import SourceError

FILES = ("pyproject.toml", "setup.py")
DEFAULT_REQUIRES = "setuptools>=40.8.0"
DEFAULT_BACKEND = "setuptools.build_meta:__legacy__"

_REMEDY = "tell the maintainers; other versions may be right"


class BuildSystem(msgspec.Struct, frozen=True, kw_only=True):
    """`[build-system]`: what has to be there for the build, the backend, and folders of the tree it is found in."""

    requires: tuple[Requirement, ...]
    backend: str
    backend_path: tuple[str, ...] = ()


def tables(folder: Path, *, top: Path, source: str) -> Mapping[str, object] | None:
    """Return pyproject.toml as tomllib reads it, None where there is none; raises `SourceError` where it is broken."""
    content = read_file(folder, "pyproject.toml", top=top, source=source)
    if content is None:
        return None
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise _wrong("is not UTF-8", source) from None
    except tomllib.TOMLDecodeError as error:
        raise _wrong(f"is not TOML: {error}", source) from None
    except (RecursionError, ValueError):
        # ValueError: int() refuses numbers of thousands of digits, and tomllib lets that through.
        raise _wrong("is nested too deeply, or holds impossible numbers", source) from None


def build_system(folder: Path, *, top: Path, source: str) -> BuildSystem:
    """Return how a source is built; where it does not say, as the standards have it for old projects.

    Raises `SourceError` where the table breaks PEP 517 or 518.
    """
    from packaging.requirements import Requirement  # noqa: PLC0415 - not for those that only look at tables

    table = (tables(folder, top=top, source=source) or {}).get("build-system")
    if table is None:
        return BuildSystem(requires=(Requirement(DEFAULT_REQUIRES),), backend=DEFAULT_BACKEND)
    if not isinstance(table, dict):
        raise _wrong("has a build-system that is no table", source)
    if "requires" not in table:
        raise _wrong("has a [build-system] without requires (PEP 518)", source)
    requires = tuple(_requirement(text, source) for text in _texts(table, "requires", source))
    backend = table.get("build-backend", DEFAULT_BACKEND)
    if not isinstance(backend, str) or not BACKEND.fits(backend):
        raise _wrong(f"names the build backend {quoted(str(backend))}, which is no module or module:object", source)
    paths = _texts(table, "backend-path", source)
    if paths and "build-backend" not in table:
        raise _wrong("has a backend-path and no build-backend (PEP 517)", source)
    for path in paths:
        _check_backend_path(folder, path, top, source)
    return BuildSystem(requires=requires, backend=backend, backend_path=tuple(map(posixpath.normpath, paths)))


def _texts(table: Mapping[str, object], key: str, source: str) -> list[str]:
    values = table.get(key, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise _wrong(f"has build-system.{key} that is no array of strings", source)
    return cast("list[str]", values)


def _requirement(text: str, source: str) -> Requirement:
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415 - as above

    try:
        return Requirement(text)
    except (InvalidRequirement, RecursionError):
        raise _wrong(f"has the build requirement {quoted(text)}, which is not valid (PEP 508)", source) from None


def _check_backend_path(folder: Path, path: str, top: Path, source: str) -> None:
    normal = posixpath.normpath(path)
    inside = not posixpath.isabs(normal) and normal.split("/")[0] != ".." and BACKEND_PATH.fits(normal)
    place = folder / normal if inside else folder
    # Not `Path.resolve`, which fails at a link that leads to itself.
    real = Path(os.path.realpath(place))
    if not inside or not all(real.is_relative_to(os.path.realpath(above)) for above in (folder, top)):
        raise _wrong(f"has the backend-path {quoted(path)}, which leads out of the source (PEP 517)", source)
    if not place.is_dir():
        raise _wrong(f"has the backend-path {quoted(path)}, and there is no such folder", source)


def _wrong(message: str, source: str) -> SourceError:
    return refused("source-pyproject", f"pyproject.toml {message}", source=source, key="pyproject.toml", remedy=_REMEDY)
