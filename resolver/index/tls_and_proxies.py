"""Connections as the user's system wants them: its certificates, its proxies."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import urllib3

from lock.errors import InputError, Problem, WorldError
from resolver.index.addresses import shown, without_login

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_CERTIFICATES = "set SSL_CERT_FILE to a file of trusted certificates in PEM form, or unset it"


def tls_context(environ: Mapping[str, str]) -> ssl.SSLContext:
    """Return a context that trusts what the system trusts; SSL_CERT_FILE and NIX_SSL_CERT_FILE win, in this order.

    Raises `WorldError` where the file they name cannot be used.
    """
    for variable in ("SSL_CERT_FILE", "NIX_SSL_CERT_FILE"):
        # Nix sets the latter to this path in a sandbox, to say that there are none.
        path = environ.get(variable)
        if path and path != "/no-cert-file.crt":
            break
    else:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as error:
        reason = "not a file" if not Path(path).is_file() else type(error).__name__
        raise WorldError(
            Problem(
                code="tls-certificates",
                message=f"the certificates that {variable} names cannot be read ({reason})",
                path=path,
                remedy=_NO_CERTIFICATES,
            )
        ) from None


class Proxies:
    """The proxies that the environment names (http_proxy, https_proxy, all_proxy, no_proxy, in either case)."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        lowered = {key.lower(): value for key, value in environ.items() if key.lower().endswith("_proxy") and value}
        lowered |= {key: environ[key] for key in lowered if environ.get(key)}  # the lower-case spelling wins
        if "REQUEST_METHOD" in environ:
            # In a CGI script HTTP_PROXY is a header of the request, not the user's wish (CVE-2016-1000110).
            lowered.pop("http_proxy", None)
        self._no_proxy = {"no": lowered.pop("no_proxy", "")}
        self._by_scheme = {key.removesuffix("_proxy"): value for key, value in lowered.items()}

    def choose(self, scheme: str, host: str) -> str | None:
        """Return the proxy for a host, None for a direct connection."""
        proxy = self._by_scheme.get(scheme, self._by_scheme.get("all"))
        if proxy is None:
            return None
        from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined] # noqa: PLC0415 - slow

        return None if proxy_bypass_environment(host, self._no_proxy) else proxy


def connection_pools(proxy: str | None, context: ssl.SSLContext | None, connections: int) -> urllib3.PoolManager:
    """Make the pools for a way out: direct, or through a proxy, at most so many connections an origin.

    Without a context they are for plain http only.
    """
    if proxy is None:
        return urllib3.PoolManager(num_pools=64, maxsize=connections, block=True, ssl_context=context)
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    address, login = without_login(proxy)
    if not address.startswith(("http://", "https://")):
        raise InputError(
            Problem(
                code="proxy",
                message=f"the proxy {shown(address)} is neither http nor https",
                remedy="name another in https_proxy, or list the index's host in no_proxy",
            )
        )
    headers = urllib3.make_headers(proxy_basic_auth=":".join(login)) if login is not None else None
    return urllib3.ProxyManager(
        address,
        num_pools=64,
        maxsize=connections,
        block=True,
        ssl_context=context,
        proxy_ssl_context=context,
        proxy_headers=headers,
    )
