"""Values whose grammar is a PyPA standard's or plain prose: specifiers, markers, requirements, free text (rule 5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from lock.grammar import LONGEST_TEXT, quoted

if TYPE_CHECKING:
    from lock.findings import Findings
    from lock.toml_lines import KeyPath

_CREDENTIALS = re.compile(r"https?://[^/\s@]*@|://[^/\s@:]*:[^/\s@]*@")


def plain_text(value: str, what: str, key: KeyPath, findings: Findings) -> bool:
    """Check prose: printable (no control, bidi or line-break characters), not empty, not endless, no credentials."""
    if not (0 < len(value) <= LONGEST_TEXT and value.isprintable()):
        findings.add("rule-5-text", f"{what} {quoted(value)} is not one line of printable text", key)
        return False
    if _CREDENTIALS.search(value):
        findings.add("rule-3-url", f"{what} holds a user name, password or token", key)
        return False
    return True


def specifier(value: str, what: str, key: KeyPath, findings: Findings) -> None:
    """Check a version specifier (PEP 440)."""
    if plain_text(value, what, key, findings):
        try:
            SpecifierSet(value)
        except InvalidSpecifier:
            findings.add("rule-5-specifier", f"{what} {quoted(value)} is not a version specifier (PEP 440)", key)


def marker(value: str, what: str, key: KeyPath, findings: Findings) -> None:
    """Check an environment marker (PEP 508)."""
    if plain_text(value, what, key, findings):
        try:
            Marker(value)
        except InvalidMarker:
            findings.add("rule-5-marker", f"{what} {quoted(value)} is not an environment marker (PEP 508)", key)


def requirement(value: str, what: str, key: KeyPath, findings: Findings) -> None:
    """Check a requirement (PEP 508)."""
    if plain_text(value, what, key, findings):
        try:
            Requirement(value)
        except InvalidRequirement:
            findings.add("rule-5-requirement", f"{what} {quoted(value)} is not a requirement (PEP 508)", key)
