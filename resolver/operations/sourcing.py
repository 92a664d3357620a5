"""Plugins that come from no index: their trees are fetched, told apart, and made ready for the search and the lock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from lock.errors import InputError, Problem, ResolutionError
from lock.model import PluginTree
from resolver.directories.identity import duplicates, folder_name, notices
from resolver.directories.needs import search_needs, tree_edges
from resolver.directories.reading import read_plugin
from resolver.directories.requirements import host_problem, host_warning
from resolver.manifest.model import GitSource, IndexSource, PathSource, UrlSource
from resolver.operations.fetching import direct_source
from resolver.operations.planning import asked
from resolver.search.markers import ApplicableTargets
from resolver.search.references import Reference
from resolver.sources.recognise import recognise

if TYPE_CHECKING:
    from lock.model import Lock
    from resolver.building.source_indexes import DirectSource
    from resolver.directories.needs import DirectoryNeeds
    from resolver.directories.reading import DirectoryPlugin
    from resolver.hosts.model import ProvidedSet
    from resolver.manifest.model import Manifest, PluginConfig
    from resolver.operations.fetching import Fetched, Fetching
    from resolver.search.needs import Need
    from resolver.search.resolution import Found
    from resolver.targets import TargetSet


class FoundDirectory(msgspec.Struct, frozen=True, kw_only=True):
    """A directory plugin as fetched and read."""

    config: PluginConfig
    fetched: Fetched
    plugin: DirectoryPlugin


@dataclass(slots=True, kw_only=True)
class DirectPlugins:
    """All plugins of a manifest that come from no index, by name: packages, and directory plugins."""

    packages: dict[str, Fetched] = field(default_factory=dict)
    directories: dict[str, FoundDirectory] = field(default_factory=dict)
    references: dict[str, Reference] = field(default_factory=dict)
    needs: dict[str, DirectoryNeeds] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def add_package(self, config: PluginConfig, fetched: Fetched) -> None:
        """Note that a plugin is a package."""
        self.packages[config.name] = fetched
        reference = _reference_of(config)
        if reference is not None:
            self.references[config.name] = reference

    @property
    def direct_sources(self) -> dict[str, DirectSource]:
        """The packages as the search's indexes take them."""
        return {name: direct_source(fetched, self.references.get(name)) for name, fetched in self.packages.items()}

    @property
    def roots(self) -> tuple[Need, ...]:
        """What the directory plugins need of Python."""
        return tuple(need for name in sorted(self.needs) for need in self.needs[name].needs)

    def trees(self, found: Found, targets: TargetSet) -> dict[str, PluginTree]:
        """Return what the lock records of each directory plugin, with its edges."""
        trees = {}
        for name, directory in self.directories.items():
            edges = tree_edges(found, self.needs[name], targets)
            fetched = directory.fetched
            if fetched.tree is None:
                raise AssertionError("a wheel is no directory plugin")
            trees[name] = PluginTree(
                source=fetched.source,
                nar_hash=fetched.tree.nar_hash,
                manifest=directory.plugin.read.manifest,
                submodules=fetched.submodules,
                dependencies=edges.dependencies,
                provided=edges.provided,
                edge_systems=edges.edge_systems,
            )
        return trees


def _reference_of(config: PluginConfig) -> Reference | None:
    """Return a plugin's source as a requirement would spell it, None for a folder."""
    match config.source:
        case GitSource() as git:
            ref = git.tag or git.branch or git.revision
            return Reference(url=git.url, is_git=True, ref=ref, subdirectory=git.subdirectory)
        case UrlSource() as archive:
            return Reference(url=archive.url, is_git=False, subdirectory=archive.subdirectory)
    return None


class Sourcing:
    """Reads the direct plugins of one run, as `fetching` gets them."""

    def __init__(self, fetching: Fetching, old: Lock | None) -> None:
        self._fetching = fetching
        self._old = {plugin.name: plugin for plugin in old.plugins} if old is not None else {}
        self._sources: dict[str, object] = {}
        if old is not None:
            self._sources = {package.name: package.source for package in old.packages}
            self._sources |= {plugin.name: plugin.tree.source for plugin in old.plugins if plugin.tree is not None}

    def plugins(self, manifest: Manifest, targets: TargetSet, host: ProvidedSet) -> DirectPlugins:
        """Fetch and read every direct plugin, and judge those that are folders.

        Raises `InputError`, `LockError` and `ResolutionError` for what must not be used, `WorldError` where it cannot
        be had.
        """
        found = DirectPlugins()
        for config in manifest.plugins:
            if not isinstance(config.source, IndexSource):
                self._add(found, config, config.source)
        problems: list[Problem] = []
        applicable = ApplicableTargets(targets)
        for name, directory in found.directories.items():
            needs = search_needs(directory.config, directory.plugin.python, applicable, host)
            found.needs[name] = needs
            problems += needs.problems
            found.warnings += needs.warnings
            problem, warning = _on_host(name, directory.plugin, host)
            problems += [problem] if problem else []
            found.warnings += [warning] if warning else []
        if problems:
            raise ResolutionError(*problems)
        _refuse_duplicates(found, manifest, applicable)
        return found

    def _add(self, found: DirectPlugins, config: PluginConfig, source: GitSource | UrlSource | PathSource) -> None:
        old = self._old.get(config.name)
        unchanged = old is not None and old.asked == asked(config)
        fetched = self._fetching.fetch(config.name, source, self._sources.get(config.name) if unchanged else None)
        if fetched.tree is None:
            found.add_package(config, fetched)
            return
        folder = fetched.tree.folder(fetched.source.subdirectory)
        shown = fetched.tree.source
        kind = recognise(folder, top=fetched.tree.path, source=shown, asked=config.kind).kind
        if kind == "package":
            found.add_package(config, fetched)
            return
        plugin = read_plugin(folder, shown=shown, fallback_id=folder_name(source), dependencies=config.dependencies)
        found.directories[config.name] = FoundDirectory(config=config, fetched=fetched, plugin=plugin)


def _on_host(name: str, plugin: DirectoryPlugin, host: ProvidedSet) -> tuple[Problem | None, str | None]:
    manifest = plugin.read.manifest
    return (
        host_problem(name, manifest, plugin.read.path, host.name, host.version),
        host_warning(name, manifest, host.name, host.version),
    )


def _refuse_duplicates(found: DirectPlugins, manifest: Manifest, applicable: ApplicableTargets) -> None:
    masks = {config.name: applicable.marker(config.marker) for config in manifest.plugins}
    read = {name: directory.plugin.read for name, directory in found.directories.items()}
    problems = duplicates(read, masks, {})
    if problems:
        raise InputError(*problems)
    found.warnings += notices(read, {config.name for config in manifest.plugins}, set())
