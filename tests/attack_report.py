"""The marker `attack(number)`: which tests show a case of the table in docs/security.md, and how many were run.

A test is counted where it ran to an end, passed or failed; one that was skipped shows nothing.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE = Path(__file__).parent / "data" / "attacks.toml"
_KEY = "attack"
_OPTION = "--attacks-to"


def numbers_in_the_table() -> list[int]:
    """Return the numbers of all cases, as the table has them."""
    return [case["number"] for case in tomllib.loads(TABLE.read_text(encoding="utf-8"))["attack"]]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add an option that writes which tests carry which number, as JSON."""
    parser.addoption(_OPTION, metavar="FILE", help="write the tests of each attack case to a JSON file")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Note the numbers on each test, where reports carry them even from another process."""
    known = set(numbers_in_the_table())
    tests: dict[int, set[str]] = {number: set() for number in known}
    for item in items:
        for number in _numbers(item):
            if number not in known:
                raise pytest.UsageError(f"{item.nodeid}: there is no attack {number!r} in {TABLE.name}")
            item.user_properties.append((_KEY, number))
            tests[number].add(item.nodeid.partition("[")[0])
    target = config.getoption(_OPTION)
    if target:
        text = json.dumps({number: sorted(names) for number, names in sorted(tests.items())})
        Path(target).write_text(text, encoding="utf-8")


def _numbers(item: pytest.Item) -> Iterator[int]:
    seen = set()
    for mark in item.iter_markers("attack"):
        if len(mark.args) != 1 or not isinstance(mark.args[0], int) or mark.kwargs:
            raise pytest.UsageError(f"{item.nodeid}: attack takes one number")
        if mark.args[0] not in seen:
            seen.add(mark.args[0])
            yield mark.args[0]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cases of the table were run, by how many tests."""
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        if getattr(report, "when", None) == "call"
    ]
    cases = {value for report in reports for key, value in report.user_properties if key == _KEY}
    tests = sum(any(key == _KEY for key, _ in report.user_properties) for report in reports)
    if tests:
        terminalreporter.write_line(f"attack cases: {len(cases)} of {len(numbers_in_the_table())}, {tests} tests")
