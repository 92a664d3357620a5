"""Reading the sources of packages and directory plugins (PEP 751), and how they are built."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from lock.findings import NEWER
from lock.grammar import quoted
from lock.model import Archive, Build, BuildRequirement, Directory, Sdist, Vcs
from lock.toml_lines import key_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lock.model import PackageSource
    from lock.tables import Table

_T = TypeVar("_T")


def read_source(table: Table) -> PackageSource | None:
    """Read the source of a package, None where it has wheels only."""
    readers: Mapping[str, Callable[[Table], PackageSource]] = {"sdist": _sdist, **_TREES}
    found = _present(table, readers)
    return found[0] if found else None


def read_tree_source(table: Table) -> Archive | Vcs | Directory:
    """Read where the folder of a directory plugin comes from."""
    found = _present(table, _TREES)
    if found:
        return found[0]
    message = f"{key_text(table.path)} has none of 'archive', 'vcs' and 'directory'"
    table.add("rule-8-incomplete", message)
    return Directory(path="")


def _present(table: Table, readers: Mapping[str, Callable[[Table], _T]]) -> list[_T]:
    names = [name for name in readers if table.has(name)]
    if len(names) > 1:
        message = f"{key_text(table.path)} has both {names[0]!r} and {names[1]!r}, two sources of one thing"
        table.add("rule-7-key", message, names[1])
    return [readers[name](table.table(name)) for name in names]


def read_sha256(table: Table) -> str:
    """Read `hashes`, which holds a sha256 and nothing else."""
    hashes = table.table("hashes", code="rule-1-hash")
    sha256 = hashes.text("sha256")
    hashes.finish()
    return sha256


def _sdist(table: Table) -> Sdist:
    sdist = Sdist(name=table.text("name"), url=table.text("url"), size=table.integer("size"), sha256=read_sha256(table))
    table.finish()
    return sdist


def _archive(table: Table) -> Archive:
    archive = Archive(
        url=table.text("url"),
        size=table.integer("size"),
        sha256=read_sha256(table),
        subdirectory=table.optional_text("subdirectory"),
    )
    table.finish()
    return archive


def _vcs(table: Table) -> Vcs:
    kind = table.text("type")
    if kind != "git" and table.is_text("type"):
        message = f"the version control {quoted(kind)} is not known; this plugin-lock reads 'git'"
        table.add("rule-7-type", message, "type", remedy=NEWER)
    vcs = Vcs(
        url=table.text("url"),
        requested_revision=table.optional_text("requested-revision"),
        commit_id=table.text("commit-id"),
        subdirectory=table.optional_text("subdirectory"),
    )
    table.finish()
    return vcs


def _directory(table: Table) -> Directory:
    directory = Directory(path=table.text("path"), subdirectory=table.optional_text("subdirectory"))
    table.finish()
    return directory


_TREES: Mapping[str, Callable[[Table], Archive | Vcs | Directory]] = {
    "archive": _archive,
    "vcs": _vcs,
    "directory": _directory,
}


def read_build(table: Table) -> Build:
    """Read how an artifact is built."""
    build = Build(
        backend=table.text("backend"),
        backend_path=table.texts("backend-path"),
        requires=tuple(_requirement(entry) for entry in table.tables("requires")),
    )
    table.finish()
    return build


def _requirement(table: Table) -> BuildRequirement:
    requirement = BuildRequirement(
        name=table.text("name"), version=table.text("version"), systems=table.texts("systems")
    )
    table.finish()
    return requirement
