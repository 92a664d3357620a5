"""Whether git commits and folders are still the trees that were locked, and their refs still lead to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.errors import PluginLockError, Problem, WorldError
from lock.model import Directory, Plugin, Vcs
from resolver.manifest.model import GitSource, PathSource
from resolver.sources import paths
from resolver.sources.git import GitSources, pinned
from resolver.sources.git_refs import check_unmoved, listed
from resolver.verification.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lock.model import Package, PackageSource
    from resolver.sources.trees import TreeCache
    from resolver.verification.model import Outcome

_GONE = frozenset({"git-commit-gone", "git-commit-unreachable", "git-ref"})


class Trees:
    """Checks trees: commits are fetched into `cache`, which must be empty, folders are read below `root`."""

    def __init__(self, cache: TreeCache, root: Path, *, offline: bool) -> None:
        self._git = GitSources(cache)
        self._root = root
        self._offline = offline

    def check(
        self, owner: Package | Plugin, source: PackageSource, nar_hash: str, *, submodules: bool
    ) -> tuple[Finding, ...]:
        """Get a tree again and compare its hash, and the ref that was asked for, with the lock."""
        match source:
            case Vcs():
                return tuple(self._commit(owner, source, nar_hash, submodules=submodules))
            case Directory():
                return tuple(self._folder(owner, source, nar_hash))
        return ()

    def _folder(self, owner: Package | Plugin, source: Directory, nar_hash: str) -> Iterator[Finding]:
        artifact = f"{owner.name}-source"
        try:
            found = paths.tree(self._root, PathSource(path=source.path, subdirectory=source.subdirectory)).nar_hash
        except PluginLockError as error:
            for problem in error.problems:
                yield _finding("different", owner, artifact, problem)
            return
        if found != nar_hash:
            message = f"the files in {source.path} have the NAR hash {found}, and {nar_hash} is locked"
            problem = Problem(
                code="changed-tree", message=message, remedy="run plugin-lock lock, and review the change"
            )
            yield _finding("changed", owner, artifact, problem)

    def _commit(self, owner: Package | Plugin, source: Vcs, nar_hash: str, *, submodules: bool) -> Iterator[Finding]:
        artifact = f"{owner.name}-{source.commit_id}"
        if self._offline:
            message = f"{source.url} is not asked while offline, so nothing can be told of {source.commit_id}"
            problem = Problem(code="not-checked", message=message, remedy="run verify once with a network")
            yield _finding("unknown", owner, artifact, problem)
            return
        try:
            asked = self._asked(source, submodules=submodules)
            check = check_unmoved(asked, source.commit_id)
            if check.has_moved:
                yield _finding("moved", owner, artifact, check.problem(owner.name))
            tree = self._git.tree(pinned(asked, source.commit_id) if check.has_moved else asked, source.commit_id)
        except WorldError as error:
            yield _finding("failed", owner, artifact, error.problems[0])
            return
        except PluginLockError as error:
            for problem in error.problems:
                yield _finding("gone" if problem.code in _GONE else "different", owner, artifact, problem)
            return
        if tree.nar_hash != nar_hash:
            message = f"{source.url} at {source.commit_id} has the NAR hash {tree.nar_hash}, and {nar_hash} is locked"
            remedy = "one of its submodules or attributes changed, or the lock was edited; look before you lock it anew"
            yield _finding("changed", owner, artifact, Problem(code="changed-tree", message=message, remedy=remedy))

    def _asked(self, source: Vcs, *, submodules: bool) -> GitSource:
        """Return the source as it was asked for; whether a ref is a tag or a branch the repository tells."""
        ref = source.requested_revision
        tag = branch = revision = None
        if ref == source.commit_id:
            revision = ref
        elif ref is not None:
            refs = listed(source.url)
            tag, branch = (None, ref) if ref in refs.branches and ref not in refs.tags else (ref, None)
        return GitSource(
            url=source.url,
            tag=tag,
            branch=branch,
            revision=revision,
            subdirectory=source.subdirectory,
            submodules=submodules,
        )


def _finding(outcome: Outcome, owner: Package | Plugin, artifact: str, problem: Problem) -> Finding:
    version = None if isinstance(owner, Plugin) else owner.version
    return Finding(outcome=outcome, name=owner.name, version=version, artifact=artifact, problem=problem)
