"""What the branches and tags of a repository name, and whether a tag still names what was locked."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from lock.errors import InputError, Problem
from lock.grammar import COMMIT, quoted
from resolver.git_commands import TIMEOUT, Git
from resolver.manifest.shown import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resolver.manifest.model import GitSource

HEADS, TAGS = "refs/heads/", "refs/tags/"
_PEELED = "^{}"


class Refs(msgspec.Struct, frozen=True, kw_only=True):
    """The branches and tags of a repository with their commits; annotated tags are peeled."""

    branches: Mapping[str, str]
    tags: Mapping[str, str]

    def tips(self) -> dict[str, str]:
        """Return each commit that a branch or tag names, with the full name of one such ref."""
        full = [(HEADS + name, commit) for name, commit in self.branches.items()]
        full += [(TAGS + name, commit) for name, commit in self.tags.items()]
        return {commit: ref for ref, commit in sorted(full, reverse=True)}


class RefCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A tag, branch or commit as it was asked for, with the commit locked for it and the one it names now.

    `now` is None where the repository has no such ref any more.  `asked` is for messages: `tag v1.2`.
    """

    url: str
    asked: str
    is_tag: bool
    locked: str
    now: str | None

    @property
    def has_moved(self) -> bool:
        """Tell whether it names another commit than the locked one, or is gone."""
        return self.now != self.locked

    def problem(self, plugin: str) -> Problem:
        """Say what moved; a tag is not expected to, so that the remedy differs from a branch's."""
        if self.now is None:
            message = f"{plugin}: the {self.asked} is gone; {self.locked} stays locked"
            remedy = "ask the maintainers, then name another tag, or the commit with rev"
        elif self.is_tag:
            message = f"{plugin}: the {self.asked} was moved from {self.locked}, which stays locked, to {self.now}"
            remedy = "tags are not expected to move: compare the two commits, and ask the maintainers before taking it"
        else:
            message = f"{plugin}: the {self.asked} went on from {self.locked} to {self.now}"
            remedy = f"run `plugin-lock update {plugin}` to take it"
        return Problem(code="git-ref-moved", message=message, path=self.url, remedy=remedy)


def listed(url: str, *, timeout: float = TIMEOUT) -> Refs:
    """Ask a repository for its branches and tags.  Raises `WorldError`."""
    branches: dict[str, str] = {}
    tags: dict[str, str] = {}
    peeled: dict[str, str] = {}
    for object_id, name in _asked(url, timeout, "--heads", "--tags"):
        if name.startswith(HEADS):
            branches[name.removeprefix(HEADS)] = object_id
        elif name.startswith(TAGS):
            (peeled if name.endswith(_PEELED) else tags)[name.removeprefix(TAGS).removesuffix(_PEELED)] = object_id
    return Refs(branches=branches, tags={**tags, **peeled})


def head(url: str, *, timeout: float = TIMEOUT) -> str:
    """Return the commit of the repository's own default branch.

    Raises `InputError` for a repository that has none, `WorldError` where git fails.
    """
    for object_id, name in _asked(url, timeout, pattern="HEAD"):
        if name == "HEAD":
            return object_id
    raise InputError(
        Problem(
            code="git-ref",
            message="the repository is empty, or its default branch is",
            path=url,
            remedy="name a tag, a branch or a commit of it, or correct the address",
        )
    )


def commit_of(source: GitSource, *, timeout: float = TIMEOUT) -> str:
    """Return the commit that is asked for: what the tag, branch or default branch names, or the commit itself.

    Raises `InputError` where the repository has no such ref, `WorldError` where git fails.
    """
    if source.revision is not None:
        require_commit(source.revision, source.url)
        return source.revision
    if source.tag is None and source.branch is None:
        return head(source.url, timeout=timeout)
    return named_commit(source, listed(source.url, timeout=timeout))


