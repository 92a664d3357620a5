"""Editing plugins.toml: entries come and go, comments, order and style stay.

Lines are put in as text, so that nothing else moves; what stands is changed through tomlkit.  After every step the
result is read again, and must say what was meant and nothing else.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, cast

from packaging.utils import canonicalize_name

from lock.errors import InputError, Problem
from lock.toml_lines import line_of
from resolver.manifest import asked as asked_for
from resolver.manifest.reader import parse, parse_toml
from resolver.manifest.shown import did_you_mean, shown, shown_key
from resolver.manifest.template import template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, MutableMapping

    from resolver.manifest.addresses import KindOfRef
    from resolver.manifest.asked import Asked, Entry

__all__ = ["add", "remove", "template"]

_HEADER = re.compile(r"""\s*\[\s*(plugins|"plugins"|'plugins')\s*\]""")


def add(
    text: str,
    requirements: Iterable[str],
    *,
    index: str | None = None,
    path: str = "plugins.toml",
    kind_of_ref: KindOfRef | None = None,
) -> str:
    """Return the text with these plugins in `[plugins]`; those that stand there are changed.

    `requirements` are requirements (PEP 508), addresses (`git+https://…@v1.2`, archives, `./folder`; `name @` may
    stand in front) and entries of a catalogue.  `index` is the name of the `[[index]]` they come from, `path` the
    file's name in messages; `kind_of_ref` tells tags from branches, which are guessed without it.  A new entry
    stands at its place where the entries are sorted, else at the end.  Raises `InputError`; names outside ASCII and
    names that look like another plugin's are refused.
    """
    wanted = asked_for.read(requirements, index, kind_of_ref)
    data = parse_toml(text, path)
    _check_index(data, index)
    _check_not_the_host(data, wanted)
    asked_for.check_not_mistaken(wanted, map(canonicalize_name, _entries(data, text, path)))
    edited = text
    for one in wanted:
        edited = _put(edited, one, path)
    return _checked(edited, text, path)


def remove(text: str, names: Iterable[str], *, path: str = "plugins.toml") -> str:
    """Return the text without these entries of `[plugins]`; comments on lines of their own stay.

    Raises `InputError` where a name is not there.
    """
    data = parse_toml(text, path)
    entries = _entries(data, text, path)
    written = {str(canonicalize_name(key)): key for key in entries}
    gone = {str(canonicalize_name(name)): name for name in names}
    unknown = [name for normalized, name in gone.items() if normalized not in written]
    if unknown:
        raise InputError(
            *(
                Problem(
                    code="unknown-plugin",
                    message=f"{shown(name)} is not in [plugins]",
                    path=path,
                    remedy=did_you_mean(name, written, "plugins"),
                )
                for name in unknown
            )
        )
    keys = {key for key in entries if canonicalize_name(key) in gone}
    expected = {**data, "plugins": {key: value for key, value in entries.items() if key not in keys}}
    edited = _through_tomlkit(text, lambda plugins: [plugins.pop(key) for key in sorted(keys)], path)
    _expect(edited, expected, path)
    return _checked(edited, text, path)


def _checked(edited: str, original: str, path: str) -> str:
    """Return the edited text once it can be read; what was wrong before is reported by its old lines."""
    try:
        parse(edited, path)
    except InputError:
        parse(original, path)
        raise
    return edited


def _entries(data: Mapping[str, object], text: str, path: str) -> Mapping[str, object]:
    entries = data.get("plugins", {})
    if not isinstance(entries, dict):
        parse(text, path)
    return cast("Mapping[str, object]", entries)


def _check_index(data: Mapping[str, object], index: str | None) -> None:
    items = data.get("index")
    names = [item.get("name") for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    if index is not None and index not in names:
        known = [name for name in names if isinstance(name, str)]
        raise InputError(
            Problem(
                code="unknown-value",
                message=f"no [[index]] is called {shown(index)}",
                remedy=did_you_mean(index, known, "indexes"),
            )
        )


def _check_not_the_host(data: Mapping[str, object], wanted: Iterable[Asked]) -> None:
    host = data.get("host")
    name = host.get("name") if isinstance(host, dict) else None
    if isinstance(name, str) and canonicalize_name(name) in {one.name for one in wanted}:
        remedy = "name plugins only; what the host is and ships stands in [host]"
        raise InputError(Problem(code="conflict", message=f"{shown(name)} is the host itself", remedy=remedy))


def _put(text: str, asked: Asked, path: str) -> str:
    """Add one entry, or change the one that stands there under any spelling of its name."""
    data = parse_toml(text, path)
    entries = _entries(data, text, path)
    key = next((key for key in entries if canonicalize_name(key) == asked.name), None)
    value = asked.entry(entries.get(key) if key is not None else None)
    expected = {**data, "plugins": {**entries, key or asked.name: value}}
    if key is not None:
        edited = _through_tomlkit(text, lambda plugins: _change(plugins, key, value), path)
    elif "plugins" not in data:
        edited = _with_section(text, _line(asked.name, value))
    elif _HEADER.match(text.split("\n")[line_of(text, ("plugins",)) - 1]):
        edited = _with_line(text, entries, asked.name, _line(asked.name, value))
    else:
        edited = _through_tomlkit(text, lambda plugins: _change(plugins, asked.name, value), path)
    _expect(edited, expected, path)
    return edited


def _expect(edited: str, expected: Mapping[str, object], path: str) -> None:
    try:
        same = parse_toml(edited, path) == expected
    except InputError:
        same = False
    if not same:
        raise _by_hand(path)


def _by_hand(path: str) -> InputError:
    return InputError(
        Problem(
            code="not-editable",
            message="[plugins] is written in a way that cannot be edited without changing more than was asked",
            path=path,
            remedy="make the change by hand, or write [plugins] as one table with one line an entry",
        )
    )


def _through_tomlkit(text: str, change: Callable[[MutableMapping[str, object]], object], path: str) -> str:
    import tomlkit  # noqa: PLC0415 - slow to import, and needed by edits alone
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415

    try:
        document = tomlkit.parse(text)
        change(cast("MutableMapping[str, object]", document["plugins"]))
        _tidy(document, "plugins")
        return document.as_string()
    except TOMLKitError:
        raise _by_hand(path) from None


def _change(plugins: MutableMapping[str, object], key: str, value: Entry) -> None:
    """Set an entry; in a table only the keys that differ are touched."""
    import tomlkit  # noqa: PLC0415

    standing = plugins.get(key)
    if not (isinstance(value, dict) and isinstance(standing, dict)):
        plugins[key] = tomlkit.value(_toml(value))
        return
    if standing.keys() - value.keys() and isinstance(standing, tomlkit.items.InlineTable):
        plugins[key] = tomlkit.value(_toml(value))
        return
    for name in standing.keys() - value.keys():
        del standing[name]
    for name, item in value.items():
        if standing.get(name) != item:
            standing[name] = item
    _tidy(plugins, key)


def _tidy(parent: MutableMapping[str, object], key: str) -> None:
    """Put the blanks of an inline table right: tomlkit leaves those of what is gone, and adds none before the brace."""
    import tomlkit  # noqa: PLC0415

    table = parent[key]
    if not isinstance(table, tomlkit.items.InlineTable):
        return
    entries = [(name, item) for name, item in table.value.body if name is not None]
    if any(name.is_dotted() for name, _ in entries):
        return
    written = ", ".join(f"{name.as_string().strip()} = {item.as_string().strip()}" for name, item in entries)
    anew = tomlkit.value(f"{{ {written} }}" if written else "{}")
    anew.trivia.comment, anew.trivia.comment_ws = table.trivia.comment, table.trivia.comment_ws
    parent[key] = anew


def _with_section(text: str, line: str) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    before = text if not text or text.endswith("\n") else text + newline
    return f"{before}{newline if before else ''}[plugins]{newline}{line}{newline}"


def _with_line(text: str, entries: Mapping[str, object], name: str, line: str) -> str:
    """Put a line below the `[plugins]` header: at its place among sorted entries, else behind the last."""
    lines = text.split("\n")
    header = line_of(text, ("plugins",))
    found = sorted((line_of(text, ("plugins", key)), str(canonicalize_name(key))) for key in entries)
    # `[plugins.name]` is a table of its own: entries on one line must stand before it.
    direct = [(at, other) for at, other in found if at > header and not lines[at - 1].lstrip().startswith("[")]
    names = [other for _, other in direct]
    later = [at for at, other in direct if other > name] if names == sorted(names) else []
    if later:
        position = later[0] - 1
        # Comments right above an entry speak of it.
        while position > header and lines[position - 1].lstrip().startswith("#"):
            position -= 1
    elif direct:
        position = _end(lines, direct[-1][0])
    else:
        position = header
        while position < len(lines) and lines[position].lstrip().startswith("#"):
            position += 1
    carriage_return = "\r" if lines[header - 1].endswith("\r") else ""
    if position == len(lines):  # the text does not end with a line end
        lines[-1] += carriage_return
        carriage_return = ""
    lines.insert(position, line + carriage_return)
    return "\n".join(lines)


def _end(lines: list[str], start: int) -> int:
    """Return the last line (1-based) of the entry that begins on line `start`: where its lines first are TOML."""
    for end in range(start, len(lines) + 1):
        try:
            parse_toml("\n".join(lines[start - 1 : end]) + "\n", "")
        except InputError:
            continue
        return end
    return start


def _line(name: str, value: Entry) -> str:
    return f"{shown_key(name)} = {_toml(value)}"


def _toml(value: object) -> str:
    """Write a value on one line."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {_toml(item)}' for key, item in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(_toml(item) for item in value)}]"
    # The escapes of JSON are among those of TOML, and so are its booleans.
    return json.dumps(value, ensure_ascii=False)
