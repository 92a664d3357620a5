"""The rules of the format in Nix: the cases are the ones the Python reader is held to."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lock.urls import git_fault
from tests.nix.hosts import pkgs
from tests.nix.machine import LIBRARY, Nix, quoted

if TYPE_CHECKING:
    from tests.nix.locks import LockMaker

pytestmark = pytest.mark.nix

LOCKS = Path(__file__).resolve().parents[1] / "data/locks"
DAMAGED = LOCKS / "damaged"
CASES: list[dict[str, Any]] = tomllib.loads((LOCKS / "cases.toml").read_text(encoding="utf-8"))["case"]

# Refused by Nix's own reader of TOML, whose errors nothing in Nix can catch and number; each version refuses more.
REFUSED_BY_TOML = ("key-twice", "nul", "not-utf-8", "number-too-long", "key-unknown-in-wheel")

# What Nix does not refuse, and why it need not or cannot.
PYTHON_ONLY = {
    "plugin-beyond-its-marker.lock": "markers are evaluated at lock time; Nix holds none",
    "plugin-systems-widened.lock": "likewise: the systems are what the marker became",
}


def read(lock: Path) -> str:
    """Return the expression that reads a lock with nothing but the pure part."""
    library = f"lib = import {LIBRARY}/standalone/lib.nix;"
    return f"(import {LIBRARY}/lock.nix {{ {library} }} {quoted(lock)})"


def is_refused_by_toml(case: dict[str, Any]) -> bool:
    """Tell whether Nix's reader of TOML is the one to refuse a file."""
    return any(case["file"].startswith(start) for start in REFUSED_BY_TOML)


@pytest.mark.parametrize("name", ["good.lock", "good-sources.lock", "good-publishers.lock"])
def test_a_good_lock_is_read(nix: Nix, name: str) -> None:
    names = nix.evaluate(f"map (package: package.name) {read(LOCKS / name)}.view.packages")
    assert names == sorted(names)
    assert len(names) > 3


@pytest.mark.attack(26)
def test_each_damaged_lock_breaks_the_rule_it_was_made_to_break(nix: Nix) -> None:
    # One evaluation for all of them: starting Nix takes longer than reading a lock.
    cases = {case["file"]: case for case in CASES if not is_refused_by_toml(case)}
    problems = nix.evaluate(
        "{ " + "".join(f"{quoted(name)} = {read(DAMAGED / name)}.problems; " for name in cases) + "}"
    )
    wrong = {
        name: problems[name]
        for name, case in cases.items()
        if name not in PYTHON_ONLY and case["rule"] not in {problem["rule"] for problem in problems[name]}
    }
    assert wrong == {}
    assert {name for name in PYTHON_ONLY if problems[name]} == set()
    assert len(cases) > 120


@pytest.mark.parametrize(
    "case", [case for case in CASES if is_refused_by_toml(case)], ids=lambda case: case["file"].removesuffix(".lock")
)
@pytest.mark.attack(24)
def test_what_is_no_toml_is_refused_by_nix_itself(nix: Nix, case: dict[str, Any]) -> None:
    message = nix.refusal(f"{read(DAMAGED / case['file'])}.view.systems")
    # Nix 2.8 clamps a number that is too long, and the clamped one is then no file's size.
    assert re.search("TOML|cannot be represented as a Nix string|is no file's size", message), message


def test_a_refusal_names_the_entry_what_is_wrong_and_the_command(nix: Nix) -> None:
    message = nix.refusal(f"{read(DAMAGED / 'version-edited.lock')}.view.systems")
    assert "version-edited.lock cannot be used" in message
    assert "rule 2, package weather-plugin 1.2.4: weather_plugin-1.2.3-py3-none-any.whl is a file of" in message
    assert "help: change plugins.toml and run `plugin-lock lock`" in message


def test_nothing_of_a_password_is_shown(nix: Nix) -> None:
    for name in ("url-password.lock", "url-token.lock", "index-password.lock"):
        good = set((LOCKS / "good.lock").read_text(encoding="utf-8").splitlines())
        changed = [line for line in (DAMAGED / name).read_text(encoding="utf-8").splitlines() if line not in good]
        secrets = [
            secret
            for line in changed
            for pair in re.findall(r"//([^/@\s]+)@|\?[a-z]+=([^&#\"]+)", line)
            for secret in pair
            if secret
        ]
        assert secrets
        message = nix.refusal(f"{read(DAMAGED / name)}.view.systems")
        assert not [secret for secret in secrets if secret in message], message


