"""Foreign text cannot act on a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin_lock.escaping import escaped, escaped_lines

ANY_TEXT = st.text(st.characters(exclude_categories=()))
DANGEROUS = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(ANY_TEXT)
def test_no_character_that_can_act_on_a_terminal_is_left(text: str) -> None:
    assert not [c for c in escaped(text) if unicodedata.category(c) in DANGEROUS]


@given(ANY_TEXT)
def test_escaping_twice_is_escaping_once(text: str) -> None:
    assert escaped(escaped(text)) == escaped(text)


@given(ANY_TEXT)
def test_printable_characters_stand_as_they_were_and_in_order(text: str) -> None:
    printable = [c for c in text if c.isprintable()]
    rest = iter(escaped(text))
    assert all(c in rest for c in printable)


@given(ANY_TEXT)
def test_what_is_escaped_can_be_written_in_utf_8(text: str) -> None:
    assert escaped(text).encode().decode() == escaped(text)


@given(ANY_TEXT)
def test_only_a_line_feed_ends_a_line(text: str) -> None:
    lines = escaped_lines(text)
    assert len(lines) == text.count("\n") + 1
    assert all(len(line.splitlines()) <= 1 for line in lines)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain-name 1.0", "plain-name 1.0"),
        ("Grüße, 名前 → ok", "Grüße, 名前 → ok"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x9b31m", "\\x9b31m"),
        ("a\rb\nc\td\0\x7f", "a\\x0db\\x0ac\\x09d\\x00\\x7f"),
        ("abc\u202edef\u2066", "abc\\u202edef\\u2066"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("\U000e0041tag", "\\U000e0041tag"),
        ("\udcff", "\\udcff"),
        ("line\u2028end", "line\\u2028end"),
    ],
)
def test_escapes_name_the_character(text: str, seen: str) -> None:
    assert escaped(text) == seen
