"""docs/security.md in step with the tests: its table of attacks, and the limits it names."""

from __future__ import annotations

import importlib
import re

from scripts import security_table
from tests.attack_report import numbers_in_the_table

TEXT = security_table.DOCUMENT.read_text(encoding="utf-8")
_LIMIT = re.compile(r"^\| `([a-z_.]+)\.([A-Z_]+)` \| ([^|]+) \|", re.MULTILINE)
_UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def test_the_table_holds_each_marked_test_and_no_other() -> None:
    tests = security_table.marked_tests()
    assert security_table.with_table(TEXT, security_table.table(tests)) == TEXT, "run `make security-table`"
    assert [number for number, names in tests.items() if not names] == []


def test_the_attacks_are_numbered_from_1_to_28() -> None:
    assert numbers_in_the_table() == list(range(1, 29))


def test_a_table_without_a_test_would_be_noticed() -> None:
    tests = {number: [f"tests/x.py::test_{number}"] for number in numbers_in_the_table()}
    rows = security_table.table(tests).splitlines()
    assert sum(row.endswith("| [`test_7`](../tests/x.py) |") for row in rows) == 1
    assert security_table.with_table(TEXT, security_table.table(tests)) != TEXT


def test_every_limit_that_is_named_has_the_value_that_is_said() -> None:
    limits = _LIMIT.findall(TEXT)
    assert len(limits) > 20
    for module, name, said in limits:
        number, _, unit = said.strip().replace(",", "").partition(" ")
        value = getattr(importlib.import_module(module), name)
        assert value == int(number) * _UNITS.get(unit, 1), f"{module}.{name} is {value}"
