"""What an index says now of files that were locked: other hashes, yanked files, quarantined projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.errors import Problem, WorldError
from resolver.index.offered import offered
from resolver.verification.model import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from resolver.index.client import IndexClient
    from resolver.index.model import ProjectPage
    from resolver.verification.model import LockedFile, Outcome

_STATUS_NOTES = {"archived": "is archived: no new release is expected", "deprecated": "is deprecated"}


def listed(
    client: IndexClient, name_of: dict[str, str], files: Iterable[LockedFile], note: Callable[[str], None]
) -> Iterator[Finding]:
    """Compare files with their project's page; `name_of` is the index's name by its URL.

    What is odd and no finding goes to `note`.
    """
    asked = {}
    unknown: set[str] = set()
    for file in files:
        if file.index in name_of:
            asked[file] = client.page(file.name, name_of[file.index or ""])
        else:
            unknown.add(file.index or "")
    for url in sorted(unknown):
        note(f"{url} is no index of plugins.toml any more, so nobody was asked what it says of its files now")
    noted: set[str] = set()
    for file, future in asked.items():
        try:
            page = future.result()
            # Its entries are read only now, and one may be damaged.
            found = tuple(_of_page(file, page))
        except WorldError as error:
            yield _finding("failed", file, error.problems[0])
            continue
        if page is not None and page.status in _STATUS_NOTES and page.name not in noted:
            noted.add(page.name)
            note(f"{page.name} {_STATUS_NOTES[page.status]}")
        yield from found


def _of_page(file: LockedFile, page: ProjectPage | None) -> Iterator[Finding]:
    if page is not None and page.status == "quarantined":
        message = f"{page.index.name} has quarantined {file.name}: it may be harmful"
        yield _finding("withdrawn", file, _problem("quarantined", message, f"plugin-lock remove {file.name}"))
        return
    found = offered(page, file.filename)
    if page is None or found is None:
        what = f"no longer lists {file.filename}" if page is not None else f"no longer knows {file.name}"
        remedy = f"keep a copy of the file, or take another version: plugin-lock update {file.name}"
        yield _finding("gone", file, _problem("unlisted", f"the index {file.index} {what}", remedy))
        return
    if found.sha256 is not None and found.sha256 != file.sha256:
        message = f"the index {file.index} lists sha256 {found.sha256} for {file.filename}; locked is {file.sha256}"
        remedy = "the file was replaced after it was locked: ask whoever publishes it before taking the new bytes"
        yield _finding("changed", file, _problem("changed-bytes", message, remedy))
    if found.yanked is not None:
        reason = f": {found.yanked}" if found.yanked else ""
        message = f"{file.filename} was yanked{reason}"
        yield _finding("withdrawn", file, _problem("yanked", message, f"run plugin-lock update {file.name}"))


def _problem(code: str, message: str, remedy: str) -> Problem:
    return Problem(code=code, message=message, remedy=remedy)


def _finding(outcome: Outcome, file: LockedFile, problem: Problem) -> Finding:
    return Finding(outcome=outcome, name=file.name, version=file.version, artifact=file.filename, problem=problem)
