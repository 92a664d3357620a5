"""Plugins that come from no index: their trees are fetched, told apart, and made ready for the search and the lock."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from lock.errors import InputError, LockError, Problem, ResolutionError
from lock.model import Archive, Directory, PluginTree, Vcs
from resolver.building.source import SourceTree
from resolver.building.source_indexes import DirectSource
from resolver.directories.identity import duplicates, folder_name, notices
from resolver.directories.needs import search_needs, tree_edges
from resolver.directories.reading import read_plugin
from resolver.directories.requirements import host_problem, host_warning
from resolver.locked_package import DirectRecord
from resolver.manifest.model import GitSource, IndexSource, PathSource, UrlSource
from resolver.operations.planning import asked
from resolver.search.markers import ApplicableTargets
from resolver.sources import paths
from resolver.sources.archives import ArchiveSources
from resolver.sources.git import GitSources, pinned
from resolver.sources.git_refs import check_unmoved
from resolver.sources.recognise import recognise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from lock.model import Lock, Plugin
    from resolver.directories.needs import DirectoryNeeds
    from resolver.directories.reading import DirectoryPlugin
    from resolver.hosts.model import ProvidedSet
    from resolver.manifest.model import Manifest, PluginConfig
    from resolver.operations.locking import LockRequest
    from resolver.search.needs import Need
    from resolver.search.resolution import Found
    from resolver.sources.archives import FetchedArchive
    from resolver.sources.trees import Tree, TreeCache
    from resolver.targets import TargetSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A plugin's source on this disk: `tree` None for a wheel; `source` is what the lock records of it."""

    config: PluginConfig
    source: Vcs | Archive | Directory
    tree: Tree | None = None
    archive: FetchedArchive | None = None
    submodules: bool = False

    @property
    def filename(self) -> str:
        """The artifact's name in the lock."""
        if isinstance(self.source, Vcs):
            return f"{self.config.name}-{self.source.commit_id}"
        if self.archive is not None:
            return self.archive.filename
        return f"{self.config.name}-source"

    @property
    def record(self) -> DirectRecord:
        """What the lock records; an archive's own sha256 says all that a hash of its tree would."""
        nar_hash = self.tree.nar_hash if self.tree is not None and self.archive is None else None
        return DirectRecord(source=self.source, nar_hash=nar_hash, submodules=self.submodules)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundDirectory:
    """A directory plugin as fetched and read."""

    fetched: Fetched
    plugin: DirectoryPlugin


@dataclass(slots=True, kw_only=True)
class DirectPlugins:
    """All plugins of a manifest that come from no index, by name: packages, and directory plugins."""

    packages: dict[str, Fetched] = field(default_factory=dict)
    directories: dict[str, FoundDirectory] = field(default_factory=dict)
    needs: dict[str, DirectoryNeeds] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def direct_sources(self) -> dict[str, DirectSource]:
        """The packages as the search's indexes take them."""
        return {name: _direct_source(fetched) for name, fetched in self.packages.items()}

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


def _direct_source(fetched: Fetched) -> DirectSource:
    config, archive = fetched.config, fetched.archive
    tree = None
    if fetched.tree is not None:
        tree = SourceTree(
            name=config.name,
            version=None,
            root=fetched.tree.path,
            identity=f"sha256:{archive.sha256}" if archive is not None else fetched.tree.nar_hash,
            subdirectory=fetched.source.subdirectory,
            tagged=_tagged_version(fetched.source),
        )
    return DirectSource(
        name=config.name,
        filename=fetched.filename,
        url=archive.url if archive is not None else "",
        sha256=archive.sha256 if archive is not None else None,
        size=archive.size if archive is not None else None,
        tree=tree,
        wheel=archive.path if archive is not None and tree is None else None,
    )


def _tagged_version(source: Vcs | Archive | Directory) -> str | None:
    """Return the version that a tag such as `v1.2` or `name-1.2` spells, as far as it is one (PEP 440)."""
    revision = source.requested_revision if isinstance(source, Vcs) else None
    text = re.sub(r"^.*?v?(?=\d+\.)", "", revision or "", count=1)
    try:
        return str(Version(text))
    except InvalidVersion:
        return None


