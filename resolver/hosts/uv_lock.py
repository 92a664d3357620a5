"""The content of a uv.lock as typed values, as far as it says what is installed (format version 1).

The format is uv's own and has no specification; fields it may gain later are passed over, as uv does.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import msgspec

from lock.errors import InputError, Problem
from resolver.hosts.toml_document import key_path, parse_toml, problem_at, table_lines

if TYPE_CHECKING:
    from resolver.hosts.files import HostText

FORMAT_VERSION = 1
"""The only version there has been; `revision` counts changes that older readers survive."""

# Nine tenths of a uv.lock are addresses and hashes of files that are never fetched for a host.  Only lines of
# exactly uv's own layout are blanked, so that whatever else stands there is still parsed (and refused).
_FIELD = r'(?:url|hash|path|filename|upload-time) = "[^"\\\x00-\x1f\x7f]*"|size = [0-9]+'
_FILES = re.compile(
    rf"^wheels = \[\n(?:    \{{ (?:{_FIELD})(?:, (?:{_FIELD}))* \}},\n)+\]\n"
    rf"|^sdist = \{{ (?:{_FIELD})(?:, (?:{_FIELD}))* \}}\n",
    re.MULTILINE,
)


class Edge(msgspec.Struct, frozen=True, rename="kebab"):
    """A dependency on another package of the lock; version and source stand where the name is ambiguous."""

    name: str
    version: str | None = None
    source: dict[str, Any] | None = None
    extra: list[str] = []
    marker: str = ""


class Requirement(msgspec.Struct, frozen=True, rename="kebab"):
    """A requirement as the package itself declares it."""

    name: str
    extras: list[str] = []
    specifier: str = ""
    marker: str = ""
    git: str | None = None
    url: str | None = None
    path: str | None = None
    directory: str | None = None
    editable: str | None = None
    virtual: str | None = None

    @property
    def address(self) -> str | None:
        """Where it comes from, if not from an index: a URL, or a path relative to the lock."""
        if self.git is not None:
            return f"git+{self.git}"
        return self.url or self.path or self.directory or self.editable or self.virtual


class Metadata(msgspec.Struct, frozen=True, rename="kebab"):
    """What a package with sources in the workspace declares."""

    requires_dist: list[Requirement] = []
    provides_extras: list[str] = []
    requires_dev: dict[str, list[Requirement]] = {}


class Package(msgspec.Struct, frozen=True, rename="kebab"):
    """A locked package; `version` is absent where a build would tell it."""

    name: str
    source: dict[str, Any]
    version: str | None = None
    resolution_markers: list[str] = []
    dependencies: list[Edge] = []
    optional_dependencies: dict[str, list[Edge]] = {}
    dev_dependencies: dict[str, list[Edge]] = {}
    dependency_groups: dict[str, list[Edge]] = {}
    metadata: Metadata | None = None

    @property
    def groups(self) -> dict[str, list[Edge]]:
        """The dependency groups, under either of the names uv reads."""
        return self.dev_dependencies or self.dependency_groups

    @property
    def is_root(self) -> bool:
        """Say whether this is the project that stands beside the lock."""
        return any(self.source.get(kind) == "." for kind in ("editable", "virtual", "directory"))


class ConflictItem(msgspec.Struct, frozen=True):
    """One of several extras, groups or projects that must not be installed together."""

    package: str
    extra: str | None = None
    group: str | None = None

    @property
    def encoded(self) -> str:
        """The name uv gives this in the `extra` of markers; the length tells where the package's name ends."""
        prefix = f"{len(self.package.encode())}-{self.package}"
        if self.extra is not None:
            return f"extra-{prefix}-{self.extra}"
        return f"project-{prefix}" if self.group is None else f"group-{prefix}-{self.group}"

    def __str__(self) -> str:
        if self.extra is not None:
            return f"the extra {self.extra!r} of {self.package}"
        return self.package if self.group is None else f"the group {self.group!r} of {self.package}"


class WorkspaceManifest(msgspec.Struct, frozen=True, rename="kebab"):
    """What the lock was made for beyond single packages."""

    members: list[str] = []
    requirements: list[Requirement] = []
    dependency_groups: dict[str, list[Requirement]] = {}


class Document(msgspec.Struct, frozen=True, rename="kebab"):
    """A whole uv.lock."""

    version: int
    revision: int = 0
    requires_python: str = ""
    supported_markers: list[str] = []
    conflicts: list[list[ConflictItem]] = []
    manifest: WorkspaceManifest = WorkspaceManifest()
    package: list[Package] = []
    distribution: list[Package] = []

    @property
    def packages(self) -> list[Package]:
        """The packages; locks from before mid-2024 call them `distribution`."""
        return self.package or self.distribution


class UvLock:
    """A parsed uv.lock with its packages by name; `index` of a package is its place in the file."""

    def __init__(self, file: HostText) -> None:
        self.file = file
        self.document = _document(file)
        self.packages = self.document.packages
        self._table = "package" if self.document.package else "distribution"
        self._lines = table_lines(file.text, self._table)
        self.by_name: dict[str, list[int]] = defaultdict(list)
        for index, package in enumerate(self.packages):
            self.by_name[package.name].append(index)

    def origin(self, index: int) -> str:
        """Return `uv.lock:989`: the line on which a package stands."""
        if len(self._lines) != len(self.packages):
            return self.file.label
        return f"{self.file.label}:{self._lines[index]}"

    def target_of(self, edge: Edge, parent: int) -> int:
        """Return the index of the package an edge leads to.

        Raises `InputError` where it is none or several.
        """
        candidates = self.by_name.get(edge.name, [])
        fitting = [index for index in candidates if self._fits(edge, index, is_only=len(candidates) == 1)]
        if len(fitting) == 1:
            return fitting[0]
        wanted = edge.name if edge.version is None else f"{edge.name} {edge.version}"
        number = f"{len(fitting)} packages" if fitting else "no package"
        message = f"{self.packages[parent].name} depends on {wanted}, and {number} of the lock fit that"
        raise InputError(self.problem((self._table, parent), message))

    def _fits(self, edge: Edge, index: int, *, is_only: bool) -> bool:
        package = self.packages[index]
        if edge.source is not None and edge.source != package.source:
            return False
        # Without a version beside an ambiguous name uv means the package whose version only a build tells.
        return edge.version == package.version or (edge.version is None and is_only)

    def problem(
        self,
        path: tuple[str | int, ...],
        message: str,
        code: str = "host-content",
        remedy: str = "run `uv lock` in the host's project",
    ) -> Problem:
        """Make a problem at a key of this lock."""
        return problem_at(self.file, path, message, code=code, remedy=remedy)


def _document(file: HostText) -> Document:
    content = parse_toml(file, _FILES.sub(lambda match: "\n" * match[0].count("\n"), file.text))
    version = content.get("version")
    if isinstance(version, int) and version != FORMAT_VERSION:
        message = f"uv.lock has format version {version}; this program reads version {FORMAT_VERSION}"
        remedy = "use a plugin-lock that reads it, or write the lock with an older uv"
        raise InputError(problem_at(file, ("version",), message, code="host-format", remedy=remedy))
    try:
        return msgspec.convert(content, Document)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at ")
        path = key_path(place.strip("`"))
        raise InputError(problem_at(file, path, message, remedy="run `uv lock` in the host's project")) from error
