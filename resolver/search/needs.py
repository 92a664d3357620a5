"""What the search is asked to satisfy: a name, the versions allowed, the targets concerned, and who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    from resolver.index.model import ProjectFile, ProjectPage
    from resolver.search.references import Reference


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: a plugin entry (`kind` plugin), a candidate, the host itself, or an extra of a provided package.

    `text` is the requirement as it was written; `place` the file and line for plugins.  `file` is the file that states
    the requirement of a directory plugin (`pyproject.toml`, or `plugins.toml` where that replaces what its own files
    say); None where plugins.toml asks for the distribution itself.
    """

    kind: str
    name: str
    version: str | None = None
    text: str = ""
    place: str | None = None
    extra: str | None = None
    overridden: str | None = None
    file: str | None = None

    @property
    def is_person(self) -> bool:
        """Whether a person wrote this requirement into plugins.toml."""
        return self.kind == "plugin" and self.file in {None, "plugins.toml"}

    def __str__(self) -> str:
        label = self.name if self.extra is None else f"{self.name}[{self.extra}]"
        return f"{label} {self.version}" if self.version else label


class Need(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One requirement on one name, for the targets in `mask`.

    `extras` maps an extra to the targets on which it is asked for.  `index` names the `[[index]]` to use, `reference`
    the one place from where it has to come.
    """

    name: str
    specifier: SpecifierSet
    mask: int
    asker: Asker
    extras: Mapping[str, int] = {}
    index: str | None = None
    reference: Reference | None = None


class Candidate(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One version of one name for the targets in `mask`, with the file chosen for each target's bit."""

    name: str
    version: Version
    version_text: str
    mask: int
    extras: Mapping[str, int]
    page: ProjectPage
    files: Mapping[int, ProjectFile]
    depth: int = 0

    def __str__(self) -> str:
        return f"{self.name} {self.version_text}"


class Edge(msgspec.Struct, frozen=True, kw_only=True):
    """A requirement that the host satisfies: the name, and the targets."""

    name: str
    mask: int


UNKNOWN_VERSION = "at an unknown version"
"""What stands for the version of a distribution that the host ships where no file tells it."""


class Clash(msgspec.Struct, frozen=True, kw_only=True):
    """A requirement that the host's version does not satisfy, on the targets in `mask`."""

    need: Need
    provided: str
    origin: str
    mask: int


class Demand(msgspec.Struct, frozen=True, kw_only=True):
    """All that a candidate requires: from the index, from the host, and what the host cannot give.

    `unreadable` is the reason why the candidate's metadata cannot be used, if it cannot.
    """

    needs: tuple[Need, ...] = ()
    edges: tuple[Edge, ...] = ()
    clashes: tuple[Clash, ...] = ()
    unreadable: str | None = None
