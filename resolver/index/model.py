"""What a package index says of a project: files by version, as PEP 503, 691, 592, 700, 714 and 740 define them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    from resolver.search.references import Reference


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """One index: `url` ends in `/` and holds no credentials; `name` is the `[[index]]` name or `default`.

    `files` are the origins from which it may serve files besides its own.  `noun` is what messages call it.
    """

    name: str
    url: str
    explicit: bool = False
    files: tuple[str, ...] = ()
    noun: str = "index"


class ProjectFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One file of a project page, digested; kind `tree` stands for a git commit or a folder, which no page lists.

    `url` is absolute and without fragment; `sha256` is 64 lower-case hex digits or None where the index gives no
    such hash; `size` is in bytes; `yanked` is None, or the reason ("" where none was given); `upload_time` is ISO
    8601 in UTC; `metadata` is True or a sha256 where a PEP 658 file exists, None where the index does not say;
    `provenance` is the PEP 740 address.
    """

    filename: str
    url: str
    kind: Literal["wheel", "sdist", "tree"]
    version: str
    sha256: str | None = None
    size: int | None = None
    requires_python: str | None = None
    yanked: str | None = None
    upload_time: str | None = None
    metadata: str | bool | None = None
    provenance: str | None = None


class ProjectPage(msgspec.Struct, frozen=True, kw_only=True):
    """What one index serves for one normalized name.

    `versions` maps each version string, as the file names spell it and newest first, to its files; files whose
    names cannot be understood are in `skipped` with the reason.  `status` is PEP 792's, `active` where none is given.
    `tracks` and `alternate_locations` are PEP 708's, as given: since the first index wins nothing is ever merged by
    them.  `direct`: no index lists this, plugins.toml names the one file or tree by its address, or a requirement does,
    by the `reference`.
    """

    name: str
    index: Index
    versions: Mapping[str, tuple[ProjectFile, ...]]
    skipped: tuple[tuple[str, str], ...] = ()
    status: str = "active"
    tracks: tuple[str, ...] = ()
    alternate_locations: tuple[str, ...] = ()
    direct: bool = False
    reference: Reference | None = None


class CoreMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of core metadata that resolution needs (`Requires-Dist` parsed once per distinct string)."""

    name: str
    version: str
    requires_dist: tuple[Requirement, ...]
    requires_python: SpecifierSet | None
    provides_extra: tuple[str, ...]
