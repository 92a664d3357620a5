"""Reads what a host ships from an installed environment: its `*.dist-info` (and older `.egg-info`) records."""

from __future__ import annotations

import platform
import re
from contextlib import suppress
from importlib.metadata import Distribution
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.metadata import parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidName, canonicalize_name

from lock.errors import InputError, Problem, WorldError
from resolver.hosts.installed_modules import installed_modules
from resolver.hosts.markers import MarkerTable, extras_named
from resolver.hosts.shipment import Shipment, valid_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from packaging.metadata import RawMetadata

    from lock.model import Source
    from resolver.hosts.model import ProvidedSet
    from resolver.manifest.model import HostConfig
    from resolver.targets import Target, TargetSet

_PYTHON_FOLDER = re.compile(r"python(\d+\.\d+)t?$")
_LIBRARIES = ("lib", "lib64")
_NIX_INPUTS = "nix-support/propagated-build-inputs"


def read_environment(path: str, root: Path, host: HostConfig, targets: TargetSet, source: Source) -> ProvidedSet:
    """Read a virtual environment, a Nix store path or a site-packages folder; `path` is relative to `root`.

    An environment is of one system: the same is taken for every target, with a warning for those it was not made
    for.  Raises `InputError` where there is no environment for the host's Python.
    """
    top = root / path
    shipment = Shipment(targets, path, host.versions)
    reader = _Reader(path, host.name, targets, shipment)
    try:
        folders = _site_packages(top, path, host, targets)
        for record in (record for folder in folders for record in _records(folder)):
            reader.read(record)
    except OSError as error:
        message = f"the environment cannot be read: {error.strerror}"
        raise WorldError(_problem(str(error.filename or path), message, "check its permissions")) from error
    others = sorted({target.system for target in targets.targets} - {machine_system()})
    if others:
        shipment.warn(f"{path}: the environment was taken to be the same for {', '.join(others)}")
    if _sees_the_system(top):
        shipment.warn(f"{path}: packages of the interpreter outside this environment are not counted")
    if host.extras or host.dependency_groups:
        shipment.warn(f"{path}: extras and groups of [host] choose nothing in an installed environment")
    return shipment.provided_set(host.name, reader.host_version, source)


