"""Targets: a Nix system with the host's Python, as marker environment, wheel tags and bit masks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from typing import TYPE_CHECKING

from packaging import tags as packaging_tags

from lock.systems import SYSTEMS, System

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from packaging.tags import Tag

# PEP 600 gives every older glibc floor, and these are the names from before it.
_LEGACY_MANYLINUX = {(2, 17): "manylinux2014", (2, 12): "manylinux2010", (2, 5): "manylinux1"}
_OLDEST_GLIBC = {"x86_64": 5, "aarch64": 17}


@dataclass(frozen=True, kw_only=True)
class Target:
    """One system with the host's interpreter.

    `python` is `3.12` or `3.12.4`; without a patch level markers see `.0`, as uv does.  `manylinux` and
    `macos` are the oldest glibc and macOS the machines run, as (major, minor).
    """

    system: str
    python: str
    manylinux: tuple[int, int] = (2, 28)
    macos: tuple[int, int] = (13, 0)

    @property
    def python_minor(self) -> tuple[int, int]:
        """The interpreter's (major, minor)."""
        major, minor = self.python.split(".")[:2]
        return int(major), int(minor)

    @property
    def platform(self) -> str:
        """The floor as plugins.lock records it."""
        if SYSTEMS[self.system].sys_platform == "darwin":
            return f"macosx_{self.macos[0]}_{self.macos[1]}"
        return f"manylinux_{self.manylinux[0]}_{self.manylinux[1]}"

    @cached_property
    def marker_environment(self) -> dict[str, str]:
        """The values of PEP 508 markers on this target; what only a running machine knows is empty."""
        system = SYSTEMS[self.system]
        major, minor = self.python_minor
        full = self.python if self.python.count(".") == 2 else f"{self.python}.0"
        return {
            "implementation_name": "cpython",
            "implementation_version": full,
            "os_name": "posix",
            "platform_machine": system.platform_machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": system.platform_system,
            "platform_version": "",
            "python_full_version": full,
            "python_version": f"{major}.{minor}",
            "sys_platform": system.sys_platform,
        }

    @cached_property
    def tag_ranks(self) -> dict[Tag, int]:
        """Every wheel tag this target can install, with its rank: 0 is the best (PEP 425)."""
        version = self.python_minor
        interpreter = f"cp{version[0]}{version[1]}"
        platforms = list(self._platforms())
        ordered = [
            *packaging_tags.cpython_tags(version, abis=[interpreter], platforms=platforms),
            *packaging_tags.compatible_tags(version, interpreter=interpreter, platforms=platforms),
        ]
        return {tag: rank for rank, tag in reversed(list(enumerate(ordered)))}

    def _platforms(self) -> Iterator[str]:
        system = SYSTEMS[self.system]
        if system.sys_platform == "darwin":
            yield from packaging_tags.mac_platforms(self.macos, system.platform_machine)
            return
        yield from _manylinux_platforms(self.manylinux, system)

    @cached_property
    def _triple_ranks(self) -> dict[tuple[str, str, str], int]:
        return {(tag.interpreter, tag.abi, tag.platform): rank for tag, rank in self.tag_ranks.items()}

    def wheel_rank(self, filename: str) -> tuple[int, tuple[int, str]] | None:
        """Return how good a wheel is here: smaller is better, None where it cannot be installed.

        A higher build number wins among equals (Binary distribution format), so it is counted downwards.
        """
        triples, build = _wheel_tags(filename)
        ranks = self._triple_ranks
        found = [ranks[triple] for triple in triples if triple in ranks]
        return (min(found), build) if found else None


@cache
def _wheel_tags(filename: str) -> tuple[tuple[tuple[str, str, str], ...], tuple[int, str]]:
    """Return the tags of a wheel's file name, and its build number as a key of which the smallest is the newest.

    Every wheel of a page passes here, for each target, and `packaging.utils.parse_wheel_filename` checks far more;
    the index client has used it before a wheel counts.
    """
    parts = filename.removesuffix(".whl").lower().split("-")
    pythons, abis, platforms = (part.split(".") for part in parts[-3:])
    build = (0, "")
    if len(parts) == 6:
        digits = parts[2][: len(parts[2]) - len(parts[2].lstrip("0123456789"))]
        build = (-int(digits), parts[2][len(digits) :])
    return tuple(product(pythons, abis, platforms)), build


def _manylinux_platforms(floor: tuple[int, int], system: System) -> Iterator[str]:
    machine = system.platform_machine
    major, newest = floor
    for minor in range(newest, _OLDEST_GLIBC[machine] - 1, -1):
        yield f"manylinux_{major}_{minor}_{machine}"
        legacy = _LEGACY_MANYLINUX.get((major, minor))
        if legacy:
            yield f"{legacy}_{machine}"
    # Untagged Linux wheels never come from PyPI, but private indexes serve them.
    yield f"linux_{machine}"


@dataclass(frozen=True, kw_only=True)
class TargetSet:
    """All targets of one lock, in the order of their systems; bit `n` of a mask stands for the n-th."""

    targets: tuple[Target, ...]

    @property
    def all(self) -> int:
        """The mask of every target."""
        return (1 << len(self.targets)) - 1

    def members(self, mask: int) -> Sequence[Target]:
        """Return the targets whose bit is set."""
        return [target for bit, target in enumerate(self.targets) if mask >> bit & 1]

    def systems(self, mask: int) -> tuple[str, ...]:
        """Return the systems whose bit is set, sorted."""
        return tuple(target.system for target in self.members(mask))

    def mask(self, systems: Sequence[str]) -> int:
        """Return the mask of these systems."""
        return sum(1 << bit for bit, target in enumerate(self.targets) if target.system in systems)
