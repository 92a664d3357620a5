"""User names and passwords of indexes: from the configured URL, the environment, netrc and keyring, in this order."""

from __future__ import annotations

import base64
import os
import re
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from resolver.index.addresses import origin

if TYPE_CHECKING:
    import netrc
    from collections.abc import Iterable, Mapping

    from resolver.index.model import Index


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name and a password for HTTP Basic authentication; the password never shows in a representation."""

    username: str
    password: str = field(repr=False)

    def encoded(self) -> str:
        """Return what follows the word Basic in a header (RFC 7617)."""
        return base64.b64encode(f"{self.username}:{self.password}".encode()).decode("ascii")


class Keyring(Protocol):
    """Where passwords are kept by the system; `place` says it in words."""

    place: str

    def find(self, service: str, username: str | None) -> Credentials | None:
        """Return what is kept for a service (a URL or a host), None where nothing is."""
        ...


class CredentialStore:
    """All credentials of a run.  Each place is read at most once, when first needed; any thread may ask.

    `embedded` are those found in a configured URL, by index name.  Credentials of an index go to its own origin
    only; netrc entries go to the host they name, and netrc's `default` entry to none.  `notes` says what could
    not be read, never what it holds.
    """

    def __init__(
        self,
        environ: Mapping[str, str] | None = None,
        *,
        embedded: Mapping[str, Credentials] | None = None,
        keyring: Keyring | None = None,
    ) -> None:
        self.notes: list[str] = []
        self._environ = os.environ if environ is None else environ
        self._embedded = dict(embedded or {})
        self._keyring = keyring
        self._lock = threading.Lock()
        self._first: dict[tuple[str, str], Credentials | None] = {}
        self._second: dict[tuple[str, str], Credentials | None] = {}
        self._netrc: netrc.netrc | None = None
        self._netrc_read = False
        self._secrets: set[str] = set()

    def first(self, index: Index, url: str) -> Credentials | None:
        """Return what to send with the first request to a URL."""
        key = (index.name, origin(url))
        with self._lock:
            if key not in self._first:
                self._first[key] = self._remember(self._known(index, url))
            return self._first[key]

    def after_refusal(self, index: Index, url: str, used: Credentials | None) -> Credentials | None:
        """Return what else to try after a 401: what the keyring has, for the index's own origin."""
        key = (index.name, origin(url))
        with self._lock:
            if key not in self._second:
                found = None
                if origin(url) == origin(index.url):
                    found = self._from_keyring(index, used.username if used is not None else None)
                self._second[key] = self._remember(found)
            found = self._second[key]
            if found is not None:
                self._first[key] = found
            return found if found != used else None

    def holds_secret(self, text: bytes) -> bool:
        """Tell whether a password of this run occurs in some bytes, in any form; they must not be kept then."""
        return any(secret.encode() in text for secret in self._secrets)

    def without_secrets(self, text: str) -> str:
        """Return a text in which servers may have repeated what they were sent, with that left out."""
        for secret in _longest_first(self._secrets):
            text = text.replace(secret, "…")
        return text

    def places(self, index: Index) -> str:
        """Say where credentials of an index are looked for, for an error's remedy."""
        variable = f"PLUGIN_LOCK_INDEX_{_variable_name(index.name)}"
        host = urlsplit(index.url).hostname or ""
        text = (
            f"set {variable}_USERNAME and {variable}_PASSWORD, or add `machine {host}` to {self._netrc_path()}, "
            f"or run `keyring set {index.url} <user>`"
        )
        return "; ".join([text, *self.notes])

    # -- places --------------------------------------------------------------------------------------------------

    def _known(self, index: Index, url: str) -> Credentials | None:
        if origin(url) == origin(index.url):
            if index.name in self._embedded:
                return self._completed(index, self._embedded[index.name])
            found = self._from_environment(index)
            if found is not None:
                return found
        return self._from_netrc(index, url)

    def _completed(self, index: Index, credentials: Credentials) -> Credentials:
        # A user name alone, as in https://user@host/: the keyring knows the password, if anything does.
        if credentials.password or not credentials.username:
            return credentials
        return self._from_keyring(index, credentials.username) or credentials

    def _from_environment(self, index: Index) -> Credentials | None:
        name = _variable_name(index.name)
        for prefix in (f"PLUGIN_LOCK_INDEX_{name}", f"UV_INDEX_{name}"):
            username = self._environ.get(f"{prefix}_USERNAME")
            password = self._environ.get(f"{prefix}_PASSWORD")
            if username is not None or password is not None:
                return self._completed(index, Credentials(username or "", password or ""))
        return None

    def _from_netrc(self, index: Index, url: str) -> Credentials | None:
        if not self._netrc_read:
            self._netrc_read = True
            self._read_netrc()
        if self._netrc is None:
            return None
        parts = urlsplit(url)
        # A host alone stands for where its indexes are set to be, and for its usual port; a redirect to another port
        # of the host may lead to somebody else's server.
        set_up = origin(url) in {origin(index.url), *index.files}
        usual = parts.scheme == "https" and parts.port in {None, 443}
        for machine in (f"{parts.hostname}:{parts.port}", *((parts.hostname,) if set_up or usual else ())):
            if machine in self._netrc.hosts and machine != "default":
                login, account, password = self._netrc.hosts[machine]
                return Credentials(login or account or "", password or "")
        return None

    def _netrc_path(self) -> Path:
        if "NETRC" in self._environ:
            return Path(self._environ["NETRC"])
        return _home_netrc(self._environ)

    def _read_netrc(self) -> None:
        path = self._netrc_path()
        if not path.is_file():
            if "NETRC" in self._environ:
                self.notes.append(f"NETRC names {path}, which is not a file")
            return
        import netrc  # noqa: PLC0415 - most runs have no such file, and start-up time counts

        try:
            self._netrc = netrc.netrc(str(path))
        except netrc.NetrcParseError as error:
            # The parser's own message quotes the token it stumbled over, which may be a password.
            self.notes.append(f"{path}:{error.lineno} cannot be understood, so nothing of that file is used")
        except (OSError, UnicodeDecodeError) as error:
            self.notes.append(f"{path} cannot be read ({type(error).__name__})")

    def _from_keyring(self, index: Index, username: str | None) -> Credentials | None:
        if self._keyring is None:
            from resolver.index.keyrings import system_keyring  # noqa: PLC0415 - only after a refusal

            self._keyring = system_keyring(self._environ, self.notes)
        # pip and uv store under the index's address or under its host alone.
        for service in dict.fromkeys((index.url, index.url.rstrip("/"), urlsplit(index.url).netloc)):
            found = self._keyring.find(service, username or None)
            if found is not None:
                return found
        return None

    def _remember(self, credentials: Credentials | None) -> Credentials | None:
        if credentials is not None:
            self._secrets |= _forms(credentials)
        return credentials


def netrc_secrets(environ: Mapping[str, str]) -> list[str]:
    """Return every form of every password of the user's own netrc, the longest first; none where it cannot be read."""
    import netrc  # noqa: PLC0415 - as above

    try:
        hosts = netrc.netrc(str(_home_netrc(environ))).hosts
    except (OSError, UnicodeDecodeError, netrc.NetrcParseError):
        return []
    logins = [Credentials(login or account or "", password or "") for login, account, password in hosts.values()]
    return _longest_first({form for login in logins for form in _forms(login)})


def _forms(credentials: Credentials) -> set[str]:
    """Return the forms in which a secret is sent, and may come back; a token may stand in the user's place."""
    from urllib.parse import quote  # noqa: PLC0415 - start-up time: most runs have no credentials

    secret = credentials.password or credentials.username
    return {secret, quote(secret, safe=""), credentials.encoded()} if secret else set()


def _longest_first(secrets: Iterable[str]) -> list[str]:
    return sorted(secrets, key=lambda secret: (-len(secret), secret))


def _home_netrc(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or Path.home()) / ".netrc"


def _variable_name(index: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", index.upper())
