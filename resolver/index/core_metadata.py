"""Core metadata: what a wheel says of itself, read from a METADATA file and checked against the wheel's name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
from packaging.requirements import InvalidRequirement
from packaging.specifiers import InvalidSpecifier

from resolver.index import parsed
from resolver.index.errors import MetadataError
from resolver.index.model import CoreMetadata

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    from resolver.index.model import ProjectFile

_KNOWN_MAJOR_VERSIONS = ("1", "2")
_SHOWN_VALUE = 120
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_FIELD_NAME = re.compile(r"[!-9;-~]+", re.ASCII)


class MetadataText(msgspec.Struct, frozen=True, array_like=True):
    """The fields that resolution needs, as the file has them; this is what the cache keeps."""

    metadata_version: str
    name: str
    version: str
    requires_dist: tuple[str, ...] = ()
    requires_python: str | None = None
    provides_extra: tuple[str, ...] = ()


def read(text: bytes) -> MetadataText:
    """Read the head of a METADATA file (Core metadata specifications); raises `MetadataError`."""
    try:
        found = fields(_head(text).decode("utf-8"))
    except UnicodeDecodeError:
        raise MetadataError("its METADATA is not UTF-8") from None
    return MetadataText(
        metadata_version=_one(found, "metadata-version"),
        name=_one(found, "name"),
        version=_one(found, "version"),
        requires_dist=tuple(found.get("requires-dist", ())),
        requires_python=_one(found, "requires-python") if "requires-python" in found else None,
        provides_extra=tuple(found.get("provides-extra", ())),
    )


def checked(file: ProjectFile, project: str, text: MetadataText) -> CoreMetadata:
    """Parse the fields; raises `MetadataError` where they are invalid or name another distribution than the file."""
    if text.metadata_version.partition(".")[0] not in _KNOWN_MAJOR_VERSIONS:
        raise MetadataError(f"its metadata version {_shown(text.metadata_version)} is not known here")
    if parsed.normalized(text.name) != project:
        raise MetadataError(f"its METADATA names another project, {_shown(text.name)}")
    version = parsed.version(text.version)
    if version is None or version != parsed.version(file.version):
        raise MetadataError(f"its METADATA names another version, {_shown(text.version)}")
    return CoreMetadata(
        name=text.name,
        version=text.version,
        requires_dist=tuple(_requirement(line) for line in text.requires_dist),
        requires_python=_specifier_set(text.requires_python) if text.requires_python else None,
        provides_extra=tuple(parsed.normalized(extra) for extra in text.provides_extra),
    )


def _head(text: bytes) -> bytes:
    # The description follows the first empty line and can be long; nothing in it is needed.
    ends = [at for at in (text.find(b"\n\n"), text.find(b"\n\r\n")) if at != -1]
    return text[: min(ends) + 1] if ends else text


def fields(head: str) -> dict[str, list[str]]:
    """Return all values of each header, whose names are put in lower case (RFC 822, as the specification asks).

    The standard library's parser of mail does the same in ten times the time, and a search reads hundreds of heads.
    What follows a line that is neither a header nor the continuation of one is the body, as there.
    """
    found: dict[str, list[str]] = {}
    values: list[str] = []
    for line in _LINE_ENDS.split(head):
        if line[:1] in {" ", "\t"}:
            if values:
                values[-1] = f"{values[-1]} {' '.join(line.split())}".strip()
            continue
        name, colon, value = line.partition(":")
        if not colon or _FIELD_NAME.fullmatch(name) is None:
            break
        values = found.setdefault(name.lower(), [])
        values.append(" ".join(value.split()))
    return found


def _one(found: Mapping[str, list[str]], field: str) -> str:
    values = found.get(field, ())
    if len(values) != 1:
        raise MetadataError(f"its METADATA has {len(values)} fields {field.title()} instead of one")
    return values[0]


def _requirement(line: str) -> Requirement:
    try:
        return parsed.requirement(line)
    except InvalidRequirement:
        raise MetadataError(f"its requirement {_shown(line)} is not valid (PEP 508)") from None


def _specifier_set(text: str) -> SpecifierSet:
    try:
        return parsed.specifier_set(text)
    except InvalidSpecifier:
        raise MetadataError(f"its Requires-Python {_shown(text)} is not valid (PEP 440)") from None


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN_VALUE else text[:_SHOWN_VALUE] + "…")
