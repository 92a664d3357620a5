"""Rule 6 for plugins: each is complete for each of its systems, and is what was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.derived import plugin_systems
from lock.grammar import shown
from lock.model import Archive, Directory, Sdist, Vcs
from lock.rules.edges import findings_for_systems
from lock.rules.sources import check_tree
from lock.rules.spelling import TOOL

if TYPE_CHECKING:
    from lock.findings import Findings
    from lock.model import Asked, Lock, Package, PackageSource, Plugin, PluginTree
    from lock.toml_lines import KeyPath


def check(lock: Lock, findings: Findings) -> None:
    """Check that there are targets, and every plugin on each of them."""
    if not lock.targets:
        findings.add("rule-6-target", "the lock has no target", TOOL)
    locked = {(package.name, system): package for package in lock.packages for system in package.systems}
    for place, plugin in enumerate(lock.plugins):
        key = (*TOOL, "plugins", place)
        if plugin.asked is not None:
            _asked(plugin.asked, f"plugin {shown(plugin.name)}", (*key, "asked"), findings)
        if plugin.kind == "directory":
            _directory(plugin, key, findings)
        else:
            _package(lock, plugin, locked, key, findings)
    _ids(lock, findings)


def _package(
    lock: Lock, plugin: Plugin, locked: dict[tuple[str, str], Package], key: KeyPath, findings: Findings
) -> None:
    label = f"plugin {shown(plugin.name)}"
    if (plugin.specifier is None) == (plugin.asked is None):
        which = "neither 'specifier' nor" if plugin.asked is None else "both 'specifier' and"
        findings.add("rule-6-plugin", f"{label} has {which} 'asked'", key)
    if plugin.tree is not None:
        findings.add("rule-6-plugin", f"{label} is a package and has no 'tree'", (*key, "tree"))
    if plugin.index is not None and plugin.asked is not None:
        findings.add("rule-6-plugin", f"{label} is from no index and has no 'index'", (*key, "index"))
    _versions(lock, plugin, locked, key, findings)
    systems: dict[str, list[str]] = {}
    for system in sorted(plugin.version):
        package = locked.get((plugin.name, system))
        if package is not None and (wrong := _difference(plugin, package)):
            systems.setdefault(wrong, []).append(system)
    for wrong in systems:
        findings.add("rule-6-plugin", f"{label}: {wrong}", (*key, "specifier" if plugin.asked is None else "asked"))


def _versions(
    lock: Lock, plugin: Plugin, locked: dict[tuple[str, str], Package], key: KeyPath, findings: Findings
) -> None:
    label = f"plugin {shown(plugin.name)}"
    wanted = set(plugin_systems(lock, plugin))
    here = (*key, "version")
    if missing := sorted(wanted - set(plugin.version)):
        findings.add("rule-6-plugin", f"{label} has no version for {', '.join(missing)}", here)
    if beyond := sorted((set(plugin.version) & set(lock.systems)) - wanted):
        message = f"{label} has a version for {', '.join(beyond)}, which its marker leaves out"
        findings.add("rule-6-plugin", message, here)
    findings_for_systems(plugin.version, lock.systems, label, here, findings)
    wrong: dict[str, list[str]] = {}
    for system, version in sorted(plugin.version.items()):
        package = locked.get((plugin.name, system))
        found = lock.host.provided.get(plugin.name, {}).get(system) if package is None else package.version
        if found is None:
            wrong.setdefault(f"{label} is neither locked nor provided for", []).append(system)
        elif found != version:
            wrong.setdefault(f"{label} stands at {version}, but is locked at {found} for", []).append(system)
    for message, systems in wrong.items():
        findings.add("rule-6-plugin", f"{message} {', '.join(systems)}", here)


def _directory(plugin: Plugin, key: KeyPath, findings: Findings) -> None:
    label = f"plugin {shown(plugin.name)}"
    for name, value in (
        ("specifier", plugin.specifier),
        ("version", plugin.version),
        ("extras", plugin.extras),
        ("index", plugin.index),
        ("entry-points", plugin.entry_points),
    ):
        if value:
            findings.add("rule-6-plugin", f"{label} is a directory plugin and has no {name!r}", (*key, name))
    if plugin.asked is None:
        findings.add("rule-6-plugin", f"{label} is a directory plugin and must have 'asked'", key)
    if plugin.tree is None:
        findings.add("rule-6-plugin", f"{label} is a directory plugin and must have a 'tree'", key)
        return
    check_tree(plugin.tree.source, label, (*key, "tree"), findings)
    _submodules(plugin.tree, label, (*key, "tree", "submodules"), findings)
    if plugin.asked is not None and (
        wrong := _unlike(plugin.asked, plugin.tree.source, submodules=plugin.tree.submodules)
    ):
        findings.add("rule-6-plugin", f"{label}: {wrong}", (*key, "asked"))


def _submodules(tree: PluginTree, label: str, key: KeyPath, findings: Findings) -> None:
    if tree.submodules and not isinstance(tree.source, Vcs):
        findings.add("rule-6-plugin", f"{label} is from no git repository and has no submodules", key)


def _asked(asked: Asked, label: str, key: KeyPath, findings: Findings) -> None:
    """Check that one thing is asked for, and of a repository one revision."""
    if [asked.git, asked.url, asked.path].count(None) != 2:
        findings.add("rule-6-plugin", f"{label}: 'asked' has one of 'git', 'url' and 'path'", key)
    refs = 3 - [asked.tag, asked.branch, asked.revision].count(None)
    if refs > 1:
        findings.add("rule-6-plugin", f"{label}: 'asked' has at most one of 'tag', 'branch' and 'rev'", key)
    if asked.git is None and (refs or asked.submodules):
        message = f"{label}: 'tag', 'branch', 'rev' and 'submodules' are for what is asked of 'git'"
        findings.add("rule-6-plugin", message, key)


def _difference(plugin: Plugin, package: Package) -> str | None:
    """Return in what a package is not what its plugin asked for."""
    if plugin.asked is None:
        is_from_index = package.source is None or isinstance(package.source, Sdist)
        return None if is_from_index else "a version of an index was asked for, and what is locked is from none"
    submodules = any(artifact.submodules for artifact in package.artifacts)
    return _unlike(plugin.asked, package.source, submodules=submodules)


def _unlike(asked: Asked, source: PackageSource | None, *, submodules: bool) -> str | None:
    """Return in what a source is not the one asked for, in words that hold nothing of either."""
    found: tuple[str | None, str | None, str | None, str | None, bool]
    match source:
        case Vcs():
            found = (source.url, None, None, source.subdirectory, submodules)
        case Archive():
            found = (None, source.url, None, source.subdirectory, submodules)
        case Directory():
            found = (None, None, source.path, source.subdirectory, submodules)
        case _:
            return "'asked' names a source, and what is locked is from an index"
    if found != (asked.git, asked.url, asked.path, asked.subdirectory, asked.submodules):
        return "'asked' and what is locked are not the same source"
    if isinstance(source, Vcs):
        ref = asked.tag or asked.branch or asked.revision
        if ref is not None and ref != source.requested_revision:
            return "'asked' and 'requested-revision' are not the same revision"
    return None


def _ids(lock: Lock, findings: Findings) -> None:
    """Check that no two directory plugins of one system have one id: a host would load either."""
    first: dict[tuple[str, str], str] = {}
    for place, plugin in enumerate(lock.plugins):
        if plugin.tree is None:
            continue
        others = [
            other
            for system in plugin_systems(lock, plugin)
            if (other := first.setdefault((plugin.tree.manifest.id, system), plugin.name)) != plugin.name
        ]
        if others:
            message = (
                f"the plugins {shown(others[0])} and {shown(plugin.name)} have one id, {shown(plugin.tree.manifest.id)}"
            )
            findings.add("rule-8-duplicate", message, (*TOOL, "plugins", place, "tree", "manifest", "id"))
