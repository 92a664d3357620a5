"""Reads what a host ships from its uv.lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from lock.errors import InputError
from resolver.hosts.markers import MarkerTable, extras_named
from resolver.hosts.shipment import Shipment, valid_version
from resolver.hosts.target_checks import TAKE_ITS_PYTHON, lock_for_target, python_fits
from resolver.hosts.uv_lock import UvLock
from resolver.hosts.uv_start import find_start
from resolver.hosts.uv_walk import Walk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lock.model import Source
    from resolver.hosts.files import HostText
    from resolver.hosts.model import ProvidedSet
    from resolver.hosts.uv_lock import Package, Requirement
    from resolver.hosts.uv_walk import Reached
    from resolver.manifest.model import HostConfig
    from resolver.targets import Target, TargetSet


def read_uv_lock(file: HostText, host: HostConfig, targets: TargetSet, source: Source) -> ProvidedSet:
    """Compute what `uv sync` would install of the host with the chosen extras and groups, on each target.

    Raises `InputError` where the lock cannot be read, does not cover a target, or lacks what [host] asks for.
    """
    lock = UvLock(file)
    markers = MarkerTable(file.label, file.text)
    shipment = Shipment(targets, file.label, host.versions)
    _check_targets(lock, markers, targets)
    start = find_start(lock, host, shipment)
    walk = Walk(lock, markers, start)
    for target in targets.targets:
        reached = walk.reach(target)
        extras = _Extras(lock, markers, target, reached)
        for index in sorted(reached.packages):
            _ship(lock, index, target, extras, shipment, is_host=index in start.roots)
    version = lock.packages[start.roots[0]].version if start.roots else None
    return shipment.provided_set(host.name, version, source)


def _ship(lock: UvLock, index: int, target: Target, extras: _Extras, shipment: Shipment, *, is_host: bool) -> None:
    package = lock.packages[index]
    if "virtual" in package.source and not is_host:
        return  # uv takes the dependencies of a virtual project and installs nothing of it
    if package.version is None:
        shipment.add_unversioned(target.system, package.name, lock.origin(index), extras.of(index))
        return
    if not valid_version(package.version):
        message = f"{package.name} has the version {package.version!r}, which is none"
        raise InputError(lock.problem(("package", index, "version"), message))
    shipment.add(target.system, package.name, package.version, lock.origin(index), extras.of(index))


def _check_targets(lock: UvLock, markers: MarkerTable, targets: TargetSet) -> None:
    document = lock.document
    try:
        supported = SpecifierSet(document.requires_python)
    except InvalidSpecifier as error:
        message = f"{document.requires_python!r} is no version specifier"
        raise InputError(lock.problem(("requires-python",), message)) from error
    for target in targets.targets:
        # uv leaves out of markers what requires-python implies: elsewhere they would mislead.
        if not python_fits(supported, target):
            message = f"the host is locked for Python {supported}, and [host] says {target.python}"
            raise InputError(lock.problem(("requires-python",), message, "host-python", TAKE_ITS_PYTHON))
        environments = document.supported_markers
        if environments and not any(markers.holds(marker, target) for marker in environments):
            message = f"the host is locked for some environments only, and {target.system} is none of them"
            remedy = lock_for_target(target.system, "`environments` in its [tool.uv]")
            raise InputError(lock.problem(("supported-markers",), message, "host-target", remedy))


class _Extras:
    """What the extras of packages add on one target, as PEP 508 strings without markers."""

    def __init__(self, lock: UvLock, markers: MarkerTable, target: Target, reached: Reached) -> None:
        self._lock = lock
        self._markers = markers
        self._target = target
        self._reached = reached
        self._shipped = {lock.packages[index].name for index in reached.packages}

    def of(self, index: int) -> Mapping[str, tuple[str, ...]]:
        """Return what each extra of a package adds, as far as the lock tells.

        A package of the workspace declares all its extras.  Of any other the lock knows those the host uses: what
        they add is shipped, so that names without versions say enough.
        """
        package = self._lock.packages[index]
        used = self._reached.extras.get(index, {})
        return {**used, **self._declared(package)} if package.metadata else used

    def _declared(self, package: Package) -> dict[str, tuple[str, ...]]:
        metadata = package.metadata
        if metadata is None:
            return {}
        added: dict[str, list[str]] = {
            extra: [] for extra in sorted({*metadata.provides_extras, *package.optional_dependencies})
        }
        for requirement in metadata.requires_dist:
            marker = requirement.marker
            if "extra" not in marker or self._markers.holds(marker, self._target):
                continue
            # A marker that says `extra != …` may hold for any extra; those are rare.
            candidates = added if "!=" in marker else extras_named(marker)
            for extra in sorted(candidates):
                if extra in added and self._markers.holds(marker, self._target, frozenset({extra})):
                    added[extra].append(self._text(requirement))
        return {extra: tuple(requirements) for extra, requirements in added.items()}

    def _text(self, requirement: Requirement) -> str:
        text = requirement.name
        if requirement.extras:
            text += f"[{','.join(requirement.extras)}]"
        # What is shipped needs no address: it is not fetched.
        if requirement.address is not None and requirement.name not in self._shipped:
            return f"{text} @ {requirement.address}"
        return text + requirement.specifier
