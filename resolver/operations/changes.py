"""What differs between an older lock and what is, or would be, locked now: names and versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.operations.reports import Change

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lock.model import Lock
    from resolver.manifest.model import Manifest
    from resolver.search.resolution import Found


def names_of(old: Lock | None, manifest: Manifest) -> set[str]:
    """Return every name that `update` may be given: plugin entries and locked packages."""
    locked = {package.name for package in old.packages} if old else set()
    return {plugin.name for plugin in manifest.plugins} | locked


def changes_between(old: Lock | None, new: Lock) -> tuple[Change, ...]:
    """Return the packages whose locked versions differ, or whose files do; then `old` and `new` are the same."""
    plugins = {plugin.name for plugin in new.plugins} | ({plugin.name for plugin in old.plugins} if old else set())
    changes = _changes(_versions(old), _joined((package.name, package.version) for package in new.packages), plugins)
    files_before, files_now = _files(old), _files(new)
    versions = _versions(new)
    same = files_before.keys() & files_now.keys() - {change.name for change in changes}
    refiled = (
        Change(name=name, old=versions[name], new=versions[name], is_plugin=name in plugins)
        for name in same
        if files_before[name] != files_now[name]
    )
    return tuple(sorted((*changes, *refiled), key=lambda change: change.name))


def planned_changes(old: Lock | None, found: Found) -> tuple[Change, ...]:
    """Return the packages whose versions would differ."""
    plugins = {need.name for need in found.roots if need.asker.file is None}
    new = _joined((package.name, str(package.version)) for package in found.packages)
    return _changes(_versions(old), new, plugins)


def _versions(lock: Lock | None) -> dict[str, str]:
    return _joined((package.name, package.version) for package in lock.packages) if lock else {}


def _files(lock: Lock | None) -> dict[str, set[str]]:
    files: dict[str, set[str]] = {}
    for package in lock.packages if lock else ():
        files.setdefault(package.name, set()).update(artifact.name for artifact in package.artifacts)
    return files


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    versions: dict[str, list[str]] = {}
    for name, version in pairs:
        versions.setdefault(name, []).append(version)
    return {name: ", ".join(sorted(found)) for name, found in versions.items()}


def _changes(old: Mapping[str, str], new: Mapping[str, str], plugins: set[str]) -> tuple[Change, ...]:
    return tuple(
        Change(name=name, old=old.get(name), new=new.get(name), is_plugin=name in plugins)
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    )
