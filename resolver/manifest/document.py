"""One plugins.toml while it is read: its text, its problems, and typed access to its tables."""

from __future__ import annotations

from datetime import date, time
from typing import TYPE_CHECKING, TypeVar, cast

from lock.errors import InputError, Problem
from lock.grammar import LONGEST_TEXT
from resolver.manifest.model import Place
from resolver.manifest.shown import Refused, did_you_mean, shown, shown_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

T = TypeVar("T")
KeyPath = tuple[str | int, ...]

_TYPE_NAMES: tuple[tuple[type, str], ...] = (
    (bool, "a boolean"),
    (str, "a string"),
    (int, "an integer"),
    (float, "a float"),
    (list, "an array"),
    (dict, "a table"),
    (date, "a date"),
    (time, "a time"),
)


def type_name(value: object) -> str:
    """Name the TOML type of a value as tomllib gives it."""
    return next(name for kind, name in _TYPE_NAMES if isinstance(value, kind))


def dotted(key: KeyPath) -> str:
    """Write a key as `index[0].url`."""
    text = ""
    for part in key:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{shown_key(part)}" if text else shown_key(part)
    return text


class Document:
    """The text under the name the user gave it, and every problem found in it so far."""

    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.problems: list[Problem] = []

    def line(self, key: KeyPath) -> int:
        """Return the line (1-based) of a key that exists."""
        from lock.toml_lines import line_of  # noqa: PLC0415

        return line_of(self.text, key)

    def place(self, key: KeyPath) -> Place:
        """Return where a key that exists stands."""
        return Place(path=self.path, line=self.line(key), key=dotted(key))

    def report(self, key: KeyPath, message: str, *, code: str, remedy: str | None = None) -> None:
        """Add a problem of a key that exists; the empty key stands for the file."""
        self.problems.append(
            Problem(
                code=code,
                message=f"{dotted(key)}: {message}" if key else message,
                path=self.path,
                line=self.line(key) if key else None,
                key=dotted(key) or None,
                remedy=remedy,
            )
        )

    def refuse(self, key: KeyPath, refused: Refused) -> None:
        """Add a problem that a grammar found."""
        self.report(key, refused.message, code=refused.code, remedy=refused.remedy)

    def error(self) -> InputError:
        """Return all problems as one error, in the order of their lines."""
        return InputError(*sorted(self.problems, key=lambda problem: problem.line or 0))

    def expect(self, key: KeyPath, value: object, kind: type[T], remedy: str | None = None) -> T | None:
        """Return a value if it has the type, else report it."""
        # bool is an int to Python and not to TOML.
        if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
            return value
        wanted = next(name for known, name in _TYPE_NAMES if known is kind)
        self.report(key, f"expected {wanted}, found {type_name(value)}", code="wrong-type", remedy=remedy)
        return None

    def parse(self, key: KeyPath, value: object, grammar: Callable[[str], T], remedy: str | None = None) -> T | None:
        """Return what a grammar makes of a string; report a value that it refuses."""
        text = self.expect(key, value, str, remedy)
        if text is None:
            return None
        # Longer ones serve nobody, and cost the parsers of markers and versions dearly.
        if len(text) > LONGEST_TEXT:
            self.report(key, f"the value is longer than {LONGEST_TEXT} characters", code="too-large")
            return None
        if not text.isprintable():
            self.report(
                key,
                "the value holds a line break or another control character",
                code="bad-value",
                remedy="write it on one line, without them",
            )
            return None
        try:
            return grammar(text)
        except Refused as refused:
            self.refuse(key, refused)
            return None


class Table:
    """One table of the file.  Its unknown keys are reported when it is made."""

    def __init__(self, document: Document, key: KeyPath, values: Mapping[str, object], known: Sequence[str]) -> None:
        self.document = document
        self.key = key
        self.values = values
        for name in values:
            if name not in known:
                document.report(
                    (*key, name), "unknown key", code="unknown-key", remedy=did_you_mean(name, known, "keys")
                )

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def report(self, name: str, message: str, *, code: str = "bad-value", remedy: str | None = None) -> None:
        """Add a problem of a key of this table."""
        self.document.report((*self.key, name), message, code=code, remedy=remedy)

    def require(self, name: str, remedy: str) -> None:
        """Report the key as missing unless it is there."""
        if name not in self.values:
            self.document.report(self.key, f'"{name}" is missing', code="missing-key", remedy=remedy)

    def read(self, name: str, grammar: Callable[[str], T], remedy: str | None = None) -> T | None:
        """Return what the grammar makes of a string, None where it is absent or wrong (and reported)."""
        if name not in self.values:
            return None
        return self.document.parse((*self.key, name), self.values[name], grammar, remedy)

    def read_list(self, name: str, grammar: Callable[[str], T], remedy: str | None = None) -> tuple[T, ...]:
        """Return an array of strings, each through the grammar; a value that stands twice is reported."""
        found: dict[T, str] = {}
        for key, value in self.items(name, remedy):
            item = self.document.parse(key, value, grammar)
            if item is None:
                continue
            if item in found:
                first, again = found[item], shown(cast("str", value))
                same = "" if first == again else f" (as {first})"
                self.document.report(
                    key, f"{again} stands here twice{same}", code="duplicate", remedy="keep one of them"
                )
            else:
                found[item] = shown(cast("str", value))
        return tuple(found)

    def items(self, name: str, remedy: str | None = None) -> Iterator[tuple[KeyPath, object]]:
        """Yield the key and value of each item of an array."""
        if name not in self.values:
            return
        values = self.document.expect((*self.key, name), self.values[name], list, remedy)
        for position, value in enumerate(values or ()):
            yield (*self.key, name, position), value

    def flag(self, name: str) -> bool:
        """Return a boolean, False where it is absent."""
        if name not in self.values:
            return False
        return self.document.expect((*self.key, name), self.values[name], bool) or False

    def table(self, name: str, known: Sequence[str]) -> Table | None:
        """Return a table inside this one, None where it is absent or no table (and reported)."""
        values = self.mapping(name)
        return None if values is None else Table(self.document, (*self.key, name), values, known)

    def mapping(self, name: str) -> Mapping[str, object] | None:
        """Return a table inside this one whose keys are free."""
        if name not in self.values:
            return None
        return self.document.expect((*self.key, name), self.values[name], dict)
