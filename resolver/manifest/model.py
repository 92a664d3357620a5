"""The content of plugins.toml as frozen values, each knowing the line it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from packaging.markers import Marker
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    from lock.options import Publisher

Prereleases = Literal["disallow", "explicit", "if-necessary", "allow"]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a value stands: the file as the user named it, the line (1-based) and the dotted key."""

    path: str
    line: int
    key: str


class HostFile(msgspec.Struct, frozen=True, kw_only=True):
    """`lock = "path"`: a lock file of the host, relative to plugins.toml."""

    path: str


class HostFlakeInput(msgspec.Struct, frozen=True, kw_only=True):
    """`lock = { flake-input = …, path = … }`: a file at the revision that ./flake.lock pins."""

    flake_input: str
    path: str


class HostGit(msgspec.Struct, frozen=True, kw_only=True):
    """`lock = { git = …, rev = …, path = … }`: a file at a revision of a git repository."""

    url: str
    revision: str
    path: str


class HostEnvironment(msgspec.Struct, frozen=True, kw_only=True):
    """`environment = "path"`: an installed environment, read through its dist-info folders."""

    path: str


class HostRequirement(msgspec.Struct, frozen=True, kw_only=True):
    """`requirement = "name==version"`: the host itself is resolved from the index."""

    requirement: Requirement


HostSource = HostFile | HostFlakeInput | HostGit | HostEnvironment | HostRequirement


class StatedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of `[host].versions`: the version of a distribution that the host ships and no file of it tells."""

    version: str
    place: Place


class HostConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`[host]`.  `source` None: nothing is provided.  Extras, groups and keys of `versions` are normalized names."""

    name: str
    python: str
    entry_points: tuple[str, ...]
    source: HostSource | None
    extras: tuple[str, ...] = ()
    dependency_groups: tuple[str, ...] = ()
    versions: Mapping[str, StatedVersion] = {}
    place: Place


class TargetsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`[targets]`: systems sorted, floors as (major, minor)."""

    systems: tuple[str, ...]
    manylinux: tuple[int, int]
    macos: tuple[int, int]
    place: Place


class IndexSource(msgspec.Struct, frozen=True, kw_only=True):
    """A plugin from an index: `index` is the name of an `[[index]]`, None for the usual order."""

    specifier: SpecifierSet
    extras: tuple[str, ...] = ()
    index: str | None = None


class GitSource(msgspec.Struct, frozen=True, kw_only=True):
    """A plugin from a git repository; at most one of `tag`, `branch` and `revision` (a full commit) is set.

    None of them: the branch that the repository's HEAD names.
    """

    url: str
    tag: str | None = None
    branch: str | None = None
    revision: str | None = None
    subdirectory: str | None = None
    submodules: bool = False
    extras: tuple[str, ...] = ()


class UrlSource(msgspec.Struct, frozen=True, kw_only=True):
    """A plugin from an archive's address: a wheel, an sdist, or any tar or zip file with the project inside."""

    url: str
    subdirectory: str | None = None
    extras: tuple[str, ...] = ()


class PathSource(msgspec.Struct, frozen=True, kw_only=True):
    """A plugin from a folder inside the project, relative to plugins.toml."""

    path: str
    subdirectory: str | None = None
    extras: tuple[str, ...] = ()


DirectSource = GitSource | UrlSource | PathSource


class PluginConfig(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of `[plugins]`; `name` is normalized (PEP 503), `marker` limits the targets.

    `kind` None: a tree is looked at to tell whether it is a package or a directory plugin.  `dependencies` replaces
    what a directory plugin's own files say of its Python needs.
    """

    name: str
    source: IndexSource | DirectSource
    kind: Literal["package", "directory"] | None = None
    dependencies: tuple[Requirement, ...] | None = None
    marker: Marker | None = None
    place: Place


class IndexConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`[[index]]`: `files` are further origins the index serves its files from (`https://files.example`)."""

    name: str
    url: str
    explicit: bool = False
    files: tuple[str, ...] = ()
    place: Place


class OverrideConfig(msgspec.Struct, frozen=True, kw_only=True):
    """A requirement that replaces what distributions ask for; `package` limits it to one of them."""

    requirement: Requirement
    reason: str
    package: str | None
    place: Place


class ResolutionConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`[resolution]`: `exclude_newer` is an ISO 8601 span such as `P7D`, or a date; `7 days` has become `P7D`."""

    exclude_newer: str | None = None
    prereleases: Prereleases = "if-necessary"
    constraints: tuple[Requirement, ...] = ()
    overrides: tuple[OverrideConfig, ...] = ()


class IgnoredAdvisory(msgspec.Struct, frozen=True, kw_only=True):
    """A known vulnerability that does not count up to and including the day `until` (UTC); `id` as written."""

    id: str
    reason: str
    until: date
    place: Place


class PolicyConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`[policy]`: what a reviewer has agreed to, to the reason given.

    The keys are normalized names; those of `allow_origins` are origins or the beginnings of addresses, from which
    direct references in the metadata of dependencies are followed.  `publishers` are who alone may publish a package.
    """

    allow_build: Mapping[str, str] = {}
    allow_startup_code: Mapping[str, str] = {}
    allow_modules: Mapping[str, str] = {}
    allow_origins: Mapping[str, str] = {}
    allow_unattested: Mapping[str, str] = {}
    publishers: Mapping[str, tuple[Publisher, ...]] = {}
    ignore_advisories: tuple[IgnoredAdvisory, ...] = ()


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """A whole plugins.toml.  `plugins` are sorted by name; `indexes` stand in the order of the file."""

    path: str
    host: HostConfig
    targets: TargetsConfig
    plugins: tuple[PluginConfig, ...]
    indexes: tuple[IndexConfig, ...] = ()
    resolution: ResolutionConfig = ResolutionConfig()
    policy: PolicyConfig = PolicyConfig()
