"""Rule 6 for packages and trees: each edge leads to something on all its systems; nothing is there for nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lock.derived import plugin_systems
from lock.grammar import shown
from lock.model import Package
from lock.rules.spelling import TOOL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lock.findings import Findings
    from lock.model import Lock, PluginTree
    from lock.toml_lines import KeyPath


class Needing(msgspec.Struct, frozen=True, kw_only=True):
    """What has edges: a package or the tree of a plugin; `key` is its place, `own` that of plugin-lock's keys."""

    label: str
    systems: tuple[str, ...]
    node: Package | PluginTree
    key: KeyPath
    own: KeyPath

    @classmethod
    def package(cls, package: Package, key: KeyPath) -> Needing:
        """Return a package as what needs others."""
        label = shown(package.name)
        return cls(label=label, systems=package.systems, node=package, key=key, own=(*key, *TOOL))

    def on(self, name: str) -> tuple[str, ...]:
        """Return the systems on which the edge to `name` applies."""
        return tuple(self.node.edge_systems.get(name, self.systems))


def check(lock: Lock, findings: Findings) -> None:
    """Check the graph of the lock."""
    locked = {(package.name, system) for package in lock.packages for system in package.systems}
    provided = {(name, system) for name, versions in lock.host.provided.items() for system in versions}
    for place, package in enumerate(lock.packages):
        key = ("packages", place)
        needing = Needing.package(package, key)
        check_limits(needing, findings)
        _edges(needing, locked, provided, findings)
        both = [system for system in package.systems if (package.name, system) in provided]
        if both:
            message = f"{shown(package.name)} is locked for {_list(both)}, where the host provides it"
            findings.add("rule-6-provided", message, key)
    for needing in trees(lock):
        check_limits(needing, findings)
        _edges(needing, locked, provided, findings)
    _orphans(lock, findings)
    _provided(lock, findings)


def trees(lock: Lock) -> Iterator[Needing]:
    """Yield the directory plugins."""
    for place, plugin in enumerate(lock.plugins):
        if plugin.tree is not None:
            key = (*TOOL, "plugins", place, "tree")
            label = f"plugin {shown(plugin.name)}"
            yield Needing(label=label, systems=plugin_systems(lock, plugin), node=plugin.tree, key=key, own=key)


def check_limits(needing: Needing, findings: Findings) -> None:
    """`edge-systems` names edges, each with some but not all of the systems."""
    label = needing.label
    what = "the package" if isinstance(needing.node, Package) else "it"
    for name, systems in needing.node.edge_systems.items():
        here = (*needing.own, "edge-systems", name)
        if name not in needing.node.dependencies and name not in needing.node.provided:
            findings.add("rule-6-edge", f"{label}: 'edge-systems' names {shown(name)}, to which no edge leads", here)
        if outside := sorted(set(systems) - set(needing.systems)):
            message = f"{label}: the edge to {shown(name)} is for {_list(outside)}, {what} is not"
            findings.add("rule-6-edge", message, here)
        elif not systems or set(systems) == set(needing.systems):
            which = f"every system of {what}" if systems else "no system"
            findings.add("rule-6-edge", f"{label}: 'edge-systems' gives {shown(name)} {which}", here)


def _edges(needing: Needing, locked: set[tuple[str, str]], provided: set[tuple[str, str]], findings: Findings) -> None:
    label, node = needing.label, needing.node
    places: dict[str, KeyPath] = {
        name: (*needing.own, "provided", place) for place, name in enumerate(node.provided)
    } | {name: (*needing.key, "dependencies", place) for place, name in enumerate(node.dependencies)}
    for name in sorted(places):
        systems = needing.on(name)
        if not systems:
            continue  # told by `check_limits`, or a plugin that no target uses
        on_lock = {system for system in systems if (name, system) in locked}
        on_host = {system for system in systems if (name, system) in provided}
        if missing := [system for system in systems if system not in on_lock | on_host]:
            message = f"{label} needs {shown(name)}, which is neither locked nor provided for {_list(missing)}"
            findings.add("rule-6-edge", message, places[name])
            continue
        if bool(on_lock) != (name in node.dependencies):
            verb = "misses" if on_lock else "names"
            message = f"{label}: 'dependencies' {verb} {shown(name)}, which is {_where(on_lock)}"
            findings.add("rule-6-edge", message, places[name])
        if bool(on_host) != (name in node.provided):
            verb = "misses" if on_host else "names"
            message = f"{label}: 'provided' {verb} {shown(name)}, which is {_where(on_lock)}"
            findings.add("rule-6-edge", message, places[name])


def _where(on_lock: set[str]) -> str:
    return "locked" if on_lock else "provided by the host"


def _orphans(lock: Lock, findings: Findings) -> None:
    """Every package is needed, on each of its systems, by a plugin or by what one needs."""
    reached = reachable(lock)
    for place, package in enumerate(lock.packages):
        if alone := [system for system in package.systems if (package.name, system) not in reached]:
            message = f"no plugin needs {shown(package.name)} {shown(package.version)} on {_list(alone)}"
            findings.add("rule-6-orphan", message, ("packages", place))


def reachable(lock: Lock) -> set[tuple[str, str]]:
    """Return the (name, system) of every distribution that a plugin is or needs, provided ones included."""
    edges: dict[tuple[str, str], list[str]] = {}
    for package in lock.packages:
        for name in (*package.dependencies, *package.provided):
            for system in package.edge_systems.get(name, package.systems):
                edges.setdefault((package.name, system), []).append(name)
    waiting = [(plugin.name, system) for plugin in lock.plugins for system in plugin.version]
    waiting += [
        (name, system)
        for needing in trees(lock)
        for name in (*needing.node.dependencies, *needing.node.provided)
        for system in needing.on(name)
    ]
    reached = set(waiting)
    while waiting:
        name, system = waiting.pop()
        for target in edges.get((name, system), ()):
            if (target, system) not in reached:
                reached.add((target, system))
                waiting.append((target, system))
    return reached


def _provided(lock: Lock, findings: Findings) -> None:
    """Check that provided versions are recorded for targets only, and only where something relies on them."""
    wanted = {name for package in lock.packages for name in package.provided}
    wanted |= {name for needing in trees(lock) for name in needing.node.provided}
    wanted |= {plugin.name for plugin in lock.plugins if plugin.tree is None}
    for name, versions in lock.host.provided.items():
        key = (*TOOL, "host", "provided", name)
        if name not in wanted:
            findings.add("rule-6-orphan", f"nothing in the lock relies on the provided {shown(name)}", key)
        findings_for_systems(versions, lock.systems, f"the provided {shown(name)}", key, findings)


def findings_for_systems(
    versions: Mapping[str, str], systems: Sequence[str], what: str, key: KeyPath, findings: Findings
) -> None:
    """Note systems of a mapping that are no targets."""
    if outside := sorted(set(versions) - set(systems)):
        message = f"{what} has a version for {_list(outside)}, no target of the lock"
        findings.add("rule-6-target", message, key)


def _list(systems: Sequence[str]) -> str:
    return ", ".join(map(shown, systems))
