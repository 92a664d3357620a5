"""Everything that shapes a search besides the plugins themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from packaging.requirements import Requirement
    from packaging.version import Version

    from resolver.hosts.model import ProvidedSet
    from resolver.manifest.model import OverrideConfig, Prereleases
    from resolver.targets import TargetSet


class SearchSettings(msgspec.Struct, frozen=True, kw_only=True):
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
    constraints: Mapping[str, tuple[Requirement, ...]] = {}
    overrides: tuple[OverrideConfig, ...] = ()
    preferred: Mapping[str, tuple[str, ...]] = {}
    preferred_files: Mapping[str, str] = {}
    allow_build: Mapping[str, str] = {}
    allow_origins: Mapping[str, str] = {}
    follows_references: bool = True
    explicit_prereleases: frozenset[str] = frozenset()
    allowed_yanks: frozenset[tuple[str, Version]] = frozenset()
