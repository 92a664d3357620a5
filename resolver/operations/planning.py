"""From plugins.toml to the terms of the search: targets, what plugins need, and the rules that hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from lock.errors import InputError, Problem
from lock.model import Asked
from lock.options import Override, Policy, ResolutionOptions
from resolver.manifest.exclude_newer import cutoff
from resolver.manifest.model import GitSource, IndexSource, PathSource, UrlSource
from resolver.search.markers import ApplicableTargets
from resolver.search.needs import Asker, Need
from resolver.search.settings import SearchSettings
from resolver.targets import Target, TargetSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from packaging.markers import Marker
    from packaging.requirements import Requirement

    from lock.model import Lock
    from resolver.hosts.model import ProvidedSet
    from resolver.manifest.model import Manifest, PluginConfig


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The targets, and what each plugin entry needs on them."""

    targets: TargetSet
    roots: tuple[Need, ...]


def plan(manifest: Manifest) -> Plan:
    """Return the targets and roots of a manifest; raises `InputError` for a plugin that no target wants."""
    targets = target_set(manifest)
    applicable = ApplicableTargets(targets)
    problems = []
    roots = []
    for plugin in manifest.plugins:
        mask = applicable.marker(plugin.marker)
        if not mask:
            problems.append(
                Problem(
                    code="marker-excludes-all",
                    message=f"the marker of {plugin.name} holds on none of {', '.join(targets.systems(targets.all))}",
                    path=plugin.place.path,
                    line=plugin.place.line,
                    key=plugin.place.key,
                    remedy="mend the marker, or add the system it means to [targets].systems",
                )
            )
        roots.append(_root(plugin, mask))
    if problems:
        raise InputError(*problems)
    return Plan(targets=targets, roots=tuple(roots))


def target_set(manifest: Manifest) -> TargetSet:
    """Return the targets of a manifest, sorted by system."""
    return TargetSet(
        targets=tuple(
            Target(
                system=system,
                python=manifest.host.python,
                manylinux=manifest.targets.manylinux,
                macos=manifest.targets.macos,
            )
            for system in sorted(manifest.targets.systems)
        )
    )


def _root(plugin: PluginConfig, mask: int) -> Need:
    source = plugin.source
    specifier = source.specifier if isinstance(source, IndexSource) else SpecifierSet()
    extras = f"[{','.join(source.extras)}]" if source.extras else ""
    return Need(
        name=plugin.name,
        specifier=specifier,
        mask=mask,
        extras=dict.fromkeys(source.extras, mask),
        index=source.index if isinstance(source, IndexSource) else None,
        asker=Asker(kind="plugin", name=plugin.name, text=f"{plugin.name}{extras}{specifier}"),
    )


def search_settings(
    manifest: Manifest,
    targets: TargetSet,
    host: ProvidedSet,
    now: datetime,
    preferred: Mapping[str, tuple[str, ...]],
    preferred_files: Mapping[str, str],
) -> SearchSettings:
    """Return the rules of a manifest as the search takes them."""
    resolution = manifest.resolution
    constraints: dict[str, tuple[Requirement, ...]] = {}
    for constraint in resolution.constraints:
        name = canonicalize_name(constraint.name)
        constraints[name] = (*constraints.get(name, ()), constraint)
    return SearchSettings(
        targets=targets,
        host=host,
        exclude_newer=cutoff(resolution.exclude_newer, now) if resolution.exclude_newer else None,
        prereleases=resolution.prereleases,
        constraints=constraints,
        overrides=resolution.overrides,
        preferred=preferred,
        preferred_files=preferred_files,
        allow_build=manifest.policy.allow_build,
        allow_origins=manifest.policy.allow_origins,
        explicit_prereleases=frozenset(
            name for name, specifier in _said_by_a_person(manifest) if _names_a_prerelease(specifier)
        ),
        allowed_yanks=frozenset(
            (name, pinned) for name, specifier in _said_by_a_person(manifest) for pinned in _exact(specifier)
        ),
    )


def _said_by_a_person(manifest: Manifest) -> Iterator[tuple[str, SpecifierSet]]:
    for plugin in manifest.plugins:
        if isinstance(plugin.source, IndexSource):
            yield plugin.name, plugin.source.specifier
        for requirement in plugin.dependencies or ():
            yield canonicalize_name(requirement.name), requirement.specifier
    for constraint in manifest.resolution.constraints:
        yield canonicalize_name(constraint.name), constraint.specifier
    for override in manifest.resolution.overrides:
        yield canonicalize_name(override.requirement.name), override.requirement.specifier


