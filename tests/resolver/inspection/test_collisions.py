"""Modules with two owners."""

from __future__ import annotations

import sys

import pytest

from resolver.inspection.collisions import Brought, Collision, HostModules, collisions, shared_namespaces
from resolver.inspection.standard_library import standard_modules

pytestmark = pytest.mark.attack(12)

NOTHING = HostModules(known={}, unknown=frozenset())


def told(*packages: tuple[str, tuple[str, ...]], host: HostModules = NOTHING, minor: int = 12) -> list[str]:
    brought = [Brought(package=name, modules=modules) for name, modules in packages]
    return [
        f"{one.package}: {one.module}: {one.other}{' (stray)' if one.stray else ''}"
        for one in collisions((3, minor), brought, host)
    ]


def test_the_table_is_that_of_this_interpreter() -> None:
    minor = sys.version_info[:2]
    here = set(sys.stdlib_module_names)
    # Each interpreter leaves out what its own build did not know of.
    assert not {name for name in here ^ standard_modules(minor) if not name.startswith("_")}
    assert {"os", "sys", "json", "_thread", "nt"} <= standard_modules(minor)


@pytest.mark.parametrize(
    ("module", "first", "last"),
    [("distutils", 11, 11), ("cgi", 11, 12), ("annotationlib", 14, 99), ("tomllib", 11, 99)],
)
def test_the_table_follows_the_hosts_python(module: str, first: int, last: int) -> None:
    for minor in (11, 12, 13, 14, 15, 99):
        assert (module in standard_modules((3, minor))) == (first <= minor <= last)


@pytest.mark.parametrize("module", ["json", "os", "_thread", "antigravity"])
def test_a_module_of_the_standard_library_is_told(module: str) -> None:
    assert told(("a", (module,))) == [f"a: {module}: the standard library of Python 3.12"]


def test_a_module_that_left_the_standard_library_is_free() -> None:
    assert told(("standard-cgi", ("cgi",)), minor=13) == []
    assert told(("standard-cgi", ("cgi",)), minor=12) == ["standard-cgi: cgi: the standard library of Python 3.12"]


def test_a_module_of_another_package_is_told_once() -> None:
    assert told(("b", ("x", "y")), ("a", ("x",))) == ["a: x: b"]


def test_a_module_of_the_host_is_told() -> None:
    host = HostModules(known={"yaml": "pyyaml"}, unknown=frozenset({"some-thing"}))
    assert told(("a", ("yaml", "some_thing", "other")), host=host) == [
        "a: yaml: pyyaml, which the host ships",
        "a: some_thing: some-thing, which the host ships",
    ]


def test_packages_may_share_a_namespace() -> None:
    assert told(("a", ("google.cloud.a",)), ("b", ("google.cloud.b", "google.b"))) == []


def test_the_same_name_below_a_namespace_is_told() -> None:
    assert told(("a", ("google.cloud.x",)), ("b", ("google.cloud.x",))) == ["a: google.cloud.x: b"]


def test_a_plain_package_hides_a_namespace_of_its_name() -> None:
    assert told(("a", ("google",)), ("b", ("google.cloud",))) == ["b: google.cloud: a, as its own google"]
    host = HostModules(known={"google": "h"}, unknown=frozenset())
    assert told(("b", ("google.cloud",)), host=host) == ["b: google.cloud: h, which the host ships, as its own google"]


@pytest.mark.parametrize("module", ["tests", "docs", "examples"])
def test_what_is_brought_by_mistake_is_marked(module: str) -> None:
    assert told(("a", (module,)), ("b", (module,))) == [f"a: {module}: b (stray)"]


def test_namespaces_split_with_the_host_are_found() -> None:
    brought = [
        Brought(package="a", modules=("google.a", "plain", "alone.x")),
        Brought(package="b", modules=("google.b",)),
    ]
    host = HostModules(known={"google.c": "c"}, unknown=frozenset({"google-auth", "other"}))
    assert [(one.namespace, one.packages, one.host) for one in shared_namespaces(brought, host)] == [
        ("google", ("a", "b"), ("c", "google-auth"))
    ]


def test_collisions_are_equal_on_each_target() -> None:
    one = Collision(package="a", module="x", other="b")
    assert len({one, Collision(package="a", module="x", other="b")}) == 1
