"""Whether a wheel holds what the lock says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.index import core_metadata
from resolver.index.errors import MetadataError
from resolver.index.model import ProjectFile
from resolver.inspection.wheel import inspect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from lock.model import Artifact, EntryPoint, Lock, Package
    from resolver.index.model import CoreMetadata
    from resolver.inspection.model import WheelContents


def wheel_differences(
    package: Package, artifact: Artifact, path: Path, lock: Lock
) -> tuple[CoreMetadata | None, tuple[str, ...]]:
    """Look inside a wheel again; return its metadata, and as finished phrases what the lock says otherwise.

    Raises `InspectionError` for a wheel that must not be used at all.
    """
    contents = inspect(path, name=package.name, version=package.version)
    found = [*_facts(artifact, contents), *_entry_points(package, contents, lock), *_python(package, contents)]
    if contents.metadata is None:
        return None, tuple(found)
    file = ProjectFile(filename=path.name, url="", kind="wheel", version=package.version)
    try:
        return core_metadata.checked(file, package.name, contents.metadata), tuple(found)
    except MetadataError as error:
        return None, (*found, f"its METADATA cannot be used: {error.reason}")


def _facts(artifact: Artifact, contents: WheelContents) -> Iterator[str]:
    pairs = (
        ("modules", artifact.modules, contents.modules),
        ("startup-files", artifact.startup_files, contents.startup_files),
        ("console-scripts", artifact.console_scripts, contents.console_scripts),
        ("libraries", artifact.libraries, contents.libraries),
    )
    for key, locked, found in pairs:
        if tuple(sorted(locked)) != tuple(sorted(found)):
            yield f"{key} are {listed(found)}, and the lock says {listed(locked)}"
    if artifact.native != contents.native:
        yield f"it holds {'native' if contents.native else 'no native'} code, and the lock says otherwise"
    if artifact.license != contents.license:
        yield f"its licence is {contents.license or 'not given'}, and the lock says {artifact.license or 'nothing'}"


def listed(values: Iterable[str]) -> str:
    """Return sorted names for a message."""
    return ", ".join(sorted(values)) or "none"


def _entry_points(package: Package, contents: WheelContents, lock: Lock) -> Iterator[str]:
    plugin = next((entry for entry in lock.plugins if entry.name == package.name and entry.tree is None), None)
    # A plugin may also be among what a source is built with, perhaps at another version.
    if plugin is None or not any(package is entry for entry in lock.packages):
        return
    groups = set(lock.host.entry_points)
    found = {(entry.group, entry.name, entry.value) for entry in contents.entry_points if entry.group in groups}
    locked = {_triple(entry) for entry in plugin.entry_points}
    versions = sum(entry.name == package.name for entry in lock.packages)
    if len(package.artifacts) == versions == 1 and found != locked:
        yield f"it registers {_spelt(found)} with the host, and the lock says {_spelt(locked)}"
    elif not found <= locked:
        yield f"it registers {_spelt(found - locked)} with the host, which the lock does not say"


def _triple(entry: EntryPoint) -> tuple[str, str, str]:
    return entry.group, entry.name, entry.value


def _spelt(entries: Iterable[tuple[str, str, str]]) -> str:
    return ", ".join(f"{name} = {value}" for _, name, value in sorted(entries)) or "nothing"


def _python(package: Package, contents: WheelContents) -> Iterator[str]:
    stated = contents.metadata.requires_python if contents.metadata is not None else None
    yield from python_differences(package, stated, "METADATA")


def python_differences(package: Package, stated: str | None, where: str) -> Iterator[str]:
    """Compare Requires-Python where the lock has one: it has none where files disagree, or a cap was passed over."""
    if package.requires_python is not None and _clauses(package.requires_python) != _clauses(stated or ""):
        yield f"its {where} requires Python {stated or '(any)'}, and the lock says {package.requires_python}"


def _clauses(specifier: str) -> set[str]:
    return {"".join(clause.split()) for clause in specifier.split(",")}