def test_a_lock_that_is_not_there_is_an_error_with_a_remedy(nix: Nix, tmp_path: Path) -> None:
    message = nix.refusal(f"{read(tmp_path / 'plugins.lock')}.view.systems")
    assert "does not exist" in message
    assert "plugin-lock lock" in message


REPOSITORIES = [
    "https://git.example/a/b.git",
    "https://git.example:8443/a",
    "https://user@git.example/a",
    "http://git.example/a",
    "http://127.0.0.1:8080/a",
    "https://git.example/a?ref=main",
    "https://git.example/../a",
    "ssh://git@git.example/a/b",
    "ssh://git.example:2222/a/b",
    "ssh://git:secret@git.example/a",
    "ssh://-oProxyCommand=x/a",
    "ssh://git@git.example",
    "ssh://git@git.example/%2e%2e/a",
    "git@git.example:user/a.git",
    "git.example:user/a",
    "git@git.example:../a",
    "git@-oX:a",
    "file:///srv/git/a",
    "file://localhost/srv/git/a",
    "file://elsewhere/srv/git/a",
    "file:srv/git/a",
    "file:///srv/../a",
    "ext::sh",
    "git://git.example/a",
    "git+ssh://git@git.example/a",
    "/srv/git/a",
    "",
]


def test_the_addresses_of_repositories_are_judged_as_in_python(nix: Nix) -> None:
    library = f"import {LIBRARY}/urls.nix {{ lib = import {LIBRARY}/standalone/lib.nix; }}"
    found = nix.evaluate(f"map (url: (({library}).gitFault url) == null) {quoted(REPOSITORIES)}")
    assert dict(zip(REPOSITORIES, found, strict=True)) == {url: git_fault(url) is None for url in REPOSITORIES}


# PEP 440: left, right, and whether they are the same version.
VERSIONS = [
    ("1.0", "1.0.0", True),
    ("1.0", "1", True),
    ("1!1.0", "1.0", False),
    ("1.0a1", "1.0.alpha-1", True),
    ("1.0rc1", "1.0c1", True),
    ("1.0.post1", "1.0-1", True),
    ("1.0.post1", "1.0", False),
    ("1.0.dev0", "1.0dev", True),
    ("2024.1.5", "2024.01.05", True),
    ("1.0+local.1", "1.0+LOCAL-1", True),
    ("1.0+local.1", "1.0+local.2", False),
    ("1.10", "1.1", False),
    ("nonsense", "other", False),
]


def test_versions_are_the_same_as_pep_440_says(nix: Nix) -> None:
    library = f"import {LIBRARY}/versions.nix {{ lib = import {LIBRARY}/standalone/lib.nix; }}"
    pairs = " ".join(f"(same {quoted(left)} {quoted(right)})" for left, right, _ in VERSIONS)
    found = nix.evaluate(f"let inherit ({library}) same; in [ {pairs} ]")
    assert dict(zip(VERSIONS, found, strict=True)) == {case: case[2] for case in VERSIONS}


def test_a_folder_in_place_of_a_lock_is_an_error_that_names_the_file_in_it(nix: Nix, tmp_path: Path) -> None:
    (tmp_path / "plugins.lock").write_text("", encoding="utf-8")
    message = nix.refusal(f"{read(tmp_path)}.view.systems")
    assert "is a folder" in message
    assert f"name the file in it: {tmp_path}/plugins.lock" in message


@pytest.mark.parametrize("given", ['"./plugins.lock"', '"lock-version = 1"', "null", "{ }"])
def test_what_is_no_path_of_a_lock_is_told_as_such(nix: Nix, given: str) -> None:
    message = nix.refusal(f"(import {LIBRARY} {{ lock = {given}; pkgs = {pkgs()}; }}).environment.drvPath")
    assert "plugin-lock: `lock` is the path of a plugins.lock" in message


def test_a_path_in_the_store_may_be_a_string(nix: Nix, lock: LockMaker) -> None:
    # As `"${self}/plugins.lock"` of a flake, whose string knows where it is from.
    lock.plugin("weather-plugin")
    lock.write()
    folder = f'builtins.path {{ path = {quoted(lock.path.parent)}; name = "source"; }}'
    expression = f'import {LIBRARY} {{ lock = "${{{folder}}}/plugins.lock"; pkgs = {pkgs()}; }}'
    assert nix.evaluate(f"builtins.attrNames ({expression}).packages", "--read-write-mode") == ["weather-plugin"]
