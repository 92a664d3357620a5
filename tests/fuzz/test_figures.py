"""What `make fuzz` reports and needs, without running it."""

from __future__ import annotations

import sys

import pytest

from tests.fuzz import __main__ as fuzz
from tests.fuzz import seeds, targets


def test_figures_are_a_table_with_a_row_for_each_target() -> None:
    rows = fuzz.table([fuzz.Figures(target="lock", seconds=90.0, executions=12345, coverage=678)]).splitlines()
    assert rows[2:] == ["| `lock` | plugins.lock | 1.5 | 12,345 | 678 | 0 |"]


def test_every_target_has_seeds_and_words() -> None:
    for name in targets.ALL:
        words = fuzz._dictionary(seeds.of(name)).splitlines()
        assert words, name
        assert len(words) <= fuzz.WORDS + 1
        assert all(len(seed) <= fuzz.LONGEST_INPUT for seed in seeds.of(name)), name


def test_without_atheris_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["fuzz", "lock"])
    monkeypatch.setattr(fuzz, "find_spec", lambda _: None)
    assert fuzz.main() == 2
    assert "`make fuzz` installs it" in capsys.readouterr().err


def test_an_unknown_target_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["fuzz", "nothing"])
    with pytest.raises(SystemExit):
        fuzz.main()
