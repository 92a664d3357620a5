"""Whether a lock still says what plugins.toml and the host say; compared value by value, without a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lock.errors import Problem
from lock.model import Archive, Vcs
from lock.urls import is_below
from resolver.manifest.model import IndexSource, PathSource
from resolver.operations.planning import (
    asked,
    index_name,
    marker_text,
    policy_record,
    resolution_options,
    specifier_text,
    target_set,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lock.model import Lock, Plugin
    from resolver.hosts.model import ProvidedSet
    from resolver.manifest.model import Manifest, Place, PluginConfig

from resolver.operations.publisher_policy import refusals

_REMEDY = "run plugin-lock lock"


def outdated(lock: Lock, manifest: Manifest, host: ProvidedSet | None) -> tuple[Problem, ...]:
    """Return every way in which a lock no longer follows from plugins.toml and the host; none means current.

    `host` None leaves the host's own versions out: a host that is itself resolved cannot be compared offline.
    """
    found = [
        *_host_config(lock, manifest),
        *_targets(lock, manifest),
        *_plugins(lock, manifest),
        *_options(lock, manifest),
        *_policy(lock, manifest),
        *_paths(lock, manifest),
    ]
    if host is not None:
        found += _provided(lock, manifest, host)
    return tuple(found)


def _problem(message: str, place: Place | None) -> Problem:
    return Problem(
        code="outdated",
        message=message,
        path=place.path if place else None,
        line=place.line if place else None,
        key=place.key if place else None,
        remedy=_REMEDY,
    )


def _host_config(lock: Lock, manifest: Manifest) -> Iterator[Problem]:
    host = manifest.host
    pairs = (
        ("name", lock.host.name, host.name),
        ("python", lock.host.python, host.python),
        ("entry-points", lock.host.entry_points, tuple(sorted(host.entry_points))),
        ("extras", lock.host.extras, tuple(sorted(host.extras))),
        ("dependency-groups", lock.host.dependency_groups, tuple(sorted(host.dependency_groups))),
    )
    for key, locked, wanted in pairs:
        if locked != wanted:
            yield _problem(f"the lock was made for [host].{key} = {_shown(locked)}, not {_shown(wanted)}", host.place)


def _shown(value: str | tuple[str, ...]) -> str:
    return f'"{value}"' if isinstance(value, str) else "[" + ", ".join(f'"{item}"' for item in value) + "]"


def _targets(lock: Lock, manifest: Manifest) -> Iterator[Problem]:
    locked = {record.system: record.platform for record in lock.targets}
    wanted = {target.system: target.platform for target in target_set(manifest).targets}
    for system in sorted(locked.keys() | wanted.keys()):
        old, new = locked.get(system), wanted.get(system)
        if old == new:
            continue
        if old is None:
            message = f"{system} is not locked yet"
        elif new is None:
            message = f"{system} is locked, but plugins.toml no longer names it"
        else:
            message = f"{system} is locked for {old}, and plugins.toml wants {new}"
        yield _problem(message, manifest.targets.place)


def _plugins(lock: Lock, manifest: Manifest) -> Iterator[Problem]:
    locked = {plugin.name: plugin for plugin in lock.plugins}
    for plugin in manifest.plugins:
        old = locked.pop(plugin.name, None)
        if old is None:
            yield _problem(f"{plugin.name} is not locked yet", plugin.place)
        else:
            yield from _plugin(old, plugin)
    for name in sorted(locked):
        yield _problem(f"{name} is locked, but plugins.toml no longer names it", None)


def _plugin(old: Plugin, plugin: PluginConfig) -> Iterator[Problem]:
    if old.asked != asked(plugin) or (plugin.kind is not None and old.kind != plugin.kind):
        yield _problem(f"plugins.toml now takes {plugin.name} from elsewhere, or as something else", plugin.place)
        return
    pairs = (
        ("version", old.specifier or "", specifier_text(plugin) or ""),
        ("extras", old.extras, tuple(sorted(plugin.source.extras))),
        ("marker", old.marker or "", marker_text(plugin.marker) or ""),
        ("index", old.index or "", index_name(plugin) or ""),
    )
    for key, locked, wanted in pairs:
        if locked != wanted:
            message = f"{plugin.name} was locked for {key} {_shown(locked)}, and plugins.toml asks for {_shown(wanted)}"
            yield _problem(message, plugin.place)


def _options(lock: Lock, manifest: Manifest) -> Iterator[Problem]:
    wanted = resolution_options(manifest)
    for name in ("exclude_newer", "prereleases", "constraints", "overrides"):
        if getattr(lock.resolution, name) != getattr(wanted, name):
            key = name.replace("_", "-")
            yield _problem(f"[resolution].{key} changed since the lock was made", None)


def _paths(lock: Lock, manifest: Manifest) -> Iterator[Problem]:
    """Compare the folders of the project with what was locked of them."""
    configs = {plugin.name: plugin for plugin in manifest.plugins if isinstance(plugin.source, PathSource)}
    if not configs:
        return
    from resolver.sources import paths  # noqa: PLC0415 - few projects hold plugins of their own

    locked: dict[str, str | None] = {
        package.name: artifact.nar_hash for package in lock.packages for artifact in package.artifacts
    }
    locked.update({plugin.name: plugin.tree.nar_hash for plugin in lock.plugins if plugin.tree is not None})
    for name, config in configs.items():
        if name in locked and isinstance(config.source, PathSource):
            found = paths.tree(Path(manifest.path).parent, config.source).nar_hash
            if found != locked[name]:
                message = f"the files of {name} in {config.source.path} are no longer those that were locked"
                yield _problem(message, config.place)


def _policy(lock: Lock, manifest: Manifest) -> Iterator[Problem]:
    for package in (*lock.packages, *lock.build_packages):
        builds = any(artifact.build is not None for artifact in package.artifacts)
        if builds and package.name not in manifest.policy.allow_build:
            yield Problem(
                code="build-not-allowed",
                message=f"{package.name} is built from source, and [policy] does not allow it",
                path=manifest.path,
                remedy="allow it under [policy].allow-build with a reason, or remove it",
            )
    if lock.policy != policy_record(manifest):
        yield _problem("[policy] changed since the lock was made", None)
    yield from _places(lock, manifest)
    yield from refusals(lock, manifest.policy, manifest.path)
    for package in lock.packages:
        startup = sorted({name for artifact in package.artifacts for name in artifact.startup_files})
        if startup and package.name not in manifest.policy.allow_startup_code:
            message = f"{package.name} runs code whenever an interpreter starts, and [policy] does not allow it"
            yield Problem(
                code="startup-code",
                message=f"{message}: {', '.join(startup)}",
                path=manifest.path,
                remedy="look at what it does; allow it under [policy].allow-startup-code with a reason, or remove it",
            )


def _places(lock: Lock, manifest: Manifest) -> Iterator[Problem]:
    """Find what a requirement's address led to, from where plugins.toml no longer allows it."""
    own = {plugin.name for plugin in manifest.plugins if not isinstance(plugin.source, IndexSource)}
    for package in (*lock.packages, *lock.build_packages):
        if package.name in own or not isinstance(package.source, Archive | Vcs):
            continue
        if not any(is_below(package.source.url, place) for place in manifest.policy.allow_origins):
            yield Problem(
                code="origin-not-allowed",
                message=f"{package.name} comes from {package.source.url}, as another package requires it from there,"
                " and [policy] does not allow it",
                path=manifest.path,
                remedy="allow the place under [policy].allow-origins with a reason, or remove the plugin that needs it",
            )


def _provided(lock: Lock, manifest: Manifest, host: ProvidedSet) -> Iterator[Problem]:
    place = manifest.host.place
    if lock.host.source != host.source:
        yield _problem("the lock was made with another source of the host's packages", place)
    if lock.host.version != host.version:
        now_at, made_for = host.version or "an unknown version", lock.host.version or "an unknown one"
        yield _problem(f"the host is at {now_at}, the lock was made for {made_for}", place)
    for name, versions in sorted(lock.host.provided.items()):
        for system, locked in sorted(versions.items()):
            now = host.on(system, name) if system in host.packages else None
            if now is None and system in host.packages and host.ships(system, name):
                message = f"the host ships {name} at an unknown version on {system}; the lock relies on {locked}"
                yield _problem(message, place)
            elif now is None:
                yield _problem(f"the host no longer ships {name} on {system}; the lock relies on {locked}", place)
            elif now.version != locked:
                yield _problem(f"the host ships {name} {now.version} on {system}; the lock relies on {locked}", place)
    for package in lock.packages:
        for system in package.systems:
            if system in host.packages and host.ships(system, package.name):
                message = f"the host now ships {package.name} on {system}, which is locked as well"
                yield _problem(message, place)
