"""The line at the end of a test run that counts attack cases."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAMPLE = """
import pytest

@pytest.mark.attack(27)
@pytest.mark.parametrize("n", [1, 2])
def test_two_of_one_case(n): pass

@pytest.mark.attack(28)
@pytest.mark.attack(15)
def test_one_of_two_cases(): pass

@pytest.mark.attack(3)
def test_left_out(): pytest.skip("not here")

def test_of_no_case(): pass
"""


def run(folder: Path, text: str, *options: str) -> tuple[int, str]:
    (folder / "test_sample.py").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.attack_report", "-p", "no:cacheprovider", *options, "."],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_what_was_run_is_counted_and_what_was_left_out_is_not(tmp_path: Path) -> None:
    code, said = run(tmp_path, SAMPLE)
    assert code == 0, said
    assert "attack cases: 3 of 28, 3 tests" in said


def test_the_count_is_the_same_in_several_processes(tmp_path: Path) -> None:
    _, said = run(tmp_path, SAMPLE, "-n", "2")
    assert "attack cases: 3 of 28, 3 tests" in said


def test_the_tests_of_each_case_are_listed_on_request(tmp_path: Path) -> None:
    run(tmp_path, SAMPLE, "--collect-only", "--attacks-to", "list.json")
    listed = json.loads((tmp_path / "list.json").read_text(encoding="utf-8"))
    assert listed["27"] == ["test_sample.py::test_two_of_one_case"]
    assert listed["15"] == listed["28"] == ["test_sample.py::test_one_of_two_cases"]
    assert listed["1"] == []


def test_a_number_that_is_in_no_table_is_refused(tmp_path: Path) -> None:
    code, said = run(tmp_path, SAMPLE.replace("attack(3)", "attack(29)"))
    assert code != 0
    assert "there is no attack 29 in attacks.toml" in said


def test_a_run_without_attack_cases_says_nothing_of_them(tmp_path: Path) -> None:
    _, said = run(tmp_path, "def test_of_no_case(): pass\n")
    assert "attack cases" not in said
