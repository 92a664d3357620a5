"""entry_points.txt, read as importlib.metadata reads it."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lock import grammar
from resolver.inspection.entry_points import parse_entry_points
from resolver.inspection.findings import Findings, InspectionError
from resolver.inspection.model import SeenEntryPoint

if TYPE_CHECKING:
    from pathlib import Path


def parsed(text: str | bytes) -> tuple[SeenEntryPoint, ...]:
    findings = Findings("thing-1.0-py3-none-any.whl")
    found = parse_entry_points(text.encode() if isinstance(text, str) else text, "entry_points.txt", findings)
    findings.raise_if_any()
    return found


def test_entry_points_are_sorted_by_group_and_name() -> None:
    found = parsed("[b.group]\nz = mod\na=mod.sub:attr.part\n\n[a]\nname with space = mod : attr\n")
    assert [(entry.group, entry.name, entry.value) for entry in found] == [
        ("a", "name with space", "mod:attr"),
        ("b.group", "a", "mod.sub:attr.part"),
        ("b.group", "z", "mod"),
    ]


def test_comments_indentation_and_extras_are_as_setuptools_wrote_them_once() -> None:
    assert parsed("\n    [group]\r\n    # a comment\n    name = mod:attr [fast,net]\n    ") == (
        SeenEntryPoint(group="group", name="name", value="mod:attr"),
    )


def test_the_case_of_names_is_kept() -> None:
    assert [entry.name for entry in parsed("[g]\nName = m\nname = m\n")] == ["Name", "name"]


def test_a_name_of_several_parts_is_no_path() -> None:
    (entry,) = parsed("[mkdocs.plugins]\nmaterial/search = material.plugins.search.plugin:SearchPlugin\n")
    assert entry.name == "material/search"
    # Where the host loads that group it is refused: see the tests of operations.
    assert not grammar.ENTRY_NAME.fits(entry.name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[g]\n../../bin/sh = m:a\n", "line 2 names an entry point '../../bin/sh', which looks like a path"),
        ("[console_scripts]\na/b = m:a\n", "line 2 names an entry point 'a/b', which looks like a path"),
        ("[g]\n/b = m:a\n", "line 2 names an entry point '/b', which looks like a path"),
        ("[g]\na//b = m:a\n", "line 2 names an entry point 'a//b', which looks like a path"),
        ("[g]\na/./b = m:a\n", "line 2 names an entry point 'a/./b', which looks like a path"),
        ("[g]\na..b = m:a\n", "line 2 names an entry point 'a..b', which looks like a path"),
        ("[g]\na\\b = m:a\n", r"line 2 names an entry point 'a\\b', which looks like a path"),
        ("[g]\na\rb = m:a\n", r"line 2 names an entry point 'a\rb', which holds characters that no name needs"),
        ("[g]\na\u2028b = m:a\n", r"line 2 names an entry point 'a\u2028b', which holds characters that no name needs"),
        (
            "[g]\n\u202etxt = m:a\n",
            r"line 2 names an entry point '\u202etxt', which holds characters that no name needs",
        ),
        ("[g]\n${x} = m:a\n", "line 2 names an entry point '${x}', which holds characters that no name needs"),
        ("[g]\n = m:a\n", "line 2 names an entry point '', which is empty"),
        ("[console_scripts]\n-rf = m:a\n", "line 2 names an entry point '-rf', which cannot be a command's name"),
        ("[console_scripts]\na b = m:a\n", "line 2 names an entry point 'a b', which cannot be a command's name"),
        ("[g]\na = m:a\na = m:b\n", "line 3 names 'a' twice in the group 'g'"),
        ("[g]\na\n", "line 2 'a' is no `name = module:attribute`"),
        ("[g]\na = m:a\n    continued\n", "line 3 'continued' is no `name = module:attribute`"),
        ("[g]\na = os.system('x')\n", "line 2 gives 'a' the value \"os.system('x')\", which is no `module:attribute`"),
        ("[g]\na = m:\n", "line 2 gives 'a' the value 'm:', which is no `module:attribute`"),
        ("[g]\na =\n", "line 2 gives 'a' the value '', which is no `module:attribute`"),
        ("a = m:a\n", "line 1 'a = m:a' belongs to no group"),
        ("[g/h]\n", "line 1 '[g/h]' belongs to no group"),
        ("[]\n", "line 1 '[]' belongs to no group"),
        (b"[g]\n\xff = m:a\n", "is not UTF-8"),
    ],
)
@pytest.mark.attack(18)
def test_what_breaks_the_grammar_is_refused(text: str | bytes, message: str) -> None:
    with pytest.raises(InspectionError) as raised:
        parsed(text)
    assert [problem.message for problem in raised.value.problems] == [f"'entry_points.txt' {message}"]


_words = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,5}", fullmatch=True)
_dotted = st.lists(_words, min_size=1, max_size=3).map(".".join)
_names = st.text("abcXYZ09._-+ äß:#@", min_size=1, max_size=8).filter(
    lambda name: name == name.strip() and not name.startswith("#") and ".." not in name
)


@given(
    groups=st.dictionaries(
        _dotted.filter(lambda group: not group.endswith("scripts")),
        st.dictionaries(_names, st.tuples(_dotted, _dotted).map(":".join), max_size=3),
        max_size=3,
    )
)
def test_importlib_metadata_reads_the_same(tmp_path_factory: pytest.TempPathFactory, groups: dict) -> None:
    text = "".join(
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
        for group, entries in groups.items()
    )
    folder: Path = tmp_path_factory.mktemp("site") / "thing-1.0.dist-info"
    folder.mkdir()
    (folder / "entry_points.txt").write_text(text, encoding="utf-8")
    theirs = importlib.metadata.PathDistribution(folder).entry_points
    assert {(entry.group, entry.name, entry.value) for entry in parsed(text)} == {
        (entry.group, entry.name, entry.value) for entry in theirs
    }


@given(st.binary(max_size=200))
def test_any_bytes_are_entry_points_or_findings(data: bytes) -> None:
    findings = Findings("thing-1.0-py3-none-any.whl")
    for entry in parse_entry_points(data, "entry_points.txt", findings):
        assert entry.name.isprintable()
        assert "/" not in entry.name + entry.group + entry.value