class Sourcing:
    """Fetches the direct plugins of one run into `trees`; `download` gives the file of an address."""

    def __init__(
        self, root: Path, trees: TreeCache, download: Callable[[str], Path], old: Lock | None, request: LockRequest
    ) -> None:
        self._root = root
        self._git = GitSources(trees)
        self._archives = ArchiveSources(trees, download)
        self._old = {plugin.name: plugin for plugin in old.plugins} if old is not None else {}
        self._sources = _locked_sources(old)
        self._request = request

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
            needs = search_needs(directory.fetched.config, directory.plugin.python, applicable, host)
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
        fetched = self._fetch(found, config, source)
        if fetched.tree is None:
            found.packages[config.name] = fetched
            return
        folder = fetched.tree.folder(fetched.source.subdirectory)
        shown = fetched.tree.source
        kind = recognise(folder, top=fetched.tree.path, source=shown, asked=config.kind).kind
        if kind == "package":
            found.packages[config.name] = fetched
            return
        plugin = read_plugin(folder, shown=shown, fallback_id=folder_name(source), dependencies=config.dependencies)
        found.directories[config.name] = FoundDirectory(fetched=fetched, plugin=plugin)

    def _fetch(self, found: DirectPlugins, config: PluginConfig, source: GitSource | UrlSource | PathSource) -> Fetched:
        match source:
            case GitSource():
                commit = self._commit(config, source)
                tree = self._git.tree(
                    pinned(source, commit) if commit == self._locked_commit(config) else source, commit
                )
                found.warnings += [problem.message for problem in self._git.missing_submodules(source, tree)]
                vcs = Vcs(
                    url=source.url,
                    commit_id=commit,
                    requested_revision=source.tag or source.branch or source.revision,
                    subdirectory=source.subdirectory,
                )
                return Fetched(config=config, source=vcs, tree=tree, submodules=source.submodules)
            case UrlSource():
                archive = self._archives.fetch(source.url, sha256=self._locked_sha256(config))
                recorded = Archive(
                    url=archive.url, size=archive.size, sha256=archive.sha256, subdirectory=source.subdirectory
                )
                unpacked = None if archive.is_wheel else self._archives.tree(archive)
                return Fetched(config=config, source=recorded, tree=unpacked, archive=archive)
            case PathSource():
                directory = Directory(path=source.path, subdirectory=source.subdirectory)
                return Fetched(config=config, source=directory, tree=paths.tree(self._root, source))

    def _unchanged(self, config: PluginConfig) -> Plugin | None:
        """Return what an older lock holds of a plugin, where it was asked for in the same words."""
        plugin = self._old.get(config.name)
        return plugin if plugin is not None and plugin.asked == asked(config) else None

    def _moves(self, config: PluginConfig) -> bool:
        upgrade = self._request.upgrade
        return upgrade == "everything" or (not isinstance(upgrade, str) and config.name in upgrade)

    def _locked_commit(self, config: PluginConfig) -> str | None:
        locked = self._sources.get(config.name) if self._unchanged(config) is not None else None
        return locked.commit_id if isinstance(locked, Vcs) else None

    def _commit(self, config: PluginConfig, source: GitSource) -> str:
        locked = self._locked_commit(config)
        if locked is None or source.revision is not None:
            return self._git.commit(source)
        if not self._moves(config):
            return locked
        check = check_unmoved(source, locked)
        if not check.has_moved:
            return locked
        if check.now is None:
            raise LockError(check.problem(config.name))
        if check.is_tag and config.name not in self._request.accept_changed:
            problem = check.problem(config.name)
            accept = f"plugin-lock update {config.name} --accept-changed {config.name}"
            raise LockError(
                Problem(
                    code=problem.code,
                    message=problem.message,
                    path=problem.path,
                    remedy=f"{problem.remedy}; to take it, {accept}",
                )
            )
        return check.now

    def _locked_sha256(self, config: PluginConfig) -> str | None:
        locked = self._sources.get(config.name) if self._unchanged(config) is not None else None
        accepted = config.name in self._request.accept_changed
        return locked.sha256 if isinstance(locked, Archive) and not accepted else None


def _locked_sources(old: Lock | None) -> Mapping[str, object]:
    if old is None:
        return {}
    sources: dict[str, object] = {package.name: package.source for package in old.packages}
    sources.update({plugin.name: plugin.tree.source for plugin in old.plugins if plugin.tree is not None})
    return sources


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
