"""Which indexes to ask: those of plugins.toml, else the one the user's pip or uv is set to, else PyPI."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lock.errors import InputError, Problem
from resolver.index.addresses import origin, shown, unsafe_scheme, without_login
from resolver.index.credentials import Credentials
from resolver.index.model import Index

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from resolver.manifest.model import IndexConfig

DEFAULT_NAME = "default"
"""The name of the index that is used where plugins.toml names none."""

_NAMED_ADDRESS = re.compile(r"[A-Za-z0-9._-]+=(?=[a-z]+://)")


class ConfiguredIndexes(msgspec.Struct, frozen=True):
    """The indexes in the order in which they are asked, and the credentials found in their addresses, by name."""

    indexes: tuple[Index, ...]
    credentials: Mapping[str, Credentials] = {}


class _Found(msgspec.Struct, frozen=True):
    """An address and where it stands, in words."""

    url: str
    place: str


def configured(
    manifest_indexes: Sequence[IndexConfig],
    environ: Mapping[str, str] | None = None,
    *,
    system: Path = Path("/etc"),
) -> ConfiguredIndexes:
    """Return the indexes of plugins.toml, with the default one in front where all of them are explicit.

    Raises `InputError` for addresses that cannot be used.
    """
    indexes = []
    for config in manifest_indexes:
        url, login = _address(config.url, f"[[index]] {config.name}")
        if login is not None:
            raise InputError(
                Problem(
                    code="index-address",
                    message=f"the address of index {config.name} holds a user or a password",
                    path=config.place.path,
                    line=config.place.line,
                    key=config.place.key,
                    remedy="remove it there; credentials come from the environment, netrc or keyring",
                )
            )
        indexes.append(_index(config.name, url, explicit=config.explicit, files=config.files))
    if any(not index.explicit for index in indexes):
        return ConfiguredIndexes(tuple(indexes))
    default, credentials = default_index(environ, system=system)
    return ConfiguredIndexes((default, *indexes), {default.name: credentials} if credentials is not None else {})


def default_index(
    environ: Mapping[str, str] | None = None, *, system: Path = Path("/etc")
) -> tuple[Index, Credentials | None]:
    """Return the index to use where plugins.toml names none, and the credentials its address held.

    In this order: PLUGIN_LOCK_DEFAULT_INDEX, UV_DEFAULT_INDEX, UV_INDEX_URL, the user's uv.toml, PIP_INDEX_URL,
    pip's configuration files (PIP_CONFIG_FILE, the user's, the one below `system`), PyPI.  Raises `InputError`.
    """
    environ = os.environ if environ is None else environ
    for found in _addresses(environ, system):
        url, login = _address(_NAMED_ADDRESS.sub("", found.url, count=1), found.place)
        return _index(DEFAULT_NAME, url), Credentials(*login) if login is not None else None
    return _index(DEFAULT_NAME, _pypi()[0]), None


def _addresses(environ: Mapping[str, str], system: Path) -> Iterator[_Found]:
    for variable in ("PLUGIN_LOCK_DEFAULT_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL"):
        if environ.get(variable):
            yield _Found(environ[variable], variable)
    yield from _from_uv(environ)
    if environ.get("PIP_INDEX_URL"):
        yield _Found(environ["PIP_INDEX_URL"], "PIP_INDEX_URL")
    for path in _pip_files(environ, system):
        yield from _from_pip(path)


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("HOME") or Path.home())


def _config_home(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("XDG_CONFIG_HOME") or _home(environ) / ".config")


def _from_uv(environ: Mapping[str, str]) -> Iterator[_Found]:
    if environ.get("UV_NO_CONFIG"):
        return
    path = Path(environ.get("UV_CONFIG_FILE") or _config_home(environ) / "uv" / "uv.toml")
    if not path.is_file():
        return
    import tomllib  # noqa: PLC0415 - most users have no such file

    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise _unreadable(path, error) from None
    tables = content.get("index")
    for table in tables if isinstance(tables, list) else []:
        if isinstance(table, dict) and table.get("default") is True and isinstance(table.get("url"), str):
            yield _Found(table["url"], str(path))
    if isinstance(content.get("index-url"), str):
        yield _Found(content["index-url"], str(path))


def _pip_files(environ: Mapping[str, str], system: Path) -> Iterator[Path]:
    """Give pip's configuration files, the one that wins first (pip's documentation, Configuration)."""
    named = environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return
    if named:
        yield Path(named)
    yield _config_home(environ) / "pip" / "pip.conf"
    yield _home(environ) / "Library" / "Application Support" / "pip" / "pip.conf"
    yield _home(environ) / ".pip" / "pip.conf"
    yield system / "pip.conf"


def _from_pip(path: Path) -> Iterator[_Found]:
    if not path.is_file():
        return
    import configparser  # noqa: PLC0415 - most users have no such file

    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text(encoding="utf-8"))
    except (configparser.Error, UnicodeDecodeError, OSError) as error:
        raise _unreadable(path, error) from None
    for option in ("index-url", "index_url"):
        url = parser.get("global", option, fallback="").strip()
        if url:
            yield _Found(url, str(path))


def _unreadable(path: Path, error: Exception) -> InputError:
    # Only the kind of error: its text may quote a line that holds a password.
    return InputError(
        Problem(
            code="index-configuration",
            message=f"this file, which may name the default index, cannot be read ({type(error).__name__})",
            path=str(path),
            line=getattr(error, "lineno", None),
            remedy="mend it, or name the index in PLUGIN_LOCK_DEFAULT_INDEX",
        )
    )


def _address(url: str, place: str) -> tuple[str, tuple[str, str] | None]:
    """Return an index's address in its one form, with a slash at the end, and the login it held."""
    try:
        address, login = without_login(url.strip())
        reason = unsafe_scheme(address) if origin(address) else "it is not an address"
    except ValueError:
        address, login, reason = "", None, "it is not an address"
    if reason is None and ("?" in address or "#" in address):
        reason = "a query or a fragment has no place in it"
    if reason is not None:
        raise InputError(
            Problem(
                code="index-address",
                message=f"the index address {shown(address)} cannot be used: {reason}",
                path=place,
                remedy="name the https address of a Simple API, such as https://index.example/simple/",
            )
        )
    return address.rstrip("/") + "/", login


def _index(name: str, url: str, *, explicit: bool = False, files: Sequence[str] = ()) -> Index:
    pypi, pypi_files = _pypi()
    if url == pypi:
        files = (*files, pypi_files)
    return Index(
        name=name,
        url=url,
        explicit=explicit,
        files=tuple(dict.fromkeys(_file_origin(place, name) for place in files)),
    )


def _file_origin(place: str, index: str) -> str:
    reason = unsafe_scheme(place)
    if reason is not None or not origin(place):
        raise InputError(
            Problem(
                code="index-address",
                message=f"{shown(place)!r} in the `files` of index {index} is not the https address of a host",
                remedy='write it as `files = ["https://files.example"]`',
            )
        )
    return origin(place)


def _pypi() -> tuple[str, str]:
    """Return PyPI's Simple API and the origin of its files, as the installed pip knows them."""
    from pip._internal.models.index import PyPI  # noqa: PLC0415 - slow, and not needed where nothing is locked

    return PyPI.simple_url.rstrip("/") + "/", f"https://{PyPI.file_storage_domain}"
