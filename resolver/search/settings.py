"""Everything that shapes a search besides the plugins themselves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from packaging.requirements import Requirement
    from packaging.version import Version

    from resolver.hosts.model import ProvidedSet
    from resolver.manifest.model import OverrideConfig, Prereleases
    from resolver.targets import TargetSet


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSettings:
    """The fixed surroundings of one search.

    `host` is what is provided.  `exclude_newer` is the moment (UTC) from which on uploads are too new.  `preferred`
    maps a name to the versions an older lock holds, tried first, and `preferred_files` a file name of it to its
    sha256.  `allow_build` maps the names whose sources may be built to the reason a person gave, `allow_origins` the
    places whose direct references are followed, where any are.
    `explicit_prereleases` are the names for which a person named a pre-release, `allowed_yanks` the (name, version) a
    person pinned exactly.
    """

    targets: TargetSet
    host: ProvidedSet
    exclude_newer: datetime | None = None
    prereleases: Prereleases = "if-necessary"
    constraints: Mapping[str, tuple[Requirement, ...]] = field(default_factory=dict)
    overrides: tuple[OverrideConfig, ...] = ()
    preferred: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    preferred_files: Mapping[str, str] = field(default_factory=dict)
    allow_build: Mapping[str, str] = field(default_factory=dict)
    allow_origins: Mapping[str, str] = field(default_factory=dict)
    follows_references: bool = True
    explicit_prereleases: frozenset[str] = frozenset()
    allowed_yanks: frozenset[tuple[str, Version]] = frozenset()
