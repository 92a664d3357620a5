"""Versions, specifiers and requirements, each parsed once per distinct string."""

from __future__ import annotations

import re
from functools import cache

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

_SEPARATORS = re.compile(r"[-_.]+")


@cache
def version(text: str) -> Version | None:
    """Parse a version (PEP 440); None where it is not one."""
    try:
        return Version(text)
    except InvalidVersion:
        return None


@cache
def specifier_set(text: str) -> SpecifierSet:
    """Parse version specifiers (PEP 440); raises `InvalidSpecifier`."""
    return SpecifierSet(text)


@cache
def requirement(text: str) -> Requirement:
    """Parse a dependency specifier (PEP 508); raises `InvalidRequirement`.  The object is shared: never change it."""
    return Requirement(text)


@cache
def normalized(name: str) -> str:
    """Normalize a distribution name (PEP 503)."""
    return _SEPARATORS.sub("-", name).lower()
