"""What is gathered while a host file is read: one version of a name per target, and everything that contradicts it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from lock.errors import InputError, Problem
from resolver.hosts.model import Provided, ProvidedSet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lock.model import Source
    from resolver.targets import TargetSet


class Shipment:
    """Collects provided distributions per system; two versions of one name on one system are a problem.

    `path` is the host file as the user named it.  Contradictions are gathered and raised together by `provided_set`.
    """

    def __init__(self, targets: TargetSet, path: str) -> None:
        self._path = path
        self._packages: dict[str, dict[str, Provided]] = {target.system: {} for target in targets.targets}
        self._unversioned: dict[str, dict[str, str]] = {target.system: {} for target in targets.targets}
        self._warnings: list[str] = []
        self._problems: dict[tuple[str, str, str], list[str]] = {}

    def warn(self, message: str) -> None:
        """Keep a message for the user, once."""
        if message not in self._warnings:
            self._warnings.append(message)

    def add(
        self,
        system: str,
        name: str,
        version: str,
        origin: str,
        extras: Mapping[str, tuple[str, ...]] | None = None,
        modules: tuple[str, ...] | None = None,
    ) -> None:
        """Add a distribution; `version` must follow the version specifiers specification.

        Raises `packaging.version.InvalidVersion` for a version that does not.
        """
        found = Provided(name=name, version=str(Version(version)), origin=origin, extras=extras or {}, modules=modules)
        if name in self._unversioned[system]:
            self._clash(system, name, ("unknown", self._unversioned[system][name]), (found.version, origin))
            return
        kept = self._packages[system].setdefault(name, found)
        if Version(kept.version) != Version(found.version):
            self._clash(system, name, (kept.version, kept.origin), (found.version, origin))

    def add_unversioned(self, system: str, name: str, origin: str) -> None:
        """Add a distribution that is shipped at a version nobody wrote down."""
        kept = self._packages[system].get(name)
        if kept is not None:
            self._clash(system, name, (kept.version, kept.origin), ("unknown", origin))
            return
        self._unversioned[system].setdefault(name, origin)

    def version_of(self, name: str) -> str | None:
        """Return the version of a name, where all systems that have it at a known one agree."""
        versions = {found[name].version for found in self._packages.values() if name in found}
        return versions.pop() if len(versions) == 1 else None

    def has(self, system: str, name: str) -> bool:
        """Say whether this name was added for a system."""
        return name in self._packages[system] or name in self._unversioned[system]

    def _clash(self, system: str, name: str, first: tuple[str, str], second: tuple[str, str]) -> None:
        versions = " and ".join(f"{version} ({origin})" for version, origin in (first, second))
        self._problems.setdefault((name, versions, self._path), []).append(system)

    def provided_set(self, name: str, version: str | None, source: Source) -> ProvidedSet:
        """Close the collection; the host itself is always in it, at an unknown version if need be.

        Raises `InputError` where a name has two versions on one system.
        """
        if self._problems:
            raise InputError(*(self._two_versions(*key, systems) for key, systems in self._problems.items()))
        for system in self._packages:
            if not self.has(system, name):
                self._add_host(system, name, version)
        return ProvidedSet(
            name=name,
            version=version,
            source=source,
            packages={system: dict(sorted(found.items())) for system, found in self._packages.items()},
            unversioned={system: dict(sorted(found.items())) for system, found in self._unversioned.items()},
            warnings=tuple(self._warnings),
        )

    def _add_host(self, system: str, name: str, version: str | None) -> None:
        if version is None:
            self._unversioned[system][name] = "[host]"
        else:
            self.add(system, name, version, "[host]")

    @staticmethod
    def _two_versions(name: str, versions: str, path: str, systems: list[str]) -> Problem:
        return Problem(
            code="host-two-versions",
            message=f"{name} stands at two versions for {', '.join(systems)}: {versions}",
            path=path,
            remedy="the host can load only one: export or lock it again with the extras and groups it is built with",
        )


def valid_version(text: str) -> bool:
    """Say whether a string is a version in the sense of the version specifiers specification."""
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True
