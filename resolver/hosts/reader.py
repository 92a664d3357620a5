"""Computes what a host ships on each target, from whatever [host] names as its source."""

from __future__ import annotations

import posixpath
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from lock.errors import InputError, Problem
from lock.grammar import without_credentials
from lock.model import Source
from resolver.hosts.files import LocalFiles, PinnedFiles
from resolver.manifest.model import HostEnvironment, HostFile, HostFlakeInput, HostGit, HostRequirement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from packaging.requirements import Requirement

    from resolver.hosts.files import HostFiles
    from resolver.hosts.model import ProvidedSet
    from resolver.manifest.model import HostConfig
    from resolver.targets import TargetSet

FLAKE_LOCK = "flake.lock"


class ResolveRequirement(Protocol):
    """Resolves a requirement and all it needs from the index, with nothing given: the search's part."""

    def __call__(self, requirement: Requirement, targets: TargetSet) -> Mapping[str, Mapping[str, str]]:
        """Return system to normalized name to version."""


def load(
    host: HostConfig,
    targets: TargetSet,
    root: Path,
    *,
    resolve_requirement: ResolveRequirement | None = None,
    git_cache: Path | None = None,
) -> ProvidedSet:
    """Return what the host ships on each target.

    `root` is the folder of plugins.toml, to which paths of [host] are relative.  `resolve_requirement` is needed for
    `requirement = …` alone.  `git_cache` is a directory in which repositories read at a pinned revision are kept.
    Raises `InputError` for anything wrong in [host] or the file it names, `LockError` for a broken plugins.lock, and
    `WorldError` where the disk, the network or git fails.  What is said of a file repeats no credentials in it.
    """
    try:
        provided = _loaded(host, targets, root, resolve_requirement, git_cache)
    except InputError as error:
        from dataclasses import replace  # noqa: PLC0415 - only for an error

        raise InputError(
            *(replace(problem, message=without_credentials(problem.message)) for problem in error.problems)
        ) from error
    return provided


def _loaded(
    host: HostConfig,
    targets: TargetSet,
    root: Path,
    resolve_requirement: ResolveRequirement | None,
    git_cache: Path | None,
) -> ProvidedSet:
    source = host.source
    match source:
        case None:
            return _nothing(host, targets)
        case HostFile():
            record = Source(kind="", location=source.path)
            return _read(LocalFiles(root), source.path, host, targets, record)
        case HostFlakeInput() | HostGit():
            with _pinned(source, host, root, git_cache) as (files, inside, record):
                return _read(files, inside, host, targets, record)
        case HostEnvironment():
            from resolver.hosts.environment_host import read_environment  # noqa: PLC0415 - one kind is read a run

            record = Source(kind="environment", location=source.path)
            return read_environment(source.path, root, host, targets, record)
        case HostRequirement():
            return _resolved(source.requirement, host, targets, resolve_requirement)


@contextmanager
def _pinned(
    source: HostFlakeInput | HostGit, host: HostConfig, root: Path, cache: Path | None
) -> Iterator[tuple[HostFiles, str, Source]]:
    """Give the files of a pinned repository, the path of the lock in them, and what plugins.lock records."""
    from resolver.git_files import open_commit  # noqa: PLC0415 - one kind is read a run
    from resolver.hosts.flake_lock import PinnedFolder, PinnedRepository, pinned_input  # noqa: PLC0415 - likewise

    if isinstance(source, HostGit):
        flake_input = None
        pin: PinnedFolder | PinnedRepository = PinnedRepository(url=source.url, commit=source.revision)
        label = f"{source.url}@{source.revision[:12]}"
    else:
        flake_input = label = source.flake_input
        pin = pinned_input(LocalFiles(root).read(FLAKE_LOCK), source.flake_input, host)
    if isinstance(pin, PinnedFolder):
        record = Source(kind="", location=source.path, flake_input=flake_input)
        yield LocalFiles(root / pin.path), source.path, record
        return
    with open_commit(pin.url, pin.commit, cache=cache) as commit:
        record = Source(kind="", location=source.path, flake_input=flake_input, url=pin.url, revision=pin.commit)
        yield PinnedFiles(label, commit.read), posixpath.join(pin.folder, source.path), record


def _read(files: HostFiles, path: str, host: HostConfig, targets: TargetSet, record: Source) -> ProvidedSet:
    # Each kind brings its own parser: importing them all would be felt at every start.
    from msgspec.structs import replace  # noqa: PLC0415

    from resolver.hosts.file_kind import kind_of  # noqa: PLC0415

    file = files.read(path)
    kind = kind_of(file)
    record = replace(record, kind=kind)
    match kind:
        case "uv-lock":
            from resolver.hosts.uv_host import read_uv_lock  # noqa: PLC0415

            return read_uv_lock(file, host, targets, record)
        case "pylock":
            from resolver.hosts.pylock_host import read_pylock  # noqa: PLC0415

            return read_pylock(file, files, host, targets, record)
        case "plugins-lock":
            from resolver.hosts.plugins_lock_host import read_plugins_lock  # noqa: PLC0415

            return read_plugins_lock(file, host, targets, record)
        case "requirements":
            from resolver.hosts.requirements_host import read_requirements  # noqa: PLC0415

            return read_requirements(file, files, host, targets, record)


def _nothing(host: HostConfig, targets: TargetSet) -> ProvidedSet:
    from resolver.hosts.shipment import Shipment  # noqa: PLC0415 - for this kind and the next

    shipment = Shipment(targets, host.place.path, host.versions)
    shipment.warn(
        f"{host.place.path}:{host.place.line}: [host] names no lock, environment or requirement: nothing counts as "
        "shipped, and plugins may bring second copies of the host's libraries"
    )
    return shipment.provided_set(host.name, None, Source(kind="none"))


def _resolved(
    requirement: Requirement, host: HostConfig, targets: TargetSet, resolve: ResolveRequirement | None
) -> ProvidedSet:
    from packaging.requirements import Requirement as Parsed  # noqa: PLC0415 - for this kind alone
    from packaging.utils import canonicalize_name  # noqa: PLC0415

    from resolver.hosts.shipment import Shipment  # noqa: PLC0415

    place = host.place
    if host.dependency_groups:
        message = "dependency groups are not part of a published distribution"
        raise InputError(
            Problem(
                code="host-unknown-group",
                message=message,
                path=place.path,
                line=place.line,
                key=f"{place.key}.dependency-groups",
                remedy="leave them out, or name the host's lock file instead of a requirement",
            )
        )
    if resolve is None:
        message = "the host is a requirement, which only a run that may ask the index can resolve"
        problem = Problem(
            code="host-requirement", message=message, path=place.path, line=place.line, remedy="allow the network"
        )
        raise InputError(problem)
    wanted = Parsed(str(requirement))
    wanted.extras |= set(host.extras)
    shipment = Shipment(targets, place.path, host.versions)
    origin = str(wanted)
    versions = set()
    for system, found in sorted(resolve(wanted, targets).items()):
        for name, version in sorted(found.items()):
            shipment.add(system, name, version, origin)
        versions.add(found.get(canonicalize_name(wanted.name)))
    host_version = versions.pop() if len(versions) == 1 else None
    return shipment.provided_set(host.name, host_version, Source(kind="requirement", location=str(requirement)))
