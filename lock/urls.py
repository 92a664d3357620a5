"""What may stand as an address in plugins.lock (rule 3), and the origin of one."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from urllib.parse import SplitResult

LONGEST_URL = 2000
"""In characters."""

_DEFAULT_PORTS = {"https": 443, "http": 80, "ssh": 22}
_CHARACTERS = re.compile(r"[A-Za-z0-9._~:/?\[\]@!$&'()*+,;=%-]+")
# git's short form for ssh: the user name is part of the address, and no password fits in.  Nothing may begin with `-`,
# which ssh would take for an option, and no second colon follows the first: `ext::…` is a command to git.
_SCP_LIKE = re.compile(
    r"(?!(?:file|ssh|git|https?):)(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*:(?P<path>[A-Za-z0-9_.~][A-Za-z0-9_.~+/-]*)"
)
_SSH = re.compile(r"ssh://(?:[A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?/[^/@:][^@:]*")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SECRET_PARAMETER = re.compile(
    r"token|key|secret|sig|pass|auth|cred|user|login|jwt|session|x-amz-|x-goog-", re.IGNORECASE
)
_LONGEST_PARAMETER = 20
"""A longer value in a query may be a secret whatever its name."""


def fault(url: str) -> str | None:
    """Return what is wrong with an address of a file or an index, in words that hold nothing of it, or None."""
    if not 0 < len(url) <= LONGEST_URL:
        return f"is empty or longer than {LONGEST_URL} characters"
    if not _CHARACTERS.fullmatch(url) or _BAD_ESCAPE.search(url):
        return "holds characters that no URL may hold (a `#` fragment included)"
    parts = _split(url)
    if parts is None or not parts.hostname:
        return "is not an absolute URL with a host"
    if parts.username is not None or parts.password is not None:
        return "holds a user name, password or token"
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        return "is not https"
    if ".." in unquote(parts.path).split("/"):
        return "holds `..`"
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if _SECRET_PARAMETER.search(name) or len(value) > _LONGEST_PARAMETER:
            return "holds a query that may be a token"
    return None


def git_fault(url: str) -> str | None:
    """Return what is wrong with the address of a git repository, as `fault` does.

    Admitted are https (http on loopback), ssh with a user name at most (also in git's short form
    `user@host:path`), and `file` for an absolute path of this machine.
    """
    parts = _split(url)
    short = _SCP_LIKE.fullmatch(url)
    if not short and (parts is None or parts.scheme not in {"ssh", "file"}):
        wrong = fault(url)
        return "is not https, ssh or a local file" if wrong == "is not https" else wrong
    if len(url) > LONGEST_URL:
        return f"is empty or longer than {LONGEST_URL} characters"
    if not _CHARACTERS.fullmatch(url) or _BAD_ESCAPE.search(url) or "?" in url:
        return "holds characters that no URL of a repository may hold (a query or `#` fragment included)"
    if ".." in unquote(url).split("/") or (short and ".." in short["path"].split("/")):
        return "holds `..`"
    if short or parts is None:
        return None
    if parts.password is not None:
        return "holds a user name, password or token"
    if parts.scheme == "file":
        is_local = not parts.netloc or is_loopback(parts.netloc)
        return None if is_local and parts.path.startswith("/") else "is not the absolute path of a local file"
    # git and ssh would take a host or user that begins with `-` for an option.
    return None if _SSH.fullmatch(url) else "is not an ssh URL such as ssh://git@host/path"


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine: `localhost` or a loopback address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def origin(url: str) -> str | None:
    """Return `scheme://host[:port]` in lower case without a default port (RFC 6454), None where there is none."""
    parts = _split(url)
    if parts is None or not parts.hostname or not parts.scheme:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = parts.port
    suffix = "" if port is None or port == _DEFAULT_PORTS.get(parts.scheme) else f":{port}"
    return f"{parts.scheme}://{host}{suffix}"


def place_fault(place: str) -> str | None:
    """Return what is wrong with an origin, or the beginning of an address, as `git_fault` does of what is below it."""
    return git_fault(f"{place}/x")


def is_below(url: str, place: str) -> bool:
    """Tell whether an address has the origin of `place`, and begins with its path, segment by segment.

    User names do not count, and git's short form for ssh is as good as the long one.
    """
    one, other = _way(url), _way(place)
    return one is not None and other is not None and one[: len(other)] == other


def _way(url: str) -> tuple[str, ...] | None:
    """Return the origin and the segments of the path; None for what is no address."""
    short = _SCP_LIKE.fullmatch(url)
    if short is not None:
        host = url[: short.start("path") - 1].rpartition("@")[2]
        return f"ssh://{host.lower()}", *filter(None, short["path"].split("/"))
    parts = _split(url)
    start = "file://" if parts is not None and parts.scheme == "file" else origin(url)
    if parts is None or start is None:
        return None
    return start, *filter(None, parts.path.split("/"))


def last_segment(url: str) -> str:
    """Return the file name at the end of an address, percent-decoded once; "" where it is no address."""
    # Without `//` the end may be anything, a password included.
    parts = _split(url) if "//" in url else None
    return "" if parts is None else unquote(parts.path.rpartition("/")[2])


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        return None
    return parts
