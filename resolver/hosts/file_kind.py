"""Tells which kind of lock file a host has, by its name and, where that says nothing, by its content."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Literal

from lock.errors import InputError, Problem

if TYPE_CHECKING:
    from resolver.hosts.files import HostText

FileKind = Literal["uv-lock", "pylock", "requirements", "plugins-lock"]

_KNOWN = "a uv.lock, a pylock.toml, a pinned requirements.txt or a plugins.lock"
_EXPORTS = {
    "poetry.lock": "export it: `poetry export --format requirements.txt`, and name that file",
    "pdm.lock": "export it: `pdm export --format pylock`, and name that file",
    "pipfile.lock": "export it: `pipenv requirements`, and name that file",
    "pyproject.toml": "name the lock file beside it: a pyproject.toml says what is wanted, not what is shipped",
}
_PYLOCK_NAME = re.compile(r"pylock(\.[^.]+)?\.toml")
_RYE_NAME = re.compile(r"requirements([.-][^.]+)?\.lock")
_OUR_TABLE = re.compile(r"^\[tool\.plugin-lock\]", re.MULTILINE)
_PYLOCK_VERSION = re.compile(r"^lock-version\s*=", re.MULTILINE)
_UV_VERSION = re.compile(r"\A(?:\s*#.*\n)*\s*version\s*=\s*\d+\s*$", re.MULTILINE)


def kind_of(file: HostText) -> FileKind:
    """Return the kind.  Raises `InputError` for a file that is none of those we read."""
    name = posixpath.basename(file.path).lower()
    if name in _EXPORTS:
        raise InputError(_unknown(file, f"{name} is not read", _EXPORTS[name]))
    if name == "uv.lock":
        return "uv-lock"
    if name == "plugins.lock" or _OUR_TABLE.search(file.text):
        return "plugins-lock"
    if _PYLOCK_NAME.fullmatch(name) or _PYLOCK_VERSION.search(file.text):
        return "pylock"
    if _UV_VERSION.search(file.text):
        return "uv-lock"
    if name.endswith((".txt", ".in", ".pip")) or _RYE_NAME.fullmatch(name):
        return "requirements"
    raise InputError(_unknown(file, "nothing tells which kind of lock this is", f"name {_KNOWN}"))


def _unknown(file: HostText, message: str, remedy: str) -> Problem:
    return Problem(code="host-kind", message=message, path=file.label, remedy=remedy)
