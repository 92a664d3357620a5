"""A dependency tree drawn with lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from plugin_lock.terminal import Styled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from resolver.operations.reports import TreeNode


class Strokes(NamedTuple):
    """What stands before a child, the last child, and below either."""

    child: str
    last: str
    below: str
    nothing: str


LINES = Strokes("├── ", "└── ", "│   ", "    ")
ASCII = Strokes("|-- ", "`-- ", "|   ", "    ")
"""For a stdout whose encoding has no box drawing."""

REPEATED = "(*)"
PROVIDED = "(provided)"


def tree_lines(roots: Iterable[TreeNode], strokes: Strokes) -> Iterator[tuple[str | Styled, ...]]:
    """Yield the lines of a tree of any depth, roots at the left."""
    # A stack instead of recursion: how deep a tree goes is up to the lock.
    waiting = [(root, "", "", "") for root in reversed(list(roots))]
    while waiting:
        node, indent, stroke, below = waiting.pop()
        yield indent + stroke, *_label(node, is_root=not stroke)
        inner = indent + below
        for place, child in enumerate(reversed(node.children)):
            last = place == 0
            waiting.append(
                (child, inner, strokes.last if last else strokes.child, strokes.nothing if last else strokes.below)
            )


def has_repeats(roots: Iterable[TreeNode]) -> bool:
    """Tell whether any part of a tree is left out because it was shown before."""
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if node.repeated:
            return True
        waiting.extend(node.children)
    return False


def _label(node: TreeNode, *, is_root: bool) -> tuple[str | Styled, ...]:
    name = Styled(node.name, "bold" if is_root else "named")
    label: list[str | Styled] = [name, f" v{node.version}" if node.version else ""]
    if node.systems:
        label.append(f" [{', '.join(node.systems)}]")
    for mark, holds in ((PROVIDED, node.provided), (REPEATED, node.repeated)):
        if holds:
            label += [" ", Styled(mark, "dim")]
    return tuple(label)
