"""Trees are drawn line by line, however deep."""

from __future__ import annotations

from plugin_lock.tree_text import ASCII, LINES, Strokes, has_repeats, tree_lines
from resolver.operations.reports import TreeNode


def node(name: str, *children: TreeNode, **marks: object) -> TreeNode:
    return TreeNode(name=name, version="1", children=children, **marks)  # type: ignore[arg-type]


def drawn(*roots: TreeNode, strokes: Strokes = LINES) -> list[str]:
    return [
        "".join(part if isinstance(part, str) else part.text for part in line) for line in tree_lines(roots, strokes)
    ]


def test_lines_lead_from_each_child_to_its_parent() -> None:
    tree = node("a", node("b", node("c"), node("d")), node("e", node("f")))
    assert drawn(tree, node("g")) == [
        "a v1",
        "├── b v1",
        "│   ├── c v1",
        "│   └── d v1",
        "└── e v1",
        "    └── f v1",
        "g v1",
    ]
    assert drawn(tree, strokes=ASCII)[2:4] == ["|   |-- c v1", "|   `-- d v1"]


def test_marks_follow_the_version() -> None:
    tree = node("a", node("b", provided=True), node("c", repeated=True, systems=("x86_64-linux",)))
    assert drawn(tree) == ["a v1", "├── b v1 (provided)", "└── c v1 [x86_64-linux] (*)"]
    assert has_repeats((tree,))
    assert not has_repeats((node("a", node("b")),))


def test_a_tree_deeper_than_the_interpreters_stack_is_drawn() -> None:
    tree = node("leaf")
    for _ in range(5000):
        tree = node("inner", tree)
    assert len(drawn(tree)) == 5001
    assert not has_repeats((tree,))
