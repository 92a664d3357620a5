"""Writing `[[packages]]` and `[[tool.plugin-lock.build-packages]]`, which have one shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.derived import dependency_entries, package_marker, packages_by_name
from lock.model import Archive, Directory, Sdist, Vcs, Wheel
from lock.toml_text import inline_strings, inline_table, scalar, string

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lock.model import Artifact, Build, BuildRequirement, Lock, Package, PackageSource
    from lock.toml_text import Document


def write_packages(document: Document, lock: Lock) -> None:
    """Write what is installed."""
    by_name = packages_by_name(lock.packages)
    for package in lock.packages:
        _package(document, lock, package, by_name, ("packages",))


def write_build_packages(document: Document, lock: Lock) -> None:
    """Write what sources are built with; their dependencies are names, as `dependency_entries` says."""
    for package in lock.build_packages:
        _package(document, lock, package, {}, ("tool", "plugin-lock", "build-packages"))


def _package(
    document: Document, lock: Lock, package: Package, by_name: Mapping[str, list[Package]], names: tuple[str, ...]
) -> None:
    document.header(*names, array=True)
    document.put("name", package.name)
    document.put("version", package.version)
    document.put("marker", package_marker(lock, package))
    document.put("requires-python", package.requires_python)
    document.put_lines(
        "dependencies",
        (
            inline_table({"name": string(name)} | ({"version": string(version)} if version else {}))
            for name, version in dependency_entries(package, by_name)
        ),
    )
    # PEP 751 has trees and archives before `index`, files of an index after it.
    if package.source is not None and not isinstance(package.source, Sdist):
        write_source(document, package.source)
    document.put("index", package.index)
    if isinstance(package.source, Sdist):
        write_source(document, package.source)
    document.put_lines("wheels", map(_file, package.wheels))
    document.put_lines("attestation-identities", map(identity_table, package.attestation_identities))
    own = (*names, "tool", "plugin-lock")
    if package.provided:
        document.header(*own)
        document.put_strings("provided", package.provided)
    write_edge_systems(document, package.edge_systems, *own)
    for artifact in package.artifacts:
        _artifact(document, artifact, (*own, "artifacts"))


def write_source(document: Document, source: PackageSource) -> None:
    """Write the one key of a source: `sdist`, `archive`, `vcs` or `directory` (PEP 751)."""
    match source:
        case Sdist():
            document.put_written("sdist", _file(source))
        case Archive():
            values = {"url": string(source.url), **_content(source), **_subdirectory(source)}
            document.put_written("archive", inline_table(values))
        case Vcs():
            values = {"type": string("git"), "url": string(source.url)}
            if source.requested_revision is not None:
                values["requested-revision"] = string(source.requested_revision)
            values |= {"commit-id": string(source.commit_id), **_subdirectory(source)}
            document.put_written("vcs", inline_table(values))
        case Directory():
            values = {"path": string(source.path), **_subdirectory(source)}
            document.put_written("directory", inline_table(values))


def identity_table(identity: Mapping[str, str]) -> str:
    """Write a publisher, `kind` first."""
    return inline_table({name: string(value) for name, value in identity.items()})


def write_edge_systems(document: Document, edge_systems: Mapping[str, tuple[str, ...]], *names: str) -> None:
    """Write the table of edges that do not apply to all systems, below the table `names`."""
    if edge_systems:
        document.header(*names, "edge-systems")
        for name, systems in edge_systems.items():
            document.put_strings(name, systems)


def _file(file: Wheel | Sdist) -> str:
    return inline_table({"name": string(file.name), "url": string(file.url), **_content(file)})


def _content(file: Wheel | Sdist | Archive) -> dict[str, str]:
    return {"size": scalar(file.size), "hashes": inline_table({"sha256": string(file.sha256)})}


def _subdirectory(source: Archive | Vcs | Directory) -> dict[str, str]:
    return {} if source.subdirectory is None else {"subdirectory": string(source.subdirectory)}


def _artifact(document: Document, artifact: Artifact, names: tuple[str, ...]) -> None:
    document.header(*names, array=True)
    document.put("name", artifact.name)
    document.put_strings("systems", artifact.systems)
    document.put("nar-hash", artifact.nar_hash)
    document.put("submodules", artifact.submodules or None)
    document.put("attested", artifact.attested or None)
    document.put_strings("modules", artifact.modules)
    document.put_strings("startup-files", artifact.startup_files)
    document.put_strings("console-scripts", artifact.console_scripts)
    document.put("native", artifact.native or None)
    document.put_strings("libraries", artifact.libraries)
    document.put("license", artifact.license)
    document.put("uploaded", artifact.uploaded)
    if artifact.build is not None:
        _build(document, artifact.build, (*names, "build"))


def _build(document: Document, build: Build, names: tuple[str, ...]) -> None:
    document.header(*names)
    document.put("backend", build.backend)
    document.put_strings("backend-path", build.backend_path)
    document.put_lines("requires", map(_requirement, build.requires))


def _requirement(requirement: BuildRequirement) -> str:
    values = {"name": string(requirement.name), "version": string(requirement.version)}
    if requirement.systems:
        values["systems"] = inline_strings(requirement.systems)
    return inline_table(values)
