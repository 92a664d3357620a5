"""The URLs of plugins.toml: which are admitted, and how they are normalized.  None may hold a secret."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lock import grammar
from lock.urls import fault, git_fault, is_loopback, last_segment, origin
from resolver.manifest.shown import Refused, shown

if TYPE_CHECKING:
    from urllib.parse import SplitResult

_WRITTEN_OUT = re.compile(r"[!-~]+")
# git's short form for ssh; a user name is part of the address there, and no password fits in.
_SCP_LIKE = re.compile(r"([A-Za-z0-9_.-]+@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?!/?/)[A-Za-z0-9_./~-]+")
_SSH = re.compile(r"ssh://([A-Za-z0-9_.-]+@)?[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?/[A-Za-z0-9_./~-]+")
_CREDENTIALS = "take it out: credentials come from netrc, the keyring or the environment"


def index_url(text: str) -> str:
    """Return the URL of an index with its scheme and host in lower case and one slash at the end."""
    split = _web_url(text)
    return f"{origin(text)}{split.path.rstrip('/')}/"


def files_origin(text: str) -> str:
    """Return an origin (`https://files.example`): scheme and host, and the port where it is not the usual one."""
    split = _web_url(text)
    if split.path not in {"", "/"}:
        raise Refused(
            "a path stands behind the host, where an origin is wanted", f'write "{split.scheme}://" and the host only'
        )
    return origin(text) or ""


def archive_url(text: str) -> str:
    """Return the URL of an archive."""
    split = _web_url(text)
    if split.path in {"", "/"}:
        raise Refused("the URL names no file", "write the whole address of the archive")
    if not grammar.FILE.fits(last_segment(text)):
        raise Refused(
            f"the URL ends with {shown(last_segment(text))}, which is not {grammar.FILE.says}",
            "name another address of the archive; its last part becomes a file's name",
        )
    return f"{origin(text)}{split.path}"


def git_url(text: str) -> str:
    """Return the URL of a git repository: https, ssh, a local file URL, or `user@host:path`."""
    if text.startswith("git+"):
        raise Refused(f'{shown(text)} begins with "git+"', 'leave "git+" out')
    url = _git_url(text)
    wrong = git_fault(url)
    if wrong is not None:
        raise Refused(f"the URL {wrong}", 'write it like "https://host.example/user/repository"')
    return url


def _git_url(text: str) -> str:
    if _SCP_LIKE.fullmatch(text) or _SSH.fullmatch(text):
        return text
    if text.startswith("ssh://"):
        raise Refused(
            f"{shown(text)} is not a git address, or holds a secret",
            'write it like "ssh://git@host.example/user/repository", without a password',
            code="secret",
        )
    if text.startswith("file:///") and _WRITTEN_OUT.fullmatch(text):
        return text
    if "://" not in text:
        raise Refused(f"{shown(text)} is not a git address", 'write it like "https://host.example/user/repository"')
    split = _web_url(text)
    if split.path in {"", "/"}:
        raise Refused("the URL names no repository", 'write it like "https://host.example/user/repository"')
    return f"{origin(text)}{split.path}"


def _web_url(text: str) -> SplitResult:
    """Return the parts of an https URL (http on loopback) that holds nothing but host and path."""
    # First of all: every later message may then rely on there being no user name or password.
    if "@" in text:
        raise Refused("the URL holds a user name or a password", _CREDENTIALS, code="secret")
    if "?" in text or "#" in text:
        raise Refused("the URL holds a query or a fragment, where secrets often stand", _CREDENTIALS, code="secret")
    if not _WRITTEN_OUT.fullmatch(text) or "\\" in text:
        raise Refused(
            "the URL holds blanks, backslashes or letters outside ASCII",
            "percent-encode them; a host outside ASCII is written in its xn-- form",
        )
    example = 'write it like "https://index.example/simple/"'
    try:
        split = urlsplit(text)
        port = split.port
    except ValueError:
        raise Refused(f"{shown(text)} is not a URL", example) from None
    if "://" not in text or port == 0:
        raise Refused(f"{shown(text)} is not a URL", example)
    host = split.hostname or ""
    if split.scheme != "https" and not (split.scheme == "http" and is_loopback(host)):
        raise Refused(f"{shown(text)} does not begin with https", "use https; plain http is for this machine only")
    if not host:
        raise Refused(f"{shown(text)} names no host", example)
    if any(segment in {".", ".."} for segment in unquote(split.path).split("/")):
        raise Refused('the path of the URL holds "." or ".."', "write the path it leads to")
    wrong = fault(text)
    if wrong is not None:
        raise Refused(f"the URL {wrong}", example)
    return split
