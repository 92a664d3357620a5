"""Python and Nix refuse the same locks: whatever is changed in a good one, one value at a time."""

from __future__ import annotations

import copy
import random
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import tomlkit

from lock.errors import LockError
from lock.reader import parse
from tests.nix.machine import LIBRARY, Nix, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.nix

LOCKS = Path(__file__).resolve().parents[1] / "data/locks"
CHANGES = 350
"""How many changes of each good lock are tried, drawn with a fixed seed."""

Path_ = tuple[str | int, ...]

# Markers and specifiers are for Python to judge: Nix holds no grammar of them, and evaluates none.
PYTHON_ONLY = ("marker", "environments", "requires-python", "specifier", "constraints", "requirement", "dependencies")


def places(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """Yield the path of every value of a document, tables and arrays included."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


def around(document: Any, path: Path_) -> Any:
    """Return what holds the value at a path."""
    for key in path[:-1]:
        document = document[key]
    return document


STRINGS: dict[str, Callable[[str], object]] = {
    "emptied": lambda _: "",
    "lengthened": lambda text: text + "x",
    "cut": lambda text: text[:-1],
    "in capitals": str.upper,
    "led out": lambda text: f"../{text}",
    "evaluated": lambda text: text + "${x}",
    "with a line end": lambda text: text + "\n",
    "a number": lambda _: 1,
}
OTHERS: dict[str, Callable[[Any], object]] = {
    "a text": lambda _: "x",
    "a truth": lambda value: not value if isinstance(value, bool) else True,
    "nothing in it": lambda value: type(value)() if isinstance(value, dict | list) else 0,
    "reversed": lambda value: value[::-1] if isinstance(value, list) else value,
    "doubled": lambda value: [*value, *value] if isinstance(value, list) else value,
    "with more": lambda value: {**value, "more": "x"} if isinstance(value, dict) else value,
}


def changed(document: Any, path: Path_, how: str) -> Any | None:
    """Return the document with one change; None where that changes nothing."""
    copied = copy.deepcopy(document)
    holder = around(copied, path)
    if how == "taken out":
        del holder[path[-1]]
        return copied
    value = holder[path[-1]]
    holder[path[-1]] = (STRINGS if isinstance(value, str) else OTHERS)[how](value)
    return None if copied == document else copied


def changes(document: Any) -> list[tuple[Path_, str, Any]]:
    """Return every change of a document, in an order that is always the same."""
    return [
        (path, how, new)
        for path in places(document)
        for how in ("taken out", *(STRINGS if isinstance(around(document, path)[path[-1]], str) else OTHERS))
        if (new := changed(document, path, how)) is not None
    ]


def is_for_python(path: Path_) -> bool:
    # The systems of a directory plugin are what its marker became.
    return any(part in PYTHON_ONLY for part in path) or path[-2:] == ("tree", "systems")


def is_refused(content: str) -> bool:
    try:
        parse(content, "plugins.lock")
    except LockError:
        return True
    return False


@pytest.mark.attack(3)
@pytest.mark.attack(5)
@pytest.mark.attack(26)
@pytest.mark.parametrize("name", ["good.lock", "good-sources.lock", "good-publishers.lock"])
def test_what_one_reader_refuses_the_other_refuses(nix: Nix, tmp_path: Path, name: str) -> None:
    document = tomllib.loads((LOCKS / name).read_text(encoding="utf-8"))
    assert not is_refused(tomlkit.dumps(document)), "the order of tables is no part of the format"
    every = [change for change in changes(document) if not is_for_python(change[0])]
    drawn = random.Random(0).sample(every, CHANGES)
    lib = f"lib = import {LIBRARY}/standalone/lib.nix;"
    files, python = [], []
    for number, (_, _, new) in enumerate(drawn):
        content = tomlkit.dumps(new)
        file = tmp_path / f"{number}.lock"
        file.write_text(content, encoding="utf-8")
        files.append(file)
        python.append(is_refused(content))
    verdicts = nix.evaluate(f"map (file: (import {LIBRARY}/lock.nix {{ {lib} }} file).problems != [ ]) {quoted(files)}")
    differing = [
        f"{'.'.join(map(str, path))} {how}: {'Python' if by_python else 'Nix'} alone refuses it"
        for (path, how, _), by_python, by_nix in zip(drawn, python, verdicts, strict=True)
        if by_python != by_nix
    ]
    assert differing == []
    assert sum(python) > CHANGES // 2
