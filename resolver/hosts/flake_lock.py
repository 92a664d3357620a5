"""Finds in ./flake.lock at which revision of which repository a flake input is pinned."""

from __future__ import annotations

import json
import posixpath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import msgspec

from lock.errors import InputError, Problem
from resolver.manifest.shown import Refused
from resolver.manifest.urls import git_url

if TYPE_CHECKING:
    from resolver.hosts.files import HostText
    from resolver.manifest.model import HostConfig

_VERSIONS = (5, 6, 7)
_UPDATE = "run `nix flake lock` and try again"
_FORGES = {"github": "github.com", "gitlab": "gitlab.com", "sourcehut": "git.sr.ht"}
_DEEPEST = 64
"""How many `follows` may lead from one to the next."""


class PinnedRepository(msgspec.Struct, frozen=True, kw_only=True):
    """A git repository at a commit; `folder` is where the flake lies in it, "" for the top."""

    url: str
    commit: str
    folder: str = ""


class PinnedFolder(msgspec.Struct, frozen=True, kw_only=True):
    """A directory on this disk (a `path:` input), relative to flake.lock unless absolute."""

    path: str


def pinned_input(file: HostText, name: str, host: HostConfig) -> PinnedRepository | PinnedFolder:
    """Return where the input `name` (`a/b` for the input b of a) of the root flake is pinned.

    Raises `InputError` for a flake.lock that cannot be read, an unknown input or one that is not of a kind whose
    files can be read without Nix.
    """
    lock = _FlakeLock(file, host)
    node = lock.node(lock.root, name.split("/"), 0)
    locked = lock.content(node).get("locked")
    if not isinstance(locked, dict):
        raise InputError(lock.problem(f"the input {name} is not locked", key=f"nodes.{node}"))
    return _Pin(lock, node, locked).place()


class _FlakeLock:
    def __init__(self, file: HostText, host: HostConfig) -> None:
        self.file = file
        self._host = host
        try:
            document = json.loads(file.text)
        except json.JSONDecodeError as error:
            problem = Problem(
                code="flake-lock",
                message=f"this is not valid JSON: {error.msg}",
                path=file.label,
                line=error.lineno,
                remedy=_UPDATE,
            )
            raise InputError(problem) from error
        except (RecursionError, ValueError) as error:
            message = "the file holds a value that is nested too deeply or too long"
            raise InputError(self.problem(message)) from error
        if not isinstance(document, dict) or not isinstance(document.get("nodes"), dict):
            raise InputError(self.problem("this is no flake.lock: it has no nodes"))
        if document.get("version") not in _VERSIONS:
            message = f"flake.lock has format version {document.get('version')!r}; versions 5 to 7 are read"
            raise InputError(self.problem(message, key="version"))
        self._nodes: dict[str, Any] = document["nodes"]
        self.root = document.get("root")

    def content(self, node: object) -> dict[str, Any]:
        """Return a node by its key."""
        content = self._nodes.get(node) if isinstance(node, str) else None
        if not isinstance(content, dict):
            raise InputError(self.problem(f"there is no node {node!r}", key="nodes"))
        return content

    def node(self, start: object, path: list[str], depth: int) -> object:
        """Return the key of the node that a path of inputs leads to; a list in an input is a path from the root."""
        node = start
        for step in path:
            inputs = self.content(node).get("inputs", {})
            if not isinstance(inputs, dict) or step not in inputs:
                raise InputError(self._unknown(step, inputs if isinstance(inputs, dict) else {}))
            target = inputs[step]
            if isinstance(target, list) and all(isinstance(part, str) for part in target):
                if depth >= _DEEPEST:
                    raise InputError(self.problem(f"the input {step} follows itself"))
                node = self.node(self.root, target, depth + 1)
            else:
                node = target
        return node

    def _unknown(self, name: str, inputs: dict[str, Any]) -> Problem:
        from difflib import get_close_matches  # noqa: PLC0415 - for this error alone

        nearest = get_close_matches(name, sorted(inputs), n=1)
        if nearest:
            remedy = f"did you mean {nearest[0]!r}?"
        else:
            remedy = f"choose from: {', '.join(sorted(inputs))}" if inputs else "add it to the inputs of flake.nix"
        place = self._host.place
        return Problem(
            code="flake-input",
            message=f"{self.file.label} has no input {name!r}",
            path=place.path,
            line=place.line,
            key=f"{place.key}.lock.flake-input",
            remedy=remedy,
        )

    def problem(self, message: str, key: str | None = None, remedy: str = _UPDATE) -> Problem:
        """Make a problem of this file."""
        return Problem(code="flake-lock", message=message, path=self.file.label, key=key, remedy=remedy)


class _Pin:
    """The `locked` part of one node, read by its type (Nix manual, "Flake references")."""

    def __init__(self, lock: _FlakeLock, node: object, locked: dict[str, Any]) -> None:
        self._lock = lock
        self._key = f"nodes.{node}.locked"
        self._locked = locked
        self._parent = lock.content(node).get("parent")

    def place(self) -> PinnedRepository | PinnedFolder:
        kind = self._text("type")
        folder = self._text("dir", default="")
        if kind == "path":
            return self._folder(posixpath.join(self._text("path"), folder))
        if kind == "git":
            url = self._text("url").partition("?")[0]
        elif kind in _FORGES:
            forge = self._text("host", default=_FORGES[kind])
            suffix = "" if kind == "sourcehut" else ".git"
            url = f"https://{forge}/{unquote(self._text('owner'))}/{self._text('repo')}{suffix}"
        else:
            message = f"an input of type {kind!r} cannot be read without Nix yet"
            remedy = "give the repository itself: lock = { git = …, rev = …, path = … }, or copy the file"
            raise InputError(self._lock.problem(message, self._key, remedy))
        return PinnedRepository(url=self._checked(url), commit=self._text("rev"), folder=folder)

    def _folder(self, path: str) -> PinnedFolder:
        # Nix writes in `parent` to which other input a relative path belongs; [] is the root flake.
        if self._parent and not path.startswith("/"):
            message = "this input is a folder of another input, which cannot be read without Nix yet"
            remedy = "name the other input, with the path inside it"
            raise InputError(self._lock.problem(message, self._key, remedy))
        return PinnedFolder(path=path)

    def _checked(self, url: str) -> str:
        try:
            return git_url(url)
        except Refused as error:
            message = f"the address of this input is not taken: {error}"
            raise InputError(self._lock.problem(message, self._key, "correct the input in flake.nix")) from error

    def _text(self, name: str, default: str | None = None) -> str:
        value = self._locked.get(name, default)
        if not isinstance(value, str):
            raise InputError(self._lock.problem(f"{name} is missing or no string", f"{self._key}.{name}"))
        return value
