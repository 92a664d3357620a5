"""Whether a file says of itself what the search was told of it.

An index serves METADATA beside a wheel (PEP 658) or in parts of it, a source says something static (PEP 643, PEP 621).
The search goes by that; the host will go by what is inside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from resolver.index import core_metadata, parsed
from resolver.index.errors import MetadataError
from resolver.inspection.findings import shown
from resolver.search.markers import ApplicableTargets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.requirements import Requirement

    from resolver.index.core_metadata import MetadataText
    from resolver.index.model import CoreMetadata, ProjectFile
    from resolver.targets import TargetSet

_SHOWN = 5


def differences(
    searched: CoreMetadata, file: ProjectFile, inside: MetadataText, targets: TargetSet | None
) -> list[str]:
    """Return, as finished phrases, what the METADATA inside a file says otherwise than the search was told.

    With `targets` requirements count where they apply, for extras as well, and a marker may be written in another way:
    backends do that to what stands in pyproject.toml.  Without, each must be the same.
    """
    try:
        found = core_metadata.checked(file, canonicalize_name(searched.name), inside)
    except MetadataError as error:
        return [f"it cannot be used: {error.reason}"]
    told = []
    if Version(found.version) != Version(searched.version):
        told.append(f"version {shown(found.version)} instead of {shown(searched.version)}")
    if found.requires_python != searched.requires_python:
        told.append(
            f"Requires-Python {found.requires_python or 'absent'} instead of {searched.requires_python or 'absent'}"
        )
    if set(found.provides_extra) != set(searched.provides_extra):
        told += _difference("the extra", found.provides_extra, searched.provides_extra)
    if targets is None:
        told += _difference("the requirement", map(str, found.requires_dist), map(str, searched.requires_dist))
    else:
        told += _difference("the requirement", _applied(found, targets), _applied(searched, targets))
    return told


def _difference(what: str, inside: Iterable[str], searched: Iterable[str]) -> list[str]:
    here, there = set(inside), set(searched)
    told = [f"{what} {shown(text)}, which the search was not told of" for text in sorted(here - there)]
    told += [f"not {what} {shown(text)}, which the search was told of" for text in sorted(there - here)]
    return [*told[:_SHOWN], f"and {len(told) - _SHOWN} more differences"] if len(told) > _SHOWN else told


def _applied(metadata: CoreMetadata, targets: TargetSet) -> set[str]:
    """Return each requirement without its marker, with the systems and the extra for which it applies."""
    applicable = ApplicableTargets(targets)
    found = set()
    for requirement in metadata.requires_dist:
        for extra in ("", *metadata.provides_extra):
            for system in targets.systems(applicable.marker(requirement.marker, extra)):
                found.add(f"{_plain(requirement)} on {system}" + (f" for the extra {extra}" if extra else ""))
    return found


def _plain(requirement: Requirement) -> str:
    extras = f"[{','.join(sorted(map(parsed.normalized, requirement.extras)))}]" if requirement.extras else ""
    where = f" @ {requirement.url}" if requirement.url else str(requirement.specifier)
    return f"{canonicalize_name(requirement.name)}{extras}{where}"
