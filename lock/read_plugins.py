"""Reading `[[tool.plugin-lock.plugins]]`: what was asked for and what it became."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.findings import NEWER
from lock.grammar import quoted
from lock.model import Asked, EntryPoint, Plugin, PluginKind, PluginManifest, PluginTree
from lock.read_sources import read_tree_source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lock.tables import Table

StatedSystems = tuple[str, ...] | None
"""The `systems` of a directory plugin as a file has them."""


def read_plugin(table: Table, systems: Sequence[str]) -> tuple[Plugin, StatedSystems]:
    """Read one plugin, and what it says that follows from its marker; `systems` are those of the targets."""
    kind = _kind(table)
    is_tree = kind == "directory"
    asked = table.optional_table("asked")
    tree = table.table("tree") if is_tree else table.optional_table("tree")
    version = {} if is_tree and not table.has("version") else by_system(table.text_or_texts("version"), systems)
    # What is asked for stands in one of two keys; `lock.rules.plugins` refuses both.
    needs_specifier = asked is None and not is_tree
    plugin = Plugin(
        name=table.text("name"),
        kind=kind,
        specifier=table.text("specifier") if needs_specifier else table.optional_text("specifier"),
        asked=None if asked is None else _asked(asked),
        version=version,
        extras=table.texts("extras"),
        marker=table.optional_text("marker"),
        index=table.optional_text("index"),
        entry_points=tuple(_entry_point(entry) for entry in table.tables("entry-points")),
        tree=None if tree is None else _tree(tree),
    )
    stated = None if tree is None or not tree.has("systems") else tree.texts("systems")
    if tree is not None:
        tree.finish()
    table.finish()
    return plugin, stated


def by_system(version: str | Mapping[str, str], systems: Sequence[str]) -> Mapping[str, str]:
    """Spread a version that stands for every target."""
    return dict.fromkeys(systems, version) if isinstance(version, str) else version


def _kind(table: Table) -> PluginKind:
    kind = table.text("kind")
    if kind == "directory":
        return "directory"
    if kind != "package" and table.is_text("kind"):
        message = f"the plugin kind {quoted(kind)} is not known; this plugin-lock reads 'package' and 'directory'"
        table.add("rule-7-type", message, "kind", remedy=NEWER)
    return "package"


def _asked(table: Table) -> Asked:
    asked = Asked(
        git=table.optional_text("git"),
        url=table.optional_text("url"),
        path=table.optional_text("path"),
        tag=table.optional_text("tag"),
        branch=table.optional_text("branch"),
        revision=table.optional_text("rev"),
        subdirectory=table.optional_text("subdirectory"),
        submodules=table.flag("submodules"),
        dependencies=table.texts("dependencies") if table.has("dependencies") else None,
    )
    table.finish()
    return asked


def _entry_point(table: Table) -> EntryPoint:
    entry_point = EntryPoint(group=table.text("group"), name=table.text("name"), value=table.text("value"))
    table.finish()
    return entry_point


def _tree(table: Table) -> PluginTree:
    edges = table.optional_table("edge-systems")
    return PluginTree(
        source=read_tree_source(table),
        nar_hash=table.text("nar-hash", code="rule-1-hash"),
        submodules=table.flag("submodules"),
        dependencies=table.texts("dependencies"),
        provided=table.texts("provided"),
        edge_systems={} if edges is None else {name: edges.texts(name) for name in edges.names()},
        manifest=_manifest(table.table("manifest")),
    )


def _manifest(table: Table) -> PluginManifest:
    manifest = PluginManifest(
        file=table.text("file"),
        id=table.text("id"),
        version=table.optional_text("version"),
        requires_host=table.optional_text("requires-host"),
        executable=table.optional_text("executable"),
        risk=table.optional_text("risk"),
        tools=table.texts("tools"),
        hooks=table.texts("hooks"),
        requires_env=table.texts("requires-env"),
        requires_plugins=table.texts("requires-plugins"),
        external_dependencies=table.texts("external-dependencies"),
    )
    table.finish()
    return manifest
