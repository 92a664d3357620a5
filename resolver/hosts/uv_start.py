"""Finds where the walk through a uv.lock begins, and checks that the chosen extras and groups exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.errors import InputError, Problem
from resolver.hosts.choices import check_choices
from resolver.hosts.uv_lock import Edge
from resolver.hosts.uv_walk import Start

if TYPE_CHECKING:
    from resolver.hosts.shipment import Shipment
    from resolver.hosts.uv_lock import Package, Requirement, UvLock
    from resolver.manifest.model import HostConfig


def find_start(lock: UvLock, host: HostConfig, shipment: Shipment) -> Start:
    """Return the host's package, or the project beside the lock, with the chosen extras and groups.

    Raises `InputError` where no package or several could be the host, and for extras and groups nobody has.
    """
    root = _host_package(lock, host, shipment)
    if root is None:
        return _bare_start(lock, host)
    package = lock.packages[root]
    _check_extras(lock, package, host, shipment)
    shared = lock.document.manifest.dependency_groups
    own = {*package.groups, *(package.metadata.requires_dev if package.metadata else ())}
    check_choices(
        "dependency group", host.dependency_groups, {*own, *shared}, host, f"{package.name} in {lock.file.label}"
    )
    # A group of the workspace is no part of a member's group of the same name.
    of_workspace = [group for group in host.dependency_groups if group not in own]
    edges = [edge for group in of_workspace for edge in _edges(lock, shared.get(group, []))]
    return Start(roots=(root,), extras=host.extras, groups=host.dependency_groups, edges=tuple(edges))


def _host_package(lock: UvLock, host: HostConfig, shipment: Shipment) -> int | None:
    named = lock.by_name.get(host.name, [])
    if len(named) == 1:
        return named[0]
    if named:
        versions = ", ".join(lock.packages[index].version or "unknown" for index in named)
        message = f"the lock holds several versions of {host.name}: {versions}"
        raise InputError(lock.problem((), message, code="host-ambiguous"))
    roots = [index for index, package in enumerate(lock.packages) if package.is_root]
    if len(roots) == 1:
        root = lock.packages[roots[0]].name
        shipment.warn(
            f"{lock.file.label} has no package {host.name}; the project beside it, {root}, was taken as the host"
        )
        return roots[0]
    manifest = lock.document.manifest
    if not lock.packages:
        shipment.warn(f"{lock.file.label} holds no packages: nothing but the host itself counts as shipped")
        return None
    if manifest.requirements or (manifest.dependency_groups and not manifest.members):
        return None
    raise InputError(_no_host(lock, host))


def _no_host(lock: UvLock, host: HostConfig) -> Problem:
    local = ("editable", "virtual", "directory", "path")
    candidates = [package.name for package in lock.packages if any(kind in package.source for kind in local)]
    members = sorted({*candidates, *lock.document.manifest.members})
    message = f"the lock {lock.file.label} has no package {host.name}"
    if members:
        message += f"; its projects are {', '.join(members)}"
    return Problem(
        code="host-not-in-lock",
        message=message,
        path=host.place.path,
        line=host.place.line,
        key=f"{host.place.key}.name",
        remedy="set `name` in [host] to the project that is the host" if members else "name the host's own uv.lock",
    )


def _bare_start(lock: UvLock, host: HostConfig) -> Start:
    """Start from requirements of no package: a script's lock, or a root that is no project."""
    manifest = lock.document.manifest
    where = lock.file.label
    check_choices("extra", host.extras, set(), host, where)
    check_choices("dependency group", host.dependency_groups, set(manifest.dependency_groups), host, where)
    wanted = [
        *manifest.requirements,
        *(item for group in host.dependency_groups for item in manifest.dependency_groups.get(group, [])),
    ]
    return Start(roots=(), edges=tuple(_edges(lock, wanted)))


def _edges(lock: UvLock, requirements: list[Requirement]) -> list[tuple[int, Edge]]:
    edges = []
    for requirement in requirements:
        for index in lock.by_name.get(requirement.name, []):
            # A name locked at several versions has one per fork; the fork's markers say which is meant where.
            forks = lock.packages[index].resolution_markers
            markers = [part for part in (requirement.marker, " or ".join(f"({fork})" for fork in forks)) if part]
            edges.append(
                (
                    index,
                    Edge(
                        name=requirement.name,
                        extra=requirement.extras,
                        marker=" and ".join(f"({part})" for part in markers),
                    ),
                )
            )
    return edges


def _check_extras(lock: UvLock, package: Package, host: HostConfig, shipment: Shipment) -> None:
    known = {*package.optional_dependencies, *(package.metadata.provides_extras if package.metadata else ())}
    # Before `provides-extras` (revision 1), or without metadata, an extra that adds nothing leaves no trace.
    is_complete = package.metadata is not None and lock.document.revision >= 1
    if is_complete or not package.is_root:
        check_choices("extra", host.extras, known, host, f"{package.name} in {lock.file.label}")
        return
    for extra in sorted(set(host.extras) - known):
        shipment.warn(f"{lock.file.label} lists no packages for the extra {extra!r} of {package.name}")
