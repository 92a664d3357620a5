"""docs/lock-format.md shows the keys that are written, in their order."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.lock.test_example import GOOD
from tests.lock.test_sources_example import GOOD_SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENT = Path(__file__).parents[2] / "docs/lock-format.md"
SHOWN = DOCUMENT.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]


def tables(value: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield the path and the keys of each table, in the order of the text."""
    if isinstance(value, list):
        for item in value:
            yield from tables(item, path)
    elif isinstance(value, dict):
        yield path, list(value)
        for key, item in value.items():
            yield from tables(item, f"{path}.{key}")


@pytest.mark.parametrize("lock", [GOOD, GOOD_SOURCES], ids=lambda lock: lock.name)
def test_every_key_of_the_examples_is_documented_in_its_order(lock: Path) -> None:
    documented: dict[str, list[list[str]]] = {}
    for path, keys in tables(tomllib.loads(SHOWN)):
        documented.setdefault(path, []).append(keys)
    # Names of distributions and systems differ from lock to lock.
    free = (".provided", ".edge-systems", ".version", ".uvloop", ".dependencies")
    for path, written in tables(tomllib.loads(lock.read_text(encoding="utf-8"))):
        if path.endswith(free):
            continue
        # Build packages have the shape of packages.
        shape = path.replace(".tool.plugin-lock.build-packages", ".packages")
        ordered = [[key for key in keys if key in written] for keys in documented.get(shape, [])]
        assert written in ordered, path
