"""`tree`: what each plugin brings along and what it takes from the host, read from the lock alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.errors import InputError, Problem
from resolver.operations.reports import TreeNode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lock.model import Lock, Package, PluginTree


DEEPEST = 100
"""How many levels are opened at the most; real plugins need a tenth of it."""


def tree(
    lock: Lock,
    *,
    system: str | None = None,
    plugins: tuple[str, ...] = (),
    inverted: str | None = None,
    depth: int | None = None,
) -> tuple[TreeNode, ...]:
    """Return one tree a plugin, or with `inverted` the tree of everything that leads to a name.

    `system` leaves out what that system does not get; `depth` counts edges below the roots.  What was shown in full
    once is marked `repeated` and not opened again.  Raises `InputError` for names the lock does not hold.
    """
    forest = _Forest(lock, system)
    levels = DEEPEST if depth is None else min(depth, DEEPEST)
    if inverted is not None:
        _require(inverted, forest.names(), "the lock holds no")
        return (forest.users(inverted, levels, set()),)
    for name in plugins:
        _require(name, {plugin.name for plugin in lock.plugins}, "the lock has no plugin")
    seen: set[str] = set()
    roots = []
    for plugin in lock.plugins:
        if plugins and plugin.name not in plugins:
            continue
        if plugin.tree is not None:
            roots.append(forest.folder(plugin.name, plugin.tree, levels, seen))
        elif forest.version(plugin.name) is not None:
            roots.append(forest.node(plugin.name, levels, seen))
    return tuple(roots)


def _require(name: str, known: set[str], what: str) -> None:
    if name in known:
        return
    from difflib import get_close_matches  # noqa: PLC0415 - only for an error

    near = get_close_matches(name, sorted(known), n=1)
    raise InputError(
        Problem(
            code="unknown-name",
            message=f"{what} {name}",
            remedy=f"did you mean {near[0]}?" if near else "plugin-lock tree shows all names",
        )
    )


class _Forest:
    def __init__(self, lock: Lock, system: str | None) -> None:
        self._lock = lock
        self._systems = set(lock.systems) if system is None else {system}
        self._packages: dict[str, list[Package]] = {}
        for package in lock.packages:
            if self._systems & set(package.systems):
                self._packages.setdefault(package.name, []).append(package)

    def names(self) -> set[str]:
        return {*self._packages, *self._lock.host.provided}

    def version(self, name: str) -> str | None:
        """Return the locked, else the provided version of a name; several are joined."""
        if name in self._packages:
            return ", ".join(package.version for package in self._packages[name])
        shipped = {
            version for system, version in self._lock.host.provided.get(name, {}).items() if system in self._systems
        }
        return ", ".join(sorted(shipped)) or None

    def folder(self, name: str, tree: PluginTree, depth: int, seen: set[str]) -> TreeNode:
        """Return the node of a directory plugin, which is no package of its own."""
        edges = sorted(
            edge
            for edge in (*tree.dependencies, *tree.provided)
            if self._systems & set(tree.edge_systems.get(edge, self._systems))
        )
        children = tuple(self.node(edge, depth - 1, seen) for edge in edges) if depth > 0 else ()
        return TreeNode(name=name, version=tree.manifest.version or "", children=children)

    def node(self, name: str, depth: int, seen: set[str]) -> TreeNode:
        repeated = name in seen
        seen.add(name)
        children: tuple[TreeNode, ...] = ()
        if not repeated and depth > 0:
            children = tuple(self.node(child, depth - 1, seen) for child in self._children(name))
        return self._leaf(name, repeated=repeated and bool(self._children(name)), children=children)

    def users(self, name: str, depth: int, seen: set[str]) -> TreeNode:
        repeated = name in seen
        seen.add(name)
        above: tuple[TreeNode, ...] = ()
        if not repeated and depth > 0:
            parents = [parent for parent in sorted(self._packages) if name in self._children(parent)]
            above = tuple(self.users(parent, depth - 1, seen) for parent in parents)
        return self._leaf(name, repeated=repeated, children=above)

    def _leaf(self, name: str, *, repeated: bool, children: tuple[TreeNode, ...]) -> TreeNode:
        covered = {system for package in self._packages.get(name, ()) for system in package.systems}
        everywhere = name not in self._packages or covered >= self._systems
        return TreeNode(
            name=name,
            version=self.version(name) or "",
            provided=name not in self._packages,
            repeated=repeated,
            systems=() if everywhere else tuple(sorted(covered)),
            children=children,
        )

    def _children(self, name: str) -> list[str]:
        return sorted({edge for package in self._packages.get(name, ()) for edge in self._edges(package)})

    def _edges(self, package: Package) -> Iterator[str]:
        for edge in (*package.dependencies, *package.provided):
            if self._systems & set(package.edge_systems.get(edge, package.systems)):
                yield edge
