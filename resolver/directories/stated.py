"""What a plugin's own file states: typed access to its values, with the line of whatever is wrong.

Keys that nobody asks for are left alone: a foreign manifest may hold what only its host understands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lock.errors import InputError, Problem
from lock.toml_lines import key_text
from resolver.manifest.document import type_name
from resolver.manifest.shown import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

KeyPath = tuple[str | int, ...]

MAX_ITEMS = 500
"""How many items a list may hold that is read."""

_ASK_THE_AUTHOR = "mend it where the plugin is made, or use a revision of it where it is right"


class Plain(msgspec.Struct, frozen=True):
    """A scalar that is no string, as it stands in the file: `1.10` stays `1.10`.  `kind` says what it is."""

    text: str
    kind: str


class Stated:
    """A table of a plugin's own file, and every problem found in that file so far.

    `path` names the file for the user, `key` is the table's place in it, and `line` tells the line of a whole key.
    """

    def __init__(
        self,
        path: str,
        values: Mapping[str, object],
        line: Callable[[KeyPath], int],
        key: KeyPath = (),
        problems: list[Problem] | None = None,
    ) -> None:
        self.path = path
        self.key = key
        self.problems: list[Problem] = [] if problems is None else problems
        self.line = line
        self._values = values

    def value(self, name: str) -> object:
        """Return a value as it was read, None where it is absent."""
        return self._values.get(name)

    def inner(self, name: str) -> Stated | None:
        """Return a table inside this one, sharing its problems; None where it is absent or no table (and reported)."""
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.report((*self.key, name), f"expected a table, found {kind_of(value)}", code="wrong-type")
            return None
        return Stated(self.path, value, self.line, (*self.key, name), self.problems)

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def report(self, key: KeyPath, message: str, *, code: str = "bad-value", remedy: str | None = None) -> None:
        """Add a problem of a key; the line is that of its nearest ancestor where the key is absent."""
        self.problems.append(
            Problem(
                code=f"directory-{code}",
                message=f"{key_text(key)}: {message}" if key else message,
                path=self.path,
                line=self.line(key),
                key=key_text(key) or None,
                remedy=remedy or _ASK_THE_AUTHOR,
            )
        )

    def finish(self) -> None:
        """Raise `InputError` with all problems, in the order of their lines, if there are any."""
        if self.problems:
            raise InputError(*sorted(self.problems, key=lambda problem: problem.line or 0))

    def require(self, name: str) -> None:
        """Report a key that is absent."""
        if name not in self:
            self.report(self.key, f'"{name}" is missing', code="missing-key")

    def text(self, name: str, grammar: Callable[[str], str], *, plain: bool = False) -> str | None:
        """Return a string that fits its grammar, None where it is absent or wrong (and reported).

        With `plain` a number is taken as it is written.
        """
        value = self._values.get(name)
        if plain and isinstance(value, Plain):
            value = value.text
        return None if value is None else self._parse((*self.key, name), value, grammar)

    def words(self, name: str, grammar: Callable[[str], str], inner: str | None = None) -> tuple[str, ...]:
        """Return the items of a list of strings through a grammar: sorted, each once.

        With `inner` an item may be a table that has the string under this key.
        """
        found = set()
        for key, value in self._items(name):
            place, word = key, value
            if inner is not None and isinstance(value, dict):
                place, word = (*key, inner), value.get(inner)
                if word is None:
                    self.report(key, f'"{inner}" is missing', code="missing-key")
                    continue
            parsed = self._parse(place, word, grammar)
            if parsed is not None:
                found.add(parsed)
        return tuple(sorted(found))

    def keys(self, name: str, grammar: Callable[[str], str]) -> tuple[str, ...]:
        """Return the keys of a table through a grammar, sorted; what they hold is left alone, and so is no table."""
        table = self._values.get(name)
        if not isinstance(table, dict):
            return ()
        parsed = [self._parse((*self.key, name, key), key, grammar) for key in table]
        return tuple(sorted(key for key in parsed if key is not None))

    def strings(self, name: str) -> tuple[tuple[KeyPath, str], ...]:
        """Return the items of a list of strings, in their order, each with its key."""
        found = []
        for key, value in self._items(name):
            if isinstance(value, str):
                found.append((key, value))
            else:
                self.report(key, f"expected a string, found {kind_of(value)}", code="wrong-type")
        return tuple(found)

    def _items(self, name: str) -> Iterator[tuple[KeyPath, object]]:
        values = self._values.get(name)
        if values is None:
            return
        if not isinstance(values, list):
            self.report((*self.key, name), f"expected a list, found {kind_of(values)}", code="wrong-type")
            return
        if len(values) > MAX_ITEMS:
            self.report((*self.key, name), f"the list has more than {MAX_ITEMS} items", code="too-large")
            return
        for position, value in enumerate(values):
            yield (*self.key, name, position), value

    def _parse(self, key: KeyPath, value: object, grammar: Callable[[str], str]) -> str | None:
        if not isinstance(value, str):
            remedy = "write it in quotes" if isinstance(value, Plain) else None
            self.report(key, f"expected a string, found {kind_of(value)}", code="wrong-type", remedy=remedy)
            return None
        try:
            return grammar(value)
        except Refused as refused:
            self.report(key, refused.message, code=refused.code, remedy=refused.remedy)
            return None


def kind_of(value: object) -> str:
    """Name the kind of a value as YAML or TOML gave it."""
    if value is None:
        return "nothing"
    return value.kind if isinstance(value, Plain) else type_name(value)
