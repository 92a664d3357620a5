"""Where a plugin comes from if it does not come from an index: a git repository, an archive's URL, or a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.manifest import words
from resolver.manifest.model import GitSource, PathSource, UrlSource
from resolver.manifest.urls import archive_url, git_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resolver.manifest.document import Table
    from resolver.manifest.model import DirectSource

ORIGINS = ("git", "path", "url")
GIT_REFS = ("tag", "branch", "rev")
GIT_KEYS = (*GIT_REFS, "submodules")
KEYS = (*ORIGINS, *GIT_KEYS, "subdirectory")


def read(table: Table, extras: tuple[str, ...]) -> DirectSource | None:
    """Return the source that an entry names, None where it names none or a wrong one (and that is reported)."""
    git = table.read("git", git_url)
    path = table.read("path", words.project_folder)
    url = table.read("url", archive_url)
    tag = table.read("tag", words.git_ref)
    branch = table.read("branch", words.git_ref)
    revision = table.read("rev", words.commit)
    submodules = table.flag("submodules")
    subdirectory = table.read("subdirectory", words.inner_folder)
    _check_combination(table)
    if git is not None:
        return GitSource(
            url=git,
            tag=tag,
            branch=branch,
            revision=revision,
            subdirectory=subdirectory,
            submodules=submodules,
            extras=extras,
        )
    if url is not None:
        return UrlSource(url=url, subdirectory=subdirectory, extras=extras)
    return None if path is None else PathSource(path=path, subdirectory=subdirectory, extras=extras)


def _check_combination(table: Table) -> None:
    """Check that the entry says once where the plugin comes from, and nothing that belongs to other origins."""
    given = [name for name in ORIGINS if name in table]
    _only_one(table, given)
    for name in ("version", "index") if given else ():
        if name in table:
            table.report(
                name,
                f'this is for plugins from an index, and "{given[0]}" stands here too',
                code="conflict",
                remedy=f'keep "{name}" or "{given[0]}"',
            )
    _only_one(table, [name for name in GIT_REFS if name in table])
    for name in GIT_KEYS if "git" not in table else ():
        if name in table:
            table.report(
                name, 'this is for plugins from git, and there is no "git"', code="conflict", remedy='add "git"'
            )
    if "subdirectory" in table and not given:
        table.report(
            "subdirectory",
            "this is for plugins that come from elsewhere than an index",
            code="conflict",
            remedy=f"add one of {', '.join(ORIGINS)}, or leave it out",
        )


def _only_one(table: Table, given: Sequence[str]) -> None:
    for name in given[1:]:
        table.report(name, f'"{given[0]}" stands here too', code="conflict", remedy=f"keep one of {', '.join(given)}")
