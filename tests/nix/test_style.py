"""How the Nix files are written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.nix.machine import LIBRARY
from tests.nix.syntax import problems, problems_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nix.machine import Nix

DOCUMENT = LIBRARY.parent / "docs/nix.md"
FILES = sorted(LIBRARY.rglob("*.nix"))
EVERY_FILE = sorted({*FILES, LIBRARY.parent / "flake.nix", *(LIBRARY.parent / "tests").rglob("*.nix")})


def code_of(file: Path) -> str:
    """Return a file without its comments and strings (roughly: enough to look for keywords)."""
    text = file.read_text(encoding="utf-8")
    text = re.sub(r"''.*?''", "''''", text, flags=re.DOTALL)
    text = re.sub(r'"(?:\\.|[^"\\])*"', '""', text)
    return re.sub(r"#.*", "", text)


@pytest.mark.nix
def test_every_file_parses_and_knows_its_variables(nix: Nix) -> None:
    done = nix.run("nix-instantiate", "--parse", *map(str, FILES))
    assert done.code == 0, done.err
    assert len(FILES) > 20


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(LIBRARY)))
def test_a_file_keeps_to_the_style(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*\.nix", file.name), "file names are hyphen-case"
    assert not re.search(r"\bwith\b", code_of(file)), "no `with`: it hides where names come from"
    assert not re.search(r"\brec\b", code_of(file)), "no `rec`: `let` says what refers to what"
    assert "\t" not in text
    assert not re.search(r" +$", text, re.MULTILINE), "no spaces at the end of a line"
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert text.startswith(("# ", "{\n  description = ")), "a file says what it is for"
    assert len(text.splitlines()) <= 300


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(LIBRARY)))
def test_names_are_camel_case(file: Path) -> None:
    bound = re.findall(r"^\s*([A-Za-z][A-Za-z0-9_'-]*) =(?!=)", code_of(file), re.MULTILINE)
    # Names of nixpkgs' packages, of systems and of the lock's keys are not ours.
    foreign = ("lib", "x86_64-", "aarch64-", "plugin-lock")
    keys = file.parent.name == "rules" and file.name.endswith("shape.nix")
    wrong = [name for name in bound if re.search(r"[_-]", name) and not name.startswith(foreign) and not keys]
    assert wrong == []


@pytest.mark.parametrize("file", EVERY_FILE, ids=lambda file: str(file.relative_to(LIBRARY.parent)))
def test_the_parser_finds_nothing_that_a_linter_would(file: Path) -> None:
    assert problems_of(file) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("let a = 1; in 2", "`a` is bound and not used"),
        ("let inherit (x) a b; in a", "`b` is bound and not used"),
        ("let inherit (x) a; in { inherit a; }", None),
        ("let a = b; b = 1; in a", None),
        ("let in 1", "`let` without a binding"),
        ("let my_name = 1; in my_name", "`my_name` is not camelCase"),
        ("{ a, b }: a", "the argument `b` is not used"),
        ("{\n  a,\n  b ? a,\n}:\nb", None),
        ("a: 1", "the argument `a` is not used"),
        ("_: 1", None),
        ("{ }: 1", "an empty pattern takes nothing"),
        ("{ ... }: 1", None),
        ("with a; b", "`with` hides where names come from"),
        ("rec { a = 1; }", "`rec`: `let` says what refers to what"),
        ("{ a = a; }", "`a = a` is `inherit a`"),
        ("{ a = b.a; }", "`a = b.a` is `inherit (b) a`"),
        ("{ a = b.a or 1; }", None),
        ("a == true", "a truth is compared with a truth"),
        ("f (a)", "parentheses around what needs none"),
        ("f (a b)", None),
        ("{ a = ", "it cannot be parsed"),
    ],
)
def test_the_rules_of_the_parser_find_what_they_are_for(text: str, problem: str | None) -> None:
    found = problems(text)
    assert len(found) == (problem is not None)
    if problem is not None:
        assert problem in found[0]


@pytest.mark.nix
def test_every_expression_of_the_documents_parses(nix: Nix) -> None:
    documents = [
        LIBRARY.parent / "README.md",
        *(DOCUMENT.parent / name for name in ("adapters.md", "nix.md", "scale.md")),
    ]
    text = "".join(document.read_text(encoding="utf-8") for document in documents)
    blocks = re.findall(r"^```nix\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 9
    for block in blocks:
        done = nix.run("nix-instantiate", "--parse", "--expr", block)
        assert done.code == 0, done.err


def test_the_document_names_every_argument() -> None:
    head = code_of(LIBRARY / "default.nix").partition("}:")[0]
    arguments = re.findall(r"^  ([a-zA-Z]+)(?: \?.*)?,$", head, re.MULTILINE)
    text = DOCUMENT.read_text(encoding="utf-8")
    assert len(arguments) == 10
    assert [name for name in arguments if f"| `{name}` |" not in text] == []
