"""Rule 5 for publishers: the keys are words, the values one line of text each (PEP 740 leaves both to the kind)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock import grammar
from lock.rules.standards import plain_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lock.findings import Findings
    from lock.options import Publisher
    from lock.toml_lines import KeyPath


def identity(values: Mapping[str, str], label: str, key: KeyPath, findings: Findings) -> None:
    """Check one publisher."""
    for name, value in values.items():
        findings.spelling(grammar.IDENTITY_KEY, name, f"{label}: the publisher's key", (*key, name))
        plain_text(value, f"{label}: the publisher's {grammar.shown(name)}", (*key, name), findings)


def publishers(wanted: Mapping[str, tuple[Publisher, ...]], key: KeyPath, findings: Findings) -> None:
    """Check who alone may publish what."""
    for name, allowed in wanted.items():
        findings.spelling(grammar.NAME, name, "the name of 'publishers'", (*key, name))
        for place, publisher in enumerate(allowed):
            here = (*key, name, place)
            identity(publisher.identity, "the policy", here, findings)
            plain_text(publisher.reason, "the reason of 'publishers'", (*here, "reason"), findings)
