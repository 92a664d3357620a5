"""Submodules of a commit: where they lie and which commit of which repository each is (gitmodules(5))."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import msgspec

from lock.grammar import quoted
from resolver.git_commands import GitFailedError, protocol
from resolver.manifest.shown import Refused
from resolver.manifest.urls import git_url
from resolver.sources.errors import refused

if TYPE_CHECKING:
    from pathlib import Path

    from resolver.git_commands import Git
    from resolver.sources.errors import SourceError
    from resolver.sources.git_checkout import Entry

MAX_DEPTH = 8
"""How deep submodules may lie in submodules."""

MAX_NUMBER = 100
"""How many submodules one repository may have."""

_REMEDY = "tell the maintainers; without submodules = true the folder stays empty"


class Submodule(msgspec.Struct, frozen=True, kw_only=True):
    """A folder of a tree that is a commit of another repository."""

    path: str
    url: str
    commit: str


def of_commit(
    git: Git, commit: str, found: tuple[Entry, ...], parent: str, above: tuple[str, ...], source: str
) -> tuple[Submodule, ...]:
    """Return the submodules of a commit, sorted by path, their addresses checked as those of plugins.toml are.

    `parent` is the repository's own address, `above` those of the repositories it is a submodule of.  Raises
    `SourceError` for what cannot be fetched as git would, or must not be.
    """
    gitlinks = {entry.path: entry.object_id for entry in found if entry.is_submodule}
    if not gitlinks:
        return ()
    if len(above) >= MAX_DEPTH:
        message = f"its submodules are nested more than {MAX_DEPTH} deep"
        raise refused("source-limit", message, source=source, remedy=_REMEDY)
    if len(gitlinks) > MAX_NUMBER:
        message = f"it has {len(gitlinks)} submodules, more than the limit of {MAX_NUMBER}"
        raise refused("source-limit", message, source=source, remedy=_REMEDY)
    settings = {values["path"]: values for values in _settings(git, commit, source).values() if "path" in values}
    result = []
    for path in sorted(gitlinks):
        values = settings.get(path, {})
        if "url" not in values:
            raise _unusable(path, "has no address in .gitmodules", source)
        if values.get("update", "checkout") != "checkout":
            raise _unusable(path, f"is not to be checked out (update = {quoted(values['update'])})", source)
        url = _checked_url(path, resolved(values["url"], parent), parent, source)
        result.append(Submodule(path=path, url=url, commit=gitlinks[path]))
    return tuple(result)


def resolved(url: str, parent: str) -> str:
    """Return a submodule's address; `./` and `../` are relative to the repository's own (git-submodule(1))."""
    if not url.startswith(("./", "../")):
        return url
    start = parent.find("://") + 3 if "://" in parent else 0
    slash = parent.find("/", start) if start else parent.find(":")
    top, path = parent[: slash + 1], parent[slash + 1 :].rstrip("/")
    segments = path.split("/")
    for segment in url.split("/"):
        if segment == "..":
            if not segments:
                return ""  # above the host; no address, and refused as such
            segments.pop()
        elif segment not in {".", ""}:
            segments.append(segment)
    return top + "/".join(segments)


def check_place(folder: Path, path: str, source: str) -> None:
    """Refuse a submodule that would be written through a symbolic link or over a file."""
    place = folder
    for part in path.split("/"):
        place = place / part
        if place.is_symlink() or (place.exists() and not stat.S_ISDIR(place.lstat().st_mode)):
            raise _unusable(path, "lies behind a file or symbolic link", source)


def _checked_url(path: str, url: str, parent: str, source: str) -> str:
    try:
        url = git_url(url)
    except Refused as wrong:
        raise _unusable(path, f"has an address that cannot be used: {wrong.message}", source) from None
    # What comes over the network must not read this machine's files, nor go back from https to http.
    allowed = {"https", "ssh", protocol(parent)}
    if protocol(parent) == "file":
        allowed.add("http")
    if protocol(url) not in allowed:
        raise _unusable(
            path, f"has a {protocol(url)} address, in a repository that comes over {protocol(parent)}", source
        )
    return url


def _settings(git: Git, commit: str, source: str) -> dict[str, dict[str, str]]:
    try:
        out = git.run("config", "--blob", f"{commit}:.gitmodules", "-z", "--list")
    except GitFailedError:
        message = "it has submodules, and no .gitmodules that can be read"
        raise refused("git-submodule", message, source=source, key=".gitmodules", remedy=_REMEDY) from None
    found: dict[str, dict[str, str]] = {}
    for item in out.decode("utf-8", "surrogateescape").split("\0"):
        key, _, value = item.partition("\n")
        section, _, rest = key.partition(".")
        name, _, variable = rest.rpartition(".")
        if section == "submodule":
            found.setdefault(name, {})[variable] = value
    return found


def _unusable(path: str, why: str, source: str) -> SourceError:
    return refused("git-submodule", f"its submodule {quoted(path)} {why}", source=source, key=path, remedy=_REMEDY)
