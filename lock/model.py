"""The content of a plugins.lock as frozen values: PEP 751 `[[packages]]` and one `[tool.plugin-lock]` table.

The file format is described in docs/lock-format.md.  Values that may differ from system to system are mappings
from system to value; in the file they stand as one string where all systems agree.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - whoever asks a struct for its fields evaluates their types
from typing import Literal

import msgspec

from lock.options import Policy, ResolutionOptions

FORMAT_VERSION = 1
"""Raised only when an older reader would go wrong."""

PluginKind = Literal["package", "directory"]


class Wheel(msgspec.Struct, frozen=True, kw_only=True):
    """A wheel as PEP 751 `packages.wheels` has it.  `size` in bytes, `sha256` as 64 lower-case hex digits."""

    name: str
    url: str
    size: int
    sha256: str


class Sdist(msgspec.Struct, frozen=True, kw_only=True):
    """A source distribution as PEP 751 `packages.sdist` has it; fields as of a `Wheel`."""

    name: str
    url: str
    size: int
    sha256: str


class Archive(msgspec.Struct, frozen=True, kw_only=True):
    """A source archive by its address (PEP 751 `packages.archive`); `subdirectory` holds the project."""

    url: str
    size: int
    sha256: str
    subdirectory: str | None = None


class Vcs(msgspec.Struct, frozen=True, kw_only=True):
    """A git commit (PEP 751 `packages.vcs`): `requested_revision` is the tag, branch or commit asked for.

    `commit_id` is 40 or 64 lower-case hex digits.
    """

    url: str
    commit_id: str
    requested_revision: str | None = None
    subdirectory: str | None = None


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    """A folder of the project (PEP 751 `packages.directory`); `path` is relative to plugins.lock."""

    path: str
    subdirectory: str | None = None


PackageSource = Sdist | Archive | Vcs | Directory


class BuildRequirement(msgspec.Struct, frozen=True, kw_only=True):
    """One of the build packages an artifact is built with; `systems` empty: all systems of the artifact."""

    name: str
    version: str
    systems: tuple[str, ...] = ()


class Build(msgspec.Struct, frozen=True, kw_only=True):
    """How a source becomes a wheel: `backend` (PEP 517 `build-backend`), and every package it is built with.

    `requires` is the whole closure, sorted by name and version.  `backend_path` as in PEP 517.
    """

    backend: str
    requires: tuple[BuildRequirement, ...]
    backend_path: tuple[str, ...] = ()


class EntryPoint(msgspec.Struct, frozen=True, kw_only=True):
    """An entry point (Entry points specification): `value` is `module` or `module:attribute`."""

    group: str
    name: str
    value: str


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """What plugin-lock knows of one file: the systems that use it and what was seen inside it.

    `libraries` are the shared libraries its native code needs and does not bring along (ELF DT_NEEDED or Mach-O
    load commands, by file name); `native` says whether it holds native code at all.  `startup_files` run when an
    interpreter starts (`.pth` with code, `sitecustomize`, ...), relative to site-packages.  `uploaded` is the
    index's upload time (PEP 700) as ISO 8601 in UTC.  Trees (git, folders) have `nar_hash`, the SRI hash of the plain
    checkout, with submodules where `submodules`.  `attested`: its index serves attestations of it (PEP 740) by the
    package's publishers.  What must be built has `build`; what is said of its content is then what a build at lock
    time showed.
    """

    name: str
    systems: tuple[str, ...]
    modules: tuple[str, ...] = ()
    startup_files: tuple[str, ...] = ()
    console_scripts: tuple[str, ...] = ()
    native: bool = False
    libraries: tuple[str, ...] = ()
    license: str | None = None
    uploaded: str | None = None
    nar_hash: str | None = None
    submodules: bool = False
    attested: bool = False
    build: Build | None = None


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """One locked distribution at one version, for the systems its artifacts name.

    `dependencies` are names of other locked packages, `provided` names the host ships; `edge_systems` holds, for
    an edge that does not apply to all systems of this package, the systems to which it applies.
    `attestation_identities` are who published its attested artifacts: `kind`, and the keys of that kind (PEP 740,
    PEP 751).
    """

    name: str
    version: str
    requires_python: str | None = None
    index: str | None = None
    dependencies: tuple[str, ...] = ()
    provided: tuple[str, ...] = ()
    edge_systems: Mapping[str, tuple[str, ...]] = {}
    wheels: tuple[Wheel, ...] = ()
    source: PackageSource | None = None
    attestation_identities: tuple[Mapping[str, str], ...] = ()
    artifacts: tuple[Artifact, ...] = ()

    @property
    def systems(self) -> tuple[str, ...]:
        """The systems this package is locked for, sorted."""
        return tuple(sorted({system for artifact in self.artifacts for system in artifact.systems}))


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where the host's packages were read from.

    `kind` is `uv-lock`, `pylock`, `requirements`, `plugins-lock`, `environment`, `requirement` or `none`;
    `location` the path or requirement as plugins.toml has it; `flake_input`, `url` and `revision` where the file
    came out of a pinned repository.
    """

    kind: str
    location: str | None = None
    flake_input: str | None = None
    url: str | None = None
    revision: str | None = None


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """The host the plugins were resolved against.

    `provided` holds only what a locked package relies on: name to system to version.
    """

    name: str
    python: str
    source: Source
    version: str | None = None
    entry_points: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    dependency_groups: tuple[str, ...] = ()
    provided: Mapping[str, Mapping[str, str]] = {}


class TargetRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A system the lock is complete for; `platform` is its floor: `manylinux_2_28` or `macosx_13_0`."""

    system: str
    platform: str


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A source as plugins.toml asks for it; exactly one of `git`, `url` and `path` is set.

    `tag`, `branch` and `revision` exclude each other; `dependencies` are given where plugins.toml replaces what the
    plugin's own files say.
    """

    git: str | None = None
    url: str | None = None
    path: str | None = None
    tag: str | None = None
    branch: str | None = None
    revision: str | None = None
    subdirectory: str | None = None
    submodules: bool = False
    dependencies: tuple[str, ...] | None = None


class PluginManifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a directory plugin says of itself, as far as a reviewer needs it.

    `file` is the manifest's name (`plugin.yaml`, `skill.toml`), `id` what the host knows the plugin by.
    """

    file: str
    id: str
    version: str | None = None
    tools: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    requires_env: tuple[str, ...] = ()
    external_dependencies: tuple[str, ...] = ()
    requires_host: str | None = None
    requires_plugins: tuple[str, ...] = ()
    executable: str | None = None
    risk: str | None = None


class PluginTree(msgspec.Struct, frozen=True, kw_only=True):
    """The folder of a directory plugin: where it comes from, and the SRI NAR hash of the plain tree.

    `dependencies`, `provided` and `edge_systems` are its Python needs, as in a `Package`.
    """

    source: Archive | Vcs | Directory
    nar_hash: str
    manifest: PluginManifest
    submodules: bool = False
    dependencies: tuple[str, ...] = ()
    provided: tuple[str, ...] = ()
    edge_systems: Mapping[str, tuple[str, ...]] = {}


class Plugin(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of `[plugins]`: what was asked for and what it became.

    `specifier` as asked (`*` for any), None for a plugin that is no distribution of an index; `source` is then what
    plugins.toml asked for, in the words of `Asked`.  `version` by system; empty for a directory plugin, which has
    `tree` instead.
    """

    name: str
    kind: PluginKind
    version: Mapping[str, str]
    specifier: str | None = None
    asked: Asked | None = None
    tree: PluginTree | None = None
    extras: tuple[str, ...] = ()
    marker: str | None = None
    index: str | None = None
    entry_points: tuple[EntryPoint, ...] = ()


class IndexRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An index used, without credentials, and the origins (`https://host`) its files are served from."""

    url: str
    files: tuple[str, ...]


class Lock(msgspec.Struct, frozen=True, kw_only=True):
    """A whole plugins.lock.  All sequences are sorted by name (the writer sorts, the reader checks)."""

    host: Host
    targets: tuple[TargetRecord, ...]
    packages: tuple[Package, ...]
    plugins: tuple[Plugin, ...]
    build_packages: tuple[Package, ...] = ()
    indexes: tuple[IndexRecord, ...] = ()
    resolution: ResolutionOptions = ResolutionOptions()
    policy: Policy = Policy()

    @property
    def systems(self) -> tuple[str, ...]:
        """The systems of all targets, sorted."""
        return tuple(sorted(target.system for target in self.targets))
