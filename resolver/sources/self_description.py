"""What a source calls itself, in PKG-INFO and pyproject.toml, compared with what it was taken for.

The dependencies in an old PKG-INFO (metadata version before 2.2) mean nothing (PEP 643); its name and version do:
whatever made the source distribution wrote them together with the file's name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from resolver.index import core_metadata, parsed
from resolver.index.file_names import UnusableNameError, version_in
from resolver.manifest.shown import shown
from resolver.sources.trees import read_file

if TYPE_CHECKING:
    from pathlib import Path

    from resolver.sources.static_metadata import StaticMetadata


class Contradiction(msgspec.Struct, frozen=True, kw_only=True):
    """`text` is a finished phrase (`its PKG-INFO gives the version "2"`); `expected` the version, or name, instead."""

    text: str
    expected: str
    of_name: bool


def contradictions(
    known: StaticMetadata, folder: Path, *, top: Path, source: str, name: str, version: str | None, is_sdist: bool
) -> tuple[Contradiction, ...]:
    """Return everything in which a source in `folder`, of a tree whose top is `top`, calls itself otherwise.

    `known` is what `static_metadata.read` gave for it; `name` is normalized, `version` None where any will do;
    `source` names it in messages.  Only of a source distribution is PKG-INFO looked at: in a repository it is what
    somebody once forgot there.  Raises `SourceError` for one that is too long to be read.
    """
    names: dict[str, str] = {}
    versions: dict[str, str] = {}
    if is_sdist:
        # A field that stands twice has two values, and each reader believes another one.
        fields = _fields(read_file(folder, "PKG-INFO", top=top, source=source))
        names.update(dict.fromkeys(fields.get("name", ()), "its PKG-INFO"))
        versions.update(dict.fromkeys(fields.get("version", ()), "its PKG-INFO"))
    if known.name is not None:
        names.setdefault(known.name, "it")
    if known.version is not None:
        versions.setdefault(known.version, "it")
    found = [
        Contradiction(text=f"{who} names the distribution {shown(stated)}", expected=name, of_name=True)
        for stated, who in names.items()
        if parsed.normalized(stated) != name
    ]
    if version is not None:
        found += [
            Contradiction(text=f"{who} gives the version {shown(stated)}", expected=version, of_name=False)
            for stated, who in versions.items()
            if parsed.version(stated) != parsed.version(version)
        ]
    return tuple(found)


def sdist_version(filename: str, name: str, folder: Path, *, top: Path, source: str) -> str | None:
    """Return the version in the name of an archive that is a source distribution, None for every other archive.

    Such a one is named as the standard wants (PEP 625) and holds PKG-INFO: what a forge makes of a tag may have such a
    name as well.  `name` is the project's, normalized; the others are as of `contradictions`.
    """
    try:
        named = version_in(filename, name)
    except UnusableNameError:
        return None
    if named is None or named.kind != "sdist" or read_file(folder, "PKG-INFO", top=top, source=source) is None:
        return None
    return named.version


def _fields(content: bytes | None) -> dict[str, list[str]]:
    # Old ones are in any encoding; a name or version that is not ASCII is wrong in each of them.
    return {} if content is None else core_metadata.fields(content.decode("utf-8", "backslashreplace"))
