"""The rules every reader of plugins.lock enforces over its values; docs/lock-format.md lists them.

A problem's code starts with its rule (`rule-2-file-name`).  Rule 7 (unknown versions and keys) and the half of rule
8 that is about the file's text belong to reading: `lock.reader`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.findings import Findings
from lock.rules import artifacts, builds, edges, entries, origins, plugins, publishers, spelling

if TYPE_CHECKING:
    from lock.errors import Problem
    from lock.model import Lock

__all__ = ["problems"]


def problems(lock: Lock, *, path: str | None = None, text: str | None = None) -> tuple[Problem, ...]:
    """Return everything in which a lock breaks a rule.

    Where values are misspelt (rules 1, 4 and 5) only that is told: what they have to do with each other is then
    anyone's guess.
    `path` names the file in messages; `text` is its content, from which the lines are taken.  The lock may be any
    value of the model, one that nobody wrote or read included.
    """
    findings = Findings(path, text)
    spelling.check(lock, findings)
    if not findings.problems:
        for module in (artifacts, origins, entries, edges, builds, plugins, publishers):
            module.check(lock, findings)
    return tuple(findings.problems)
