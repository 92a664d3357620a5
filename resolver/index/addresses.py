"""Addresses of indexes and files: origins, what may be shown, and where a redirect may lead."""

from __future__ import annotations

import ipaddress
import socket
from functools import cache
from urllib.parse import urlsplit, urlunsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}

# Where clouds answer questions about the machine that asks, with its credentials: AWS, GCP, Azure, Alibaba, Oracle.
_METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "instance-data", "metadata.azure.internal"})
_METADATA_ADDRESSES = frozenset(
    ipaddress.ip_address(address)
    for address in ("169.254.169.254", "168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254")
)

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


@cache
def origin(url: str) -> str:
    """Return scheme, host and port of a URL (RFC 6454), the default port left out; "" where it has no host."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if not host or not parts.scheme:
        return ""
    if ":" in host:
        host = f"[{host}]"
    return f"{parts.scheme}://{host}" + ("" if port in {None, _DEFAULT_PORTS.get(parts.scheme)} else f":{port}")


def shown(url: str) -> str:
    """Return a URL fit for a message: no user, no password, no query, no fragment, no control characters."""
    try:
        parts = urlsplit(url)
        place = parts.netloc.rpartition("@")[2]
        text = urlunsplit((parts.scheme, place, parts.path, "", ""))
    except ValueError:
        return "(an address that cannot be read)"
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def without_login(url: str) -> tuple[str, tuple[str, str] | None]:
    """Split `https://user:password@host/` into the URL without them, and the two."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url, None
    from urllib.parse import unquote  # noqa: PLC0415 - rarely needed, and start-up time counts

    login, _, place = parts.netloc.rpartition("@")
    username, _, password = login.partition(":")
    return urlunsplit(parts._replace(netloc=place)), (unquote(username), unquote(password))


def is_loopback(url: str) -> bool:
    """Tell whether a URL names this machine by its loopback address."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _literal_address(host)
    return address is not None and address.is_loopback


def unsafe_scheme(url: str) -> str | None:
    """Say why a URL must not be asked at all: only https is, and http on loopback."""
    scheme = urlsplit(url).scheme
    if scheme == "https" or (scheme == "http" and is_loopback(url)):
        return None
    if scheme == "http":
        return "http without TLS is only allowed on loopback"
    return f"the scheme {scheme[:20]!r} is not https"


def unsafe_redirect(source: str, target: str, *, resolve: bool = True) -> str | None:
    """Say why a redirect must not be followed, or None.

    From https only to https; never to loopback, link-local or a cloud's metadata service, unless the source
    is on loopback itself.  `resolve` looks names up (leave it off behind a proxy, which does so itself).
    """
    scheme = urlsplit(target).scheme
    if scheme not in {"http", "https"}:
        return f"to the scheme {scheme[:20]!r}"
    if urlsplit(source).scheme == "https" and scheme != "https":
        return "from https to http"
    if is_loopback(source) and is_loopback(target):
        return None
    if scheme == "http":
        return "to http without TLS"
    return _inward(target, resolve=resolve and origin(source) != origin(target))


def _inward(url: str, *, resolve: bool) -> str | None:
    host = (urlsplit(url).hostname or "").rstrip(".")
    if not host:
        return "to an address without a host"
    if is_loopback(url):
        return "to this machine's loopback address"
    if host in _METADATA_NAMES:
        return "to a cloud's metadata service"
    address = _literal_address(host)
    addresses = [address] if address is not None else _looked_up(host) if resolve else []
    for each in addresses:
        if each in _METADATA_ADDRESSES:
            return "to a cloud's metadata service"
        if each.is_loopback or each.is_unspecified:
            return "to this machine's loopback address"
        if each.is_link_local:
            return "to a link-local address"
    return None


def _literal_address(host: str) -> IPAddress | None:
    try:
        return _unmapped(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        pass
    try:
        # The old spellings that the system's resolver takes as well: 127.1, 0x7f000001, 2130706433.
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def _unmapped(address: IPAddress) -> IPAddress:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _looked_up(host: str) -> list[IPAddress]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []  # the request itself will fail, with its own message
    return [_unmapped(ipaddress.ip_address(str(entry[4][0]).partition("%")[0])) for entry in found]
