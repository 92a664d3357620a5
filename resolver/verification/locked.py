"""The artifacts of a lock, as `verify` takes them one by one."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING, TypeGuard

from msgspec.structs import replace

from lock.model import Archive, Directory, Sdist, Vcs
from lock.urls import last_segment
from resolver.verification.model import LockedFile, LockedTree
from resolver.verification.nix_store import store_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from lock.model import Lock, Package, Plugin


def files(lock: Lock, names: Collection[str]) -> tuple[LockedFile, ...]:
    """Return every file of a lock, or of the packages and plugins of these names, each once with all its owners."""
    found: dict[tuple[str, str, int], LockedFile] = {}
    for file in _files(lock, names):
        key = (file.url, file.sha256, file.size)
        known = found.get(key)
        found[key] = file if known is None else dataclasses.replace(known, owners=(*known.owners, *file.owners))
    return tuple(sorted(found.values(), key=lambda file: (file.name, file.filename, file.url)))


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
                store_name=_archive_store_name(plugin.name, source.url),
                owners=(plugin,),
            )


def _of_package(package: Package) -> Iterator[LockedFile]:
    artifacts = {artifact.name: artifact for artifact in package.artifacts}
    found = [(w.name, w.url, w.sha256, w.size, store_name(w.name)) for w in package.wheels]
    source = package.source
    if isinstance(source, Sdist):
        found.append((source.name, source.url, source.sha256, source.size, store_name(source.name)))
    elif isinstance(source, Archive):
        named = _archive_store_name(package.name, source.url)
        found.append((last_segment(source.url), source.url, source.sha256, source.size, named))
    for filename, url, sha256, size, named in found:
        yield LockedFile(
            name=package.name,
            version=package.version,
            filename=filename,
            url=url,
            sha256=sha256,
            size=size,
            store_name=named,
            artifact=artifacts.get(filename),
            index=package.index,
            owners=(package,),
        )


def _archive_store_name(name: str, url: str) -> str:
    """Return what nix/sources.nix calls an archive: with its owner, and a digest of its whole address."""
    return store_name(f"{name}-{hashlib.sha256(url.encode()).hexdigest()[:12]}-{last_segment(url)}")


def trees(lock: Lock, names: Collection[str]) -> tuple[LockedTree, ...]:
    """Return every git commit and folder of a lock, each once with all its owners."""
    found: dict[tuple[object, ...], LockedTree] = {}
    for tree in _trees(lock, names):
        # One repository may hold several plugins, each in its own subdirectory.
        key = (replace(tree.source, subdirectory=None), tree.nar_hash, tree.submodules)
        known = found.get(key)
        found[key] = tree if known is None else replace(known, owners=(*known.owners, *tree.owners))
    return tuple(found.values())


def _trees(lock: Lock, names: Collection[str]) -> Iterator[LockedTree]:
    for package in (*lock.packages, *lock.build_packages):
        for artifact in package.artifacts:
            if wanted(package.name, names) and artifact.nar_hash is not None and _is_tree(package.source):
                yield LockedTree(
                    source=package.source,
                    nar_hash=artifact.nar_hash,
                    submodules=artifact.submodules,
                    owners=(package,),
                )
    for plugin in lock.plugins:
        tree = plugin.tree
        if tree is not None and wanted(plugin.name, names) and _is_tree(tree.source):
            yield LockedTree(source=tree.source, nar_hash=tree.nar_hash, submodules=tree.submodules, owners=(plugin,))


def _is_tree(source: object) -> TypeGuard[Vcs | Directory]:
    return isinstance(source, Vcs | Directory)


def tree_artifact(owner: Package | Plugin, source: Vcs | Directory) -> str:
    """Return the name that a tree has in the lock as the artifact of one of its owners."""
    return f"{owner.name}-{source.commit_id if isinstance(source, Vcs) else 'source'}"


def wanted(name: str, names: Collection[str]) -> bool:
    """Tell whether a name is among those asked for; no names stand for all."""
    return not names or name in names
