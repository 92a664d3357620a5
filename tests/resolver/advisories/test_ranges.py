from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from resolver.advisories.ranges import fixes, is_affected
from resolver.advisories.records import Affected

finals = st.lists(st.integers(0, 4), min_size=1, max_size=3).map(lambda parts: Version(".".join(map(str, parts))))
suffixes = st.sampled_from(["", ".dev1", "a1", "rc2", ".post1", ".post1.dev1", "+local.1"])
versions = st.builds(lambda final, suffix: Version(f"{final}{suffix}"), finals, suffixes)


def affected(*events: dict[str, str], listed: tuple[str, ...] = (), kind: str = "ECOSYSTEM") -> tuple[Affected, ...]:
    entry = {
        "package": {"ecosystem": "PyPI", "name": "x"},
        "ranges": [{"type": kind, "events": list(events)}],
        "versions": list(listed),
    }
    return (msgspec.convert(entry, Affected),)


def same_release(version: Version, bound: Version) -> bool:
    """`<1.0` leaves 1.0rc1 out and `>1.0` leaves 1.0.post1 out, which OSV's order does not."""
    width = max(len(version.release), len(bound.release))
    return all(
        a == b
        for a, b in zip((*version.release, *[0] * width)[:width], (*bound.release, *[0] * width)[:width], strict=True)
    )


@given(st.lists(finals, min_size=1, max_size=6, unique=True), versions, st.randoms(), st.booleans(), st.booleans())
def test_windows_hold_what_specifiers_hold(
    bounds: list[Version], version: Version, random: object, from_the_start: bool, inclusive: bool
) -> None:
    bounds.sort()
    assume(not any(same_release(version, bound) and Version(version.public) != bound for bound in bounds))
    events: list[dict[str, str]] = []
    specifiers: list[str] = []
    starts: list[Version | None] = list(bounds[0::2])
    ends = bounds[1::2]
    if from_the_start:
        starts[0] = None
    for place, start in enumerate(starts):
        events.append({"introduced": "0" if start is None else str(start)})
        text = "" if start is None else f">={start}"
        if place < len(ends):
            events.append({"last_affected" if inclusive else "fixed": str(ends[place])})
            text += f",{'<=' if inclusive else '<'}{ends[place]}"
        specifiers.append(text.strip(","))
    expected = any(SpecifierSet(text, prereleases=True).contains(version) for text in specifiers)
    random.shuffle(events)  # type: ignore[attr-defined]
    assert is_affected(version, affected(*events)) == expected


@given(st.lists(versions, min_size=2, max_size=6, unique=True), versions)
def test_windows_are_compared_by_order_alone(bounds: list[Version], version: Version) -> None:
    bounds = sorted({Version(bound.public) for bound in bounds})
    windows = list(pairwise(bounds))[::2]
    # "0" alone would be the first of all.
    events = [
        event
        for start, end in windows
        for event in ({"introduced": f"{start}.0" if str(start) == "0" else str(start)}, {"fixed": str(end)})
    ]
    public = Version(version.public)
    assert is_affected(version, affected(*events)) == any(start <= public < end for start, end in windows)


@given(st.lists(versions, max_size=5), versions)
def test_listed_versions_are_those_that_equal_them(listed: list[Version], version: Version) -> None:
    expected = any(version == each or Version(version.public) == each for each in listed)
    assert is_affected(version, affected(listed=tuple(map(str, listed)))) == expected


@given(st.lists(finals, min_size=1, max_size=6, unique=True), versions)
def test_a_fix_is_above_the_version_and_not_affected(bounds: list[Version], version: Version) -> None:
    bounds.sort()
    kinds = ("introduced", "fixed")
    entry = affected(*({kinds[place % 2]: str(bound)} for place, bound in enumerate(bounds)))
    found = fixes(version, entry)
    assert list(found) == sorted(bound for bound in bounds[1::2] if bound > version)
    assert not any(is_affected(fixed, entry) for fixed in found)


CASES = {
    "nothing is said": ((), "1.0", False),
    "from the first one on": (({"introduced": "0"},), "0.dev0", True),
    "a pre-release of what fixes it": (({"introduced": "0"}, {"fixed": "1.0"}), "1.0rc1", True),
    "the fix itself": (({"introduced": "0"}, {"fixed": "1.0"}), "1.0", False),
    "the fix written otherwise": (({"introduced": "0"}, {"fixed": "v1.0.0"}), "1", False),
    "a local build of the fix": (({"introduced": "0"}, {"fixed": "1.0"}), "1.0+cpu", False),
    "the last one": (({"introduced": "0"}, {"last_affected": "1.0"}), "1.0", True),
    "a local build of the last one": (({"introduced": "0"}, {"last_affected": "1.0"}), "1.0+cpu", True),
    "after the last one": (({"introduced": "0"}, {"last_affected": "1.0"}), "1.0.post1", False),
    "one version alone": (({"introduced": "1.0"}, {"last_affected": "1.0"}), "1.0", True),
    "after one version alone": (({"introduced": "1.0"}, {"last_affected": "1.0"}), "1.1", False),
    "fixed and broken again at once": (
        ({"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "1.0"}, {"fixed": "2.0"}),
        "1.5",
        True,
    ),
    "broken and fixed at once": (({"introduced": "1.0"}, {"fixed": "1.0"}), "1.0", False),
    "between two windows": (({"introduced": "0"}, {"fixed": "1"}, {"introduced": "2"}), "1.5", False),
    "in the second window": (({"introduced": "0"}, {"fixed": "1"}, {"introduced": "2"}), "2.5", True),
    "an epoch": (({"introduced": "0"}, {"fixed": "9.0"}), "1!0.1", False),
    "below a limit": (({"introduced": "0"}, {"limit": "2.0"}), "1.0", True),
    "at a limit": (({"introduced": "0"}, {"limit": "2.0"}), "2.0", False),
    "below one of two limits": (({"introduced": "0"}, {"limit": "1.0"}, {"limit": "3.0"}), "2.0", True),
    "no limit": (({"introduced": "0"}, {"limit": "*"}), "99", True),
    "a beginning that is no version": (({"introduced": "first"}, {"fixed": "2.0"}), "1.0", True),
    "an end that is no version": (({"introduced": "0"}, {"fixed": "the-rewrite"}), "1.0", True),
}


@pytest.mark.parametrize(("events", "version", "expected"), CASES.values(), ids=CASES.keys())
def test_the_algorithm_of_the_schema(events: tuple[dict[str, str], ...], version: str, expected: bool) -> None:
    assert is_affected(Version(version), affected(*events)) is expected


def test_commits_are_no_versions() -> None:
    assert not is_affected(Version("1.0"), affected({"introduced": "0"}, kind="GIT"))
    assert is_affected(Version("1.0"), affected({"introduced": "0"}, kind="GIT", listed=("0.9", "1.0.0")))


def test_a_listed_version_is_affected_where_no_range_holds_it() -> None:
    entries = affected({"introduced": "2.0"}, {"fixed": "2.1"}, listed=("1.0", "not a version"))
    assert is_affected(Version("1.0"), entries)
    assert is_affected(Version("2.0"), entries)
    assert not is_affected(Version("1.5"), entries)


def test_a_fix_that_another_entry_calls_affected_is_none() -> None:
    entries = (
        *affected({"introduced": "0"}, {"fixed": "1.5"}, {"fixed": "2.5"}),
        *affected({"introduced": "1.0"}, {"fixed": "2.0"}),
    )
    assert [str(fixed) for fixed in fixes(Version("1.0"), entries)] == ["2.0", "2.5"]
