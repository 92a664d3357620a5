"""Modules that two would bring into one process: a package, and the standard library, the host or another package.

Which of them is found depends on the order of `sys.path`; so it is never right.  Packages may share a namespace
(PEP 420, `pkgutil`, `pkg_resources`) as long as each brings other modules below it.  Nor can two packages have a
program of one name in an environment's `bin`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

import msgspec
from packaging.utils import canonicalize_name

from resolver.inspection.standard_library import standard_modules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# What wheels bring by mistake, next to their own package: nobody imports it, and nothing of it matters.
STRAY = frozenset(
    {"benchmark", "benchmarks", "doc", "docs", "example", "examples", "sample", "samples", "script", "scripts"}
    | {"test", "testing", "tests"}
)
_BELOW_CACHE = re.compile(r"(^|\.)__pycache__\.")


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """A locked package on one target: its importable names as `WheelContents.modules` has them, and its programs."""

    package: str
    modules: tuple[str, ...]
    programs: tuple[str, ...] = ()


class HostModules(msgspec.Struct, frozen=True, kw_only=True):
    """What the host brings on one target: names to the distribution, and distributions of unknown modules.

    Of the latter (a lock file lists no modules) it is taken that each brings a module of its own name.
    """

    known: Mapping[str, str]
    unknown: frozenset[str]

    def owner(self, module: str) -> str | None:
        """Return the host's distribution that brings a module of this name, as far as is known."""
        found = self.known.get(module)
        if found is None:
            name = canonicalize_name(module)
            found = name if name in self.unknown else None
        return found

    def sharing(self, namespace: str) -> set[str]:
        """Return the distributions that bring something below a namespace, as far as is known."""
        start = canonicalize_name(namespace) + "-"
        found = {owner for module, owner in self.known.items() if module.startswith(f"{namespace}.")}
        return found | {name for name in self.unknown if name.startswith(start)}


class Collision(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """`package` and `other` (a finished phrase) both bring `module`; `stray` where nobody would import it.

    `partner` is the other one's name where that is a package as well.  `kind` says whether it is a program instead.
    """

    package: str
    module: str
    other: str
    stray: bool = False
    partner: str | None = None
    kind: Literal["module", "program"] = "module"

    @property
    def owners(self) -> set[str]:
        """The packages, of those judged, that bring the module: one or two."""
        return {self.package} if self.partner is None else {self.package, self.partner}


class SharedNamespace(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A namespace below which packages, and distributions of the host, each bring something."""

    namespace: str
    packages: tuple[str, ...]
    host: tuple[str, ...]


def collisions(minor: tuple[int, int], packages: Iterable[Brought], host: HostModules) -> Iterator[Collision]:
    """Yield each module of a target's packages that something else brings too; `minor` is the host's Python.

    Both owners are named: a pair of packages is told once, from the one whose name sorts first.
    """
    standard = standard_modules(minor)
    owners: dict[str, str] = {}
    for brought in sorted(packages, key=lambda brought: brought.package):
        for module in brought.modules:
            if _BELOW_CACHE.search(module):
                continue
            if module in standard:
                version = ".".join(map(str, minor))
                yield Collision(
                    package=brought.package, module=module, other=f"the standard library of Python {version}"
                )
                continue
            shipped = host.owner(module)
            if shipped is not None:
                yield Collision(package=brought.package, module=module, other=f"{shipped}, which the host ships")
            if module in owners:
                yield Collision(
                    package=owners[module],
                    module=module,
                    other=brought.package,
                    stray=module in STRAY,
                    partner=brought.package,
                )
            owners.setdefault(module, brought.package)
    yield from _hidden(owners, host)


def program_collisions(packages: Iterable[Brought]) -> Iterator[Collision]:
    """Yield each program that two of a target's packages would put into `bin`, told from the one that sorts first."""
    owners: dict[str, str] = {}
    for brought in sorted(packages, key=lambda brought: brought.package):
        for program in brought.programs:
            owner = owners.setdefault(program, brought.package)
            if owner != brought.package:
                yield Collision(
                    package=owner, module=program, other=brought.package, partner=brought.package, kind="program"
                )


def _hidden(owners: Mapping[str, str], host: HostModules) -> Iterator[Collision]:
    """Yield what lies below a name that is a namespace to its owner and a plain package to another."""
    for module, owner in owners.items():
        for above in _above(module):
            other = owners.get(above)
            if other is not None and other != owner:
                yield Collision(
                    package=owner,
                    module=module,
                    other=f"{other}, as its own {above}",
                    stray=above in STRAY,
                    partner=other,
                )
            shipped = host.known.get(above)
            if shipped is not None:
                yield Collision(
                    package=owner, module=module, other=f"{shipped}, which the host ships, as its own {above}"
                )


def shared_namespaces(packages: Iterable[Brought], host: HostModules) -> list[SharedNamespace]:
    """Return the namespaces that one of the packages shares with another, or with the host."""
    owners: dict[str, set[str]] = {}
    for brought in packages:
        for module in brought.modules:
            top = module.partition(".")[0]
            if top != module and top.isidentifier() and top not in STRAY and not _BELOW_CACHE.search(module):
                owners.setdefault(top, set()).add(brought.package)
    found = []
    for namespace, names in sorted(owners.items()):
        beside = host.sharing(namespace) - names
        if len(names) > 1 or beside:
            found.append(
                SharedNamespace(namespace=namespace, packages=tuple(sorted(names)), host=tuple(sorted(beside)))
            )
    return found


def _above(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:depth]) for depth in range(1, len(parts))]
