"""Fetching what comes from no index: git commits, archives, folders; what is locked stays while it is asked for so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
from packaging.version import InvalidVersion, Version

from lock.errors import LockError, Problem
from lock.model import Archive, Directory, Vcs
from resolver.building.source import SourceTree
from resolver.building.source_indexes import DirectSource
from resolver.locked_package import DirectRecord
from resolver.manifest.model import GitSource, PathSource, UrlSource
from resolver.sources import paths
from resolver.sources.archives import ArchiveSources
from resolver.sources.git import GitSources, pinned
from resolver.sources.git_refs import check_unmoved

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from resolver.operations.locking import LockRequest
    from resolver.search.references import Reference
    from resolver.sources.archives import FetchedArchive
    from resolver.sources.trees import Tree, TreeCache


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A source on this disk: `tree` None for a wheel; `source` is what the lock records of it."""

    name: str
    source: Vcs | Archive | Directory
    tree: Tree | None = None
    archive: FetchedArchive | None = None
    submodules: bool = False

    @property
    def filename(self) -> str:
        """The artifact's name in the lock."""
        if isinstance(self.source, Vcs):
            return f"{self.name}-{self.source.commit_id}"
        if self.archive is not None:
            return self.archive.filename
        return f"{self.name}-source"

    @property
    def record(self) -> DirectRecord:
        """What the lock records; an archive's own sha256 says all that a hash of its tree would."""
        nar_hash = self.tree.nar_hash if self.tree is not None and self.archive is None else None
        return DirectRecord(source=self.source, nar_hash=nar_hash, submodules=self.submodules)


def direct_source(fetched: Fetched, reference: Reference | None, *, is_plugin: bool = True) -> DirectSource:
    """Return what was fetched as the search's indexes take it."""
    archive = fetched.archive
    tree = None
    if fetched.tree is not None:
        tree = SourceTree(
            name=fetched.name,
            version=None,
            root=fetched.tree.path,
            identity=f"sha256:{archive.sha256}" if archive is not None else fetched.tree.nar_hash,
            subdirectory=fetched.source.subdirectory,
            tagged=_tagged_version(fetched.source),
        )
    return DirectSource(
        name=fetched.name,
        filename=fetched.filename,
        url=archive.url if archive is not None else "",
        sha256=archive.sha256 if archive is not None else None,
        size=archive.size if archive is not None else None,
        tree=tree,
        wheel=archive.path if archive is not None and tree is None else None,
        reference=reference,
        is_plugin=is_plugin,
    )


def _tagged_version(source: Vcs | Archive | Directory) -> str | None:
    """Return the version that a tag such as `v1.2` or `name-1.2` spells, as far as it is one (PEP 440)."""
    revision = source.requested_revision if isinstance(source, Vcs) else None
    text = re.sub(r"^.*?v?(?=\d+\.)", "", revision or "", count=1)
    try:
        return str(Version(text))
    except InvalidVersion:
        return None


class Fetching:
    """Fetches sources into `trees`; `download` gives the file of an address, folders are relative to `root`.

    `warnings` grow as sources are fetched.
    """

    def __init__(self, root: Path, trees: TreeCache, download: Callable[[str], Path], request: LockRequest) -> None:
        self.warnings: list[str] = []
        self._root = root
        self._git = GitSources(trees)
        self._archives = ArchiveSources(trees, download)
        self._request = request

    def fetch(self, name: str, source: GitSource | UrlSource | PathSource, locked: object) -> Fetched:
        """Fetch a source; `locked` is what an older lock holds of it, where it was asked for in the same words.

        Raises `InputError` and `LockError` for what must not be used, `WorldError` where it cannot be had.
        """
        match source:
            case GitSource():
                known = locked.commit_id if isinstance(locked, Vcs) else None
                commit = self._commit(name, source, known)
                tree = self._git.tree(pinned(source, commit) if commit == known else source, commit)
                self.warnings += [problem.message for problem in self._git.missing_submodules(source, tree)]
                vcs = Vcs(
                    url=source.url,
                    commit_id=commit,
                    requested_revision=source.tag or source.branch or source.revision,
                    subdirectory=source.subdirectory,
                )
                return Fetched(name=name, source=vcs, tree=tree, submodules=source.submodules)
            case UrlSource():
                kept = isinstance(locked, Archive) and name not in self._request.accept_changed
                archive = self._archives.fetch(source.url, sha256=locked.sha256 if kept else None)  # type: ignore[attr-defined]
                recorded = Archive(
                    url=archive.url, size=archive.size, sha256=archive.sha256, subdirectory=source.subdirectory
                )
                unpacked = None if archive.is_wheel else self._archives.tree(archive)
                return Fetched(name=name, source=recorded, tree=unpacked, archive=archive)
            case PathSource():
                directory = Directory(path=source.path, subdirectory=source.subdirectory)
                return Fetched(name=name, source=directory, tree=paths.tree(self._root, source))

    def moves(self, name: str) -> bool:
        """Tell whether this run may move what is locked of a source."""
        upgrade = self._request.upgrade
        return upgrade == "everything" or (not isinstance(upgrade, str) and name in upgrade)

    def _commit(self, name: str, source: GitSource, locked: str | None) -> str:
        if locked is None or source.revision is not None:
            return self._git.commit(source)
        if not self.moves(name):
            return locked
        check = check_unmoved(source, locked)
        if not check.has_moved:
            return locked
        if check.now is None:
            raise LockError(check.problem(name))
        if check.is_tag and name not in self._request.accept_changed:
            problem = check.problem(name)
            accept = f"plugin-lock update {name} --accept-changed {name}"
            raise LockError(
                Problem(
                    code=problem.code,
                    message=problem.message,
                    path=problem.path,
                    remedy=f"{problem.remedy}; to take it, {accept}",
                )
            )
        return check.now
