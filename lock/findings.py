"""Problems of one lock, collected on the way and raised once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.errors import LockError, Problem
from lock.grammar import quoted
from lock.toml_lines import key_text, line_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lock.grammar import Grammar
    from lock.toml_lines import KeyPath

RESTORE = "take the file from version control again, or delete it and run `plugin-lock lock`"
"""The remedy for a lock that was damaged or edited by hand."""
NEWER = f"if a newer plugin-lock wrote it, use that one; else {RESTORE}"
"""The remedy for what a later version may have added."""


class Findings:
    """What is wrong with one lock.  `text` is the file's content where it was read from one: it gives the lines."""

    def __init__(self, path: str | None, text: str | None) -> None:
        self.path = path
        self.text = text
        self.problems: list[Problem] = []

    def add(self, code: str, message: str, key: KeyPath = (), *, remedy: str = RESTORE) -> None:
        """Note a problem with the value at `key`."""
        self.problems.append(
            Problem(
                code=code,
                message=message,
                path=self.path,
                line=None if self.text is None else line_of(self.text, key),
                key=key_text(key) or None,
                remedy=remedy,
            )
        )

    def spelling(self, grammar: Grammar, value: str, what: str, key: KeyPath) -> bool:
        """Check a value against its grammar; `what` names it in the message."""
        if grammar.fits(value):
            return True
        self.add(grammar.code, f"{what} {quoted(value)} is not {grammar.says}", key)
        return False

    def spellings(self, grammar: Grammar, values: Iterable[str], what: str, key: KeyPath) -> None:
        """Check each value of an array."""
        for place, value in enumerate(values):
            self.spelling(grammar, value, what, (*key, place))

    def raise_if_any(self) -> None:
        """Raise `LockError` with everything noted so far."""
        if self.problems:
            raise LockError(*self.problems)
