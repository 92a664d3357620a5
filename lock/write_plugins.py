"""Writing `[[tool.plugin-lock.plugins]]`: what was asked for and what it became."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.derived import tree_systems
from lock.toml_text import inline_strings, inline_table, string
from lock.write_packages import write_edge_systems, write_source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lock.model import Asked, EntryPoint, Lock, Plugin, PluginManifest, PluginTree
    from lock.toml_text import Document

_PLUGINS = ("tool", "plugin-lock", "plugins")


def write_plugin(document: Document, lock: Lock, plugin: Plugin) -> None:
    """Write one plugin of a canonical lock."""
    document.header(*_PLUGINS, array=True)
    document.put("name", plugin.name)
    document.put("kind", plugin.kind)
    document.put("specifier", plugin.specifier)
    if plugin.asked is not None:
        document.put_written("asked", _asked(plugin.asked))
    if plugin.version or plugin.kind == "package":
        document.put_written("version", by_system(plugin.version, lock.systems))
    document.put_strings("extras", plugin.extras)
    document.put("marker", plugin.marker)
    document.put("index", plugin.index)
    document.put_lines("entry-points", map(_entry_point, plugin.entry_points))
    if plugin.tree is not None:
        _tree(document, plugin.tree, tree_systems(lock, plugin))


def by_system(versions: Mapping[str, str], systems: tuple[str, ...]) -> str:
    """Write one string where every target has the same, else a table by system."""
    if tuple(sorted(versions)) == systems and len(set(versions.values())) == 1:
        return string(versions[systems[0]])
    return inline_table({system: string(versions[system]) for system in sorted(versions)})


def _asked(asked: Asked) -> str:
    values = {
        "git": asked.git,
        "url": asked.url,
        "path": asked.path,
        "tag": asked.tag,
        "branch": asked.branch,
        "rev": asked.revision,
        "subdirectory": asked.subdirectory,
    }
    written = {name: string(value) for name, value in values.items() if value is not None}
    if asked.submodules:
        written["submodules"] = "true"
    if asked.dependencies is not None:
        written["dependencies"] = inline_strings(asked.dependencies)
    return inline_table(written)


def _entry_point(entry_point: EntryPoint) -> str:
    return inline_table(
        {
            "group": string(entry_point.group),
            "name": string(entry_point.name),
            "value": string(entry_point.value),
        }
    )


def _tree(document: Document, tree: PluginTree, systems: tuple[str, ...] | None) -> None:
    names = (*_PLUGINS, "tree")
    document.header(*names)
    write_source(document, tree.source)
    document.put("nar-hash", tree.nar_hash)
    document.put("submodules", tree.submodules or None)
    if systems == ():
        document.put_written("systems", "[]")  # an absent key means every target
    elif systems is not None:
        document.put_strings("systems", systems)
    document.put_strings("dependencies", tree.dependencies)
    document.put_strings("provided", tree.provided)
    write_edge_systems(document, tree.edge_systems, *names)
    _manifest(document, tree.manifest, (*names, "manifest"))


def _manifest(document: Document, manifest: PluginManifest, names: tuple[str, ...]) -> None:
    document.header(*names)
    document.put("file", manifest.file)
    document.put("id", manifest.id)
    document.put("version", manifest.version)
    document.put("requires-host", manifest.requires_host)
    document.put("executable", manifest.executable)
    document.put("risk", manifest.risk)
    document.put_strings("tools", manifest.tools)
    document.put_strings("hooks", manifest.hooks)
    document.put_strings("requires-env", manifest.requires_env)
    document.put_strings("requires-plugins", manifest.requires_plugins)
    document.put_strings("external-dependencies", manifest.external_dependencies)
