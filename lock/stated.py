"""What a lock file says in places whose content follows from the rest (PEP 751's view of it)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedPackage:
    """`marker` and `dependencies` (name and version) of one `[[packages]]` entry, as the file has them."""

    marker: str | None
    dependencies: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """The derived values of a whole file, in its order.

    `tree_systems` has one entry a plugin: the `systems` of its tree, None where there are none.
    """

    environments: tuple[str, ...]
    requires_python: str
    packages: tuple[StatedPackage, ...]
    build_packages: tuple[StatedPackage, ...] = ()
    tree_systems: tuple[tuple[str, ...] | None, ...] = ()
