"""Lines of keys in TOML texts."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lock.toml_lines import KeyPath, key_text, line_of, syntax_problem

TEXT = '''\
top = 1
[a]
x = 1 # = [ not a table
"q.r" . y = [
  "1]",
  { k = [1, 2], "z" = 3 }, # foo ]
  [ """
# not a comment
[not.a.table]
"""
, 3],
]
[[a.b]]
n = 1979-05-27 07:32:00
[[a.b]]
n = 1.5
[a.b.c]
z = {}
w = 1
[d.e]
[d]
f = \'\'\'
g = 1\'\'\'
h = 2
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 1),
        (("a",), 2),
        (("a", "x"), 3),
        (("a", "q.r", "y"), 4),
        (("a", "q.r", "y", 0), 5),
        (("a", "q.r", "y", 1, "k", 1), 6),
        (("a", "q.r", "y", 1, "z"), 6),
        (("a", "q.r", "y", 2, 0), 7),
        (("a", "q.r", "y", 2, 1), 11),
        (("a", "b"), 13),
        (("a", "b", 0, "n"), 14),
        (("a", "b", 1), 15),
        (("a", "b", 1, "n"), 16),
        (("a", "b", 1, "c"), 17),
        (("a", "b", 1, "c", "w"), 19),
        (("d", "e"), 20),
        (("d",), 21),
        (("d", "f"), 22),
        (("d", "h"), 24),
    ],
)
def test_a_key_is_found_on_its_line(path: KeyPath, line: int) -> None:
    tomllib.loads(TEXT)
    assert line_of(TEXT, path) == line


@pytest.mark.parametrize(
    ("path", "line"),
    [(("a", "b", 1, "absent"), 15), (("a", "q.r", "y", 9), 4), (("absent", "key"), 1), ((), 1)],
)
def test_an_absent_key_is_found_on_the_line_of_its_nearest_ancestor(path: KeyPath, line: int) -> None:
    assert line_of(TEXT, path) == line


@dataclass
class Writer:
    """Writes TOML and notes where each key came to stand."""

    lines: dict[KeyPath, int] = field(default_factory=dict)
    text: str = ""

    def put(self, text: str) -> None:
        self.text += text

    def note(self, path: KeyPath) -> None:
        self.lines[path] = self.text.count("\n") + 1

    def value(self, path: KeyPath, value: object, blank: str) -> None:
        if isinstance(value, list):
            self.put("[" + blank)
            for position, item in enumerate(value):
                self.note((*path, position))
                self.value((*path, position), item, blank)
                self.put(blank + "," + blank)
            self.put("]")
        elif isinstance(value, dict):
            self.put("{")
            for position, (key, item) in enumerate(value.items()):
                self.put(", " if position else " ")
                self.note((*path, key))
                self.put(f'"{key}" = ')
                self.value((*path, key), item, "")
            self.put("}")
        else:
            self.put(str(value))


SCALARS = st.sampled_from(
    ["1", "-2.5", "true", '"a # ] } = \\" b"', "'c[\\'", '"""x\n[y]\n""z"""', "'''\nk = 1\n'''", "1979-05-27"]
)
ONE_LINE = st.sampled_from(["1", "0.5", "false", '"{"', "'\"'"])
KEYS = st.text("ab.#[]= -", min_size=1, max_size=3)


def inline(children: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.lists(children, max_size=3) | st.dictionaries(KEYS, children, max_size=3)


VALUES = st.recursive(SCALARS, lambda children: st.lists(children, max_size=3), max_leaves=6) | st.recursive(
    ONE_LINE, inline, max_leaves=6
)
TABLES = st.dictionaries(KEYS, VALUES, max_size=3)
DOCUMENTS = st.dictionaries(KEYS, TABLES | st.lists(TABLES, min_size=1, max_size=3), max_size=4)


@given(DOCUMENTS, st.sampled_from(["", " ", "\n", " # ]}\n"]))
def test_every_key_of_a_document_is_found_where_it_was_written(
    document: dict[str, dict[str, object] | list[dict[str, object]]], blank: str
) -> None:
    writer = Writer()

    def table(header: str, path: KeyPath, content: dict[str, object]) -> None:
        writer.note(path)
        writer.put(header + "\n")
        for key, value in content.items():
            writer.note((*path, key))
            writer.put(f'"{key}" =')
            writer.value((*path, key), value, blank)
            writer.put(" # comment\n")

    for key, content in document.items():
        if isinstance(content, dict):
            table(f'["{key}"]', (key,), content)
        else:
            writer.note((key,))
            for position, item in enumerate(content):
                table(f'[["{key}"]]', (key, position), item)
    tomllib.loads(writer.text)
    found = {path: line_of(writer.text, path) for path in writer.lines}
    assert found == writer.lines


@given(st.text("ab\"'\\[]{}=,.#\n 1"), st.lists(st.sampled_from(["a", "b", 0, 1]), max_size=4))
def test_any_text_gives_a_line_inside_it(text: str, path: list[str | int]) -> None:
    assert 1 <= line_of(text, tuple(path)) <= text.count("\n") + 1


def test_depth_costs_no_stack() -> None:
    assert line_of("a = " + "[\n" * 50_000, ("a", 0, 0)) == 3


def test_a_path_is_written_as_people_write_it() -> None:
    assert key_text(("packages", 3, "wheels", 0, "url")) == "packages[3].wheels[0].url"
    assert key_text(("a", "b.c", "\x1b[1m")) == "a.'b.c'.'\\x1b[1m'"


def syntax_error(text: str) -> tomllib.TOMLDecodeError:
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)
    return caught.value


def test_a_syntax_error_is_told_with_its_line() -> None:
    assert str(syntax_problem(syntax_error("a = 1\nb = = 2\n"), "plugins.toml")) == (
        "plugins.toml:2: this is not valid TOML: Invalid value\n"
        "  help: correct the TOML on this line, or on the one before it"
    )


def test_a_syntax_error_at_the_end_is_on_the_last_line() -> None:
    text = "a = 1\nb = "
    problem = syntax_problem(syntax_error(text), "plugins.toml", text=text, remedy="write a value")
    assert str(problem) == (
        "plugins.toml:2: this is not valid TOML: Invalid value at the end of the file\n  help: write a value"
    )
    assert syntax_problem(syntax_error(text), "plugins.toml").line is None
