"""Whether the source of a package is what the lock says of it, as far as that can be told without building it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from lock.model import Archive, Sdist
from resolver.sources import static_metadata
from resolver.sources.pyproject import build_system
from resolver.sources.self_description import contradictions, sdist_version
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
    is_sdist = _is_sdist(package, artifact, folder, top, label)
    known = static_metadata.read(folder, top=top, source=label, is_sdist=is_sdist)
    said = contradictions(
        known, folder, top=top, source=label, name=package.name, version=package.version, is_sdist=is_sdist
    )
    found = [f"{one.text}, and the lock {one.expected}" for one in said]
    if artifact.build is not None:
        system = build_system(folder, top=top, source=label)
        found += _backend(artifact.build, system)
        found += _build_requirements(artifact, artifact.build, system, applicable)
    if known.metadata is not None and len(package.artifacts) == 1:
        python = known.metadata.requires_python
        found += python_differences(package, None if python is None else str(python), "metadata")
    return known.metadata, tuple(dict.fromkeys(found))


def _is_sdist(package: Package, artifact: Artifact, folder: Path, top: Path, label: str) -> bool:
    if isinstance(package.source, Archive):
        return sdist_version(artifact.name, package.name, folder, top=top, source=label) is not None
    return isinstance(package.source, Sdist)


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
