"""Damaged locks and the exact errors they give; the cases are data that the Nix tests share."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from lock import text_checks
from lock.errors import LockError
from lock.reader import parse
from tests.lock.test_example import GOOD

FOLDER = Path(__file__).parents[1] / "data/locks"
CASES: list[dict[str, Any]] = tomllib.loads((FOLDER / "cases.toml").read_text(encoding="utf-8"))["case"]
GOOD_TEXT = GOOD.read_text(encoding="utf-8")


ATTACKS = {
    **dict.fromkeys(["url-other-host.lock", "sdist-other-host.lock", "repository-of-another-kind.lock"], 1),
    **dict.fromkeys(["url-of-another-file.lock", "wheel-of-another-package.lock", "sdist-of-another-package.lock"], 2),
    **dict.fromkeys(["sdist-of-another-version.lock", "vcs-artifact-of-another-commit.lock"], 2),
    "version-edited.lock": 3,
    **dict.fromkeys(["hash-absent.lock", "hash-md5.lock", "hash-not-hex.lock", "hash-prefixed.lock"], 5),
    **dict.fromkeys(["hash-short.lock", "hash-upper-case.lock", "nar-hash-absent.lock", "nar-hash-sha1.lock"], 5),
    **dict.fromkeys(["commit-is-a-branch.lock", "commit-is-short.lock", "plugin-commit-is-a-tag.lock"], 8),
    **dict.fromkeys(["file-name-climbs.lock", "plugin-id-climbs.lock", "plugin-id-twice.lock"], 18),
    **dict.fromkeys(["entry-point-newline.lock", "executable-absolute.lock"], 18),
    **dict.fromkeys(["version-from-the-future.lock", "key-twice.lock", "merge-marker.lock"], 24),
    **dict.fromkeys(["byte-order-mark.lock", "crlf.lock", "empty.lock", "blank.lock", "truncated-in-a-line.lock"], 24),
    "nested-too-deep.lock": 15,
    **dict.fromkeys(["name-antiquotation.lock", "name-non-ascii.lock"], 26),
}


def marked(case: dict[str, Any]) -> Any:
    """The case as pytest takes it, with the number of the attack it is, if it is one."""
    number = ATTACKS.get(case["file"])
    return pytest.param(case, id=case["file"], marks=[] if number is None else pytest.mark.attack(number))


def test_every_attack_is_a_case() -> None:
    assert ATTACKS.keys() <= {case["file"] for case in CASES}


@pytest.mark.parametrize("case", [marked(case) for case in CASES])
def test_a_damaged_lock_gives_its_exact_errors(case: dict[str, Any]) -> None:
    with pytest.raises(LockError) as caught:
        parse((FOLDER / "damaged" / case["file"]).read_bytes(), case["file"])
    assert [str(problem) for problem in caught.value.problems] == case["python"]
    assert caught.value.problems[0].code.startswith(f"rule-{case['rule']}-")
    assert caught.value.exit_code == 1


def test_every_rule_has_a_case_and_every_file_is_one() -> None:
    assert {case["rule"] for case in CASES} == set(range(1, 9))
    assert sorted(case["file"] for case in CASES) == sorted(path.name for path in (FOLDER / "damaged").iterdir())


@pytest.mark.parametrize(
    "file",
    [
        *("url-password.lock", "url-token.lock", "index-password.lock"),
        *("repository-password.lock", "repository-token.lock"),
    ],
)
def test_no_secret_of_a_lock_is_in_its_errors(file: str) -> None:
    with pytest.raises(LockError) as caught:
        parse((FOLDER / "damaged" / file).read_bytes(), file)
    assert "hunter2" not in "".join(map(repr, caught.value.problems))


def test_a_text_and_its_bytes_read_alike() -> None:
    assert parse(GOOD_TEXT, "plugins.lock") == parse(GOOD_TEXT.encode(), "plugins.lock")


def test_all_problems_are_told_at_once() -> None:
    text = GOOD_TEXT.replace("1" * 64, "f" * 63).replace("2" * 64, "e" * 63)
    with pytest.raises(LockError) as caught:
        parse(text, "plugins.lock")
    assert [problem.key for problem in caught.value.problems] == [
        "packages[0].wheels[0].hashes.sha256",
        "packages[1].wheels[0].hashes.sha256",
    ]


def refused(text: str | bytes) -> str:
    with pytest.raises(LockError) as caught:
        parse(text, "plugins.lock")
    return "\n".join(problem.message for problem in caught.value.problems)


@pytest.mark.attack(24)
def test_a_later_format_names_the_version_that_reads_it() -> None:
    with pytest.raises(LockError) as caught:
        parse(GOOD_TEXT.replace("version = 1\n", "version = 7\n"), "plugins.lock")
    assert str(caught.value) == (
        "plugins.lock:159: the lock has format version 7; this plugin-lock reads version 1\n"
        "  help: use a plugin-lock that reads format version 7"
    )


@pytest.mark.attack(15)
def test_a_file_beyond_the_limit_is_refused_before_it_is_read() -> None:
    assert refused(b"#" * (text_checks.MAX_BYTES + 1)) == (
        "the file is larger than 8388608 bytes, the most that is read"
    )


@pytest.mark.parametrize("opening", ["[", "{a=", '["x",'])
@pytest.mark.attack(15)
def test_nesting_beyond_the_limit_is_refused(opening: str) -> None:
    assert refused(f"x = {opening * 5000}\n") == "arrays and tables are nested more than 16 deep"


@pytest.mark.attack(15)
def test_quotes_do_not_hide_nesting() -> None:
    hidden = '"""]]]" ]]""", ' * 3
    assert refused(f"x = [{hidden}" + f"[{hidden}" * 5000 + "\n") == ("arrays and tables are nested more than 16 deep")


@pytest.mark.attack(15)
def test_a_key_of_many_parts_is_refused() -> None:
    assert refused("a" + '."b"' * 5000 + " = 1\n") == "there is a key of more than 16 parts"


def test_a_lone_surrogate_is_refused() -> None:
    assert refused(GOOD_TEXT.replace("MIT", "\ud800", 1)) == (
        "native-thing: the licence '\\ud800' is not one line of printable text"
    )


def test_a_file_of_another_tool_is_refused() -> None:
    assert refused(GOOD_TEXT.replace('created-by = "plugin-lock"', 'created-by = "other"')) == (
        "'created-by' is 'other', not 'plugin-lock'"
    )


def test_a_boolean_is_no_integer() -> None:
    assert refused(GOOD_TEXT.replace("size = 2048", "size = true")) == (
        "packages[3].wheels[1].size is a boolean, not an integer"
    )
