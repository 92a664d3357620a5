"""What is found wrong with a source, as opposed to how it was asked for and to the network."""

from __future__ import annotations

from lock.errors import LockError, Problem
from lock.grammar import quoted

SHOWN = 5
"""How many files a message names."""


class SourceError(LockError):
    """A source that must not be locked.  Exit code 1: a finding."""


def refused(code: str, message: str, *, source: str, remedy: str, key: str | None = None) -> SourceError:
    """Make the error of one source; `source` is its address or folder, `key` the file inside that is meant."""
    return SourceError(Problem(code=code, message=message, path=source, key=key, remedy=remedy))


def named(paths: list[str] | tuple[str, ...]) -> str:
    """Return the first few paths for a message, escaped."""
    shown = ", ".join(quoted(path) for path in paths[:SHOWN])
    return f"{shown} and {len(paths) - SHOWN} more" if len(paths) > SHOWN else shown
