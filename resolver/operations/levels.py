"""How well it is known who published what is locked: `hash`, `publisher` or `attestation`, package by package.

`hash`: the bytes cannot change.  `publisher`: the index said, when it was locked, who published every file (PEP 740).
`attestation`: that was verified just now, against the keys of Sigstore.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from lock.errors import Problem
from lock.identities import shown_identity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from lock.model import Lock

Level = Literal["hash", "publisher", "attestation"]
LEVELS: tuple[Level, ...] = ("hash", "publisher", "attestation")


class PackageLevel(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one package.  `excused`: why a lower level was agreed to, None where nobody did.

    `is_build`: it is not installed, sources are built with it.
    """

    name: str
    version: str
    level: Level
    publishers: tuple[str, ...]
    is_build: bool
    excused: str | None = None


class MinLevel(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: `trust_root` is a `trusted_root.json` in place of Sigstore's own."""

    level: Level
    trust_root: Path | None = None


def recorded(lock: Lock) -> tuple[PackageLevel, ...]:
    """Return the levels that a lock itself shows: `hash`, or `publisher` where all files of a package are attested."""
    return tuple(
        PackageLevel(
            name=package.name,
            version=package.version,
            level="publisher" if all(artifact.attested for artifact in package.artifacts) else "hash",
            publishers=tuple(map(shown_identity, package.attestation_identities)),
            is_build=place >= len(lock.packages),
            excused=lock.policy.allow_unattested.get(package.name),
        )
        for place, package in enumerate((*lock.packages, *lock.build_packages))
    )


def too_low(levels: Iterable[PackageLevel], wanted: Level) -> Iterator[Problem]:
    """Find the packages below a level, where nobody agreed to that."""
    for package in levels:
        if LEVELS.index(package.level) < LEVELS.index(wanted) and package.excused is None:
            missing = "who published it is not known" if package.level == "hash" else "its publisher is not verified"
            yield Problem(
                code="level",
                message=f"{package.name} {package.version} is at level {package.level}, not {wanted}: {missing}",
                remedy="take a version, or an index, whose files are attested; or agree to it under"
                f' [policy]: allow-unattested = {{ {package.name} = "why" }}',
            )
