"""Versions, specifiers and requirements, each parsed once per distinct string."""

from __future__ import annotations

import re
import threading
from functools import cache

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

_PARSING = threading.Lock()
# As most versions are spelt; more digits than `int` takes at once are left to packaging.
PLAIN_VERSION = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,18})*", re.ASCII)
"""A final release of the first epoch, such as 1.2.3."""
_SEPARATORS = re.compile(r"[-_.]+")


@cache
def version(text: str) -> Version | None:
    """Parse a version (PEP 440); None where it is not one."""
    try:
        return Version(text)
    except InvalidVersion:
        return None


def is_version(text: str) -> bool:
    """Tell whether a text is a version (PEP 440); a plain one is not parsed for that."""
    return PLAIN_VERSION.fullmatch(text) is not None or version(text) is not None


@cache
def specifier_set(text: str) -> SpecifierSet:
    """Parse version specifiers (PEP 440); raises `InvalidSpecifier`."""
    return SpecifierSet(text)


@cache
def requirement(text: str) -> Requirement:
    """Parse a dependency specifier (PEP 508); raises `InvalidRequirement`.  The object is shared: never change it."""
    # packaging reads the strings of markers with ast.literal_eval, and some releases of CPython count the depth of that
    # in one place for all threads: two at once may end in a SystemError (gh-106905).
    with _PARSING:
        return Requirement(text)


@cache
def normalized(name: str) -> str:
    """Normalize a distribution name (PEP 503)."""
    return _SEPARATORS.sub("-", name).lower()
