"""What a lock holds that advisories can be about, with the plugins it is there for."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from lock.derived import plugin_systems
from resolver.advisories.model import Path, Release, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lock.model import Lock, Package, Plugin
    from resolver.advisories.model import Kind


class _Step(NamedTuple):
    """A locked or provided distribution on one system, and the way to it."""

    name: str
    kind: Kind
    version: str
    names: tuple[str, ...]


class _Seen:
    """Where one release was met: kinds, systems, and the shortest way from each plugin."""

    def __init__(self) -> None:
        self.kinds: set[Kind] = set()
        self.systems: set[str] = set()
        self.paths: dict[str, tuple[str, ...]] = {}

    def add(self, system: str, plugin: str, step: _Step) -> None:
        self.kinds.add(step.kind)
        self.systems.add(system)
        known = self.paths.get(plugin)
        if known is None or (len(step.names), step.names) < (len(known), known):
            self.paths[plugin] = step.names


def subjects(lock: Lock, *, host: bool, host_index: str | None) -> tuple[Subject, ...]:
    """Return every release of a lock, sorted: packages, build packages and, with `host`, provided versions relied on.

    `host_index` is the index that can be asked about what the host provides; a lock does not say where it is from.
    """
    origins = {(package.name, package.version): package.index for package in (*lock.build_packages, *lock.packages)}
    found: dict[Release, _Seen] = {}
    for system in lock.systems:
        graph = _Graph(lock, system)
        for plugin in lock.plugins:
            if system not in plugin_systems(lock, plugin):
                continue
            for step in graph.walk(plugin):
                if step.kind == "provided" and not host:
                    continue
                index = host_index if step.kind == "provided" else origins[step.name, step.version]
                release = Release(step.name, step.version, index)
                found.setdefault(release, _Seen()).add(system, plugin.name, step)
    return tuple(_subject(release, found[release]) for release in sorted(found, key=_order))


def _order(release: Release) -> tuple[str, str, str]:
    return release.name, release.version, release.index or ""


def _subject(release: Release, seen: _Seen) -> Subject:
    return Subject(
        release=release,
        kinds=tuple(sorted(seen.kinds)),
        systems=tuple(sorted(seen.systems)),
        paths=tuple(Path(plugin=plugin, names=seen.paths[plugin]) for plugin in sorted(seen.paths)),
    )


class _Graph:
    """A lock as one system gets it."""

    def __init__(self, lock: Lock, system: str) -> None:
        self._system = system
        self._packages = {package.name: package for package in lock.packages if system in package.systems}
        self._build_packages = {(package.name, package.version): package for package in lock.build_packages}
        self._provided = lock.host.provided

    def walk(self, plugin: Plugin) -> Iterator[_Step]:
        """Give everything that a plugin leads to, each once, by a shortest way."""
        waiting = deque(self._roots(plugin))
        seen: set[tuple[str, str, str]] = set()
        while waiting:
            step = waiting.popleft()
            key = (step.name, step.kind, step.version)
            if key in seen:
                continue
            seen.add(key)
            yield step
            if step.kind == "package":
                package = self._packages[step.name]
                edges = (*package.dependencies, *package.provided)
                for name in sorted(set(edges)):
                    if self._system in package.edge_systems.get(name, package.systems):
                        waiting.extend(self._steps(name, step.names))
                waiting.extend(self._build_steps(package, step.names))
            elif step.kind == "build":
                # What is built with something may have to be built itself.
                waiting.extend(self._build_steps(self._build_packages[step.name, step.version], step.names))

    def _roots(self, plugin: Plugin) -> list[_Step]:
        tree = plugin.tree
        if tree is None:
            return self._steps(plugin.name, ())
        return [
            step
            for name in sorted({*tree.dependencies, *tree.provided})
            if self._system in tree.edge_systems.get(name, (self._system,))
            for step in self._steps(name, (plugin.name,))
        ]

    def _steps(self, name: str, above: tuple[str, ...]) -> list[_Step]:
        package = self._packages.get(name)
        if package is not None:
            return [_Step(name, "package", package.version, (*above, name))]
        version = self._provided.get(name, {}).get(self._system)
        return [_Step(name, "provided", version, (*above, name))] if version is not None else []

    def _build_steps(self, package: Package, above: tuple[str, ...]) -> list[_Step]:
        return [
            _Step(required.name, "build", required.version, (*above, required.name))
            for artifact in package.artifacts
            if artifact.build is not None and self._system in artifact.systems
            for required in artifact.build.requires
            if self._system in (required.systems or artifact.systems)
        ]
