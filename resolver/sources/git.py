"""Git repositories as sources: the commit behind a tag, branch or revision, and its plain tree.

A commit is taken only where the repository itself vouches for it: it must be reachable from the tag or branch that was
asked for, a bare commit from any of them.  That is looked at in a clean clone: a server gives out the commits of all
forks that share its storage, and a cache those of other repositories.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from lock.errors import InputError, Problem, WorldError
from resolver.git_commands import TIMEOUT, Git, GitFailedError, protocol
from resolver.manifest.model import GitSource
from resolver.sources import git_checkout, git_refs, submodules
from resolver.sources.errors import named, refused
from resolver.sources.trees import Remark, Tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resolver.sources.trees import TreeCache

_REFUSED_COMMIT = ("not our ref", "unadvertised object", "couldn't find remote ref", "no such remote ref")
_FETCH = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")
# A repository of this machine leaves files out only where it is told that it may.
_LEAVING_OUT = "--upload-pack=git -c uploadpack.allowFilter=true upload-pack"
_EVERYTHING = (f"+{git_refs.HEADS}*:{git_refs.HEADS}*", f"+{git_refs.TAGS}*:{git_refs.TAGS}*")


class GitSources:
    """Fetches plain trees of git commits into a cache of trees.  `timeout` is in seconds, for one git command."""

    def __init__(self, trees: TreeCache, *, timeout: float = TIMEOUT) -> None:
        self._trees = trees
        self._timeout = timeout

    def commit(self, source: GitSource) -> str:
        """Return the commit that is asked for; see `git_refs.commit_of`."""
        return git_refs.commit_of(source, timeout=self._timeout)

    def tree(self, source: GitSource, commit: str) -> Tree:
        """Return the plain tree of a commit of the repository, with its submodules where they are asked for.

        Raises `InputError` where the ref or subdirectory is not there, `SourceError` for a commit that the repository
        does not vouch for and for files that cannot be had as they are meant, `WorldError` where git fails.
        """
        git_refs.require_commit(commit, source.url)
        label = f"{source.url}@{commit[:12]}"
        tree = self._trees.tree(_key(source, commit), label, lambda folder: self._made(source, commit, folder, ()))
        tree.folder(source.subdirectory)
        pointers = tree.remarks_below("lfs-pointer", source.subdirectory)
        if pointers:
            raise refused(
                "git-lfs",
                f"{named(pointers)} is kept with git-lfs: the repository holds a pointer instead of the file",
                source=label,
                key=pointers[0],
                remedy="name a release archive with the files in it by url, or another subdirectory",
            )
        return tree

    def kept(self, source: GitSource, commit: str) -> Tree | None:
        """Return the tree of a commit where an earlier run has kept it, and ask nobody."""
        return self._trees.kept(_key(source, commit), f"{source.url}@{commit[:12]}")

    def missing_submodules(self, source: GitSource, tree: Tree) -> tuple[Problem, ...]:
        """Return a warning for each submodule below the plugin's folder that is empty as it was not asked for."""
        return tuple(
            Problem(
                code="git-submodule-empty",
                message=f"{named((path,))} is a submodule, and an empty folder as long as it is not asked for",
                path=tree.source,
                key=path,
                remedy="write submodules = true where the plugin needs it",
            )
            for path in tree.remarks_below("empty-submodule", source.subdirectory)
        )

    # -- one repository ------------------------------------------------------------------------------------------

    def _made(self, source: GitSource, commit: str, folder: Path, above: tuple[str, ...]) -> tuple[Remark, ...]:
        """Fill a folder; `above` are the addresses of the repositories this one is a submodule of."""
        label = f"{source.url}@{commit[:12]}"
        # Nix's `fetchgit` serves http(s); the rest needs `fetchGit`.
        as_stored = protocol(source.url) not in {"http", "https"}
        with tempfile.TemporaryDirectory(prefix="plugin-lock-git-") as temporary:
            directory = Path(temporary)
            git = self._fetched(source, commit, directory)
            found = git_checkout.entries(git, commit, label)
            try:
                git_checkout.check_out(git, directory, commit, folder, source=label, as_stored=as_stored)
            except GitFailedError as error:
                if not git_checkout.git_failed_in_path(error):
                    raise
                message = "it holds a path that git does not write: one that leads out of the folder, or into .git"
                remedy = "do not use this repository"
                raise refused("git-path", message, source=label, remedy=remedy) from None
            remarks = git_checkout.remarks(found, folder)
            if not source.submodules:
                return remarks
            inner = submodules.of_commit(git, commit, found, source.url, above, label)
        return tuple(remark for remark in remarks if remark.kind != "empty-submodule") + tuple(
            self._with_submodules(inner, folder, (*above, source.url))
        )

    def _with_submodules(
        self, inner: tuple[submodules.Submodule, ...], folder: Path, above: tuple[str, ...]
    ) -> Iterator[Remark]:
        for submodule in inner:
            place = folder / submodule.path
            submodules.check_place(folder, submodule.path, submodule.url)
            place.mkdir(exist_ok=True)
            source = GitSource(url=submodule.url, revision=submodule.commit, submodules=True)
            for remark in self._made(source, submodule.commit, place, above):
                yield Remark(kind=remark.kind, path=f"{submodule.path}/{remark.path}")

    def _fetched(self, source: GitSource, commit: str, directory: Path) -> Git:
        """Bring a commit with all its files, once the repository has vouched for it."""
        ref = self._vouched(source, commit)
        git = self._new(directory, source.url, commit)
        if ref is not None:
            git.run(*_FETCH, "--depth=1", "--", source.url, f"+{ref}:refs/asked", remote=True)
            if _names(git, "refs/asked^{commit}") != commit:
                kind = git.run("cat-file", "-t", "refs/asked^{}").decode("ascii").strip()
                if kind != "commit":
                    raise _names_no_commit(source.url, ref, kind)
                message = f"the repository changed while it was read: {ref} names another commit now"
                remedy = "run the command again"
                raise WorldError(Problem(code="git-changed", message=message, path=source.url, remedy=remedy))
            return git
        try:
            git.run(*_FETCH, "--depth=1", "--", source.url, f"+{commit}:refs/asked", remote=True)
        except GitFailedError as error:
            if not _is_refusal(error):
                raise
            # This server gives no single commits.
            git.run(*_FETCH, "--", source.url, *_EVERYTHING, remote=True)
        return git

    # -- does the repository vouch for it ------------------------------------------------------------------------

    def _vouched(self, source: GitSource, commit: str) -> str | None:
        """Return a ref that names the commit, None where one leads to it; raises where the repository has neither."""
        url = source.url
        if source.revision is None and source.tag is None and source.branch is None:
            if git_refs.head(url, timeout=self._timeout) == commit:
                return "HEAD"
            refspecs: tuple[str, ...] = ("+HEAD:refs/asked",)
            asked = "its default branch"
        else:
            refs = git_refs.listed(url, timeout=self._timeout)
            if source.revision is not None:
                git_refs.refuse_disguised(commit, refs, url)
                tip = refs.tips().get(commit)
                if tip is not None:
                    return tip
                refspecs, asked = _EVERYTHING, "any of its branches and tags"
            else:
                full = f"{git_refs.TAGS}{source.tag}" if source.tag else f"{git_refs.HEADS}{source.branch}"
                if git_refs.named_commit(source, refs) == commit:
                    return full
                refspecs, asked = (f"+{full}:refs/asked",), f"the {'tag' if source.tag else 'branch'} it is asked by"
        if not self._leads_to(url, commit, refspecs):
            raise self._unvouched(url, commit, asked)
        return None

    def _leads_to(self, url: str, commit: str, refspecs: tuple[str, ...]) -> bool:
        """Tell, in a clean clone, whether one of the refs has the commit in its history."""
        with tempfile.TemporaryDirectory(prefix="plugin-lock-git-") as temporary:
            git = self._new(Path(temporary), url, commit)
            # Only commits are needed; a server that cannot leave out the rest sends everything.
            leaving_out = (_LEAVING_OUT,) if protocol(url) == "file" else ()
            git.run(*_FETCH, "--filter=tree:0", *leaving_out, "--", url, *refspecs, remote=True)
            if _names(git, f"{commit}^{{commit}}") != commit:
                return False
            return bool(git.run("for-each-ref", "--count=1", "--format=%(refname)", f"--contains={commit}"))

    def _unvouched(self, url: str, commit: str, asked: str) -> Exception:
        with tempfile.TemporaryDirectory(prefix="plugin-lock-git-") as temporary:
            git = self._new(Path(temporary), url, commit)
            try:
                git.run(*_FETCH, "--depth=1", "--filter=tree:0", "--", url, f"+{commit}:refs/asked", remote=True)
            except GitFailedError as error:
                if not _is_refusal(error):
                    raise
                return refused(
                    "git-commit-gone",
                    f"the repository has no commit {commit}",
                    source=url,
                    remedy="correct it, or name a tag or branch; if it was there before, the history was rewritten",
                )
        return refused(
            "git-commit-unreachable",
            f"the commit {commit} is not reachable from {asked}",
            source=url,
            remedy="do not trust it: servers give out the commits of forks under this address; name a commit of a "
            "branch or tag of this repository, or the fork itself",
        )

    def _new(self, directory: Path, url: str, commit: str) -> Git:
        git = Git(directory, url, what=f"{url} at {commit[:12]}", timeout=self._timeout)
        algorithm = "sha256" if len(commit) == 64 else "sha1"
        git.run("init", "--quiet", "--bare", "--template=", f"--object-format={algorithm}")
        return git


def _key(source: GitSource, commit: str) -> str:
    asked = f"tag {source.tag} branch {source.branch} any {source.revision is not None}"
    return f"git {source.url} {commit} {asked} submodules {source.submodules}"


def pinned(source: GitSource, commit: str) -> GitSource:
    """Return the same source asked for by its commit, for a locked commit whose tag or branch has moved since."""
    return replace(source, tag=None, branch=None, revision=commit)


def _names(git: Git, expression: str) -> str | None:
    """Return the commit that an expression names in a clone, None where it names none."""
    try:
        return git.run("rev-parse", "--verify", "--quiet", "--end-of-options", expression).decode("ascii").strip()
    except GitFailedError:
        return None


def _names_no_commit(url: str, ref: str, kind: str) -> InputError:
    message = f"{ref} names no commit but a {'file' if kind == 'blob' else 'folder'} (git calls it a {kind})"
    remedy = "name a tag, branch or commit of the repository that stands for a state of all its files"
    return InputError(Problem(code="git-ref", message=message, path=url, remedy=remedy))


def _is_refusal(error: GitFailedError) -> bool:
    return any(words in error.said for words in _REFUSED_COMMIT)
