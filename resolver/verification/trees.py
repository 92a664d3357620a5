"""Whether git commits and folders are still the trees that were locked, and their refs still lead to them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from lock.errors import PluginLockError, Problem, WorldError
from lock.model import Directory, Plugin, Vcs
from resolver.manifest.model import GitSource, PathSource
from resolver.sources import paths
from resolver.sources.git import GitSources, pinned
from resolver.sources.git_refs import check_unmoved, listed
from resolver.sources.trees import TreeCache, nar_hash
from resolver.verification.kept_copies import STORE_REMEDY
from resolver.verification.locked import tree_artifact
from resolver.verification.model import Finding
from resolver.verification.nix_store import tree_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lock.model import Package
    from resolver.verification.contents import Contents
    from resolver.verification.model import LockedTree, Outcome

_GONE = frozenset({"git-commit-gone", "git-commit-unreachable", "git-ref"})


class TreePlaces(msgspec.Struct, frozen=True, kw_only=True):
    """Where trees are: folders below `root`; without a network commits in `kept`, the trees of a cache, or `store`.

    Commits are fetched into `folder`, each into a new one that is removed once it was looked at.
    """

    root: Path
    folder: Path
    store: Path
    kept: TreeCache
    offline: bool


class Trees:
    """Checks trees; several threads may."""

    def __init__(self, places: TreePlaces, contents: Contents) -> None:
        self._places = places
        self._contents = contents

    def check(self, tree: LockedTree) -> tuple[Finding, ...]:
        """Get a tree again; compare its hash, the ref that was asked for and what is inside with the lock."""
        try:
            if isinstance(tree.source, Directory):
                return tuple(self._folder(tree, tree.source))
            if self._places.offline:
                return tuple(self._kept(tree, tree.source))
            return tuple(self._commit(tree, tree.source))
        except WorldError as error:
            return tuple(_each(tree, "failed", error.problems[0]))

    # -- folders -------------------------------------------------------------------------------------------------

    def _folder(self, tree: LockedTree, source: Directory) -> Iterator[Finding]:
        asked = PathSource(path=source.path, subdirectory=source.subdirectory)
        try:
            found = paths.tree(self._places.root, asked)
        except WorldError:
            raise
        except PluginLockError as error:
            for problem in error.problems:
                yield from _each(tree, "different", problem)
            return
        if found.nar_hash != tree.nar_hash:
            message = f"the files in {source.path} have the NAR hash {found.nar_hash}, and {tree.nar_hash} is locked"
            remedy = "run plugin-lock lock, and review the change"
            yield from _each(tree, "changed", Problem(code="changed-tree", message=message, remedy=remedy))
            return
        yield from self._inside(tree, found.path, source.path)

    # -- commits without a network -------------------------------------------------------------------------------

    def _kept(self, tree: LockedTree, source: Vcs) -> Iterator[Finding]:
        """Look into the cache and the Nix store; whether the repository still has the commit is not asked."""
        label = f"{source.url}@{source.commit_id[:12]}"
        right = self._cached(tree, source)
        damaged = False
        for path in self._store_paths(tree, source):
            if not path.is_dir():
                continue
            if nar_hash(path, str(path)) == tree.nar_hash:
                right = right or path
                continue
            damaged = True
            message = f"this copy of {label} is damaged: its files have not the hash that it lies under"
            remedy = STORE_REMEDY.format(path=path)
            yield from _each(
                tree, "damaged", Problem(code="damaged-copy", message=message, path=str(path), remedy=remedy)
            )
        if right is not None:
            yield from self._inside(tree, right, label)
        elif not damaged:
            message = f"{source.url} at {source.commit_id} is neither in the cache nor in the Nix store"
            remedy = "nothing can be told of it; run verify once with a network"
            yield from _each(tree, "unknown", Problem(code="not-checked", message=message, remedy=remedy))

    def _cached(self, tree: LockedTree, source: Vcs) -> Path | None:
        """Return the tree that an earlier run kept, by any of the ways in which it may have been asked for."""
        git = GitSources(self._places.kept)
        bare = GitSource(url=source.url, submodules=tree.submodules)
        ref = source.requested_revision
        ways = [bare, replace(bare, tag=ref), replace(bare, branch=ref), pinned(bare, source.commit_id)]
        for way in ways:
            known = git.kept(way, source.commit_id)
            if known is not None and known.nar_hash == tree.nar_hash:
                return known.path
        return None

    def _store_paths(self, tree: LockedTree, source: Vcs) -> Iterator[Path]:
        """Yield where Nix puts a commit: by the library's name for it, and by that of `builtins.fetchGit`."""
        names = [tree_artifact(owner, source) for owner in tree.owners]
        for name in dict.fromkeys((*names, "source")):
            yield Path(tree_path(name, tree.nar_hash, str(self._places.store)))

    # -- commits -------------------------------------------------------------------------------------------------

    def _commit(self, tree: LockedTree, source: Vcs) -> Iterator[Finding]:
        asked = self._asked(source, submodules=tree.submodules)
        with tempfile.TemporaryDirectory(dir=self._places.folder) as folder:
            git = GitSources(TreeCache(Path(folder)))
            try:
                check = check_unmoved(asked, source.commit_id)
                if check.has_moved:
                    for owner in tree.owners:
                        yield _finding("moved", owner, source, check.problem(owner.name))
                found = git.tree(pinned(asked, source.commit_id) if check.has_moved else asked, source.commit_id)
            except WorldError:
                raise
            except PluginLockError as error:
                for problem in error.problems:
                    yield from _each(tree, "gone" if problem.code in _GONE else "different", problem)
                return
            if found.nar_hash == tree.nar_hash:
                yield from self._inside(tree, found.path, found.source)
                return
        message = f"{source.url} at {source.commit_id} has the NAR hash {found.nar_hash}, and {tree.nar_hash} is locked"
        remedy = "one of its submodules or attributes changed, or the lock was edited; look before you lock it anew"
        yield from _each(tree, "changed", Problem(code="changed-tree", message=message, remedy=remedy))

    def _asked(self, source: Vcs, *, submodules: bool) -> GitSource:
        """Return the source as it was asked for; whether a ref is a tag or a branch the repository tells."""
        ref = source.requested_revision
        tag = branch = revision = None
        if ref == source.commit_id:
            revision = ref
        elif ref is not None:
            refs = listed(source.url)
            tag, branch = (None, ref) if ref in refs.branches and ref not in refs.tags else (ref, None)
        return GitSource(url=source.url, tag=tag, branch=branch, revision=revision, submodules=submodules)

    # -- what is inside ------------------------------------------------------------------------------------------

    def _inside(self, tree: LockedTree, top: Path, label: str) -> Iterator[Finding]:
        for owner in tree.owners:
            for problem in self._contents.of_tree(owner, top, label):
                yield _finding("different", owner, tree.source, problem)


def _each(tree: LockedTree, outcome: Outcome, problem: Problem) -> Iterator[Finding]:
    for owner in tree.owners:
        yield _finding(outcome, owner, tree.source, problem)


def _finding(outcome: Outcome, owner: Package | Plugin, source: Vcs | Directory, problem: Problem) -> Finding:
    version = None if isinstance(owner, Plugin) else owner.version
    return Finding(
        outcome=outcome, name=owner.name, version=version, artifact=tree_artifact(owner, source), problem=problem
    )
