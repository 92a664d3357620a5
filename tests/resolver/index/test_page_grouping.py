from __future__ import annotations

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st
from packaging.version import InvalidVersion, Version

from resolver.index import file_names, version_order
from resolver.index.page_grouping import files_by_version

NUMBERS = st.lists(st.integers(0, 3), min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))
VERSIONS = st.one_of(
    NUMBERS,
    st.tuples(NUMBERS, st.sampled_from(["a1", "rc2", ".post1", ".dev3", "+local.1", "-1", "alpha", ".0", "x"])).map(
        "".join
    ),
    st.sampled_from(["1!0", "v1.0", "01.0", "1.0.0.0", "9" * 30, "00", "latest", ""]),
)
NAMES = st.sampled_from(["my_thing", "my-thing", "My.Thing", "my", "thing", "other", ""])
ENDINGS = st.sampled_from(
    [
        "-py3-none-any.whl",
        "-cp312-cp312-manylinux_2_28_x86_64.whl",
        "-1-py3-none-any.whl",
        "-x-py3-none-any.whl",
        "-py3-none.whl",
        ".whl",
        ".tar.gz",
        ".zip",
        ".egg",
        ".tar.gz.asc",
    ]
)
FILENAMES = st.lists(st.tuples(NAMES, VERSIONS, ENDINGS).map(lambda parts: f"{parts[0]}-{parts[1]}{parts[2]}"))


def careful(filenames: list[str]) -> dict[Version, set[str]]:
    """Group the files by version, looking at each name by itself."""
    groups: dict[Version, set[str]] = defaultdict(set)
    for filename in filenames:
        try:
            named = file_names.version_in(filename, "my-thing")
        except file_names.UnusableNameError:
            continue
        if named is not None:
            groups[Version(named.version)].add(filename)
    return groups


@given(FILENAMES)
def test_files_are_grouped_as_if_each_name_were_looked_at_by_itself(filenames: list[str]) -> None:
    skipped: list[tuple[str, str]] = []
    grouped = files_by_version("my-thing", [(name, name.encode()) for name in filenames], skipped)
    expected = careful(filenames)
    assert {Version(text): {bytes(entry).decode() for entry in files} for text, files in grouped} == expected
    assert [Version(text) for text, _ in grouped] == sorted(expected, reverse=True)
    for filename, _ in skipped:
        assert not any(filename in files for files in expected.values())


def test_the_wheels_spelling_stands_for_the_version() -> None:
    names = ["thing-1.0.tar.gz", "thing-1.0.0-py3-none-any.whl", "thing-2.tar.gz"]
    grouped = files_by_version("thing", [(name, name.encode()) for name in names], [])
    assert [text for text, _ in grouped] == ["2", "1.0.0"]


def test_a_wheel_named_with_a_dash_is_not_taken_for_the_projects_after_an_archive_was() -> None:
    names = ["my-thing-1.0.tar.gz", "my_thing-1.0-py3-none-any.whl", "my-thing-1.0-py3-none-any.whl"]
    skipped: list[tuple[str, str]] = []
    ((_, files),) = files_by_version("my-thing", [(name, name.encode()) for name in names], skipped)
    assert sorted(map(bytes, files)) == [b"my-thing-1.0.tar.gz", b"my_thing-1.0-py3-none-any.whl"]
    assert [name for name, _ in skipped] == ["my-thing-1.0-py3-none-any.whl"]


def test_an_archive_without_a_name_is_not_taken_for_the_projects() -> None:
    skipped: list[tuple[str, str]] = []
    assert files_by_version("thing", [("-2.0.tar.gz", b"")], skipped) == []
    assert [name for name, _ in skipped] == ["-2.0.tar.gz"]


@given(st.sets(VERSIONS))
def test_versions_are_sorted_as_pep_440_says(texts: set[str]) -> None:
    expected: dict[Version, set[str]] = defaultdict(set)
    for text in texts:
        try:
            expected[Version(text)].add(text)
        except InvalidVersion:
            continue
    ordered = version_order.newest_first(texts)
    assert [set(group) for group in ordered] == [expected[version] for version in sorted(expected, reverse=True)]
