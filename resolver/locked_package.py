"""A chosen distribution as plugins.lock records it: wheels, sources, edges, and what was seen inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace
from packaging.specifiers import SpecifierSet

from lock.identities import identity_key
from lock.model import Artifact, Package, Sdist, Wheel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lock.model import Build, PackageSource
    from resolver.index.model import ProjectFile, ProjectPage
    from resolver.inspection.memory import Seen
    from resolver.search.resolution import ResolvedPackage
    from resolver.targets import TargetSet

    PublisherKey = tuple[str, str, str | None]


class DirectRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What the lock records of a package that comes from no index; `nar_hash` None for archives."""

    source: PackageSource
    nar_hash: str | None = None
    submodules: bool = False


def seen_key(file: ProjectFile) -> str:
    """Return under what a file's content is kept during a run: its sha256, for trees (which have none) its name."""
    return file.sha256 or file.filename


def publisher_key(page: ProjectPage, file: ProjectFile) -> PublisherKey:
    """Return under what a file's publishers are kept: they are one index's word on one name, not on equal bytes."""
    return page.index.url, file.filename, file.sha256


def locked_package(
    package: ResolvedPackage,
    targets: TargetSet,
    seen: Mapping[str, Seen],
    builds: Mapping[str, Build],
    direct: Mapping[str, DirectRecord],
    publishers: Mapping[PublisherKey, tuple[Mapping[str, str], ...]],
) -> Package:
    """Return one package of the lock.

    `seen` and `builds` are by `seen_key`, `publishers` by `publisher_key`; `direct` holds, by name, the packages that
    come from no index.
    """
    masks: dict[ProjectFile, int] = {}
    for bit, file in package.files.items():
        masks[file] = masks.get(file, 0) | 1 << bit
    ordered = sorted(masks, key=lambda file: file.filename)
    edges = dict(package.dependencies)
    for name, mask in package.provided.items():
        edges[name] = edges.get(name, 0) | mask
    pythons = {_honest(file.requires_python, targets) for file in ordered}
    record = direct.get(package.name) if package.page.direct else None
    published = {file: publishers.get(publisher_key(package.page, file), ()) for file in ordered}
    return Package(
        name=package.name,
        version=str(package.version),
        requires_python=pythons.pop() if len(pythons) == 1 else None,
        index=None if package.page.direct else package.page.index.url,
        dependencies=tuple(sorted(package.dependencies)),
        provided=tuple(sorted(package.provided)),
        edge_systems={name: targets.systems(mask) for name, mask in sorted(edges.items()) if mask != package.mask},
        wheels=tuple(_wheel(file, seen) for file in ordered if file.kind == "wheel" and record is None),
        source=record.source if record is not None else _sdist(ordered, seen),
        attestation_identities=_identities(published.values()),
        artifacts=tuple(
            replace(
                _artifact(file, targets.systems(masks[file]), seen, builds.get(seen_key(file)), record),
                attested=bool(published[file]),
            )
            for file in ordered
        ),
    )


def _identities(publishers: Iterable[tuple[Mapping[str, str], ...]]) -> tuple[Mapping[str, str], ...]:
    found = {identity_key(identity): identity for of_file in publishers for identity in of_file}
    return tuple(found[key] for key in sorted(found))


def _honest(requires_python: str | None, targets: TargetSet) -> str | None:
    """Leave out a cap that the search passed over: PEP 751 installers would refuse the package for it."""
    if requires_python is None:
        return None
    python = targets.targets[0].marker_environment["python_full_version"]
    return requires_python if SpecifierSet(requires_python).contains(python, prereleases=True) else None


def _wheel(file: ProjectFile, seen: Mapping[str, Seen]) -> Wheel:
    return Wheel(name=file.filename, url=file.url, size=seen[seen_key(file)].size, sha256=_sha256(file))


def _sdist(files: list[ProjectFile], seen: Mapping[str, Seen]) -> PackageSource | None:
    for file in files:
        if file.kind == "sdist":
            return Sdist(name=file.filename, url=file.url, size=seen[seen_key(file)].size, sha256=_sha256(file))
    return None


def _sha256(file: ProjectFile) -> str:
    if file.sha256 is None:
        raise AssertionError("a listing refuses files of an index without a sha256")
    return file.sha256


def _artifact(
    file: ProjectFile,
    systems: tuple[str, ...],
    seen: Mapping[str, Seen],
    build: Build | None,
    direct: DirectRecord | None,
) -> Artifact:
    contents = seen[seen_key(file)].contents
    return Artifact(
        name=file.filename,
        systems=systems,
        modules=contents.modules,
        startup_files=contents.startup_files,
        console_scripts=contents.console_scripts,
        native=contents.native,
        libraries=contents.libraries,
        license=contents.license,
        uploaded=file.upload_time,
        nar_hash=direct.nar_hash if direct is not None else None,
        submodules=direct.submodules if direct is not None else False,
        build=build,
    )
