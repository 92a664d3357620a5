"""Whether the source of a package is what the lock says of it, as far as that can be told without building it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.metadata import parse_email
from packaging.utils import canonicalize_name

from lock.model import Sdist
from resolver.index import parsed
from resolver.manifest.shown import shown
from resolver.sources import static_metadata
from resolver.sources.pyproject import build_system
from resolver.sources.trees import read_file
from resolver.verification.wheel_contents import python_differences

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lock.model import Artifact, Build, Package
    from resolver.index.model import CoreMetadata
    from resolver.search.markers import ApplicableTargets
    from resolver.sources.pyproject import BuildSystem


def source_differences(
    package: Package, artifact: Artifact, folder: Path, top: Path, label: str, applicable: ApplicableTargets
) -> tuple[CoreMetadata | None, tuple[str, ...]]:
    """Return the metadata of an unpacked source where it is static, and what the lock says otherwise.

    `top` is the whole tree, `folder` the project in it, `label` its name in messages.  Raises `SourceError` for a
    pyproject.toml that cannot be read.
    """
    is_sdist = isinstance(package.source, Sdist)
    found = list(_pkg_info(package, folder, top, label)) if is_sdist else []
    known = static_metadata.read(folder, top=top, source=label, is_sdist=is_sdist)
    if known.name is not None and canonicalize_name(known.name) != package.name:
        found.append(f"it names the distribution {shown(known.name)}, and the lock {package.name}")
    if known.version is not None and parsed.version(known.version) != parsed.version(package.version):
        found.append(f"it gives the version {shown(known.version)}, and the lock {package.version}")
    if artifact.build is not None:
        system = build_system(folder, top=top, source=label)
        found += _backend(artifact.build, system)
        found += _build_requirements(artifact, artifact.build, system, applicable)
    if known.metadata is not None and len(package.artifacts) == 1:
        python = known.metadata.requires_python
        found += python_differences(package, None if python is None else str(python), "metadata")
    return known.metadata, tuple(dict.fromkeys(found))


def _pkg_info(package: Package, folder: Path, top: Path, label: str) -> Iterator[str]:
    """Compare the name and version of PKG-INFO, which any sdist with one states, however old."""
    content = read_file(folder, "PKG-INFO", top=top, source=label)
    if content is None:
        return
    raw, _ = parse_email(content)
    name, version = raw.get("name"), raw.get("version")
    if name is not None and canonicalize_name(name) != package.name:
        yield f"its PKG-INFO names the distribution {shown(name)}, and the lock {package.name}"
    if version is not None and parsed.version(version) != parsed.version(package.version):
        yield f"its PKG-INFO gives the version {shown(version)}, and the lock {package.version}"


def _backend(build: Build, system: BuildSystem) -> Iterator[str]:
    if build.backend != system.backend:
        yield f"it is built by {system.backend}, and the lock says {build.backend}"
    if build.backend_path != system.backend_path:
        says = ", ".join(build.backend_path) or "none"
        yield f"its backend-path is {', '.join(system.backend_path) or 'none'}, and the lock says {says}"


def _build_requirements(
    artifact: Artifact, build: Build, system: BuildSystem, applicable: ApplicableTargets
) -> Iterator[str]:
    mask = applicable.targets.mask(artifact.systems)
    for requirement in system.requires:
        name = canonicalize_name(requirement.name)
        for target in applicable.targets.systems(applicable.marker(requirement.marker) & mask):
            versions = [
                entry.version
                for entry in build.requires
                if entry.name == name and (not entry.systems or target in entry.systems)
            ]
            if not versions:
                yield f"it is built with {requirement} on {target}, and the lock does not say so"
            elif not any(requirement.specifier.contains(version, prereleases=True) for version in versions):
                yield f"it is built with {requirement} on {target}, and the lock says {name} {', '.join(versions)}"
