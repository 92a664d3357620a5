"""Whether what was fetched holds what the lock says of it, for each package and plugin that is made of it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from lock.errors import PluginLockError, Problem, WorldError
from lock.model import Plugin, Sdist
from resolver.index import parsed
from resolver.search.markers import ApplicableTargets
from resolver.sources.trees import disk_failure, nar_hash
from resolver.sources.unpack import unpack
from resolver.verification.directory_contents import plugin_differences
from resolver.verification.edges import edge_differences
from resolver.verification.source_contents import source_differences
from resolver.verification.wheel_contents import wheel_differences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packaging.requirements import Requirement

    from lock.model import Artifact, Lock, Package
    from resolver.targets import TargetSet
    from resolver.verification.model import LockedFile

_REMEDY = "the lock was edited, or written by another release: see what changed, and run plugin-lock lock anew"


class Contents:
    """Looks inside; archives are unpacked below `folder`, and removed once they were looked at."""

    def __init__(self, lock: Lock, targets: TargetSet, folder: Path) -> None:
        self._lock = lock
        self._targets = targets
        self._folder = folder
        self._built = {id(package) for package in lock.build_packages}
        self._plugins = {plugin.name: plugin for plugin in lock.plugins}

    def of_file(self, file: LockedFile, path: Path) -> tuple[Problem, ...]:
        """Return what the lock says otherwise of a file, and why it must not be used at all if that is so.

        Raises `WorldError` where the disk fails.
        """
        if file.filename.endswith(".whl"):
            return self._told(file.filename, self._of_wheel(file, path))
        return self._told(file.filename, self._of_archive(file, path))

    def of_tree(self, owner: Package | Plugin, top: Path, label: str) -> tuple[Problem, ...]:
        """Return what the lock says otherwise of a tree, as `of_file`; `label` names it in messages."""
        return self._told(label, self._of_folder(owner, top, label))

    def _told(self, label: str, differences: Iterator[str]) -> tuple[Problem, ...]:
        try:
            return tuple(
                Problem(code="other-content", message=f"{label}: {what}", remedy=_REMEDY) for what in differences
            )
        except WorldError:
            raise
        except PluginLockError as error:
            return error.problems

    def _of_wheel(self, file: LockedFile, path: Path) -> Iterator[str]:
        for owner in file.owners:
            if isinstance(owner, Plugin):
                yield "it is a wheel, and the lock says that it is a directory plugin"
                continue
            contents, found = wheel_differences(owner, _artifact(owner, file.filename), path, self._lock)
            yield from found
            if contents is not None:
                yield from self._edges(owner, file.filename, contents.requires_dist, contents.provides_extra)

    def _of_archive(self, file: LockedFile, path: Path) -> Iterator[str]:
        with tempfile.TemporaryDirectory(dir=self._folder) as temporary:
            top = Path(temporary) / "source"
            try:
                top.mkdir()
                unpack(path, top, source=file.filename)
            except OSError as error:
                raise disk_failure(error, file.filename) from None
            for owner in file.owners:
                if isinstance(owner, Plugin) and owner.tree is not None:
                    found = nar_hash(top, file.filename)
                    if found != owner.tree.nar_hash:
                        yield f"it unpacks to the NAR hash {found}, and the lock says {owner.tree.nar_hash}"
                yield from self._of_folder(owner, top, file.filename)

    def _of_folder(self, owner: Package | Plugin, top: Path, label: str) -> Iterator[str]:
        subdirectory = _subdirectory(owner)
        folder = top / subdirectory if subdirectory else top
        if not folder.is_dir() or not folder.resolve().is_relative_to(top.resolve()):
            yield f"it has no folder {subdirectory}, which the lock names"
            return
        if isinstance(owner, Plugin):
            yield from plugin_differences(owner, folder, label, self._lock, ApplicableTargets(self._targets))
            return
        artifact = next((each for each in owner.artifacts if each.build is not None), None)
        if artifact is None:
            return
        metadata, found = source_differences(owner, artifact, folder, top, label, ApplicableTargets(self._targets))
        yield from found
        if metadata is not None:
            yield from self._edges(owner, artifact.name, metadata.requires_dist, metadata.provides_extra)

    def _edges(
        self, package: Package, artifact: str, stated: Iterable[Requirement], extras: Iterable[str]
    ) -> Iterator[str]:
        applicable = ApplicableTargets(self._targets)
        mask = self._targets.mask(_artifact(package, artifact).systems)
        overrides: list[Requirement] = []
        asked: dict[str, int] = {}
        if id(package) not in self._built:
            # What sources are built with knows neither plugins nor overrides.
            overrides = [
                parsed.requirement(override.requirement)
                for override in self._lock.resolution.overrides
                if override.package in {None, package.name}
            ]
            plugin = self._plugins.get(package.name)
            if plugin is not None:
                on = self._targets.mask([s for s, version in plugin.version.items() if version == package.version])
                asked = dict.fromkeys(plugin.extras, on)
        yield from edge_differences(
            package,
            [*stated, *overrides],
            applicable,
            mask,
            asked=asked,
            known=extras,
            passed_over={package.name, *(canonicalize_name(each.name) for each in overrides)},
        )


def _artifact(package: Package, name: str) -> Artifact:
    return next(artifact for artifact in package.artifacts if artifact.name == name)


def _subdirectory(owner: Package | Plugin) -> str | None:
    if isinstance(owner, Plugin):
        return owner.tree.source.subdirectory if owner.tree is not None else None
    return None if owner.source is None or isinstance(owner.source, Sdist) else owner.source.subdirectory
