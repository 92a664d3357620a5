"""Whatever stands in a plugins.toml, reading and editing it gives a value or an `InputError`."""

from __future__ import annotations

import re
import tomllib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lock.errors import InputError
from lock.grammar import COMMIT, GROUP, INDEX_NAME, LONGEST_TEXT, NAME
from lock.urls import fault, git_fault
from resolver.manifest.edit import add, remove, template
from resolver.manifest.model import GitSource, IndexSource, PathSource, UrlSource
from resolver.manifest.reader import parse, read_text
from resolver.targets import Target

if TYPE_CHECKING:
    from collections.abc import Callable

    from resolver.manifest.model import DirectSource, Manifest

DATA = Path(__file__).parents[2] / "data" / "manifests"
TEXTS = [
    path.read_text(encoding="utf-8")
    for folder in ("right", "wrong")
    for path in sorted((DATA / folder).glob("*.toml"))
    if path.name != "not-utf-8.toml"
]
HEAD = '[host]\nname = "host"\npython = "3.12"\n\n[targets]\nsystems = ["x86_64-linux"]\n\n'
FRAGMENTS = [
    *("[", "]", "{", "}", '"', "'", '"""', "=", ",", ".", "#", "\n", "\r\n", "\\", "\0", "\u2028", "*", "1.2", "inf"),
    *("[plugins]", "[[index]]", "[plugins.x]", "x = 1", "git = ", "2026-01-01", "07:32:00", "true", "-0", "9" * 5000),
    *("://", "https://a:b@c/", "@", "[" * 2000, "{a=" * 2000, "(" * 2000, "<<<<<<< x\n"),
]
NAMES = st.from_regex(r"[a-z][a-z0-9]{0,5}([-_.][a-z0-9]{1,3})?", fullmatch=True)
VERSIONS = st.sampled_from(["*", ">=1", "==1.2.3", "~=1.4", ">=1,<2"])
COMMENTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=8)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Take one of the files, and damage it at up to four places."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        text = text[:start] + draw(st.sampled_from(FRAGMENTS) | st.text(max_size=4)) + text[end:]
    return text


@st.composite
def valid(draw: st.DrawFn) -> str:
    """Write a right plugins.toml with comments everywhere."""
    lines = []
    for name in draw(st.lists(NAMES, max_size=6, unique_by=canonicalize_name)):
        version = draw(VERSIONS)
        value = draw(
            st.sampled_from(
                [f'"{version}"', f'{{ version = "{version}" }}', f'{{version="{version}", extras=[ "e"\n, "f" ]}}']
            )
        )
        lines += [f"# {draw(COMMENTS)}"] * draw(st.integers(0, 1))
        lines += [f'{draw(st.sampled_from(["", "  "]))}"{name}" = {value} # {draw(COMMENTS)}']
        lines += [""] * draw(st.integers(0, 1))
    entries = "\n".join(lines)
    return f"{HEAD}# {draw(COMMENTS)}\n[plugins] # {draw(COMMENTS)}\n{entries}\n\n# end\n[policy]\n"


@given(st.text() | mutated())
@example("\ufeff")
@example("x = 1e")
@example("[a]\n[a]")
@example("a.b = 1\n[a]")
def test_reading_any_text_gives_a_manifest_or_an_input_error(text: str) -> None:
    try:
        manifest = parse(text, "plugins.toml")
    except InputError:
        return
    check_fits_a_lock(manifest)


def check_fits_a_lock(manifest: Manifest) -> None:
    """Check what plugins.lock takes over: its reader must not refuse what was accepted here."""
    assert NAME.fits(manifest.host.name)
    assert all(GROUP.fits(group) for group in manifest.host.entry_points)
    for index in manifest.indexes:
        assert INDEX_NAME.fits(index.name)
        assert fault(index.url) is None
        assert index.url.endswith("/")
    for plugin in manifest.plugins:
        assert NAME.fits(plugin.name)
        if isinstance(plugin.source, IndexSource):
            assert str(plugin.source.specifier).isprintable()
            assert len(str(plugin.source.specifier)) <= LONGEST_TEXT
            assert isinstance(plugin.source.specifier.contains("1.0"), bool)
        else:
            check_source(plugin.source)
        assert str(plugin.marker).isprintable()
        assert len(str(plugin.marker)) <= LONGEST_TEXT
        if plugin.marker is not None:
            for system in manifest.targets.systems:
                plugin.marker.evaluate(Target(system=system, python="3.12").marker_environment)
    for constraint in manifest.resolution.constraints:
        assert Requirement(str(constraint)) == constraint


def check_source(source: DirectSource) -> None:
    """Check that nothing leads out of the project, and that a commit is one."""
    if isinstance(source, PathSource):
        assert not {"", ".", ".."} & set(source.path.split("/"))
    if source.subdirectory is not None:
        assert not {"", ".", ".."} & set(source.subdirectory.split("/"))
    if isinstance(source, UrlSource):
        assert fault(source.url) is None
    if isinstance(source, GitSource):
        assert [source.tag, source.branch, source.revision].count(None) >= 2
        assert source.revision is None or COMMIT.fits(source.revision)
        assert git_fault(source.url) is None


