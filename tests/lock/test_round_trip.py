"""Whatever lock is written is read back equal, the same bytes whatever its order, and a valid pylock.toml."""

from __future__ import annotations

import contextlib
import tomllib
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import fields, replace
from packaging.pylock import (
    PackageArchive,
    PackageDirectory,
    PackageSdist,
    PackageVcs,
    PackageWheel,
    Pylock,
    PylockSelectError,
)

from lock import rules
from lock.canonical import canonical
from lock.errors import LockError
from lock.model import Archive, Directory, Vcs
from lock.reader import parse
from lock.writer import render
from resolver.targets import Target
from tests.lock.generated import locks
from tests.lock.test_example import EXAMPLE, GOOD
from tests.lock.test_publishers_example import GOOD_PUBLISHERS, PUBLISHED
from tests.lock.test_sources_example import GOOD_SOURCES, SOURCES

if TYPE_CHECKING:
    import random

    from lock.model import Artifact, Lock, Package

_T = TypeVar("_T")
CALM = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@CALM
@given(locks())
def test_a_lock_is_read_as_it_was_written(lock: Lock) -> None:
    assert rules.problems(canonical(lock)) == ()
    assert parse(render(lock), "plugins.lock") == canonical(lock)


@CALM
@given(locks(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_show(lock: Lock, chance: random.Random) -> None:
    assert render(shuffled(lock, chance)) == render(lock)


def shuffled(value: _T, chance: random.Random) -> _T:
    """Shuffle every tuple and mapping inside a value."""
    if isinstance(value, tuple):
        items: list[Any] = [shuffled(item, chance) for item in value]
        chance.shuffle(items)
        return tuple(items)  # type: ignore[return-value]
    if isinstance(value, dict):
        pairs = [(key, shuffled(item, chance)) for key, item in value.items()]
        chance.shuffle(pairs)
        return dict(pairs)  # type: ignore[return-value]
    if isinstance(value, Struct):
        changes = {field.name: shuffled(getattr(value, field.name), chance) for field in fields(value)}
        return replace(value, **changes)  # type: ignore[type-var]
    return value


@CALM
@given(locks())
@example(EXAMPLE)
@example(SOURCES)
@example(PUBLISHED)
def test_pep_751_readers_select_what_is_locked(lock: Lock) -> None:
    pylock = Pylock.from_dict(tomllib.loads(render(lock)))
    pylock.validate()
    for record in lock.targets:
        target = Target(system=record.system, python=lock.host.python)
        selected = pylock.select(
            environment=target.marker_environment,  # type: ignore[arg-type]
            tags=sorted(target.tag_ranks, key=target.tag_ranks.__getitem__),
        )
        assert {(package.name, chosen(what)) for package, what in selected} == {
            (package.name, expected(package, artifact))
            for package in lock.packages
            for artifact in package.artifacts
            if record.system in artifact.systems
        }


def chosen(what: object) -> object:
    return what.filename if isinstance(what, PackageWheel | PackageSdist) else type(what)


def expected(package: Package, artifact: Artifact) -> object:
    direct: dict[type, type] = {Vcs: PackageVcs, Archive: PackageArchive, Directory: PackageDirectory}
    return direct.get(type(package.source), artifact.name)


def test_pep_751_readers_refuse_another_python() -> None:
    pylock = Pylock.from_dict(tomllib.loads(render(EXAMPLE)))
    target = Target(system="x86_64-linux", python="3.13")
    with pytest.raises(PylockSelectError, match="does not satisfy the Python version"):
        list(pylock.select(environment=target.marker_environment, tags=[]))  # type: ignore[arg-type]


def test_a_lock_without_plugins_is_valid() -> None:
    lock = replace(EXAMPLE, packages=(), plugins=(), indexes=(), host=replace(EXAMPLE.host, provided={}))
    assert parse(render(lock), "plugins.lock") == lock
    Pylock.from_dict(tomllib.loads(render(lock))).validate()


TEXTS = [path.read_text(encoding="utf-8") for path in (GOOD, GOOD_SOURCES, GOOD_PUBLISHERS)]


@CALM
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_give_a_lock_error(data: bytes) -> None:
    with pytest.raises(LockError):
        parse(data, "plugins.lock")


@settings(CALM, max_examples=200)
@given(st.data())
def test_a_changed_lock_gives_a_lock_or_a_lock_error(data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from(TEXTS)).splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(lines) - 1))
        line = lines[place]
        start = data.draw(st.integers(0, len(line)))
        end = data.draw(st.integers(start, len(line)))
        junk = data.draw(st.text(max_size=4) | st.sampled_from(["[", "{}", "= 1\n", '"', "9" * 5000, "\ud800"]))
        lines[place] = data.draw(st.sampled_from([line[:start] + junk + line[end:], "", line * 2]))
    text = "".join(lines)
    with contextlib.suppress(LockError):
        assert rules.problems(parse(text, "plugins.lock")) == ()


@pytest.mark.parametrize("text", TEXTS, ids=["good.lock", "good-sources.lock", "good-publishers.lock"])
@pytest.mark.attack(24)
def test_no_beginning_of_a_lock_passes_for_a_whole_one(text: str) -> None:
    ends = [place + 1 for place, character in enumerate(text) if character == "\n"][:-1]
    for end in [*ends, len(text) - 1]:
        with pytest.raises(LockError):
            parse(text[:end], "plugins.lock")
