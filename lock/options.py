"""What plugins.toml decided for a lock: how versions are chosen, and what a reviewer has agreed to."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - whoever asks a struct for its fields evaluates their types

import msgspec


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """A requirement that replaces what a distribution asks for; `package` limits it to one distribution."""

    requirement: str
    reason: str
    package: str | None = None


class ResolutionOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The `[resolution]` of plugins.toml, as far as it shaped this lock."""

    exclude_newer: str | None = None
    prereleases: str = "if-necessary"
    constraints: tuple[str, ...] = ()
    overrides: tuple[Override, ...] = ()


class Publisher(msgspec.Struct, frozen=True, kw_only=True):
    """Who may publish a package: `identity` is held against each of its publishers, key by key."""

    identity: Mapping[str, str]
    reason: str


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What `[policy]` of plugins.toml let into this lock, to the reason given.

    Normalized names of what may be built, run code at start-up, share modules, and be published by nobody known;
    origins, or beginnings of addresses, to which the requirements of dependencies may lead; and by name who alone may
    publish a package.
    """

    allow_build: Mapping[str, str] = {}
    allow_startup_code: Mapping[str, str] = {}
    allow_modules: Mapping[str, str] = {}
    allow_origins: Mapping[str, str] = {}
    allow_unattested: Mapping[str, str] = {}
    publishers: Mapping[str, tuple[Publisher, ...]] = {}
