"""Reads the YAML of a manifest as data: bounded, without tags that make objects, without a key standing twice.

The text is composed to nodes by PyYAML's safe loader and turned into strings, lists and tables here, since its own
constructor takes the last of two equal keys, forgets the lines, and rewrites scalars (`1.10` becomes 1.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from lock.errors import InputError, Problem
from resolver.directories.stated import KeyPath, Plain, Stated
from resolver.manifest.shown import shown

if TYPE_CHECKING:
    from collections.abc import Container

    from yaml.nodes import Node

MAX_DEPTH = 20
"""How deep lists and tables may lie in each other."""

MAX_NODES = 10_000
"""How many values a manifest may hold once every alias is followed; this bounds the "billion laughs"."""

_TAG = "tag:yaml.org,2002:"
_SCALARS = {
    "str": None,
    "value": None,
    "merge": None,
    "null": "nothing",
    "bool": "a boolean",
    "int": "a number",
    "float": "a number",
    "timestamp": "a date",
    "binary": "binary data",
}
_REMEDY = "write the manifest as a plain table of keys and values"


class _Bounded(yaml.SafeLoader):
    """PyYAML's safe loader that refuses to go deeper than `MAX_DEPTH`."""

    depth = 0

    def compose_node(self, parent: Node | None, index: int) -> Node | None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _Wrong(f"lists and tables lie more than {MAX_DEPTH} deep in each other", self.get_mark().line)
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


class _Wrong(Exception):  # noqa: N818 - it becomes a Problem in `parse_yaml`
    """What is wrong, on a line counted from 0."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def parse_yaml(text: str, path: str) -> Stated:
    """Return what a YAML text states; `path` names it for the user.

    Raises `InputError` for what is no single YAML document with a table at its top, or breaks a limit.
    """
    try:
        reading = _Reading()
        values = reading.table(_top(text), ())
    except _Wrong as wrong:
        problem = Problem(code="directory-yaml", message=wrong.message, path=path, line=wrong.line + 1, remedy=_REMEDY)
        raise InputError(problem) from None
    return Stated(path, values, reading.line)


def _top(text: str) -> yaml.MappingNode:
    node = _compose(text)
    if node is None:
        raise _Wrong("the file is empty", 0)
    if not isinstance(node, yaml.MappingNode):
        raise _Wrong("the file does not hold a table of keys", node.start_mark.line)
    return node


def _compose(text: str) -> Node | None:
    loader = None
    try:
        loader = _Bounded(text)
        return loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = shown(error.problem or "it cannot be read").strip('"')
        raise _Wrong(f"not YAML: {reason}", mark.line if mark else 0) from None
    except yaml.reader.ReaderError as error:
        raise _Wrong("not YAML: it holds a control character", text.count("\n", 0, error.position)) from None
    except (ValueError, OverflowError):
        # An escape beyond Unicode ("\U99999999"), or a %YAML line with thousands of digits.
        raise _Wrong("not YAML: it holds a number that is out of range", 0) from None
    finally:
        if loader is not None:
            loader.dispose()


class _Reading:
    """Turns nodes into values and notes the line of each."""

    def __init__(self) -> None:
        self._lines: dict[KeyPath, int] = {}
        self._nodes = 0

    def line(self, key: KeyPath) -> int:
        """Return the line (1-based) of a key, or of its nearest ancestor that exists."""
        while key and key not in self._lines:
            key = key[:-1]
        return self._lines.get(key, 1)

    def table(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, object]:
        """Return a table; raises `_Wrong` for a key that stands twice or is no scalar."""
        self._kind(node, {"map", "set"})
        values: dict[str, object] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line
            if not isinstance(key_node, yaml.ScalarNode):
                raise _Wrong("a key is a list or a table", line)
            name = str(key_node.value)
            if key_node.tag == f"{_TAG}merge" and not path:
                raise _Wrong('"<<" takes keys over from elsewhere, which is not followed', line)
            if name in values:
                raise _Wrong(f"{shown(name)} stands here twice", line)
            self._lines[(*path, name)] = line + 1
            values[name] = self._value(value_node, (*path, name))
        return values

    def _value(self, node: Node, path: KeyPath) -> object:
        self._nodes += 1
        if self._nodes > MAX_NODES or len(path) > MAX_DEPTH:
            raise _Wrong("the file is too large once its aliases are followed", node.start_mark.line)
        if isinstance(node, yaml.MappingNode):
            return self.table(node, path)
        if isinstance(node, yaml.SequenceNode):
            self._kind(node, {"seq", "omap", "pairs"})
            values = []
            for position, item in enumerate(node.value):
                self._lines[(*path, position)] = item.start_mark.line + 1
                values.append(self._value(item, (*path, position)))
            return values
        kind = _SCALARS[self._kind(node, _SCALARS.keys())]
        if kind is None:
            return str(node.value)
        return None if kind == "nothing" else Plain(str(node.value), kind)

    def _kind(self, node: Node, known: Container[str]) -> str:
        """Return the short tag of a node; raises `_Wrong` for one that a safe loader does not know."""
        short = str(node.tag).removeprefix(_TAG)
        if not node.tag.startswith(_TAG) or short not in known:
            raise _Wrong(f"the tag {shown(str(node.tag))} is not data", node.start_mark.line)
        return short
