"""Publishers as plugins.lock records them: tables of text with a `kind` (PEP 751 `attestation-identities`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KIND = "kind"

_FIRST = ("repository", "project", "email")


def ordered(identity: Mapping[str, str]) -> dict[str, str]:
    """Return the keys in the order of the file: `kind`, then the others by name."""
    kind = {KIND: identity[KIND]} if KIND in identity else {}
    return kind | {key: identity[key] for key in sorted(identity) if key != KIND}


def identity_key(identity: Mapping[str, str]) -> str:
    """Return what identities are sorted by; equal for equal ones only, since no value holds a line end."""
    return "\n".join(part for pair in ordered(identity).items() for part in pair)


def matches(identity: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Tell whether an identity has every key that is wanted, with that value."""
    return all(identity.get(key) == value for key, value in wanted.items())


def shown_identity(identity: Mapping[str, str]) -> str:
    """Return one line such as `GitHub octo/weather (workflow release.yml)`, for messages.

    What is not ASCII is escaped: a publisher with a look-alike letter must not pass for another.
    """
    rest = {key: _plain(value) for key, value in ordered(identity).items() if key != KIND}
    first = next((rest.pop(key) for key in _FIRST if key in rest), None)
    words = [_plain(identity.get(KIND, "")), *([first] if first is not None else [])]
    if rest:
        words.append(f"({', '.join(f'{key} {value}' for key, value in rest.items())})")
    return " ".join(words)


def _plain(value: str) -> str:
    return value if value.isascii() else ascii(value)[1:-1]


def published_by(identities: Iterable[Mapping[str, str]]) -> str:
    """Return the publishers as part of a sentence: `GitHub octo/weather and Google robot@project.example`."""
    return " and ".join(map(shown_identity, identities)) or "nobody known"
