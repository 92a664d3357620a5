"""Names and start-up code that newly come into a lock: told once, and by nothing else than what is new."""

from __future__ import annotations

import string
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lock.model import Source
from lock.reader import parse
from resolver.hosts.model import Provided, ProvidedSet
from resolver.operations.newcomers import SHORTEST_NAME, is_near, names_in, near_names
from tests.resolver.building.sources import project
from tests.sdists import sdist_bytes, sdist_name
from tests.servers.index_server import ServedFile

if TYPE_CHECKING:
    from tests.projects import Workshop

ROOT = Path(__file__).parents[3]


def told(workshop: Workshop, code: str, **arguments: object) -> dict[str, str]:
    """Lock, and return the messages of one kind of event by name."""
    return {event.name: event.message for event in workshop.lock(**arguments).events if event.code == code}


def near(name: str, twin: str) -> dict[str, str]:
    """The one event of a name; `twin` says what the other one is as well."""
    return {name: f"{name}, new in the lock, is easily mistaken for {twin}: see whether it is meant"}


# -- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.attack(10)
def test_a_dependency_with_a_name_near_one_that_the_host_ships_is_told_once(workshop: Workshop) -> None:
    workshop.host["requests"] = "2.0"
    workshop.server.add_wheel("reqeusts", "1.0")
    workshop.server.add_wheel("more", "1.0", requires=["reqeusts"])
    workshop.plugins["more"] = '"*"'
    expected = near("reqeusts", "requests, which the host ships")
    assert told(workshop, "near-name", dry_run=True) == expected
    assert told(workshop, "near-name") == expected
    workshop.server.add_wheel("another", "1.0")
    workshop.plugins["another"] = '"*"'
    assert told(workshop, "near-name") == {}


@pytest.mark.attack(10)
def test_a_plugin_with_a_name_near_another_is_told(workshop: Workshop) -> None:
    workshop.lock()
    workshop.server.add_wheel("helpre", "1.0")
    workshop.plugins["helpre"] = '"*"'
    assert told(workshop, "near-name") == near("helpre", "helper, which is locked as well")


@pytest.mark.attack(10)
def test_a_name_that_takes_the_place_of_one_like_it_is_told(workshop: Workshop) -> None:
    workshop.lock()
    workshop.server.add_wheel("he1per", "1.0")
    workshop.server.add_wheel("plug", "1.1", requires=["he1per"])
    expected = near("he1per", "helper, which was locked before")
    assert told(workshop, "near-name", upgrade="everything") == expected


@pytest.mark.attack(10)
def test_a_name_near_that_of_the_host_itself_is_told(workshop: Workshop) -> None:
    workshop.server.add_wheel("the-hsot", "1.0")
    workshop.plugins["the-hsot"] = '"*"'
    assert told(workshop, "near-name") == near("the-hsot", "the-host, the host itself")


def test_of_two_new_names_one_is_told(workshop: Workshop) -> None:
    for name in ("left-pads", "left-pad"):
        workshop.server.add_wheel(name, "1.0")
        workshop.plugins[name] = '"*"'
    assert told(workshop, "near-name") == near("left-pads", "left-pad, another plugin")


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("reqeusts", "requests"),
        ("hermes-agnet", "hermes-agent"),
        ("httpxx", "httpx"),
        ("httx", "httpx"),
        ("httpy", "httpx"),
        ("py-yaml", "pyyaml"),
        ("pi11ow", "pillow"),
    ],
)
def test_one_edit_makes_a_near_name(name: str, other: str) -> None:
    assert is_near(name, other)
    assert is_near(other, name)


@pytest.mark.parametrize(
    ("name", "other"),
    [("pydantic", "pydantic-ai"), ("httpx", "httpx"), ("sax", "six"), ("badc", "abcd"), ("dbca", "abcd"), ("a", "ab")],
)
def test_other_names_are_not_near(name: str, other: str) -> None:
    assert not is_near(name, other)
    assert not is_near(other, name)


# Letters that look like no digit: those are near by their looks.
_LETTERS = [letter for letter in string.ascii_lowercase if letter not in "lio"]
_NAMES = st.text(alphabet=_LETTERS[:3], min_size=SHORTEST_NAME, max_size=SHORTEST_NAME + 3)


def edits(name: str) -> set[str]:
    """Every name that is one edit away, made one by one."""
    places = range(len(name) + 1)
    made = {name[:at] + letter + name[at:] for at in places for letter in _LETTERS[:3]}
    made |= {name[:at] + letter + name[at + 1 :] for at in places[:-1] for letter in _LETTERS[:3]}
    made |= {name[:at] + name[at + 1 :] for at in places[:-1]}
    made |= {name[:at] + name[at + 1] + name[at] + name[at + 2 :] for at in places[:-2]}
    return made - {name}


@given(_NAMES, _NAMES)
def test_names_are_near_exactly_where_one_edit_makes_the_other(name: str, other: str) -> None:
    assert is_near(name, other) == (other in edits(name))


@pytest.mark.parametrize("path", ["plugins.lock", "tests/data/hermes-17-plugins.lock"])
def test_no_name_of_a_real_lock_is_near_another_or_one_of_its_host(path: str) -> None:
    lock = parse((ROOT / path).read_bytes(), path)
    table = tomllib.loads((ROOT / "hosts/hermes-agent-0.17.0/uv.lock").read_text(encoding="utf-8"))
    shipped = {entry["name"]: Provided(name=entry["name"], version="1", origin="") for entry in table["package"]}
    assert len(shipped) > 200
    host = ProvidedSet(name="host", version=None, source=Source(kind="none"), packages={"x86_64-linux": shipped})
    assert near_names(None, names_in(lock), host) == ()


# -- start-up code of what sources are built with ----------------------------------------------------------------------


@pytest.mark.attack(11)
def test_start_up_code_of_a_build_requirement_is_told_and_recorded_and_not_refused(workshop: Workshop) -> None:
    workshop.python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    workshop.settings = '[policy]\nallow-build = { mine = "tested" }'
    workshop.server.add_wheel("tool", "1.0", files={"tool.py": "", "tool.pth": "import tool\n"})
    data = sdist_bytes("mine", "1.0", project("mine", "1.0", built_with=["tool"]))
    workshop.server.add("mine", ServedFile(name=sdist_name("mine", "1.0"), data=data))
    workshop.plugins["mine"] = '"*"'
    assert told(workshop, "build-startup-code") == {
        "tool": "tool, which sources are built with, runs code whenever their interpreter starts: tool.pth"
    }
    (package,) = workshop.read().build_packages
    assert package.artifacts[0].startup_files == ("tool.pth",)
    assert workshop.check().problems == ()
    workshop.server.add_wheel("another", "1.0")
    workshop.plugins["another"] = '"*"'
    assert told(workshop, "build-startup-code") == {}


def test_an_exception_for_start_up_code_that_only_a_build_runs_is_idle(workshop: Workshop) -> None:
    test_start_up_code_of_a_build_requirement_is_told_and_recorded_and_not_refused(workshop)
    workshop.settings += '\nallow-startup-code = { tool = "looked at" }'
    workshop.lock()
    (warning,) = workshop.check().warnings
    assert warning.startswith("[policy].allow-startup-code excepts tool, and nothing that is locked needs that")
