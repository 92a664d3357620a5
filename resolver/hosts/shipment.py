"""What is gathered while a host file is read: one version of a name per target, and everything that contradicts it."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from lock.errors import InputError, Problem
from resolver.hosts.model import Provided, ProvidedSet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lock.model import Source
    from resolver.manifest.model import StatedVersion
    from resolver.targets import TargetSet


_MOST_NAMED = 5


class Shipment:
    """Collects provided distributions per system; two versions of one name on one system are a problem.

    `path` is the host file as the user named it; `stated` are the versions that [host] gives for what it does not
    tell.  Contradictions are gathered and raised together by `provided_set`.
    """

    def __init__(self, targets: TargetSet, path: str, stated: Mapping[str, StatedVersion]) -> None:
        self._path = path
        self._stated = stated
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

    def add_unversioned(
        self,
        system: str,
        name: str,
        origin: str,
        extras: Mapping[str, tuple[str, ...]] | None = None,
        modules: tuple[str, ...] | None = None,
    ) -> None:
        """Add a distribution whose version the file does not tell: at the one stated in [host], else an unknown one."""
        stated = self._stated.get(name)
        if stated is not None:
            self.add(system, name, stated.version, f"{stated.place.path}:{stated.place.line}", extras, modules)
            return
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

        Raises `InputError` where a name has two versions on one system, and where a stated one is not needed or wrong.
        """
        if self._problems:
            raise InputError(*(self._two_versions(*key, systems) for key, systems in self._problems.items()))
        self._warn_of_unknown_versions()
        if version is None and name in self._stated:
            version = str(Version(self._stated[name].version))
        for system in self._packages:
            if not self.has(system, name):
                self._add_host(system, name, version)
        problems = [problem for stated in self._stated if (problem := self._misstated(stated)) is not None]
        if problems:
            raise InputError(*problems)
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

    def _warn_of_unknown_versions(self) -> None:
        """Name in one warning what is shipped at an unknown version: in a workspace that can be dozens."""
        origins = {name: origin for found in self._unversioned.values() for name, origin in found.items()}
        if not origins:
            return
        first = min(origins)
        if len(origins) == 1:
            told = f"{origins[first]}: {first} is shipped at an unknown version"
        else:
            listed = [f"{name} ({origin})" for name, origin in sorted(origins.items())[:_MOST_NAMED]]
            more = f" and {len(origins) - _MOST_NAMED} more" if len(origins) > _MOST_NAMED else ""
            told = f"{len(origins)} distributions are shipped at unknown versions: {', '.join(listed)}{more}"
        self.warn(f'{told}; for plugins that ask for a version, add it to [host]: versions = {{ {first} = "…" }}')

    def _misstated(self, name: str) -> Problem | None:
        """Check that a stated version is of something that is shipped, and not another than the file tells."""
        stated = self._stated[name]
        told = sorted({found[name].version for found in self._packages.values() if name in found})
        if told and all(Version(version) == Version(stated.version) for version in told):
            return None
        if told:
            message = f"{self._path} tells {name} {' and '.join(told)}, and [host] says {stated.version}"
            remedy = "leave it out: `versions` is for what the host's file does not tell"
        else:
            message = f"the host ships no {name}"
            unknown = sorted({known for found in self._unversioned.values() for known in found})
            nearest = get_close_matches(name, unknown, n=1)
            remedy = f"did you mean {nearest[0]!r}?" if nearest else "leave it out"
        place = stated.place
        return Problem(
            code="host-stated-version", message=message, path=place.path, line=place.line, key=place.key, remedy=remedy
        )

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
