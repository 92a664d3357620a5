"""Whether a file holds what the lock says of it, and still requires what the lock has edges for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from resolver.index import parsed
from resolver.inspection.wheel import inspect
from resolver.search.markers import ApplicableTargets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from lock.model import Artifact, EntryPoint, Lock, Package
    from resolver.inspection.model import WheelContents
    from resolver.targets import TargetSet
    from resolver.verification.model import LockedFile


def wheel_differences(file: LockedFile, path: Path, lock: Lock, targets: TargetSet) -> tuple[str, ...]:
    """Look inside a wheel again, and return as finished phrases what the lock says otherwise.

    Raises `InspectionError` for a wheel that must not be used at all.
    """
    contents = inspect(path, name=file.name, version=file.version or "")
    package = next((entry for entry in lock.packages if (entry.name, entry.version) == (file.name, file.version)), None)
    found: list[str] = []
    if file.artifact is not None:
        found += _facts(file.artifact, contents)
    if package is not None:
        found += _entry_points(package, contents, lock)
        found += _python(package, contents)
        found += _edges(package, file, contents, lock, ApplicableTargets(targets))
    return tuple(found)


def _facts(artifact: Artifact, contents: WheelContents) -> Iterator[str]:
    pairs = (
        ("modules", artifact.modules, contents.modules),
        ("startup-files", artifact.startup_files, contents.startup_files),
        ("console-scripts", artifact.console_scripts, contents.console_scripts),
        ("libraries", artifact.libraries, contents.libraries),
    )
    for key, locked, found in pairs:
        if tuple(sorted(locked)) != tuple(sorted(found)):
            yield f"{key} are {_listed(found)}, and the lock says {_listed(locked)}"
    if artifact.native != contents.native:
        yield f"it holds {'native' if contents.native else 'no native'} code, and the lock says otherwise"
    if artifact.license != contents.license:
        yield f"its licence is {contents.license or 'not given'}, and the lock says {artifact.license or 'nothing'}"


def _listed(values: Iterable[str]) -> str:
    return ", ".join(sorted(values)) or "none"


def _entry_points(package: Package, contents: WheelContents, lock: Lock) -> Iterator[str]:
    plugin = next((entry for entry in lock.plugins if entry.name == package.name and entry.tree is None), None)
    if plugin is None:
        return
    groups = set(lock.host.entry_points)
    found = {(entry.group, entry.name, entry.value) for entry in contents.entry_points if entry.group in groups}
    locked = {_triple(entry) for entry in plugin.entry_points}
    if len(package.artifacts) == 1 and found != locked:
        yield f"it registers {_spelt(found)} with the host, and the lock says {_spelt(locked)}"
    elif not found <= locked:
        yield f"it registers {_spelt(found - locked)} with the host, which the lock does not say"


def _triple(entry: EntryPoint) -> tuple[str, str, str]:
    return entry.group, entry.name, entry.value


def _spelt(entries: Iterable[tuple[str, str, str]]) -> str:
    return ", ".join(f"{name} = {value}" for _, name, value in sorted(entries)) or "nothing"


def _python(package: Package, contents: WheelContents) -> Iterator[str]:
    """Compare Requires-Python where the lock has one: it has none where wheels disagree, or a cap was passed over."""
    stated = contents.metadata.requires_python if contents.metadata is not None else None
    if package.requires_python is not None and _clauses(package.requires_python) != _clauses(stated or ""):
        yield f"its METADATA requires Python {stated or '(any)'}, and the lock says {package.requires_python}"


def _clauses(specifier: str) -> set[str]:
    return {"".join(clause.split()) for clause in specifier.split(",")}


def _edges(
    package: Package, file: LockedFile, contents: WheelContents, lock: Lock, applicable: ApplicableTargets
) -> Iterator[str]:
    """Find what METADATA requires and the lock has no edge for.

    Which extras of a package are asked for does not stand in the lock: only what is required without any must be there.
    """
    if contents.metadata is None or file.artifact is None:
        return
    replaced = {canonicalize_name(parsed.requirement(entry.requirement).name) for entry in lock.resolution.overrides}
    mask = applicable.targets.mask(file.artifact.systems)
    for line in contents.metadata.requires_dist:
        requirement = parsed.requirement(line)
        name = canonicalize_name(requirement.name)
        needed = applicable.marker(requirement.marker) & mask
        if not needed or name in replaced or name == package.name:
            continue
        for system in applicable.targets.systems(needed):
            edges = {*package.dependencies, *package.provided}
            if name not in edges or system not in package.edge_systems.get(name, (system,)):
                yield f"it requires {line} on {system}, and the lock has no edge to {name} there"
