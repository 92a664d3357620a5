"""Rule 8 for values: nothing stands twice, and everything in its order, so that one lock is one text."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from lock.canonical import entry_point_key, override_key, package_key, requirement_key
from lock.grammar import shown
from lock.identities import identity_key, shown_identity
from lock.rules.artifacts import every_package
from lock.rules.spelling import TOOL

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lock.findings import Findings
    from lock.model import Build, BuildRequirement, EntryPoint, Lock, Package, Plugin, PluginTree
    from lock.options import Override
    from lock.toml_lines import KeyPath


_T = TypeVar("_T")


def check(lock: Lock, findings: Findings) -> None:
    """Check every sequence of the lock."""
    _ordered(lock.packages, "package", package_key, _package_name, ("packages",), findings)
    _once_a_system(lock, findings)
    build_key = (*TOOL, "build-packages")
    _ordered(lock.build_packages, "build package", package_key, _package_name, build_key, findings)
    for key, package in every_package(lock):
        _package(package, key, findings)
    options = (*TOOL, "resolution")
    _strings(lock.resolution.constraints, "constraint", (*options, "constraints"), findings)
    _ordered(lock.resolution.overrides, "override", override_key, _override_name, (*options, "overrides"), findings)
    _ordered(lock.plugins, "plugin", lambda plugin: (plugin.name,), _plugin_name, (*TOOL, "plugins"), findings)
    for place, plugin in enumerate(lock.plugins):
        _plugin(plugin, (*TOOL, "plugins", place), findings)
    _strings([target.system for target in lock.targets], "target", (*TOOL, "targets"), findings)
    _strings([index.url for index in lock.indexes], "index", (*TOOL, "indexes"), findings)
    for place, index in enumerate(lock.indexes):
        _strings(index.files, "origin", (*TOOL, "indexes", place, "files"), findings)
    for name, publishers in lock.policy.publishers.items():
        allowed = [publisher.identity for publisher in publishers]
        _identities(allowed, (*TOOL, "policy", "publishers", name), findings)
    host = (*TOOL, "host")
    _strings(lock.host.entry_points, "entry-point group", (*host, "entry-points"), findings)
    _strings(lock.host.extras, "extra", (*host, "extras"), findings)
    _strings(lock.host.dependency_groups, "dependency group", (*host, "dependency-groups"), findings)


def _package(package: Package, key: KeyPath, findings: Findings) -> None:
    own = (*key, *TOOL)
    _strings(package.dependencies, "dependency", (*key, "dependencies"), findings)
    _strings([wheel.name for wheel in package.wheels], "wheel", (*key, "wheels"), findings)
    _identities(package.attestation_identities, (*key, "attestation-identities"), findings)
    _strings(package.provided, "provided name", (*own, "provided"), findings)
    for name, systems in package.edge_systems.items():
        _strings(systems, "system", (*own, "edge-systems", name), findings)
    _strings([artifact.name for artifact in package.artifacts], "artifact", (*own, "artifacts"), findings)
    for place, artifact in enumerate(package.artifacts):
        here = (*own, "artifacts", place)
        _strings(artifact.systems, "system", (*here, "systems"), findings)
        _strings(artifact.modules, "module", (*here, "modules"), findings)
        _strings(artifact.startup_files, "start-up file", (*here, "startup-files"), findings)
        _strings(artifact.console_scripts, "console script", (*here, "console-scripts"), findings)
        _strings(artifact.libraries, "library", (*here, "libraries"), findings)
        if artifact.build is not None:
            _build(artifact.build, (*here, "build"), findings)


def _build(build: Build, key: KeyPath, findings: Findings) -> None:
    requires = (*key, "requires")
    _ordered(build.requires, "build requirement", requirement_key, _requirement_name, requires, findings)
    for place, requirement in enumerate(build.requires):
        _strings(requirement.systems, "system", (*requires, place, "systems"), findings)


def _plugin(plugin: Plugin, key: KeyPath, findings: Findings) -> None:
    _strings(plugin.extras, "extra", (*key, "extras"), findings)
    points = plugin.entry_points
    _ordered(points, "entry point", entry_point_key, _entry_name, (*key, "entry-points"), findings)
    if plugin.asked is not None:
        _strings(plugin.asked.dependencies or (), "requirement", (*key, "asked", "dependencies"), findings)
    if plugin.tree is not None:
        _tree(plugin.tree, (*key, "tree"), findings)


def _tree(tree: PluginTree, key: KeyPath, findings: Findings) -> None:
    _strings(tree.dependencies, "dependency", (*key, "dependencies"), findings)
    _strings(tree.provided, "provided name", (*key, "provided"), findings)
    for name, systems in tree.edge_systems.items():
        _strings(systems, "system", (*key, "edge-systems", name), findings)
    said = tree.manifest
    for name, values, what in (
        ("tools", said.tools, "tool"),
        ("hooks", said.hooks, "hook"),
        ("requires-env", said.requires_env, "environment variable"),
        ("requires-plugins", said.requires_plugins, "required plugin"),
        ("external-dependencies", said.external_dependencies, "program"),
    ):
        _strings(values, what, (*key, "manifest", name), findings)


def _once_a_system(lock: Lock, findings: Findings) -> None:
    """Check that a package which stands twice does so at different versions for different systems."""
    first: dict[tuple[str, str], Package] = {}
    for place, package in enumerate(lock.packages):
        for system in package.systems:
            other = first.setdefault((package.name, system), package)
            if other.version != package.version:
                versions = f"{shown(other.version)} and {shown(package.version)}"
                message = f"{shown(package.name)} is locked twice for {shown(system)}, at {versions}"
                findings.add("rule-8-duplicate", message, ("packages", place))


def _identities(values: Sequence[Mapping[str, str]], key: KeyPath, findings: Findings) -> None:
    _ordered(values, "publisher", lambda value: (identity_key(value),), shown_identity, key, findings)


def _strings(values: Sequence[str], what: str, key: KeyPath, findings: Findings) -> None:
    _ordered(values, what, lambda value: (value,), shown, key, findings)


def _ordered(
    values: Sequence[_T],
    what: str,
    order: Callable[[_T], tuple[str, ...]],
    name: Callable[[_T], str],
    key: KeyPath,
    findings: Findings,
) -> None:
    """Note values that equal or precede the one before them."""
    for place in range(1, len(values)):
        before, value = values[place - 1], values[place]
        if order(value) == order(before):
            findings.add("rule-8-duplicate", f"the {what} {name(value)} stands twice", (*key, place))
        elif order(value) < order(before):
            message = f"the {what} {name(value)} stands after {name(before)}; entries are sorted"
            findings.add("rule-8-order", message, (*key, place))


def _package_name(package: Package) -> str:
    return f"{shown(package.name)} {shown(package.version)}"


def _requirement_name(requirement: BuildRequirement) -> str:
    return f"{shown(requirement.name)} {shown(requirement.version)}"


def _plugin_name(plugin: Plugin) -> str:
    return shown(plugin.name)


def _override_name(override: Override) -> str:
    return shown(override.requirement)


def _entry_name(entry_point: EntryPoint) -> str:
    return f"{shown(entry_point.name)} of {shown(entry_point.group)}"
