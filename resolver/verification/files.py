"""Whether the files of a lock are still the same bytes, with the same content."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.errors import LockError, Problem, WorldError
from resolver.verification.contents import wheel_differences
from resolver.verification.fetching import GoneError, UnseenError, sha256_of
from resolver.verification.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lock.model import Lock
    from resolver.targets import TargetSet
    from resolver.verification.fetching import Bytes
    from resolver.verification.model import LockedFile, Outcome

_CAUSES = (
    "it was replaced by whoever runs the server, altered by a proxy, or attacked: do not take the new bytes before"
    " whoever publishes it has said why; plugin-lock update {name} --accept-changed {name} takes them"
)


def check_file(file: LockedFile, source: Bytes, lock: Lock, targets: TargetSet) -> tuple[Finding, ...]:
    """Get one file and compare it with the lock."""
    try:
        path = source.get(file)
        return tuple(_compared(file, path, lock, targets))
    except GoneError as gone:
        message = f"{file.filename} is gone: {gone.where} no longer has it"
        remedy = f"keep the copy of a cache or Nix store, or take another version: plugin-lock update {file.name}"
        return (_finding("gone", file, Problem(code="gone", message=message, remedy=remedy)),)
    except UnseenError:
        message = f"{file.filename} is neither in the cache nor in the Nix store, so nothing can be told of it"
        problem = Problem(code="not-checked", message=message, remedy="run verify once with a network")
        return (_finding("unknown", file, problem),)
    except WorldError as error:
        return tuple(_finding("failed", file, problem) for problem in error.problems)


def _compared(file: LockedFile, path: Path, lock: Lock, targets: TargetSet) -> Iterator[Finding]:
    sha256, size = sha256_of(path), path.stat().st_size
    if sha256 != file.sha256:
        message = f"{file.filename} has sha256 {sha256}, and {file.sha256} is locked"
        problem = Problem(code="changed-bytes", message=message, remedy=_CAUSES.format(name=file.name))
        yield _finding("changed", file, problem)
        return
    if size != file.size:
        message = f"{file.filename} has {size} bytes, and the lock says {file.size}"
        yield _finding("different", file, Problem(code="size", message=message, remedy="run plugin-lock lock anew"))
    if not file.filename.endswith(".whl"):
        return
    try:
        found = wheel_differences(file, path, lock, targets)
    except LockError as error:
        for problem in error.problems:
            yield _finding("different", file, problem)
        return
    for what in found:
        message = f"{file.filename}: {what}"
        remedy = "the lock was edited, or written by another release: see what changed, and run plugin-lock lock anew"
        yield _finding("different", file, Problem(code="other-content", message=message, remedy=remedy))


def _finding(outcome: Outcome, file: LockedFile, problem: Problem) -> Finding:
    return Finding(outcome=outcome, name=file.name, version=file.version, artifact=file.filename, problem=problem)