def machine_system() -> str:
    """Return the Nix system of this machine."""
    machine = {"arm64": "aarch64", "amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    return f"{machine}-{platform.system().lower()}"


def _site_packages(top: Path, path: str, host: HostConfig, targets: TargetSet) -> list[Path]:
    minors = sorted({".".join(map(str, target.python_minor)) for target in targets.targets})
    if not top.is_dir():
        raise InputError(_problem(path, "there is no such directory", "build the environment, or correct the path"))
    found = {top.parent.name: [top]} if _holds_records(top) else _python_folders(top)
    fitting = [folder for name, folders in found.items() if _is_for(name, minors) for folder in folders]
    if fitting:
        return fitting
    if found:
        message = f"the environment is for {', '.join(sorted(found))}, and [host] says Python {host.python}"
        raise InputError(_problem(path, message, "set `python` in [host] to the version the host runs on"))
    message = "there are no installed distributions in it"
    remedy = "name a virtual environment, a Nix store path with lib/python3.*/site-packages, or a site-packages folder"
    raise InputError(_problem(path, message, remedy))


def _is_for(folder_name: str, minors: list[str]) -> bool:
    match = _PYTHON_FOLDER.match(folder_name)
    return match is None or match[1] in minors


def _python_folders(top: Path) -> dict[str, list[Path]]:
    """Return the site-packages below a prefix by the name of their Python; those of propagated inputs too."""
    found: dict[str, list[Path]] = {}
    seen: set[Path] = set()
    for prefix in _nix_closure(top):
        for library in _LIBRARIES:
            for folder in sorted((prefix / library).glob("python3*/site-packages")):
                # lib64 is mostly a link to lib.
                if folder.resolve() not in seen:
                    seen.add(folder.resolve())
                    found.setdefault(folder.parent.name, []).append(folder)
    return {name: folders for name, folders in found.items() if any(map(_holds_records, folders))}


def _nix_closure(top: Path) -> Iterable[Path]:
    """Yield a prefix and, for a Nix package, those it propagates: Python packages there name what they need."""
    queue, seen = [top], {top}
    while queue:
        prefix = queue.pop()
        yield prefix
        inputs = prefix / _NIX_INPUTS
        for name in inputs.read_text(encoding="utf-8", errors="replace").split() if inputs.is_file() else ():
            if Path(name) not in seen:
                seen.add(Path(name))
                queue.append(Path(name))


def _holds_records(folder: Path) -> bool:
    return any(_records(folder))


def _records(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if entry.name.endswith((".dist-info", ".egg-info")))


def _sees_the_system(top: Path) -> bool:
    settings = top / "pyvenv.cfg"
    if not settings.is_file():
        return False
    lines = settings.read_text(encoding="utf-8", errors="replace").lower().splitlines()
    return "include-system-site-packages=true" in {line.replace(" ", "") for line in lines}


def _problem(path: str, message: str, remedy: str) -> Problem:
    return Problem(code="host-environment", message=message, path=path, remedy=remedy)


class _Reader:
    def __init__(self, path: str, host: str, targets: TargetSet, shipment: Shipment) -> None:
        self._path = path
        self._host = host
        self._targets = targets
        self._shipment = shipment
        self._markers = MarkerTable(path, "")
        self.host_version: str | None = None

    def read(self, record: Path) -> None:
        """Add the distribution of one `.dist-info` or `.egg-info`."""
        origin = f"{self._path}: {record.name}"
        metadata = _core_metadata(record)
        try:
            name = canonicalize_name(metadata.get("name", ""), validate=True)
        except InvalidName:
            self._shipment.warn(f"{origin} was passed over: it does not tell the name of its distribution")
            return
        version = metadata.get("version", "")
        if not valid_version(version):
            for target in self._targets.targets:
                self._shipment.add_unversioned(target.system, name, origin)
            return
        if name == self._host:
            self.host_version = version
        conditional = self._conditional(metadata, origin)
        declared = [canonicalize_name(extra) for extra in metadata.get("provides_extra", [])]
        modules = installed_modules(record)
        for target in self._targets.targets:
            extras = self._extras(declared, conditional, target)
            self._shipment.add(target.system, name, version, origin, extras, modules)

    def _conditional(self, metadata: RawMetadata, origin: str) -> list[tuple[str, str]]:
        """Return the requirements that ask for an extra, as (marker, requirement without it)."""
        found = []
        for text in metadata.get("requires_dist", []):
            if "extra" not in text:
                continue
            try:
                requirement = Requirement(text)
            except (InvalidRequirement, RecursionError):
                self._shipment.warn(f"{origin}: a requirement was passed over, for it cannot be read")
                continue
            marker, requirement.marker = str(requirement.marker or ""), None
            found.append((marker, str(requirement)))
        return found

    def _extras(
        self, declared: Sequence[str], conditional: Sequence[tuple[str, str]], target: Target
    ) -> dict[str, tuple[str, ...]]:
        """Return what each extra adds on a target, from Provides-Extra and Requires-Dist."""
        added: dict[str, list[str]] = {extra: [] for extra in declared}
        for marker, requirement in conditional:
            if self._markers.holds(marker, target):
                continue
            for extra in sorted({canonicalize_name(written) for written in extras_named(marker)}):
                if self._markers.holds(marker, target, frozenset({extra})):
                    added.setdefault(extra, []).append(requirement)
        return {extra: tuple(requirements) for extra, requirements in sorted(added.items())}


def _core_metadata(record: Path) -> RawMetadata:
    """Parse the head of METADATA or PKG-INFO; the description below it is of no use here."""
    names = (record / "METADATA", record / "PKG-INFO") if record.is_dir() else (record,)
    content = next((name.read_bytes() for name in names if name.is_file()), b"")
    head = content.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    metadata, _ = parse_email(head + b"\n\n")
    if "requires_dist" not in metadata and (record / "requires.txt").is_file():
        # The setuptools of old wrote requirements in a form of its own.
        with suppress(UnicodeDecodeError):
            metadata["requires_dist"] = Distribution.at(record).requires or []
    return metadata
