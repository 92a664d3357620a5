"""A quick run of every target: its seeds, and seeds with parts changed, left out, repeated or put together."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lock.errors import LockError
from lock.writer import render
from tests.fuzz import archives, seeds, targets

SECONDS = 5.0
"""Of the processor, for one input; the slowest seed takes a hundredth of it."""

JUNK = st.binary(max_size=6) | st.sampled_from(
    [
        *(b"[" * 3000, b"{" * 3000, b"9" * 5000, b"'''", b'"""', b"\\u0000", b"\\ud800", b"\xff\xfe", b"\xe2\x80\xae"),
        *(b"\n", b"\r", b"\x00", b"=", b"..", b"/", b"${x}", b"-1", b"1e999", b"\n" + b" " * 3000, b"&a [*a, *a]"),
    ]
)


@st.composite
def changed(draw: st.DrawFn, start: list[bytes]) -> bytes:
    """A seed with up to four changes; the last may bring a part of another seed."""
    data = draw(st.sampled_from(start))
    for _ in range(draw(st.integers(1, 4))):
        first = draw(st.integers(0, len(data)))
        last = min(len(data), first + draw(st.integers(0, 40)))
        other = draw(st.sampled_from(start))
        at = draw(st.integers(0, len(other)))
        middle = draw(JUNK | st.just(data[first:last] * 2) | st.just(other[at : at + 60]))
        data = data[:first] + middle + data[last:]
    return data


@pytest.mark.attack(15)
@pytest.mark.parametrize("name", targets.ALL)
def test_a_reader_accepts_or_refuses_whatever_it_is_given(name: str) -> None:
    feed = targets.ALL[name].feed

    @settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
    @given(changed(seeds.of(name)) | st.binary(max_size=300))
    def run(data: bytes) -> None:
        began = time.process_time()
        feed(data)
        assert time.process_time() - began < SECONDS

    run()


@pytest.mark.parametrize("name", targets.ALL)
def test_every_seed_is_accepted_or_refused_and_the_first_is_accepted(name: str) -> None:
    first, *others = [targets.ALL[name].feed(seed) for seed in seeds.of(name)]
    assert first
    assert others


@pytest.mark.parametrize("broken", [KeyError("x"), RecursionError(), AssertionError(), LockError(), ValueError("x")])
def test_a_target_lets_no_other_failure_pass(broken: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise broken

    monkeypatch.setattr(targets, "parse_lock", fail)
    with pytest.raises((type(broken), AssertionError)):
        targets.ALL["lock"].feed(b"")


def test_a_target_notices_a_lock_that_is_not_written_as_it_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "render", lambda lock: render(lock).replace('license = "MIT"', 'license = "BSD"'))
    with pytest.raises(AssertionError, match="is written as it was read"):
        targets.ALL["lock"].feed(seeds.of("lock")[0])


def test_a_target_notices_what_is_written_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    def unpack(archive: object, folder: object, **_: object) -> None:
        (folder.parent / "evil").touch()  # type: ignore[attr-defined]  # a Path

    monkeypatch.setattr("resolver.sources.unpack.unpack", unpack)
    with pytest.raises(AssertionError, match="written outside"):
        targets.ALL["archive"].feed(b"")


def test_a_wheel_of_members_is_as_good_as_a_built_one() -> None:
    assert targets.ALL["wheel"].feed(archives.wheel_of(seeds.of("wheel-members")[0]))
