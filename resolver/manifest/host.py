"""`[host]`: the program that loads the plugins, and where it is read what the program ships."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.manifest import words
from resolver.manifest.document import Table
from resolver.manifest.model import (
    HostConfig,
    HostEnvironment,
    HostFile,
    HostFlakeInput,
    HostGit,
    HostRequirement,
    StatedVersion,
)
from resolver.manifest.requirements import host_requirement
from resolver.manifest.urls import git_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resolver.manifest.model import HostSource

KEYS = (
    "name",
    "python",
    "entry-points",
    "lock",
    "environment",
    "requirement",
    "extras",
    "dependency-groups",
    "versions",
)
LOCK_KEYS = ("flake-input", "git", "rev", "path")
SOURCES = ("lock", "environment", "requirement")


def read(table: Table) -> HostConfig | None:
    """Return the host, None where something is wrong (and reported)."""
    table.require("name", 'add the name of the program: name = "hermes-agent"')
    table.require("python", 'add the version of Python it runs on: python = "3.12"')
    name = table.read("name", words.distribution_name)
    python = table.read("python", words.python_version, remedy='put it in quotes: python = "3.12"')
    entry_points = table.read_list("entry-points", words.entry_point_group)
    source = _source(table)
    extras = table.read_list("extras", words.extra_name)
    groups = table.read_list("dependency-groups", words.extra_name)
    versions = _versions(table)
    if name is None or python is None:
        return None
    return HostConfig(
        name=name,
        python=python,
        entry_points=entry_points,
        source=source,
        extras=extras,
        dependency_groups=groups,
        versions=versions,
        place=table.document.place(table.key),
    )


def _versions(table: Table) -> Mapping[str, StatedVersion]:
    """Read what the file of the host does not tell: normalized name to version."""
    found: dict[str, StatedVersion] = {}
    for written, value in (table.mapping("versions") or {}).items():
        key = (*table.key, "versions", written)
        name = table.document.parse(key, written, words.distribution_name)
        version = table.document.parse(key, value, words.version, remedy='write a version: "1.2.3"')
        if name is None or version is None:
            continue
        if name in found:
            table.document.report(key, f"{name} stands here twice", code="duplicate", remedy="keep one of them")
        found[name] = StatedVersion(version=version, place=table.document.place(key))
    return found


def _source(table: Table) -> HostSource | None:
    given = [name for name in SOURCES if name in table]
    for name in given[1:]:
        table.report(
            name,
            f'what the host ships is already read from "{given[0]}"',
            code="conflict",
            remedy=f"keep one of {', '.join(given)}",
        )
    environment = table.read("environment", words.file_path)
    requirement = table.read("requirement", host_requirement)
    lock = _lock(table)
    if lock is not None:
        return lock
    if environment is not None:
        return HostEnvironment(path=environment)
    return None if requirement is None else HostRequirement(requirement=requirement)


def _lock(table: Table) -> HostSource | None:
    value = table.values.get("lock")
    if isinstance(value, dict):
        return _pinned_lock(Table(table.document, (*table.key, "lock"), value, LOCK_KEYS))
    path = table.read(
        "lock",
        words.file_path,
        remedy="write a path, or a table: { flake-input = …, path = … } or { git = …, rev = …, path = … }",
    )
    return None if path is None else HostFile(path=path)


def _pinned_lock(table: Table) -> HostSource | None:
    """Read `{ flake-input, path }` or `{ git, rev, path }`."""
    table.require("path", 'add where the file stands in the repository: path = "uv.lock"')
    path = table.read("path", words.inner_path)
    flake_input = table.read("flake-input", words.flake_input)
    git = table.read("git", git_url)
    revision = table.read("rev", words.commit)
    if "flake-input" in table:
        for name in ("git", "rev"):
            if name in table:
                table.report(
                    name,
                    "the flake input already says which revision, through flake.lock",
                    code="conflict",
                    remedy=f'leave out "{name}", or "flake-input"',
                )
        if flake_input is None or path is None:
            return None
        return HostFlakeInput(flake_input=flake_input, path=path)
    table.require("git", 'add where the repository is: git = "https://…", or flake-input = "…"')
    if "git" in table:
        table.require("rev", "add the full commit: rev = …")
    if git is None or revision is None or path is None:
        return None
    return HostGit(url=git, revision=revision, path=path)
