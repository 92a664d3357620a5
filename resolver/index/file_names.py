"""What the names of wheels and source archives say: whose they are and of which version."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from lock.grammar import quoted
from resolver.index.parsed import is_version, normalized

# What a lock may hold as a file name: nothing that a shell, a path or Nix would read as more than a name.
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+!-]*", re.ASCII)
WHEEL = re.compile(
    r"([A-Za-z0-9_][A-Za-z0-9._]*-[A-Za-z0-9._+!]+)"  # name and version
    r"(?:-[0-9][A-Za-z0-9._]*)?"  # build tag
    r"-[A-Za-z0-9._]+-[A-Za-z0-9._]+-[A-Za-z0-9._]+\.whl",  # tags
    re.ASCII,
)
"""A well-formed wheel's file name (PEP 427); its one group, `name-version`, decides whose it is."""

_SDIST_ENDINGS = (".tar.gz", ".zip")
# Files that indexes have beside distributions, or distributions of a kind nothing installs any more.
_OTHERS = (
    *(".egg", ".exe", ".msi", ".rpm", ".deb", ".dmg", ".asc", ".sig", ".metadata", ".provenance", ".publish"),
    *(".attestation", ".tar.bz2", ".tar.xz", ".tar.Z", ".tgz", ".tbz", ".tar", ".tar.zst", ".sha256", ".md5"),
)


class NamedVersion(NamedTuple):
    """A file's kind and its version, spelt as in the file name."""

    kind: Literal["wheel", "sdist"]
    version: str


class UnusableNameError(ValueError):
    """A file name that is no distribution of the project; the text is the reason."""


def version_in(filename: str, project: str) -> NamedVersion | None:
    """Read kind and version from a file name (PEP 427, PEP 625 and the older source names).

    `project` is the normalized name of the page.  None for files that are no distributions at all.  Raises
    `UnusableNameError` for a name that cannot be understood or belongs to another project.
    """
    if filename.endswith(".whl"):
        return NamedVersion("wheel", _wheel_version(filename, project))
    for ending in _SDIST_ENDINGS:
        if filename.endswith(ending):
            if _SAFE.fullmatch(filename) is None:
                raise UnusableNameError("the file name holds characters that have no place in one")
            return NamedVersion("sdist", _sdist_version(filename[: -len(ending)], project))
    if filename.endswith(_OTHERS):
        return None
    raise UnusableNameError("neither a wheel nor a source archive")


def _wheel_version(filename: str, project: str) -> str:
    match = WHEEL.fullmatch(filename)
    if match is None:
        raise UnusableNameError("it is not named as a wheel has to be")
    name, _, text = match[1].partition("-")
    if normalized(name) != project:
        raise UnusableNameError("it belongs to another project")
    if not is_version(text):
        raise UnusableNameError(f"{quoted(text)} is not a version")
    return text


def _sdist_version(stem: str, project: str) -> str:
    # Older names keep dashes inside the project's name, so each dash may be the one before the version.
    mine = False
    at = stem.find("-")
    while at != -1:
        if normalized(stem[:at]) == project:
            mine = True
            rest = stem[at + 1 :]
            if is_version(rest):
                return rest
        at = stem.find("-", at + 1)
    if mine:
        raise UnusableNameError("what follows the project's name is not a version")
    raise UnusableNameError("it belongs to another project")
