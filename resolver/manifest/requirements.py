"""Versions, markers and requirements of plugins.toml (PEP 440 and PEP 508), with hints for what was meant."""

from __future__ import annotations

import re

from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from resolver.manifest.shown import Refused, shown
from resolver.manifest.words import require_ascii
from resolver.targets import Target

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_INSTALLER_WORDS = re.compile(r"\b(extras?|dependency_groups)\b")
_OTHER_TOOLS = re.compile(r"(\^|~|=)\s*(?P<version>[^=<>~^!,\s]+)")
# Any target will do to find comparisons that have no meaning.
_SAMPLE = Target(system="x86_64-linux", python="3.12").marker_environment


def specifier(text: str) -> SpecifierSet:
    """Return the versions asked for; `*` is any."""
    if text.strip() == "*":
        return SpecifierSet()
    if not text.strip():
        raise Refused("the version is empty", 'write "*" for any version')
    if "://" in text or "@" in text:
        raise Refused(
            f"{shown(text)} is an address, not a version",
            "name where a plugin comes from with git, path or url: { git = … }",
        )
    try:
        return SpecifierSet(text)
    except ValueError:
        raise Refused(f"{shown(text)} is not a version specifier", _meant_specifier(text.strip())) from None


def _meant_specifier(text: str) -> str:
    """Guess what a person meant who knows another tool's versions."""
    if text in {"latest", "any"}:
        return 'write "*" for any version'
    if re.fullmatch(r"[0-9]+(\.[0-9]+)*\.\*", text, re.ASCII):
        return f'write "=={text}"'
    version = _version(text)
    if version is not None:
        return f'write "=={version}" or ">={version}"'
    other = _OTHER_TOOLS.fullmatch(text)
    version = _version(other["version"]) if other else None
    if other is None or version is None:
        return 'write it like ">=1.2" or ">=1.2,<2"'
    if other[1] == "=":
        return f'write "=={version}"'
    return f'write ">={version}" or ">={version},<{version.major + 1}"'


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def marker(text: str) -> Marker:
    """Return a marker that can be evaluated on every target."""
    example = "write it like sys_platform == 'linux' or python_version >= '3.11'"
    try:
        parsed = Marker(text)
    except (ValueError, RecursionError):
        raise Refused(f"{shown(text)} is not a marker", example) from None
    _check_marker(parsed, text)
    return parsed


def _check_marker(parsed: Marker, text: str) -> None:
    words = _INSTALLER_WORDS.search(_QUOTED.sub("", str(parsed)))
    if words:
        raise Refused(
            f'{shown(text)} asks for "{words.group()}", which has no meaning here',
            "list extras under extras = […]; a marker may only speak of the machine and its Python",
        )
    try:
        parsed.evaluate(_SAMPLE)
    except (ValueError, UndefinedComparison, UndefinedEnvironmentName, RecursionError):
        raise Refused(
            f"{shown(text)} compares what cannot be compared",
            "versions are compared with <, <=, >=, >, == and ~=; names with == and !=",
        ) from None


def requirement(text: str) -> Requirement:
    """Return a requirement (PEP 508) on versions of an index; addresses are refused."""
    _refuse_other_alphabets(text)
    if "://" in text or "@" in text.partition(";")[0]:
        raise Refused(
            f"{shown(text)} names an address, where only versions can be asked for",
            'write it like "name>=1.2"',
        )
    try:
        parsed = Requirement(text)
    except (ValueError, RecursionError):
        raise Refused(
            f"{shown(text)} is not a requirement",
            'write it like "name>=1.2" or "name[extra]>=1.2 ; sys_platform == \'linux\'"',
        ) from None
    if parsed.marker is not None:
        _check_marker(parsed.marker, text)
    return parsed


def _refuse_other_alphabets(text: str) -> None:
    """Refuse a name with letters outside ASCII; further behind, packaging judges."""
    require_ascii(re.split(r"[\s\[(<>=!~;]", text.strip(), maxsplit=1)[0], "a distribution's name")


def host_requirement(text: str) -> Requirement:
    """Return the requirement that stands for the host itself."""
    parsed = requirement(text)
    if parsed.marker is not None:
        raise Refused("a marker has no meaning for the host itself", "leave out what stands behind the ';'")
    return parsed


def constraint(text: str) -> Requirement:
    """Return a constraint: a name with versions, perhaps a marker, and no extras."""
    parsed = requirement(text)
    if parsed.extras:
        raise Refused(f"{shown(text)} asks for extras", "a constraint only limits versions; leave the extras out")
    if not parsed.specifier:
        raise Refused(f"{shown(text)} limits nothing", f'write which versions are allowed: "{parsed.name}<2"')
    return parsed
