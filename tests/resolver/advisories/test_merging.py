from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from resolver.advisories.merging import merged
from resolver.advisories.model import Advisory, Release, Subject

SUBJECT = Subject(release=Release("x", "1.0", None), kinds=("package",), systems=("x86_64-linux",), paths=())
ids = st.sampled_from(["PYSEC-1", "PYSEC-2", "GHSA-1", "GHSA-2", "CVE-1", "CVE-2", "CVE-3", "OTHER-1"])
advisories = st.builds(
    lambda name, aliases: Advisory(id=name, aliases=tuple(sorted(aliases - {name}))), ids, st.sets(ids, max_size=2)
)


def test_records_that_name_each_other_are_one_finding() -> None:
    (finding,) = merged(
        SUBJECT,
        [
            Advisory(id="GHSA-1", aliases=("CVE-1",), summary="said by one", rating="HIGH", vectors=("CVSS:3.1/AV:N",)),
            Advisory(id="PYSEC-1", aliases=("CVE-1",)),
        ],
    )
    assert (finding.id, finding.aliases) == ("PYSEC-1", ("GHSA-1", "CVE-1"))
    assert (finding.summary, finding.rating, finding.vectors) == ("said by one", "HIGH", ("CVSS:3.1/AV:N",))


def test_records_are_joined_through_a_third() -> None:
    far = [Advisory(id="A-1", aliases=("B-1",)), Advisory(id="C-1", aliases=("D-1",))]
    assert len(merged(SUBJECT, far)) == 2
    assert len(merged(SUBJECT, [*far, Advisory(id="B-1", aliases=("D-1",))])) == 1


def test_records_that_have_no_name_in_common_stay_apart() -> None:
    found = merged(SUBJECT, [Advisory(id="GHSA-1", aliases=("CVE-1",)), Advisory(id="GHSA-2", aliases=("CVE-2",))])
    assert [finding.id for finding in found] == ["GHSA-1", "GHSA-2"]


def test_what_any_of_them_calls_fixed_is_shown() -> None:
    (finding,) = merged(
        SUBJECT,
        [
            Advisory(id="GHSA-1", aliases=("CVE-1",), fixed=(Version("1.10"),)),
            Advisory(id="PYSEC-1", aliases=("CVE-1",), fixed=(Version("1.9"), Version("1.10"))),
        ],
    )
    assert finding.fixed == ("1.9", "1.10")


@given(st.lists(advisories, max_size=8), st.randoms())
def test_order_does_not_matter_and_every_name_is_in_one_finding(found: list[Advisory], random: object) -> None:
    first = merged(SUBJECT, found)
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert [(each.id, each.aliases) for each in merged(SUBJECT, shuffled)] == [
        (each.id, each.aliases) for each in first
    ]
    names = [name for finding in first for name in (finding.id, *finding.aliases)]
    assert len(names) == len(set(names))
    assert set(names) == {name for advisory in found for name in (advisory.id, *advisory.aliases)}
    for advisory in found:
        together = [each for each in first if advisory.id in (each.id, *each.aliases)]
        assert set(advisory.aliases) <= {together[0].id, *together[0].aliases}
