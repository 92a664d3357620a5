"""Whether a host file was made for a target's interpreter."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

    from resolver.targets import Target


TAKE_ITS_PYTHON = "set `python` in [host] to a version that the host is locked for"
"""What helps where the host's file is for another Python."""


def lock_for_target(system: str, where: str) -> str:
    """Say what helps where the host's file is for other systems; `where` is the setting that limits it."""
    return f"take {system} out of `systems` in [targets], or have the host locked for it: {where}"


def python_fits(supported: SpecifierSet, target: Target) -> bool:
    """Say whether some patch level of the target's Python is supported; a full version is taken as it is."""
    if target.python.count(".") == 2:
        return supported.contains(target.python, prereleases=True)
    # A lower bound such as >=3.12.4 excludes the first patch levels, an upper bound the last ones.
    return any(supported.contains(f"{target.python}.{patch}", prereleases=True) for patch in range(64))