@pytest.mark.parametrize(
    "secret",
    [
        "https://alice:hunter2@host.example/x",
        "https://alice:hun/ter2@host.example/x",
        "git+ssh://alice:hunter2@host.example/x",
        "HTTPS://hunter2@host.example",
        "x @ https://hunter2@host.example/x.whl",
        "alice:hunter2@host.example",
        "https://host.example/x?token=hunter2",
        "https://host.example/#hunter2",
        "//hunter2@host.example",
    ],
)
@pytest.mark.parametrize("path", sorted((DATA / "right").glob("*.toml")), ids=lambda path: path.stem)
def test_a_secret_in_the_place_of_any_string_or_key_is_in_no_message(path: Path, secret: str) -> None:
    text = read_text(path)
    for string in re.finditer(r"\"[^\"\n]*\"|'[^'\n]*'|(?<![#\w-])[A-Za-z][\w-]*(?= *[=\]])", text):
        wrong = f'{text[: string.start()]}"{secret}"{text[string.end() :]}'
        for use in (partial(parse, wrong, "plugins.toml"), partial(add, wrong, ["x"]), partial(remove, wrong, ["x"])):
            assert "ter2" not in problems_of(use)


def problems_of(use: Callable[[], object]) -> str:
    """Return all that the error says, "" where there is none."""
    try:
        use()
    except InputError as error:
        return f"{error.problems!r}{error}"
    return ""


@given(st.text() | mutated(), st.sampled_from(["rtk-hermes>=2", "new", "beta[x]", "alpha ; os_name == 'posix'"]))
def test_adding_to_any_text_gives_a_right_text_or_an_input_error(text: str, requirement: str) -> None:
    try:
        edited = add(text, [requirement])
    except InputError:
        return
    name = canonicalize_name(Requirement(requirement).name)
    assert name in {plugin.name for plugin in parse(edited, "plugins.toml").plugins}


@given(mutated(), st.sampled_from(["rtk-hermes", "alpha", "beta"]))
def test_removing_from_any_text_gives_a_right_text_or_an_input_error(text: str, name: str) -> None:
    try:
        edited = remove(text, [name])
    except InputError:
        return
    assert name not in {plugin.name for plugin in parse(edited, "plugins.toml").plugins}


@given(st.text(max_size=40) | st.sampled_from(["x[", "x;", "x @ ", "x>=", "x;" + "(" * 900]))
def test_any_requirement_is_added_or_refused(requirement: str) -> None:
    try:
        edited = add(HEAD, [requirement])
    except InputError:
        return
    assert len(parse(edited, "plugins.toml").plugins) == 1


@given(valid(), NAMES, VERSIONS)
def test_an_entry_comes_and_goes_and_every_byte_besides_stays(text: str, name: str, version: str) -> None:
    before = {plugin.name for plugin in parse(text, "plugins.toml").plugins}
    requirement = name if version == "*" else f"{name}{version}"
    try:
        edited = add(text, [requirement])
    except InputError as error:
        # Two random names may look alike; nothing else may be wrong.
        if {problem.code for problem in error.problems} != {"near-name"}:
            raise
        return
    assert {plugin.name for plugin in parse(edited, "plugins.toml").plugins} == before | {canonicalize_name(name)}
    if canonicalize_name(name) not in before:
        (new,) = set(enumerate_lines(edited)) - set(enumerate_lines(text))
        assert new[1] == f'{canonicalize_name(name)} = "{version}"'
        assert remove(edited, [name]) == text
    else:
        assert comments(edited) == comments(text)


@given(valid(), st.data())
def test_sorted_entries_are_sorted_afterwards(text: str, data: st.DataObject) -> None:
    names = [canonicalize_name(name) for name in tomllib.loads(text)["plugins"]]
    name = data.draw(NAMES.filter(lambda name: canonicalize_name(name) not in names))
    try:
        after = [canonicalize_name(key) for key in tomllib.loads(add(text, [name]))["plugins"]]
    except InputError:
        return
    if names == sorted(names):
        assert after == sorted(after)
    else:
        assert after == [*names, canonicalize_name(name)]


@given(st.text(max_size=20), st.text(max_size=8), st.lists(st.text(max_size=8), max_size=3), st.text(max_size=20))
def test_a_template_is_right_or_its_arguments_are_refused(name: str, python: str, words: list[str], lock: str) -> None:
    try:
        template(name=name, python=python, systems=words, lock=lock, entry_points=words)
        text = template(name=name or "x", python="3.12", systems=["x86_64-linux"], lock=lock)
    except InputError:
        return
    assert parse(text, "plugins.toml").plugins == ()


@pytest.mark.parametrize("path", sorted((DATA / "right").glob("*.toml")), ids=lambda path: path.stem)
def test_line_ends_survive_an_edit(path: Path) -> None:
    text = read_text(path)
    newline = "\r\n" if "\r\n" in text else "\n"
    assert add(text, ["zz-new"]).count("\n") >= text.count("\n")
    assert add(text, ["zz-new"]).replace(newline, "").count("\n") == 0


def enumerate_lines(text: str) -> list[tuple[int, str]]:
    """Return each line with how often it stood before."""
    seen: dict[str, int] = {}
    result = []
    for line in text.split("\n"):
        seen[line] = seen.get(line, 0) + 1
        result.append((seen[line], line))
    return result


def comments(text: str) -> list[str]:
    return [line[line.index("#") :] for line in text.split("\n") if "#" in line]
