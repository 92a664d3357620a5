"""The reference of the modules' options in docs/modules.md, written from the options' own text.

    python3 -m tests.nix.module_options

writes it anew, with the Nix on PATH.
"""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.nix.machine import LIBRARY, Nix, programs
from tests.nix.module_system import MODULE_SYSTEM

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCUMENT = LIBRARY.parent / "docs/modules.md"
BEGIN = "<!-- The options below are written from nix/modules and nix/adapters by tests/nix/module_options.py. -->\n"
END = "<!-- End of the options. -->\n"

PLACES = (
    *("hosts", "hosts.<name>", "hermes-agent", "cowboy"),
    *(f"cowboy.{registry}.<name>" for registry in ("skills", "tools", "bridges", "services")),
    "nerva",
)
"""In the order of the document."""


def as_nix(value: object) -> str:
    """Write data as a person would in Nix."""
    if isinstance(value, dict):
        inner = "".join(f"{name} = {as_nix(content)}; " for name, content in value.items())
        return "{ " + inner + "}"
    if isinstance(value, list):
        return "[ " + "".join(f"{as_nix(content)} " for content in value) + "]"
    return json.dumps(value)


def shown(value: Mapping[str, Any]) -> str:
    """Return a default or an example, which is data or a Nix expression."""
    return f"`{value['nix']}`" if "nix" in value else f"`{as_nix(value['value'])}`"


def kind(name: str) -> str:
    """Return a type in words."""
    return re.sub(r'strMatching ".*"', "relative path" if "/" in name else "word", name)


def entry(name: str, option: Mapping[str, Any]) -> str:
    """Return one option's part of the document."""
    facts = [f"Type: {kind(option['type'])}."]
    if option["readOnly"]:
        facts.append("Read-only.")
    elif "default" in option:
        facts.append(f"Default: {shown(option['default'])}.")
    else:
        facts.append("Must be set.")
    if "example" in option:
        facts.append(f"Example: {shown(option['example'])}.")
    return f"#### `{name}`\n\n{option['description'].strip()}\n\n{' '.join(facts)}\n\n"


def reference(options: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> str:
    """Return the reference of all options."""
    parts = []
    for place in (f"programs.plugin-lock.{part}" for part in PLACES):
        parts.append(f"### `{place}`\n\n")
        for name, option in options[place].items():
            parts.append(entry(name, option) if name else f"{option['description'].strip()}\n\n")
    return BEGIN + "\n" + "".join(parts) + END


def evaluate(nix: Nix) -> Any:
    """Return the options as Nix knows them."""
    return nix.evaluate(f"import {MODULE_SYSTEM}/options.nix")


def replaced(document: str, options: Any) -> str:
    """Return the document with the reference written anew."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + reference(options) + after


def main() -> None:
    """Write the reference."""
    with tempfile.TemporaryDirectory() as folder:
        options = evaluate(Nix(programs=programs()["system"], root=Path(folder)))
    DOCUMENT.write_text(replaced(DOCUMENT.read_text(encoding="utf-8"), options), encoding="utf-8")


if __name__ == "__main__":
    main()
