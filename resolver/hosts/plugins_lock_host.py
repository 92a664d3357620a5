"""Reads what a host ships from another plugins.lock: what it locks, and what its own host provides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.errors import InputError, Problem
from resolver.hosts.shipment import Shipment

if TYPE_CHECKING:
    from lock.model import Lock, Source
    from resolver.hosts.files import HostText
    from resolver.hosts.model import ProvidedSet
    from resolver.manifest.model import HostConfig
    from resolver.targets import TargetSet


def read_plugins_lock(file: HostText, host: HostConfig, targets: TargetSet, source: Source) -> ProvidedSet:
    """Take the locked packages per system, and the provided versions that they rely on.

    A plugins.lock records of its host only what its packages need, so the set is not all that the host ships: a
    warning says so.  Raises `LockError` for a broken lock, `InputError` where it does not cover a target.
    """
    from lock.reader import parse  # noqa: PLC0415 - the reader and its rules are needed for this kind alone

    other = parse(file.text, file.label)
    _check_targets(other, file, targets)
    shipment = Shipment(targets, file.label, host.versions)
    origin = file.label
    for target in targets.targets:
        for package in other.packages:
            if target.system in package.systems:
                shipment.add(target.system, package.name, package.version, origin)
        for name, versions in other.host.provided.items():
            if target.system in versions:
                shipment.add(target.system, name, versions[target.system], origin)
        if other.host.version is not None and not shipment.has(target.system, other.host.name):
            shipment.add(target.system, other.host.name, other.host.version, origin)
    shipment.warn(f"{origin} names of its own host only what its plugins rely on; the host may ship more")
    if host.extras or host.dependency_groups:
        shipment.warn(f"{origin}: extras and groups of [host] choose nothing in a plugins.lock")
    version = other.host.version if other.host.name == host.name else None
    return shipment.provided_set(host.name, version, source)


def _check_targets(other: Lock, file: HostText, targets: TargetSet) -> None:
    missing = sorted({target.system for target in targets.targets} - set(other.systems))
    remedy = "lock it for these targets too: run `plugin-lock lock` there"
    problems = []
    if missing:
        message = f"this lock is not for {', '.join(missing)}"
        problems.append(Problem(code="host-target", message=message, path=file.label, remedy=remedy))
    minors = sorted({".".join(map(str, target.python_minor)) for target in targets.targets})
    if minors != [".".join(other.host.python.split(".")[:2])]:
        message = f"this lock is for Python {other.host.python}, and [host] says {', '.join(minors)}"
        problems.append(Problem(code="host-python", message=message, path=file.label, remedy=remedy))
    if problems:
        raise InputError(*problems)
