"""Rule 6 for what follows from the rest: PEP 751's markers, environments and versions say what the lock says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.derived import (
    dependency_entries,
    environments,
    package_marker,
    packages_by_name,
    requires_python,
    tree_systems,
)
from lock.grammar import quoted
from lock.rules.spelling import TOOL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lock.findings import Findings
    from lock.model import Lock, Package
    from lock.stated import Stated, StatedPackage
    from lock.toml_lines import KeyPath


def check(lock: Lock, stated: Stated, findings: Findings) -> None:
    """Compare what a file states with what follows; the lock keeps every other rule."""
    wanted = requires_python(lock)
    if stated.requires_python != wanted:
        message = f"'requires-python' is {quoted(stated.requires_python)}, not {quoted(wanted)}"
        findings.add("rule-6-derived", message, ("requires-python",))
    if stated.environments != environments(lock):
        message = "'environments' does not hold one marker for each target, in their order"
        findings.add("rule-6-derived", message, ("environments",))
    by_name = packages_by_name(lock.packages)
    for place, (package, said) in enumerate(zip(lock.packages, stated.packages, strict=True)):
        _package(lock, package, said, by_name, ("packages", place), findings)
    for place, (package, said) in enumerate(zip(lock.build_packages, stated.build_packages, strict=True)):
        _package(lock, package, said, {}, (*TOOL, "build-packages", place), findings)
    for place, (plugin, systems) in enumerate(zip(lock.plugins, stated.tree_systems, strict=True)):
        if plugin.tree is not None and systems != (follows := tree_systems(lock, plugin)):
            need = "absent" if follows is None else ", ".join(follows) or "empty"
            message = f"plugin {plugin.name}: 'systems' should be {need}"
            findings.add("rule-6-derived", message, (*TOOL, "plugins", place, "tree", "systems"))


def _package(
    lock: Lock,
    package: Package,
    said: StatedPackage,
    by_name: Mapping[str, list[Package]],
    key: KeyPath,
    findings: Findings,
) -> None:
    marker = package_marker(lock, package)
    if said.marker != marker:
        need = "no marker" if marker is None else f"the marker {quoted(marker)}"
        message = f"{package.name}: for {', '.join(package.systems)} it has {need}"
        findings.add("rule-6-derived", message, (*key, "marker"))
    entries = dependency_entries(package, by_name)
    if said.dependencies != entries:
        names = ", ".join(f"{name} {version}" if version else name for name, version in entries)
        message = f"{package.name}: 'dependencies' should be {names or 'absent'}"
        findings.add("rule-6-derived", message, (*key, "dependencies"))
