"""`[plugins]`: what a person wants, one entry a plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from packaging.specifiers import SpecifierSet

from resolver.manifest import origins, words
from resolver.manifest.document import Table
from resolver.manifest.model import IndexSource, PluginConfig
from resolver.manifest.requirements import marker, requirement, specifier
from resolver.manifest.shown import Refused, nearest, shown, shown_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lock.model import PluginKind
    from resolver.manifest.document import Document, KeyPath

INDEX_KEYS = ("version", "extras", "index", "marker")
KEYS = (*INDEX_KEYS, *origins.KEYS, "kind", "dependencies")
KINDS = ("package", "directory")

MAX_PLUGINS = 1000
"""More than this is a mistake or an attack; each costs a search."""


def read(document: Document, values: object, index_names: Sequence[str], host: str | None) -> tuple[PluginConfig, ...]:
    """Return the plugins that are right, sorted by name; what is wrong is reported.

    `host` is the host's normalized name: it cannot be its own plugin.
    """
    entries = document.expect(("plugins",), values, dict)
    if entries is None:
        return ()
    if len(entries) > MAX_PLUGINS:
        document.report(
            ("plugins",),
            f"{len(entries)} plugins; the limit is {MAX_PLUGINS}",
            code="too-large",
            remedy="split the file",
        )
        return ()
    plugins: dict[str, PluginConfig] = {}
    for written, value in entries.items():
        plugin = _plugin(document, written, value, index_names)
        if plugin is None:
            continue
        if plugin.name in plugins:
            other = plugins[plugin.name].place
            document.report(
                ("plugins", written),
                f"the same plugin stands on line {other.line}, as {other.key}",
                code="duplicate",
                remedy="keep one of them; names are compared in lower case, with '-', '_' and '.' being equal",
            )
        elif plugin.name == host:
            document.report(
                ("plugins", written), "this is the host itself", code="conflict", remedy="take it out of [plugins]"
            )
        else:
            plugins[plugin.name] = plugin
    return tuple(plugins[name] for name in sorted(plugins))


def _plugin(document: Document, written: str, value: object, index_names: Sequence[str]) -> PluginConfig | None:
    key = ("plugins", written)
    try:
        name = words.distribution_name(written)
    except Refused as refused:
        document.refuse(key, refused)
        return None
    if isinstance(value, dict):
        rest = next(iter(value)) if len(value) == 1 else None
        if rest is not None and rest not in KEYS and nearest(rest, KEYS) is None:
            # TOML reads `zope.interface = "*"` as the key "interface" of a table "zope".
            remedy = f"a name with a dot stands in quotes: {shown(f'{written}.{rest}')} = …"
            document.report((*key, rest), "unknown key", code="unknown-key", remedy=remedy)
            return None
        return _from_table(document, key, name, value, index_names)
    versions = document.parse(
        key, value, specifier, remedy=f'write {shown_key(written)} = "*", or a table such as {{ version = "*" }}'
    )
    if versions is None:
        return None
    return PluginConfig(name=name, source=IndexSource(specifier=versions), place=document.place(key))


def _from_table(
    document: Document, key: KeyPath, name: str, values: Mapping[str, object], index_names: Sequence[str]
) -> PluginConfig | None:
    table = Table(document, key, values, KEYS)
    versions = table.read("version", specifier)
    extras = tuple(sorted(table.read_list("extras", words.extra_name)))
    index = table.read("index", words.one_of(index_names, "indexes"))
    condition = table.read("marker", marker)
    source = origins.read(table, extras)
    kind = table.read("kind", words.one_of(KINDS, "kinds"))
    dependencies = table.read_list("dependencies", requirement)
    _check_directory(table)
    if source is None and any(name in table for name in origins.ORIGINS):
        return None
    return PluginConfig(
        name=name,
        source=source or IndexSource(specifier=versions or SpecifierSet(), extras=extras, index=index),
        kind=cast("PluginKind | None", kind),
        dependencies=dependencies if "dependencies" in table else None,
        marker=condition,
        place=document.place(key),
    )


def _check_directory(table: Table) -> None:
    """Check what only a directory plugin may say, and what it may not."""
    kind = table.values.get("kind")
    if not any(name in table for name in origins.ORIGINS):
        if kind == "directory":
            table.report(
                "kind",
                "a directory plugin does not come from an index",
                code="conflict",
                remedy=f"say where it comes from: add one of {', '.join(origins.ORIGINS)}",
            )
        elif "dependencies" in table:
            _no_dependencies(table, "a plugin from an index names its own dependencies")
    elif kind == "package" and "dependencies" in table:
        _no_dependencies(table, "a package names its own dependencies")
    if kind == "directory" and "extras" in table:
        table.report(
            "extras",
            "a directory plugin has no extras",
            code="conflict",
            remedy="leave them out; list what it needs under dependencies = […]",
        )


def _no_dependencies(table: Table, message: str) -> None:
    remedy = "leave them out; they are for directory plugins. [resolution].overrides replaces what a package requires"
    table.report("dependencies", message, code="conflict", remedy=remedy)