def _names_a_prerelease(specifiers: SpecifierSet) -> bool:
    return any(
        Version(specifier.version.removesuffix(".*")).is_prerelease
        for specifier in specifiers
        if specifier.operator not in {"===", "!="}
    )


def _exact(specifiers: SpecifierSet) -> Iterator[Version]:
    for specifier in specifiers:
        if specifier.operator == "==" and not specifier.version.endswith(".*"):
            yield Version(specifier.version)


def preferences(old: Lock | None, upgrade: str | tuple[str, ...]) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
    """Return the versions, and the files by their hash, that an older lock makes preferable.

    `upgrade` is `nothing`, `everything`, or the plugins and packages to move, with what only they need.
    """
    if old is None or upgrade == "everything":
        return {}, {}
    moving = set() if isinstance(upgrade, str) else _only_needed_by(old, upgrade)
    versions: dict[str, tuple[str, ...]] = {}
    files: dict[str, str] = {}
    for package in old.packages:
        if package.name not in moving:
            versions[package.name] = (*versions.get(package.name, ()), package.version)
            files.update({wheel.name: wheel.sha256 for wheel in package.wheels})
    return versions, files


def _only_needed_by(old: Lock, names: Iterable[str]) -> set[str]:
    """Return the names and every package that is reached from the plugins only through them."""
    moving = set(names)
    edges: dict[str, set[str]] = {}
    for package in old.packages:
        edges.setdefault(package.name, set()).update(package.dependencies)
    kept: set[str] = set()
    pending = [plugin.name for plugin in old.plugins if plugin.name not in moving]
    pending += [
        name
        for plugin in old.plugins
        if plugin.tree is not None and plugin.name not in moving
        for name in plugin.tree.dependencies
    ]
    while pending:
        name = pending.pop()
        if name not in kept and name not in moving:
            kept.add(name)
            pending.extend(edges.get(name, ()))
    return {package.name for package in old.packages} - kept


def marker_text(marker: Marker | None) -> str | None:
    """Return a marker as plugins.lock records it."""
    return None if marker is None else str(marker)


def asked(plugin: PluginConfig) -> Asked | None:
    """Return a plugin's source as the lock records it; None for a plugin from an index."""
    match plugin.source:
        case IndexSource():
            return None
        case GitSource(url=url) as git:
            source = Asked(
                git=url,
                tag=git.tag,
                branch=git.branch,
                revision=git.revision,
                subdirectory=git.subdirectory,
                submodules=git.submodules,
            )
        case UrlSource(url=url, subdirectory=subdirectory):
            source = Asked(url=url, subdirectory=subdirectory)
        case PathSource(path=path, subdirectory=subdirectory):
            source = Asked(path=path, subdirectory=subdirectory)
    if plugin.dependencies is None:
        return source
    return replace(source, dependencies=tuple(sorted(str(requirement) for requirement in plugin.dependencies)))


def specifier_text(plugin: PluginConfig) -> str | None:
    """Return the versions a plugin entry admits, as the lock records them; None for a plugin from no index."""
    return (str(plugin.source.specifier) or "*") if isinstance(plugin.source, IndexSource) else None


def index_name(plugin: PluginConfig) -> str | None:
    """Return the name of the index that a plugin entry insists on."""
    return plugin.source.index if isinstance(plugin.source, IndexSource) else None


def policy_record(manifest: Manifest) -> Policy:
    """Return what `[policy]` lets into a lock, as the lock records it."""
    policy = manifest.policy
    return Policy(
        allow_build=dict(policy.allow_build),
        allow_startup_code=dict(policy.allow_startup_code),
        allow_modules=dict(policy.allow_modules),
        allow_origins=dict(policy.allow_origins),
        allow_unattested=dict(policy.allow_unattested),
        publishers=dict(policy.publishers),
    )


def resolution_options(manifest: Manifest) -> ResolutionOptions:
    """Return `[resolution]` as the lock records it."""
    resolution = manifest.resolution
    return ResolutionOptions(
        exclude_newer=resolution.exclude_newer,
        prereleases=resolution.prereleases,
        constraints=tuple(sorted(str(constraint) for constraint in resolution.constraints)),
        overrides=tuple(
            sorted(
                (
                    Override(requirement=str(entry.requirement), reason=entry.reason, package=entry.package)
                    for entry in resolution.overrides
                ),
                key=lambda entry: (entry.requirement, entry.package or ""),
            )
        ),
    )
