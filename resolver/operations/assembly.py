"""From what the search found to the lock: files with what was seen inside them, edges, and who asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lock.errors import LockError, Problem
from lock.grammar import ENTRY_NAME, quoted
from lock.model import (
    EntryPoint,
    Host,
    IndexRecord,
    Lock,
    Plugin,
    Sdist,
    TargetRecord,
)
from resolver.index.addresses import origin
from resolver.locked_package import locked_package, seen_key
from resolver.operations.planning import (
    asked,
    index_name,
    marker_text,
    policy_record,
    resolution_options,
    specifier_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lock.model import Build, Package, PluginTree
    from resolver.hosts.model import ProvidedSet
    from resolver.inspection.memory import Seen
    from resolver.inspection.model import SeenEntryPoint, WheelContents
    from resolver.locked_package import DirectRecord, PublisherKey
    from resolver.manifest.model import Manifest, PluginConfig
    from resolver.search.resolution import Found
    from resolver.targets import TargetSet


def changed_bytes(found: Found, old: Lock | None, accepted: Iterable[str]) -> None:
    """Refuse a file that the index serves with other bytes than an older lock recorded for the same name.

    `accepted` names packages whose new bytes a person has agreed to.  Raises `LockError`.
    """
    if old is None:
        return
    known = _known_hashes(old)
    allowed = set(accepted)
    problems = [
        Problem(
            code="changed-bytes",
            message=f"{package.page.index.url} now serves other bytes as {file.filename}:"
            f" the lock has sha256 {' and '.join(sorted(known[file.filename]))}, the index {file.sha256}",
            remedy="the file was replaced after it was locked: by a private index that allows it, a proxy that alters"
            " files, or an attack. Ask whoever publishes it; to accept the new bytes,"
            f" plugin-lock update {package.name} --accept-changed {package.name}",
        )
        for package in found.packages
        for file in dict.fromkeys(package.files.values())
        if package.name not in allowed and file.sha256 not in known.get(file.filename, {file.sha256})
    ]
    if problems:
        raise LockError(*problems)


def _known_hashes(lock: Lock) -> dict[str, set[str]]:
    """Return the sha256 of each file of an index, by its name: wheels and sdists, also of what sources are built with.

    Two indexes may have different files of one name, so a name has a set of them.
    """
    known: dict[str, set[str]] = {}
    for package in (*lock.packages, *lock.build_packages):
        for wheel in package.wheels:
            known.setdefault(wheel.name, set()).add(wheel.sha256)
        if isinstance(package.source, Sdist):
            known.setdefault(package.source.name, set()).add(package.source.sha256)
    return known


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """All that a run decided: versions, what was seen in each file, how sources are built, and direct plugins.

    `seen` and `builds` are by `locked_package.seen_key`, `publishers` by its `publisher_key`; `trees` are the directory
    plugins by name.
    """

    found: Found
    seen: Mapping[str, Seen]
    builds: Mapping[str, Build] = {}
    build_packages: tuple[Package, ...] = ()
    direct: Mapping[str, DirectRecord] = {}
    trees: Mapping[str, PluginTree] = {}
    publishers: Mapping[PublisherKey, tuple[Mapping[str, str], ...]] = {}
    remarks: tuple[str, ...] = ()


def assemble(manifest: Manifest, targets: TargetSet, host: ProvidedSet, chosen: Chosen) -> Lock:
    """Return the lock of what was chosen."""
    found = chosen.found
    packages = tuple(
        locked_package(package, targets, chosen.seen, chosen.builds, chosen.direct, chosen.publishers)
        for package in found.packages
    )
    return Lock(
        host=_host(manifest, targets, host, found),
        targets=tuple(TargetRecord(system=target.system, platform=target.platform) for target in targets.targets),
        packages=packages,
        plugins=tuple(_plugin(plugin, manifest, host, chosen, targets) for plugin in manifest.plugins),
        build_packages=chosen.build_packages,
        indexes=_indexes((*packages, *chosen.build_packages)),
        resolution=resolution_options(manifest),
        policy=policy_record(manifest),
    )


def _host(manifest: Manifest, targets: TargetSet, host: ProvidedSet, found: Found) -> Host:
    relied: dict[str, int] = {edge.name: edge.mask for edge in found.root_edges}
    for package in found.packages:
        for name, mask in package.provided.items():
            relied[name] = relied.get(name, 0) | mask
    return Host(
        name=manifest.host.name,
        version=host.version,
        python=manifest.host.python,
        entry_points=tuple(sorted(manifest.host.entry_points)),
        source=host.source,
        extras=tuple(sorted(manifest.host.extras)),
        dependency_groups=tuple(sorted(manifest.host.dependency_groups)),
        provided={name: provided_versions(host, name, targets.systems(mask)) for name, mask in sorted(relied.items())},
    )


def provided_versions(host: ProvidedSet, name: str, systems: Iterable[str]) -> dict[str, str]:
    """Return the host's version of a name on each of these systems that has one."""
    versions = {}
    for system in systems:
        provided = host.on(system, name)
        if provided is not None:
            versions[system] = provided.version
    return versions


def _plugin(plugin: PluginConfig, manifest: Manifest, host: ProvidedSet, chosen: Chosen, targets: TargetSet) -> Plugin:
    tree = chosen.trees.get(plugin.name)
    version: dict[str, str] = {}
    entry_points: set[EntryPoint] = set()
    if tree is None:
        for package in chosen.found.packages:
            if package.name == plugin.name:
                version.update(dict.fromkeys(targets.systems(package.mask), str(package.version)))
                for file in package.files.values():
                    entry_points.update(_host_entry_points(chosen.seen[seen_key(file)].contents, manifest))
        for edge in chosen.found.root_edges:
            if edge.name == plugin.name:
                version.update(provided_versions(host, plugin.name, targets.systems(edge.mask)))
    return Plugin(
        name=plugin.name,
        kind="package" if tree is None else "directory",
        specifier=specifier_text(plugin),
        asked=asked(plugin),
        tree=tree,
        version=dict(sorted(version.items())),
        extras=tuple(sorted(plugin.source.extras)),
        marker=marker_text(plugin.marker),
        index=index_name(plugin),
        entry_points=tuple(sorted(entry_points, key=lambda entry: (entry.group, entry.name, entry.value))),
    )


def _host_entry_points(contents: WheelContents, manifest: Manifest) -> Iterable[EntryPoint]:
    groups = set(manifest.host.entry_points)
    for entry in contents.entry_points:
        if entry.group in groups:
            if not ENTRY_NAME.fits(entry.name):
                raise LockError(_unfit_name(entry))
            yield EntryPoint(group=entry.group, name=entry.name, value=entry.value)


def _unfit_name(entry: SeenEntryPoint) -> Problem:
    """Refuse a name in a group that the host loads: hosts make files, links and addresses of such names."""
    return Problem(
        code="entry-points",
        message=f"the entry point {quoted(entry.name)} in {entry.group} is not {ENTRY_NAME.says}",
        key=entry.name,
        remedy="take another version of the plugin, or leave it out, and tell its maintainers",
    )


def _indexes(packages: Iterable[Package]) -> tuple[IndexRecord, ...]:
    origins: dict[str, set[str]] = {}
    for package in packages:
        if package.index is not None:
            urls = [wheel.url for wheel in package.wheels]
            urls += [package.source.url] if isinstance(package.source, Sdist) else []
            origins.setdefault(package.index, set()).update(origin(url) for url in urls)
    return tuple(IndexRecord(url=url, files=tuple(sorted(origins[url]))) for url in sorted(origins))
