"""Whether a wheel can at all be installed on a target: its tags (PEP 425, 600) without their order of preference."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lock.systems import SYSTEMS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.tags import Tag

_PYTHON = re.compile(r"(?P<kind>py|cp)3(?P<minor>[0-9]*)")
_VERSIONED_PLATFORM = re.compile(r"(?P<kind>manylinux|macosx)_(?P<major>[0-9]+)_(?P<minor>[0-9]+)_(?P<machine>.+)")
_LEGACY_MANYLINUX = re.compile(r"(?:manylinux2014|manylinux2010|manylinux1|linux)_(?P<machine>.+)")
# What one macOS wheel may be built for (PyPA platform compatibility tags).
_UNIVERSAL = {
    "x86_64": {"x86_64", "universal2", "universal", "intel", "fat64", "fat3"},
    "arm64": {"arm64", "universal2"},
}


def fits(tags: Iterable[Tag], *, system: str, platform: str, minor: int) -> bool:
    """Tell whether one of a wheel's tags can be used on `system` with CPython 3.`minor`.

    `platform` is the target's floor: `manylinux_2_28` or `macosx_13_0`.
    """
    return any(_python_fits(tag, minor) and _platform_fits(tag, system, platform) for tag in tags)


def _python_fits(tag: Tag, minor: int) -> bool:
    match = _PYTHON.fullmatch(tag.interpreter)
    if match is None:
        return False
    found = int(match["minor"]) if match["minor"] else 0
    if tag.abi == "none":
        return found <= minor if match["kind"] != "cp" else found == minor
    if tag.abi == "abi3":
        return match["kind"] == "cp" and found <= minor
    return match["kind"] == "cp" and found == minor and tag.abi == f"cp3{minor}"


def _platform_fits(tag: Tag, system: str, floor: str) -> bool:
    if tag.platform == "any":
        return tag.abi == "none"  # installers know no `any` for a wheel that is bound to an ABI
    machine = SYSTEMS[system].platform_machine
    match = _VERSIONED_PLATFORM.fullmatch(tag.platform)
    if match is None:
        legacy = _LEGACY_MANYLINUX.fullmatch(tag.platform)
        return legacy is not None and floor.startswith("manylinux") and legacy["machine"] == machine
    kind, major, minor = floor.split("_")
    machines = {machine} if kind == "manylinux" else _UNIVERSAL[machine]
    needed = (int(match["major"]), int(match["minor"]))
    return match["kind"] == kind and match["machine"] in machines and needed <= (int(major), int(minor))
