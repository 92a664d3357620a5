"""entry_points.txt, read as importlib.metadata reads it at run time, but with nothing passed over.

Source: Entry points specification (PyPA).  The file is an INI file without continuation lines or interpolation, so
configparser, which knows both, would read other values than the host does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from resolver.inspection.findings import shown
from resolver.inspection.model import SeenEntryPoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from resolver.inspection.findings import Findings

SCRIPT_GROUPS = ("console_scripts", "gui_scripts")

_GROUP = re.compile(r"\w+([.\-]\w+)*")
_VALUE = re.compile(
    r"""
    (?P<module>[^\W\d]\w*(\.[^\W\d]\w*)*)
    (\s*:\s*(?P<attribute>[^\W\d]\w*(\.[^\W\d]\w*)*))?
    (\s*\[[\w\s.,\-]*\])?          # extras: deprecated, and of no use once everything is locked
    """,
    re.VERBOSE,
)
# A script's name becomes a file's name, every name becomes part of Nix strings and of messages.
_SCRIPT_NAME = re.compile(r"[\w][\w.+\-]*")


def parse_entry_points(data: bytes, member: str, findings: Findings) -> tuple[SeenEntryPoint, ...]:
    """Return the entry points of an entry_points.txt, sorted; whatever breaks the grammar becomes a finding."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        findings.add("entry-points", "is not UTF-8", member=member)
        return ()
    found: dict[tuple[str, str], SeenEntryPoint] = {}
    for number, group, line in _lines(text):
        entry, fault = _entry(group, line)
        if entry and (entry.group, entry.name) in found:
            fault = f"names {shown(entry.name)} twice in the group {shown(entry.group)}"
        if fault:
            findings.add("entry-points", f"line {number} {fault}", member=member)
        elif entry:
            found[entry.group, entry.name] = entry
    return tuple(found[key] for key in sorted(found))


def scripts(entry_points: Iterable[SeenEntryPoint]) -> set[str]:
    """Return the names of the commands an installer makes."""
    return {entry.name for entry in entry_points if entry.group in SCRIPT_GROUPS}


def _lines(text: str) -> Iterator[tuple[int, str | None, str]]:
    """Yield line number, group and text of each line that is no header; a bad header is yielded as a line."""
    group: str | None = None
    # Only `\n` ends a line here: others would let a name hold what looks like one line to us and like two elsewhere.
    for number, raw in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        line = raw.strip(" \t")
        if not line or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            group = line[1:-1].strip()
            if not _GROUP.fullmatch(group):
                yield number, None, line
            continue
        yield number, group, line


def _entry(group: str | None, line: str) -> tuple[SeenEntryPoint | None, str | None]:
    if group is None:
        return None, f"{shown(line)} belongs to no group"
    name, equals, value = (part.strip(" \t") for part in line.partition("="))
    if not equals:
        return None, f"{shown(line)} is no `name = module:attribute`"
    fault = _name_fault(name, group)
    if fault:
        return None, f"names an entry point {shown(name)}, which {fault}"
    match = _VALUE.fullmatch(value)
    if not match:
        return None, f"gives {shown(name)} the value {shown(value)}, which is no `module:attribute`"
    target = match["module"] + (f":{match['attribute']}" if match["attribute"] else "")
    return SeenEntryPoint(group=group, name=name, value=target), None


def _name_fault(name: str, group: str) -> str | None:
    if not name:
        return "is empty"
    # What no host of ours reads may have a slash: "material/search" is a plugin of a widely used theme.
    parts = name.split("/")
    if "\\" in name or ".." in name or not all(parts) or (parts[1:] and ("." in parts or group in SCRIPT_GROUPS)):
        return "looks like a path"
    if "${" in name or not name.isprintable():
        return "holds characters that no name needs"
    if group in SCRIPT_GROUPS and not _SCRIPT_NAME.fullmatch(name):
        return "cannot be a command's name"
    return None
