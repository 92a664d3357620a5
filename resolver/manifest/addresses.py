"""Addresses on the command line as keys of `[plugins]`: `git+https://…@v1.2#subdirectory=x`, archives, `./path`.

Direct references as PEP 508 and pip have them; `name @` in front is optional.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote

import msgspec

from lock import grammar
from lock.urls import last_segment
from resolver.manifest import words
from resolver.manifest.shown import Refused, shown
from resolver.manifest.urls import archive_url, git_url

if TYPE_CHECKING:
    from collections.abc import Callable

    KindOfRef = Callable[[str, str], Literal["tag", "branch"]]
    """Says of a repository's URL and the name of a ref in it what the ref is."""

ARCHIVES = (".whl", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar", ".zip")

_NAMED = re.compile(
    r"\s*(?P<name>[^\s@\[;/:]+)\s*(?P<extras>\[[^\]]*\])?(?:\s+@\s*|\s*@\s+|@(?=[A-Za-z][A-Za-z0-9+.-]*://|\.{0,2}/))"
    r"(?P<address>\S.*)",
    re.DOTALL,
)
_BARE = re.compile(
    r"\s*(?:[A-Za-z][A-Za-z0-9+.-]*://|[A-Za-z0-9_.-]+@[A-Za-z0-9.-]+:(?!//)|\.{1,2}/|\.{1,2}$|/|~).*", re.DOTALL
)
_SCP_LIKE = re.compile(r"(?P<repository>(?:[A-Za-z0-9_.-]+@)?[A-Za-z0-9][A-Za-z0-9.-]*:[^@]*)(?:@(?P<ref>.*))?")
_PATH = re.compile(r"\.{0,2}/|~|\.{1,2}$")
_URL = re.compile(r"(?P<origin>[A-Za-z][A-Za-z0-9+.-]*://[^/]*)(?P<path>.*)", re.DOTALL)
_STEM_VERSION = re.compile(r"[-_]v?[0-9].*")
_SAY_NAME = 'put the name in front: "name @ …"'


class Addressed(msgspec.Struct, frozen=True, kw_only=True):
    """An address as it was written: the name (None: nothing but the address tells it), and the keys it stands for."""

    name: str | None
    extras: str = ""
    marker: str | None = None
    source: dict[str, object]


def is_address(text: str) -> bool:
    """Tell whether an argument is an address, with or without a name in front."""
    return _BARE.fullmatch(text) is not None or _NAMED.fullmatch(text) is not None


def read(text: str, kind_of_ref: KindOfRef | None) -> Addressed:
    """Return what an address stands for; raises `Refused`, in words that hold nothing of a secret in it."""
    bare = _BARE.fullmatch(text) is not None
    match = None if bare else _NAMED.fullmatch(text)
    address = (match["address"] if match else text).strip()
    address, semicolon, marker = _without_marker(address)
    address, _, fragment = address.partition("#")
    subdirectory, egg = _fragment(fragment)
    source = _source(address, kind_of_ref)
    if subdirectory is not None:
        source["subdirectory"] = words.inner_folder(subdirectory)
    return Addressed(
        name=(match["name"] if match else egg),
        extras=(match["extras"] or "") if match else "",
        marker=marker.strip() if semicolon else None,
        source=source,
    )


def told_name(source: dict[str, object]) -> str:
    """Return the name that an address itself tells: of the folder, the repository or the file.  Raises `Refused`."""
    if "url" in source:
        told = _file_stem(last_segment(str(source["url"])))
    else:
        place = str(source.get("subdirectory") or source.get("git") or source.get("path"))
        told = unquote(re.split(r"[/:]", place.rstrip("/"))[-1]).removesuffix(".git")
    try:
        return words.distribution_name(told)
    except Refused:
        raise Refused(f"{shown(told)}, which the address ends with, cannot name a plugin", _SAY_NAME) from None


def _file_stem(filename: str) -> str:
    if filename.endswith(".whl"):
        return filename.partition("-")[0]
    stem = next((filename.removesuffix(ending) for ending in ARCHIVES if filename.endswith(ending)), filename)
    return _STEM_VERSION.sub("", stem)


def _without_marker(address: str) -> tuple[str, str, str]:
    # A semicolon may stand in a URL; PEP 508 wants a blank between the two.
    head, semicolon, marker = (
        re.split(r"\s(;)", address, maxsplit=1) if re.search(r"\s;", address) else (address, "", "")
    )
    return head.strip(), semicolon, marker


def _fragment(text: str) -> tuple[str | None, str | None]:
    """Read `subdirectory=…&egg=…`; raises `Refused` for anything else, which may be a secret or a hash."""
    found: dict[str, str] = {}
    for part in text.split("&") if text else ():
        key, _, value = part.partition("=")
        if key not in {"subdirectory", "egg"} or not value or key in found:
            raise Refused(
                "behind the # of the address stands something else than subdirectory=… or egg=…",
                "take it out: hashes are recorded in plugins.lock, and credentials come from elsewhere",
            )
        found[key] = unquote(value)
    return found.get("subdirectory"), found.get("egg")


def _source(address: str, kind_of_ref: KindOfRef | None) -> dict[str, object]:
    scheme = _URL.fullmatch(address)
    if scheme is None:
        if _PATH.match(address):
            return {"path": words.project_folder(address)}
        match = _SCP_LIKE.fullmatch(address)
        if match is None:
            raise Refused(f"{shown(address)} is not an address", 'write it like "git+https://host.example/user/plugin"')
        return _git(match["repository"], match["ref"], kind_of_ref)
    if address.startswith("git+") or scheme["origin"].startswith("ssh://") or _ends_in_git(scheme["path"]):
        path, at, ref = scheme["path"].partition("@")
        return _git(f"{scheme['origin'].removeprefix('git+')}{path}", ref if at else None, kind_of_ref)
    if address.startswith("file://"):
        raise Refused(
            f"{shown(address)} is on this machine alone",
            'write the folder inside the project, "./plugins/notes", or "git+file:///…" for a repository',
        )
    url = archive_url(address)
    if not url.endswith(ARCHIVES):
        raise Refused(
            f"{shown(address)} ends neither as an archive nor as a wheel does",
            'for a git repository write "git+" in front of it',
        )
    return {"url": url}


def _ends_in_git(path: str) -> bool:
    return path.partition("@")[0].rstrip("/").endswith(".git")


def _git(repository: str, ref: str | None, kind_of_ref: KindOfRef | None) -> dict[str, object]:
    url = git_url(repository)
    if ref is None:
        return {"git": url}
    if grammar.COMMIT.fits(ref):
        return {"git": url, "rev": ref}
    name = words.git_ref(ref)
    if kind_of_ref is not None:
        return {"git": url, kind_of_ref(url, name): name}
    # Nobody can be asked.  Releases have digits in their names; a wrong guess is told when locking.
    return {"git": url, "tag" if re.search("[0-9]", name) else "branch": name}
