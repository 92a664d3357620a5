"""Foreign text made safe for a terminal: names from an index, reasons, paths, addresses."""

from __future__ import annotations


def escaped(text: str) -> str:
    r"""Return text on one line in which every character can be seen.

    What is not printable in Unicode's sense (controls, ANSI's escape character, line ends, bidirectional and other
    invisible format characters, lone surrogates, unassigned and private ones, every space but U+0020) appears as
    `\x1b`, `\u202e` or `\U000e0001`.  Such characters can repaint what stands on a screen, reorder it
    (https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing) or answer in the user's place.
    """
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escape(character) for character in text)


def escaped_lines(text: str) -> list[str]:
    r"""Return text of our own making with foreign words in it, line by line; only `\n` ends a line."""
    return [escaped(line) for line in text.split("\n")]


def _escape(character: str) -> str:
    number = ord(character)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
