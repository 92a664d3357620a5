"""Reads what a host ships from a pinned requirements.txt."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from lock.errors import InputError, Problem
from resolver.hosts.declared_version import declared_version
from resolver.hosts.markers import MarkerTable
from resolver.hosts.pylock_host import wheel_version
from resolver.hosts.requirements_lines import requirement_lines
from resolver.hosts.shipment import Shipment, valid_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lock.model import Source
    from resolver.hosts.files import HostFiles, HostText
    from resolver.hosts.model import ProvidedSet
    from resolver.hosts.requirements_lines import RequirementLine
    from resolver.manifest.model import HostConfig, StatedVersion
    from resolver.targets import TargetSet

_EGG = re.compile(r"(?:^|&)egg=([A-Za-z0-9][A-Za-z0-9._-]*)")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_DEEPEST = 32


def read_requirements(
    file: HostText, files: HostFiles, host: HostConfig, targets: TargetSet, source: Source
) -> ProvidedSet:
    """Take every pinned line whose marker holds, on each target; `-r` is followed, `-c` pins nothing by itself.

    Raises `InputError`, with a problem for each line that is not pinned or cannot be read.
    """
    reader = _Reader(files, file.label, targets, host.versions)
    reader.read(file, ())
    if reader.problems:
        raise InputError(*reader.problems)
    if host.extras or host.dependency_groups:
        reader.shipment.warn(
            f"{file.label}: a requirements.txt knows no extras or groups of the host: all its lines are taken"
        )
    version = reader.shipment.version_of(host.name) or declared_version(files, file.path, host.name)
    return reader.shipment.provided_set(host.name, version, source)


class _Reader:
    def __init__(self, files: HostFiles, label: str, targets: TargetSet, stated: Mapping[str, StatedVersion]) -> None:
        self._files = files
        self._targets = targets
        self._included: set[str] = set()
        self.shipment = Shipment(targets, label, stated)
        self.problems: list[Problem] = []

    def read(self, file: HostText, parents: tuple[str, ...]) -> None:
        """Read one file and what it includes; `parents` are the files that led here."""
        markers = MarkerTable(file.label, file.text)
        for line in requirement_lines(file.text):
            if line.kind == "include":
                self._include(file, line, parents)
            elif line.kind == "editable":
                self._address(file, line, line.value)
            elif line.kind == "requirement":
                self._requirement(file, line, markers)

    def _include(self, file: HostText, line: RequirementLine, parents: tuple[str, ...]) -> None:
        if _SCHEME.match(line.value):
            remedy = "keep the included file beside this one"
            self._problem(file, line, "a file from the network is not read", remedy, "host-include")
            return
        path = posixpath.normpath(posixpath.join(posixpath.dirname(file.path), line.value))
        if path in {*parents, file.path} or len(parents) >= _DEEPEST:
            self._problem(file, line, f"{path} includes itself", "remove one of the `-r` lines", "host-include")
            return
        if path in self._included:
            return  # its lines count once, wherever it is named
        self._included.add(path)
        try:
            included = self._files.find(path) if line.value else None
        except InputError as error:
            # That it is a directory, say, is better said where it was asked for; what is wrong inside it is not.
            if error.problems[0].line is not None:
                raise
            reason = f"{line.value} cannot be included: {error.problems[0].message}"
            self._problem(file, line, reason, "name a requirements file", "host-include")
            return
        if included is None:
            remedy = f"add the file, or remove the line; it is looked for at {path}"
            self._problem(file, line, f"there is no file {line.value}", remedy, "host-include")
            return
        self.read(included, (*parents, file.path))

    def _requirement(self, file: HostText, line: RequirementLine, markers: MarkerTable) -> None:
        try:
            requirement = Requirement(line.value)
        except InvalidRequirement as error:
            if _SCHEME.match(line.value) or line.value.startswith((".", "/")):
                self._address(file, line, line.value)
                return
            reason = str(error).splitlines()[0]
            self._problem(file, line, f"this is no requirement: {reason}", "correct the line (PEP 508)")
            return
        except RecursionError:
            self._problem(file, line, "this is nested too deeply", "correct the line (PEP 508)")
            return
        marker = "" if requirement.marker is None else str(requirement.marker)
        systems = [target.system for target in self._targets.targets if markers.holds(marker, target)]
        if not systems:
            return  # pinned or not, it is for other machines
        name = canonicalize_name(requirement.name)
        if requirement.url is not None:
            self._ship(file, line, systems, name, wheel_version(requirement.url))
            return
        pin = _pin(requirement)
        if pin is None:
            tool = "`uv pip compile` or `pip freeze`"
            remedy = f"pin it (`{name}==…`): write the file with {tool}"
            self._problem(file, line, f"{requirement.name} is not pinned to one version", remedy, "host-unpinned")
            return
        self._ship(file, line, systems, name, pin)

    def _address(self, file: HostText, line: RequirementLine, address: str) -> None:
        """Take a line that is a URL or a path: a wheel tells name and version, `#egg=` the name."""
        systems = [target.system for target in self._targets.targets]
        place, _, fragment = address.partition(";")[0].strip().partition("#")
        version = wheel_version(place)
        egg = _EGG.search(fragment)
        if version is not None:
            name = unquote(place.rsplit("/", 1)[-1]).partition("-")[0]
        elif egg is not None:
            name = egg[1]
        else:
            where = f"{file.label}:{line.line}"
            self.shipment.warn(f"{where}: passed over, for the line does not tell which distribution it installs")
            return
        self._ship(file, line, systems, canonicalize_name(name), version)

    def _ship(self, file: HostText, line: RequirementLine, systems: list[str], name: str, version: str | None) -> None:
        origin = f"{file.label}:{line.line}"
        for system in systems:
            if version is None:
                self.shipment.add_unversioned(system, name, origin)
            else:
                self.shipment.add(system, name, version, origin)

    def _problem(
        self, file: HostText, line: RequirementLine, message: str, remedy: str, code: str = "host-requirement"
    ) -> None:
        self.problems.append(Problem(code=code, message=message, path=file.label, line=line.line, remedy=remedy))


def _pin(requirement: Requirement) -> str | None:
    """Return the one version a requirement allows, where it is pinned."""
    pins = {
        specifier.version
        for specifier in requirement.specifier
        if specifier.operator in {"==", "==="} and valid_version(specifier.version)
    }
    if len(pins) != 1:
        return None
    pin = pins.pop()
    return pin if requirement.specifier.contains(pin, prereleases=True) else None
