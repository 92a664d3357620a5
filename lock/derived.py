"""What follows from the rest of a lock and stands there for other readers of PEP 751.

The writer derives it; the reader refuses a file in which it differs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.systems import SYSTEMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lock.model import Lock, Package, Plugin


def python_minor(python: str) -> str:
    """Return `3.12` of `3.12` or `3.12.4`."""
    return ".".join(python.split(".")[:2])


def requires_python(lock: Lock) -> str:
    """Return the PEP 751 `requires-python`: the host's minor version and no other."""
    return f"=={python_minor(lock.host.python)}.*"


def environments(lock: Lock) -> tuple[str, ...]:
    """Return the PEP 751 `environments`: one marker a target, in the order of the systems."""
    python = python_minor(lock.host.python)
    return tuple(
        f"implementation_name == 'cpython' and python_version == '{python}' and {SYSTEMS[system].marker}"
        for system in lock.systems
    )


def package_marker(lock: Lock, package: Package) -> str | None:
    """Return the PEP 751 `packages.marker`: None for a package that every target uses."""
    if package.systems == lock.systems:
        return None
    return " or ".join(SYSTEMS[system].marker for system in package.systems)


def packages_by_name(packages: Iterable[Package]) -> dict[str, list[Package]]:
    """Return the packages of each name."""
    found: dict[str, list[Package]] = {}
    for package in packages:
        found.setdefault(package.name, []).append(package)
    return found


def dependency_entries(package: Package, by_name: Mapping[str, list[Package]]) -> tuple[tuple[str, str | None], ...]:
    """Return the PEP 751 `packages.dependencies` as (name, version); `by_name` is `packages_by_name`.

    The version is None unless the name is locked at several, one of which must then be meant.  For build packages
    `by_name` is empty: the artifact that is built with them says at which version.
    """
    entries: list[tuple[str, str | None]] = []
    for name in package.dependencies:
        candidates = by_name.get(name, [])
        if len(candidates) < 2:
            entries.append((name, None))
            continue
        systems = set(package.edge_systems.get(name, package.systems))
        entries += [(name, other.version) for other in candidates if systems & set(other.systems)]
    return tuple(entries)


def plugin_systems(lock: Lock, plugin: Plugin) -> tuple[str, ...]:
    """Return the targets that a plugin's marker leaves it, sorted.

    Raises `packaging.markers.InvalidMarker`; the markers of a lock that was read are valid.
    """
    if plugin.marker is None:
        return lock.systems
    # Late, because most locks hold no marker of a plugin.
    from packaging.markers import Marker  # noqa: PLC0415 - start-up time

    marker = Marker(plugin.marker)
    python = lock.host.python
    return tuple(system for system in lock.systems if marker.evaluate(dict(marker_environment(system, python))))


def tree_systems(lock: Lock, plugin: Plugin) -> tuple[str, ...] | None:
    """Return the `systems` of a directory plugin: None for one that every target uses.

    They follow from its marker, and stand in the file for readers (Nix) that evaluate none.
    """
    systems = plugin_systems(lock, plugin)
    return None if systems == lock.systems else systems


def marker_environment(system: str, python: str) -> dict[str, str]:
    """Return the values of markers (PEP 508) on a system; without a patch level Python counts as `.0`."""
    facts = SYSTEMS[system]
    full = python if python.count(".") == 2 else f"{python}.0"
    return {
        "implementation_name": "cpython",
        "implementation_version": full,
        "os_name": "posix",
        "platform_machine": facts.platform_machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": facts.platform_system,
        "platform_version": "",
        "python_full_version": full,
        "python_version": python_minor(python),
        "sys_platform": facts.sys_platform,
    }
