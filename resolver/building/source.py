"""A source that must be built, and what its own files say of how (PEP 517, PEP 518)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from packaging.requirements import InvalidRequirement, Requirement

from resolver.building.failures import unusable
from resolver.sources.pyproject import FILES, build_system
from resolver.sources.trees import read_file

if TYPE_CHECKING:
    from pathlib import Path

    from resolver.sources.pyproject import BuildSystem

_SHOWN = 120


class SourceTree(msgspec.Struct, frozen=True, kw_only=True):
    """An unpacked source.

    `name` is normalized; `version` None where only a build can tell it.  `root` is the whole tree and is never written
    to, `subdirectory` holds the project inside it.  `identity` tells its bytes from all others: the sha256 of the
    archive (`sha256:…`), or the NAR hash of the tree.  `tagged` is the version that the tag of a git commit spells:
    a plain checkout has no history from which backends could read it.
    """

    name: str
    version: str | None
    root: Path
    identity: str
    subdirectory: str | None = None
    tagged: str | None = None

    @property
    def project(self) -> Path:
        """The folder of the project."""
        return self.root / self.subdirectory if self.subdirectory else self.root

    @property
    def key(self) -> str:
        """What tells this source from every other: two plugins may stand in one tree."""
        return f"{self.identity}#{self.subdirectory}" if self.subdirectory else self.identity

    def __str__(self) -> str:
        return f"{self.name} {self.version}" if self.version else self.name


def build_system_of(source: SourceTree) -> BuildSystem:
    """Return how a source is built; raises `ResolutionError` and `SourceError` where it breaks the standards."""
    label = str(source)
    if all(read_file(source.project, name, top=source.root, source=label) is None for name in FILES):
        raise unusable(source, f"it holds neither {' nor '.join(FILES)}")
    system = build_system(source.project, top=source.root, source=label)
    for requirement in system.requires:
        _require_no_address(source, requirement)
    return system


def asked_requirement(source: SourceTree, text: str) -> Requirement:
    """Parse a requirement that a backend asked for; raises `ResolutionError`."""
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        shown = repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
        raise unusable(source, f"its backend asks for {shown}, which is not valid (PEP 508)") from None
    _require_no_address(source, requirement)
    return requirement


def _require_no_address(source: SourceTree, requirement: Requirement) -> None:
    if requirement.url is not None:
        raise unusable(source, f"it is built with {requirement.name} from an address, which is not followed")
