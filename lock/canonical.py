"""The order in which everything stands in plugins.lock, so that equal locks are equal bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from lock.derived import plugin_systems
from lock.identities import identity_key, ordered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lock.model import (
        Artifact,
        Asked,
        Build,
        BuildRequirement,
        EntryPoint,
        IndexRecord,
        Lock,
        Package,
        Plugin,
        PluginManifest,
        PluginTree,
    )
    from lock.options import Override, Publisher


def package_key(package: Package) -> tuple[str, str]:
    """By name, then by version as text."""
    return package.name, package.version


def requirement_key(requirement: BuildRequirement) -> tuple[str, str]:
    """By name, then by version as text."""
    return requirement.name, requirement.version


def entry_point_key(entry_point: EntryPoint) -> tuple[str, str, str]:
    """By group, then by name."""
    return entry_point.group, entry_point.name, entry_point.value


def override_key(override: Override) -> tuple[str, str]:
    """By the distribution it is limited to (everything first), then by requirement."""
    return override.package or "", override.requirement


def canonical(lock: Lock) -> Lock:
    """Return an equal lock with every sequence sorted and no `edge_systems` that say nothing."""
    return replace(
        lock,
        host=replace(
            lock.host,
            entry_points=_sorted(lock.host.entry_points),
            extras=_sorted(lock.host.extras),
            dependency_groups=_sorted(lock.host.dependency_groups),
        ),
        targets=tuple(sorted(lock.targets, key=lambda target: target.system)),
        packages=tuple(sorted((_package(package) for package in lock.packages), key=package_key)),
        build_packages=tuple(sorted((_package(package) for package in lock.build_packages), key=package_key)),
        plugins=tuple(sorted((_plugin(lock, plugin) for plugin in lock.plugins), key=lambda plugin: plugin.name)),
        indexes=tuple(sorted((_index(index) for index in lock.indexes), key=lambda index: index.url)),
        resolution=replace(
            lock.resolution,
            constraints=_sorted(lock.resolution.constraints),
            overrides=tuple(sorted(lock.resolution.overrides, key=override_key)),
        ),
        policy=replace(
            lock.policy,
            publishers={name: _publishers(lock.policy.publishers[name]) for name in sorted(lock.policy.publishers)},
        ),
    )


def publisher_key(publisher: Publisher) -> str:
    """By identity."""
    return identity_key(publisher.identity)


def _publishers(publishers: tuple[Publisher, ...]) -> tuple[Publisher, ...]:
    return tuple(
        sorted(
            (replace(publisher, identity=ordered(publisher.identity)) for publisher in publishers), key=publisher_key
        )
    )


def _identities(identities: tuple[Mapping[str, str], ...]) -> tuple[Mapping[str, str], ...]:
    return tuple(sorted(map(ordered, identities), key=identity_key))


def _package(package: Package) -> Package:
    return replace(
        package,
        dependencies=_sorted(package.dependencies),
        provided=_sorted(package.provided),
        edge_systems=_limits(package.edge_systems, package.systems),
        wheels=tuple(sorted(package.wheels, key=lambda wheel: wheel.name)),
        attestation_identities=_identities(package.attestation_identities),
        artifacts=tuple(sorted(map(_artifact, package.artifacts), key=lambda artifact: artifact.name)),
    )


def _limits(edge_systems: Mapping[str, tuple[str, ...]], systems: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Leave out the edges that apply to all systems."""
    ordered = {name: _sorted(edge_systems[name]) for name in sorted(edge_systems)}
    return {name: limit for name, limit in ordered.items() if limit != systems}


def _artifact(artifact: Artifact) -> Artifact:
    systems = _sorted(artifact.systems)
    return replace(
        artifact,
        systems=systems,
        modules=_sorted(artifact.modules),
        startup_files=_sorted(artifact.startup_files),
        console_scripts=_sorted(artifact.console_scripts),
        libraries=_sorted(artifact.libraries),
        build=None if artifact.build is None else _build(artifact.build, systems),
    )


def _build(build: Build, systems: tuple[str, ...]) -> Build:
    # `backend_path` keeps its order: it is one in which folders are searched (PEP 517).
    requires = [
        replace(requirement, systems=() if _sorted(requirement.systems) == systems else _sorted(requirement.systems))
        for requirement in build.requires
    ]
    return replace(build, requires=tuple(sorted(requires, key=requirement_key)))


def _plugin(lock: Lock, plugin: Plugin) -> Plugin:
    return replace(
        plugin,
        asked=None if plugin.asked is None else _asked(plugin.asked),
        tree=None if plugin.tree is None else _tree(plugin.tree, plugin_systems(lock, plugin)),
        extras=_sorted(plugin.extras),
        entry_points=tuple(sorted(plugin.entry_points, key=entry_point_key)),
    )


def _asked(asked: Asked) -> Asked:
    return replace(asked, dependencies=None if asked.dependencies is None else _sorted(asked.dependencies))


def _tree(tree: PluginTree, systems: tuple[str, ...]) -> PluginTree:
    return replace(
        tree,
        manifest=_manifest(tree.manifest),
        dependencies=_sorted(tree.dependencies),
        provided=_sorted(tree.provided),
        edge_systems=_limits(tree.edge_systems, systems),
    )


def _manifest(manifest: PluginManifest) -> PluginManifest:
    return replace(
        manifest,
        tools=_sorted(manifest.tools),
        hooks=_sorted(manifest.hooks),
        requires_env=_sorted(manifest.requires_env),
        external_dependencies=_sorted(manifest.external_dependencies),
        requires_plugins=_sorted(manifest.requires_plugins),
    )


def _index(index: IndexRecord) -> IndexRecord:
    return replace(index, files=_sorted(index.files))


def _sorted(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(values))
