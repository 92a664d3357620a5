"""Rule 2, and rule 6 for files: names agree, tags fit, and the artifacts of a package cover its systems once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import InvalidWheelFilename
from packaging.version import InvalidVersion

from lock.derived import python_minor
from lock.grammar import shown
from lock.model import Sdist
from lock.rules import sources
from lock.rules.sources import parsed_wheel
from lock.rules.spelling import TOOL
from lock.rules.wheel_tags import fits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lock.findings import Findings
    from lock.model import Artifact, Lock, Package, Wheel
    from lock.toml_lines import KeyPath


def check(lock: Lock, findings: Findings) -> None:
    """Check the files of every package."""
    platforms = {target.system: target.platform for target in lock.targets}
    minor = int(python_minor(lock.host.python).partition(".")[2])
    for key, package in every_package(lock):
        for number, wheel in enumerate(package.wheels):
            _wheel(package, wheel, (*key, "wheels", number), findings)
        sources.check_package(package, key, findings)
        _pairs(package, key, findings)
        _cover(lock, package, key, findings)
        for number, artifact in enumerate(package.artifacts):
            _tags(artifact, platforms, minor, (*key, *TOOL, "artifacts", number), findings)


def every_package(lock: Lock) -> Iterator[tuple[KeyPath, Package]]:
    """Yield what is installed, then what sources are built with, each with its place in the file."""
    for place, package in enumerate(lock.packages):
        yield ("packages", place), package
    for place, package in enumerate(lock.build_packages):
        yield (*TOOL, "build-packages", place), package


def _wheel(package: Package, wheel: Wheel, key: KeyPath, findings: Findings) -> None:
    label = shown(package.name)
    sources.check_segment(wheel.url, wheel.name, label, key, findings)
    try:
        name, version, _, _ = parsed_wheel(wheel.name)
    except (InvalidWheelFilename, InvalidVersion):
        message = f"{label}: {shown(wheel.name)} is not a wheel's file name (Binary distribution format)"
        findings.add("rule-2-file-name", message, (*key, "name"))
        return
    sources.check_names(package, wheel.name, name, version, (*key, "name"), findings)


def _pairs(package: Package, key: KeyPath, findings: Findings) -> None:
    """Each file has its artifact, and each artifact its file."""
    label = shown(package.name)
    files: dict[str, KeyPath] = {wheel.name: (*key, "wheels", place) for place, wheel in enumerate(package.wheels)}
    if isinstance(package.source, Sdist):
        files[package.source.name] = (*key, "sdist")
    elif package.source is not None:
        return  # a tree or archive has the one artifact that `sources.check_package` wants
    artifacts = {artifact.name for artifact in package.artifacts}
    for name, place in files.items():
        if name not in artifacts:
            findings.add("rule-6-artifact", f"{label}: no artifact says what {shown(name)} is used for", place)
    for number, artifact in enumerate(package.artifacts):
        if artifact.name not in files:
            kind = "wheels" if package.source is None else "files"
            message = f"{label}: the artifact {shown(artifact.name)} is none of the entry's {kind}"
            findings.add("rule-6-artifact", message, (*key, *TOOL, "artifacts", number, "name"))
    if not (files or artifacts):
        findings.add("rule-6-artifact", f"{label}: there is no file to install", key)


def _cover(lock: Lock, package: Package, key: KeyPath, findings: Findings) -> None:
    """Each system of a package is a target and has one artifact."""
    label = shown(package.name)
    owner: dict[str, str] = {}
    for place, artifact in enumerate(package.artifacts):
        here = (*key, *TOOL, "artifacts", place)
        if not artifact.systems:
            findings.add("rule-6-artifact", f"{label}: {shown(artifact.name)} is used on no system", here)
        for number, system in enumerate(artifact.systems):
            item = (*here, "systems", number)
            if system in owner and owner[system] != artifact.name:
                files = f"{shown(owner[system])} and {shown(artifact.name)}"
                findings.add("rule-6-artifact", f"{label}: {system} has two artifacts, {files}", item)
            elif system not in lock.systems:
                message = f"{label}: {shown(artifact.name)} is for {system}, which is no target of the lock"
                findings.add("rule-6-artifact", message, item)
            owner[system] = artifact.name


def _tags(artifact: Artifact, platforms: dict[str, str], minor: int, key: KeyPath, findings: Findings) -> None:
    if not sources.is_wheel(artifact.name):
        return
    try:
        _, _, _, tags = parsed_wheel(artifact.name)
    except (InvalidWheelFilename, InvalidVersion):
        return  # told of the wheel already
    for number, system in enumerate(artifact.systems):
        if system in platforms and not fits(tags, system=system, platform=platforms[system], minor=minor):
            message = f"{shown(artifact.name)} cannot be installed on {system} with Python 3.{minor}"
            findings.add("rule-2-tags", message, (*key, "systems", number))
