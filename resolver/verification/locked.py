"""The artifacts of a lock, as `verify` takes them one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.model import Archive, Sdist
from lock.urls import last_segment
from resolver.verification.model import LockedFile

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from lock.model import Lock, Package, PackageSource, Plugin


def files(lock: Lock, names: Collection[str]) -> Iterator[LockedFile]:
    """Yield every file of a lock, or of the packages and plugins of these names, each once."""
    seen: set[tuple[str, str]] = set()
    for file in _files(lock, names):
        if (file.url, file.sha256) not in seen:
            seen.add((file.url, file.sha256))
            yield file


def _files(lock: Lock, names: Collection[str]) -> Iterator[LockedFile]:
    for package in (*lock.packages, *lock.build_packages):
        if wanted(package.name, names):
            yield from _of_package(package)
    for plugin in lock.plugins:
        if wanted(plugin.name, names) and plugin.tree is not None and isinstance(plugin.tree.source, Archive):
            source = plugin.tree.source
            yield LockedFile(
                name=plugin.name,
                version=None,
                filename=last_segment(source.url),
                url=source.url,
                sha256=source.sha256,
                size=source.size,
            )


def _of_package(package: Package) -> Iterator[LockedFile]:
    artifacts = {artifact.name: artifact for artifact in package.artifacts}
    found: list[tuple[str, str, str, int]] = [(w.name, w.url, w.sha256, w.size) for w in package.wheels]
    source = package.source
    if isinstance(source, Sdist):
        found.append((source.name, source.url, source.sha256, source.size))
    elif isinstance(source, Archive):
        found.append((last_segment(source.url), source.url, source.sha256, source.size))
    for filename, url, sha256, size in found:
        yield LockedFile(
            name=package.name,
            version=package.version,
            filename=filename,
            url=url,
            sha256=sha256,
            size=size,
            artifact=artifacts.get(filename),
            index=package.index,
        )


def trees(lock: Lock, names: Collection[str]) -> Iterator[tuple[Package | Plugin, PackageSource, str, bool]]:
    """Yield every git commit and folder of a lock: whose it is, the source, its NAR hash, whether with submodules."""
    for package in (*lock.packages, *lock.build_packages):
        for artifact in package.artifacts:
            if wanted(package.name, names) and artifact.nar_hash is not None and package.source is not None:
                yield package, package.source, artifact.nar_hash, artifact.submodules
    for plugin in lock.plugins:
        tree = plugin.tree
        if tree is not None and wanted(plugin.name, names):
            yield plugin, tree.source, tree.nar_hash, tree.submodules


def wanted(name: str, names: Collection[str]) -> bool:
    """Tell whether a name is among those asked for; no names stand for all."""
    return not names or name in names
