"""Whether the files of a lock are still the same bytes, with the same content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.errors import Problem, WorldError
from resolver.verification.fetching import GoneError, UnseenError
from resolver.verification.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from resolver.verification.contents import Contents
    from resolver.verification.fetching import Bytes, Copy
    from resolver.verification.model import LockedFile, Outcome

_CAUSES = (
    "it was replaced by whoever runs the server, altered by a proxy, or attacked: do not take the new bytes before"
    " whoever publishes it has said why; plugin-lock update {name} --accept-changed {name} takes them"
)


def check_file(file: LockedFile, source: Bytes, contents: Contents) -> tuple[Finding, ...]:
    """Get one file and compare it with the lock."""
    try:
        with source.opened(file) as copy:
            return (*_damaged(file, copy.damaged), *_compared(file, copy, contents))
    except GoneError as gone:
        message = f"{file.filename} is gone: {gone.where} no longer has it"
        remedy = f"keep the copy of a cache or Nix store, or take another version: plugin-lock update {file.name}"
        return (_finding("gone", file, Problem(code="gone", message=message, remedy=remedy)),)
    except UnseenError as unseen:
        if unseen.damaged:
            return tuple(_damaged(file, unseen.damaged))
        message = f"{file.filename} is neither in the cache nor in the Nix store, so nothing can be told of it"
        problem = Problem(code="not-checked", message=message, remedy="run verify once with a network")
        return (_finding("unknown", file, problem),)
    except WorldError as error:
        return tuple(_finding("failed", file, problem) for problem in error.problems)


def _damaged(file: LockedFile, places: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    for place, remedy in places:
        message = f"this copy of {file.filename} is damaged: its bytes have not the hash that it lies under"
        yield _finding("damaged", file, Problem(code="damaged-copy", message=message, path=place, remedy=remedy))


def _compared(file: LockedFile, copy: Copy, contents: Contents) -> Iterator[Finding]:
    if copy.sha256 != file.sha256:
        message = f"{file.filename} has sha256 {copy.sha256}, and {file.sha256} is locked"
        problem = Problem(code="changed-bytes", message=message, remedy=_CAUSES.format(name=file.name))
        yield _finding("changed", file, problem)
        return
    size = copy.path.stat().st_size
    if size != file.size:
        message = f"{file.filename} has {size} bytes, and the lock says {file.size}"
        yield _finding("different", file, Problem(code="size", message=message, remedy="run plugin-lock lock anew"))
    for problem in contents.of_file(file, copy.path):
        yield _finding("different", file, problem)


def _finding(outcome: Outcome, file: LockedFile, problem: Problem) -> Finding:
    return Finding(outcome=outcome, name=file.name, version=file.version, artifact=file.filename, problem=problem)
