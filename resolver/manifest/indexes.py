"""`[[index]]`: the package indexes, in the order in which they are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.manifest import words
from resolver.manifest.document import Table
from resolver.manifest.model import IndexConfig
from resolver.manifest.urls import files_origin, index_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resolver.manifest.document import Document

KEYS = ("name", "url", "explicit", "files")

MAX_INDEXES = 100
"""More than this is a mistake or an attack; each may be asked for every name."""


def read(document: Document, values: object) -> tuple[IndexConfig, ...]:
    """Return the indexes that are right; what is wrong is reported."""
    tables = document.expect(("index",), values, list, remedy="write [[index]], with two brackets")
    if tables and len(tables) > MAX_INDEXES:
        message = f"{len(tables)} indexes; the limit is {MAX_INDEXES}"
        document.report(("index",), message, code="too-large", remedy="keep those that are needed")
        return ()
    indexes: list[IndexConfig] = []
    for position, item in enumerate(tables or ()):
        index = _index(document, position, item)
        if index is not None:
            _check_unique(document, position, index, indexes)
            indexes.append(index)
    return tuple(indexes)


def _index(document: Document, position: int, item: object) -> IndexConfig | None:
    key = ("index", position)
    values = document.expect(key, item, dict, remedy="write [[index]], and its keys below it")
    if values is None:
        return None
    table = Table(document, key, values, KEYS)
    table.require("name", 'add a name for it: name = "corp"')
    table.require("url", 'add where it is: url = "https://index.example/simple/"')
    name = table.read("name", words.index_name)
    url = table.read("url", index_url)
    explicit = table.flag("explicit")
    files = table.read_list("files", files_origin)
    if name is None or url is None:
        return None
    return IndexConfig(name=name, url=url, explicit=explicit, files=files, place=document.place(key))


def _check_unique(document: Document, position: int, index: IndexConfig, others: Sequence[IndexConfig]) -> None:
    for other in others:
        # Names that differ in case only would be told apart by nobody who reads the file.
        if other.name.lower() == index.name.lower():
            document.report(
                ("index", position, "name"),
                f'the index on line {other.place.line} is called "{other.name}" too',
                code="duplicate",
                remedy="give each index a name of its own",
            )
        elif other.url == index.url:
            document.report(
                ("index", position, "url"),
                f'the index "{other.name}" on line {other.place.line} has this address too',
                code="duplicate",
                remedy="keep one of them",
            )
