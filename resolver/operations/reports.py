"""What the operations report, as values that a command line can show as text or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lock.errors import Problem
    from lock.model import Lock
    from resolver.operations.levels import PackageLevel


class HeldBack(msgspec.Struct, frozen=True, kw_only=True):
    """A package locked below the newest version that could be used, and why.

    `because` is `host`, `policy` or `plugin`; `reason` completes the sentence "`name` `newest` is not used: …".
    """

    name: str
    version: str
    newest: str
    because: Literal["host", "policy", "plugin"]
    reason: str
    is_plugin: bool


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """How one package of the lock changed: `old` or `new` None where it was added or removed.

    Where they are the same, other files of the same version are locked.
    """

    name: str
    old: str | None
    new: str | None
    is_plugin: bool


class PolicyEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which plugins.toml, or the lock, admits more than it did: `code` is a stable word, `name` what.

    `about` is the word that stands before the message as text.
    """

    code: str
    name: str
    message: str
    about: Literal["policy", "name", "index", "build", "publisher", "plugin"] = "policy"


class LockReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `lock` and `update` did.

    `status`: `current` (nothing was to be done), `written`, or `would-change` (a dry run).  `lock` is the lock as it
    now is; None after a dry run, which fetches nothing and so knows no contents.  `packages` counts locked packages.
    `split` are names that had to differ between systems.  `events` are what a reviewer must see besides versions.
    `warnings` are finished sentences.
    """

    status: Literal["current", "written", "would-change"]
    lock: Lock | None
    path: str
    packages: int
    changes: tuple[Change, ...] = ()
    held_back: tuple[HeldBack, ...] = ()
    split: tuple[str, ...] = ()
    events: tuple[PolicyEvent, ...] = ()
    warnings: tuple[str, ...] = ()


class CheckReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `check` found: nothing, or problems with code, file, line and remedy; `warnings` are finished sentences.

    `levels` where a level was asked for.
    """

    problems: tuple[Problem, ...]
    plugins: int
    packages: int
    warnings: tuple[str, ...] = ()
    levels: tuple[PackageLevel, ...] | None = None


class ProvidedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One distribution the host ships: version by system."""

    name: str
    versions: Mapping[str, str]


class HostReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the host ships."""

    name: str
    version: str | None
    python: str
    source: str
    systems: tuple[str, ...]
    provided: tuple[ProvidedRow, ...]
    warnings: tuple[str, ...] = ()


class TreeNode(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `tree`: a plugin, a locked package or a provided one (`provided` true, no children)."""

    name: str
    version: str
    provided: bool = False
    repeated: bool = False
    systems: tuple[str, ...] = ()
    children: tuple[TreeNode, ...] = ()


class BuildReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `build` made: the store path, the link to it, and the entry points found in the environment."""

    store_path: str
    link: str | None
    nix: str
    entry_points: tuple[tuple[str, str, str], ...]