def named_commit(source: GitSource, refs: Refs) -> str:
    """Return the commit of the tag or branch that is asked for.  Raises `InputError`."""
    if source.tag is not None:
        return _found("tag", source.tag, refs.tags, refs.branches, source.url)
    return _found("branch", source.branch or "", refs.branches, refs.tags, source.url)


def kind_of_ref(url: str, name: str, *, timeout: float = TIMEOUT) -> Literal["tag", "branch"]:
    """Tell whether a name is a tag or a branch; raises `InputError` where it is both or neither."""
    refs = listed(url, timeout=timeout)
    if name in refs.tags and name in refs.branches:
        message = f"{quoted(name)} is a tag and a branch"
        remedy = f'write tag = "{name}" or branch = "{name}" into plugins.toml'
    elif name in refs.tags:
        return "tag"
    elif name in refs.branches:
        return "branch"
    else:
        message = f"the repository has no tag or branch {quoted(name)}"
        remedy = did_you_mean(name, {*refs.tags, *refs.branches}, "tags and branches")[:1000]
    raise InputError(Problem(code="git-ref", message=message, path=url, remedy=remedy))


def check_unmoved(source: GitSource, locked: str, *, timeout: float = TIMEOUT) -> RefCheck:
    """Compare a locked commit with what the ref that was asked for names now.

    `lock` keeps the locked commit whatever this says; `update` tells it.  Raises `WorldError` where git fails.
    """
    try:
        now = commit_of(source, timeout=timeout)
    except InputError:
        now = None
    if source.tag is not None:
        asked = f"tag {quoted(source.tag)}"
    elif source.branch is not None:
        asked = f"branch {quoted(source.branch)}"
    else:
        asked = "default branch" if source.revision is None else "commit"
    return RefCheck(url=source.url, asked=asked, is_tag=source.tag is not None, locked=locked, now=now)


def require_commit(revision: str, url: str) -> None:
    """Refuse whatever is no full commit; raises `InputError`."""
    if not COMMIT.fits(revision):
        message = f"{quoted(revision)} is not a full commit of 40 (or 64) lower-case hex digits"
        remedy = "write the full commit (`git rev-parse` gives it), or name a tag or branch as such"
        raise InputError(Problem(code="git-commit", message=message, path=url, remedy=remedy))


def refuse_disguised(revision: str, refs: Refs, url: str) -> None:
    """Refuse a commit after which a branch or tag is named: git would take one for the other."""
    for what, names in (("branch", refs.branches), ("tag", refs.tags)):
        if revision in names:
            message = f"the repository has a {what} that is called like the commit {revision}"
            remedy = "do not trust this repository; whoever named it so meant to mislead"
            raise InputError(Problem(code="git-commit-disguised", message=message, path=url, remedy=remedy))


def _found(kind: str, name: str, named: Mapping[str, str], others: Mapping[str, str], url: str) -> str:
    if name in named:
        return named[name]
    other = "branch" if kind == "tag" else "tag"
    message = f"the repository has no {kind} {quoted(name)}"
    if name in others:
        remedy = f'it has a {other} of that name: write {other} = "{name}"'
    else:
        remedy = did_you_mean(name, named, "tags" if kind == "tag" else "branches")[:1000]
    raise InputError(Problem(code="git-ref", message=message, path=url, remedy=remedy))


def _asked(url: str, timeout: float, *options: str, pattern: str | None = None) -> list[tuple[str, str]]:
    # In a repository of our own: git would read the settings of the one it happens to be started in.
    with tempfile.TemporaryDirectory(prefix="plugin-lock-git-") as temporary:
        git = Git(Path(temporary), url, timeout=timeout)
        git.run("init", "--quiet", "--bare", "--template=")
        patterns = () if pattern is None else (pattern,)
        out = git.run("ls-remote", "--quiet", *options, "--", url, *patterns, remote=True)
    lines = [line.partition("\t") for line in out.decode("utf-8", "replace").splitlines()]
    return [(object_id, name) for object_id, _, name in lines if COMMIT.fits(object_id)]
