"""Reads what a host ships from its pylock.toml (PEP 751)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from packaging.pylock import Pylock, PylockUnsupportedVersionError, PylockValidationError
from packaging.utils import canonicalize_name, parse_wheel_filename

from lock.errors import InputError
from resolver.hosts.choices import check_choices
from resolver.hosts.declared_version import declared_version
from resolver.hosts.markers import MarkerTable
from resolver.hosts.shipment import Shipment
from resolver.hosts.target_checks import TAKE_ITS_PYTHON, lock_for_target, python_fits
from resolver.hosts.toml_document import key_path, parse_toml, problem_at, table_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.pylock import Package

    from lock.model import Source
    from resolver.hosts.files import HostFiles, HostText
    from resolver.hosts.model import ProvidedSet
    from resolver.manifest.model import HostConfig, StatedVersion
    from resolver.targets import Target, TargetSet


def read_pylock(file: HostText, files: HostFiles, host: HostConfig, targets: TargetSet, source: Source) -> ProvidedSet:
    """Select the packages of a pylock.toml for each target, as PEP 751 ("Installation") says.

    The file's default groups are taken besides those [host] names.  Raises `InputError` for a file that breaks the
    specification, does not cover a target, or lacks an extra or group.
    """
    pylock = _parse(file)
    where = file.label
    check_choices("extra", host.extras, set(pylock.extras or ()), host, where)
    groups: dict[str, str] = {canonicalize_name(group): group for group in (pylock.dependency_groups or ())}
    check_choices("dependency group", host.dependency_groups, set(groups), host, where)
    chosen = frozenset((*(pylock.default_groups or ()), *(groups[name] for name in host.dependency_groups)))
    declared = declared_version(files, file.path, host.name)
    reader = _Reader(file, pylock, targets, {host.name: declared} if declared else {}, host.versions)
    for target in targets.targets:
        reader.read(target, frozenset(host.extras), chosen)
    return reader.shipment.provided_set(host.name, reader.shipment.version_of(host.name) or declared, source)


def _parse(file: HostText) -> Pylock:
    content = parse_toml(file)
    try:
        return Pylock.from_dict(content)
    except PylockUnsupportedVersionError as error:
        remedy = "use a plugin-lock that reads it, or write the file with an older tool"
        raise InputError(problem_at(file, ("lock-version",), str(error), code="host-format", remedy=remedy)) from error
    except PylockValidationError as error:
        raise InputError(problem_at(file, key_path(error.context or ""), error.message)) from error


class _Reader:
    def __init__(
        self,
        file: HostText,
        pylock: Pylock,
        targets: TargetSet,
        declared: Mapping[str, str],
        stated: Mapping[str, StatedVersion],
    ) -> None:
        self._file = file
        self._pylock = pylock
        self._declared = declared
        self._markers = MarkerTable(file.label, file.text)
        self._lines = table_lines(file.text, "packages")
        self.shipment = Shipment(targets, file.label, stated)

    def read(self, target: Target, extras: frozenset[str], groups: frozenset[str]) -> None:
        """Add the packages selected for one target."""
        self._check_target(target)
        for index, package in enumerate(self._pylock.packages):
            marker = "" if package.marker is None else str(package.marker)
            if self._markers.holds(marker, target, extras, groups):
                self._check_package(index, package, target)
                self._ship(index, package, target)

    def _check_target(self, target: Target) -> None:
        supported = self._pylock.requires_python
        if supported is not None and not python_fits(supported, target):
            message = f"the host is locked for Python {supported}, and [host] says {target.python}"
            raise InputError(
                problem_at(self._file, ("requires-python",), message, code="host-python", remedy=TAKE_ITS_PYTHON)
            )
        environments = self._pylock.environments
        if environments and not any(self._markers.holds(str(marker), target) for marker in environments):
            message = f"the host is locked for some environments only, and {target.system} is none of them"
            remedy = lock_for_target(target.system, "`environments` of the file")
            raise InputError(problem_at(self._file, ("environments",), message, code="host-target", remedy=remedy))

    def _check_package(self, index: int, package: Package, target: Target) -> None:
        supported = package.requires_python
        if supported is not None and not python_fits(supported, target):
            message = f"{package.name} needs Python {supported}, and [host] says {target.python}"
            path = ("packages", index, "requires-python")
            raise InputError(problem_at(self._file, path, message, code="host-python", remedy=TAKE_ITS_PYTHON))

    def _ship(self, index: int, package: Package, target: Target) -> None:
        version = _version_of(package) or self._declared.get(package.name)
        origin = self._origin(index)
        if version is None:
            self.shipment.add_unversioned(target.system, package.name, origin)
        else:
            self.shipment.add(target.system, package.name, version, origin)

    def _origin(self, index: int) -> str:
        if len(self._lines) != len(self._pylock.packages):
            return self._file.label
        return f"{self._file.label}:{self._lines[index]}"


def _version_of(package: Package) -> str | None:
    if package.version is not None:
        return str(package.version)
    archive = package.archive
    address = archive.url or archive.path if archive is not None else None
    return wheel_version(address) if address else None


def wheel_version(address: str) -> str | None:
    """Return the version in the file name of a wheel at a URL or path, None where that is no wheel."""
    try:
        filename = unquote(urlsplit(address).path.rsplit("/", 1)[-1])
        return str(parse_wheel_filename(filename)[1])
    except ValueError:  # InvalidWheelFilename is one, and so is what a malformed URL gives
        return None
