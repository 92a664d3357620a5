"""The range of versions that a specifier can admit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from resolver.index.version_order import newest_first
from resolver.search.listing import ListedVersion
from resolver.search.version_bounds import bounds

TEXTS = [
    *("0.9", "1.0.dev1", "1.0a1", "1.0rc1", "1.0", "1.0+cpu", "1.0.post1.dev1", "1.0.post1", "1.0.1", "1.1.dev0"),
    *("1.1a1", "1.1", "1.2", "2.0a1", "2.0", "2.0+cpu.1", "2.0.0.1", "1!0.5", "1!1.0"),
]
VERSIONS = tuple(ListedVersion(text) for texts in newest_first(TEXTS) for text in texts)
PUBLIC = [text for text in TEXTS if "+" not in text]
CLAUSES = st.one_of(
    st.tuples(st.sampled_from(["<", "<=", ">", ">=", "!="]), st.sampled_from(PUBLIC)),
    st.tuples(st.sampled_from(["==", "==="]), st.sampled_from(TEXTS)),
    st.tuples(st.just("~="), st.sampled_from(["1.0", "1.0.1", "2.0a1", "2.0.0.1", "1!0.5"])),
    st.tuples(st.sampled_from(["==", "!="]), st.sampled_from(["1.*", "1.0.*", "1!1.*"])),
)


@given(st.lists(CLAUSES, max_size=3))
def test_nothing_outside_the_range_is_admitted(clauses: list[tuple[str, str]]) -> None:
    specifier = SpecifierSet(",".join(operator + version for operator, version in clauses))
    start, end = bounds(VERSIONS, specifier)
    outside = (*VERSIONS[:start], *VERSIONS[max(start, end) :])
    assert [listed.text for listed in outside if specifier.contains(listed.version, prereleases=True)] == []


@pytest.mark.parametrize(
    ("specifier", "within"),
    [
        (">=1.1,<2.0a1", ["1.2", "1.1"]),
        ("==1.0", ["1.0+cpu", "1.0"]),
        ("<=0.9", ["0.9"]),
        (">1.2,<1.2", []),
    ],
)
def test_the_range_is_narrow_where_two_comparisons_tell_its_ends(specifier: str, within: list[str]) -> None:
    start, end = bounds(VERSIONS, SpecifierSet(specifier))
    assert [listed.text for listed in VERSIONS[start:end]] == within
