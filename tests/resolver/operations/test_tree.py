from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lock.errors import InputError
from resolver.operations.tree import tree

if TYPE_CHECKING:
    from resolver.operations.reports import TreeNode
    from tests.projects import Workshop
    from tests.servers.index_server import IndexServer


def _drawn(nodes: tuple[TreeNode, ...], indent: str = "") -> list[str]:
    lines = []
    for node in nodes:
        marks = f"{' host' if node.provided else ''}{' …' if node.repeated else ''}"
        systems = f" {','.join(node.systems)}" if node.systems else ""
        lines += [f"{indent}{node.name} {node.version}{marks}{systems}", *_drawn(node.children, indent + "  ")]
    return lines


@pytest.fixture
def two(workshop: Workshop, server: IndexServer) -> Workshop:
    """Two plugins that share a library, which one system does without."""
    server.add_wheel("other", "3.0", requires=["helper ; platform_machine == 'x86_64'"])
    server.add_wheel("helper", "1.1", requires=["web"])
    workshop.plugins["other"] = '"*"'
    workshop.lock()
    return workshop


def test_a_tree_names_each_plugin_what_it_brings_and_what_it_takes(two: Workshop) -> None:
    assert _drawn(tree(two.read())) == [
        "other 3.0",
        "  helper 1.1",
        "    web 2.0 host",
        "plug 1.0",
        "  helper 1.1 …",
        "  web 2.0 host",
    ]


def test_a_tree_of_one_system_leaves_out_what_it_does_not_get(two: Workshop) -> None:
    assert _drawn(tree(two.read(), system="aarch64-linux", plugins=("other",))) == ["other 3.0"]


def test_an_inverted_tree_shows_who_needs_a_name(two: Workshop) -> None:
    assert _drawn(tree(two.read(), inverted="web")) == [
        "web 2.0 host",
        "  helper 1.1",
        "    other 3.0",
        "    plug 1.0",
        "  plug 1.0 …",
    ]


def test_depth_limits_the_levels_below_the_roots(two: Workshop) -> None:
    assert _drawn(tree(two.read(), depth=0)) == ["other 3.0", "plug 1.0"]


@pytest.mark.parametrize("arguments", [{"plugins": ("pluk",)}, {"inverted": "pluk"}])
def test_an_unknown_name_says_which_is_near(two: Workshop, arguments: dict[str, object]) -> None:
    with pytest.raises(InputError) as caught:
        tree(two.read(), **arguments)  # type: ignore[arg-type]  # one of the two arguments above
    assert caught.value.problems[0].remedy == "did you mean plug?"


def test_circles_end(workshop: Workshop, server: IndexServer) -> None:
    server.add_wheel("helper", "1.2", requires=["plug"])
    workshop.lock()
    assert _drawn(tree(workshop.read())) == ["plug 1.0", "  helper 1.2", "    plug 1.0 …", "  web 2.0 host"]
