"""What a lock file says in places whose content follows from the rest (PEP 751's view of it)."""

from __future__ import annotations

import msgspec


class StatedPackage(msgspec.Struct, frozen=True, kw_only=True):
    """`marker` and `dependencies` (name and version) of one `[[packages]]` entry, as the file has them."""

    marker: str | None
    dependencies: tuple[tuple[str, str | None], ...]


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """The derived values of a whole file, in its order.

    `tree_systems` has one entry a plugin: the `systems` of its tree, None where there are none.
    """

    environments: tuple[str, ...]
    requires_python: str
    packages: tuple[StatedPackage, ...]
    build_packages: tuple[StatedPackage, ...] = ()
    tree_systems: tuple[tuple[str, ...] | None, ...] = ()
