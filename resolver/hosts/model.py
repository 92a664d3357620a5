"""What a host ships, per target: the provided distributions, and where that was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lock.model import Source


class Provided(msgspec.Struct, frozen=True, kw_only=True):
    """A distribution the host ships on some target.

    `extras` holds what each extra of it adds (PEP 508 strings), where the host's file tells; an extra that is not
    a key is unknown here and its requirements must be read from the distribution's core metadata.
    `origin` says in a few words where this was read (`uv.lock:989`).  `modules` are its importable names as
    `WheelContents.modules` has them; None where they cannot be known, as from a lock file.
    """

    name: str
    version: str
    origin: str
    extras: Mapping[str, tuple[str, ...]] = {}
    modules: tuple[str, ...] | None = None


class ProvidedSet(msgspec.Struct, frozen=True, kw_only=True):
    """All that the host ships: system to normalized name to distribution.

    `name` and `version` are the host's own; `source` is what plugins.lock records of the place it was read from.
    `unversioned` names what is shipped at a version that cannot be known here (an editable checkout, a git line of
    a requirements.txt): system to normalized name to origin.  Such a name must never be brought by a plugin either.
    `warnings` are things a user should know (an entry that was passed over, and why).
    """

    name: str
    version: str | None
    source: Source
    packages: Mapping[str, Mapping[str, Provided]]
    unversioned: Mapping[str, Mapping[str, str]] = {}
    warnings: tuple[str, ...] = ()

    def on(self, system: str, name: str) -> Provided | None:
        """Return the distribution of this normalized name on a system, if the host ships it there."""
        return self.packages[system].get(name)

    def ships(self, system: str, name: str) -> bool:
        """Say whether the host ships this normalized name on a system, at whatever version."""
        return name in self.packages[system] or name in self.unversioned.get(system, {})
