"""What newly comes into a lock and deserves a second look: names close to others, start-up code of builds.

Told once, by the run that brings it in: a lock that stands has been looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from resolver.manifest.asked import seen_as
from resolver.operations.reports import PolicyEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lock.model import Lock
    from resolver.hosts.model import ProvidedSet
    from resolver.manifest.model import Manifest
    from resolver.search.resolution import Found

SHORTEST_NAME = 4
"""Names with fewer characters are one edit away from too many others to say anything of it."""

_LOCKED = "which is locked as well"
_PLUGIN = "another plugin"


def names_in(lock: Lock) -> dict[str, str]:
    """Return every name in a lock, with what it is there."""
    found = {package.name: "which sources are built with" for package in lock.build_packages}
    found |= {package.name: _LOCKED for package in lock.packages}
    return found | {plugin.name: _PLUGIN for plugin in lock.plugins}


def planned_names(found: Found, manifest: Manifest) -> dict[str, str]:
    """Return the same of a resolution of which nothing was fetched yet: what sources are built with is not known."""
    names = {package.name: _LOCKED for package in found.packages}
    return names | {plugin.name: _PLUGIN for plugin in manifest.plugins}


def near_names(old: Lock | None, names: Mapping[str, str], host: ProvidedSet) -> tuple[PolicyEvent, ...]:
    """Return an event for each new name that is easily mistaken for one that the host ships, or the lock holds or held.

    `names` are what `names_in` gives for the new lock.  Of two new names the one that stands later in the alphabet is
    told of.
    """
    known = {name: names.get(name, "which was locked before") for name in (names_in(old) if old is not None else ())}
    for shipped in (*host.packages.values(), *host.unversioned.values()):
        known.update(dict.fromkeys(shipped, "which the host ships"))
    known[canonicalize_name(host.name)] = "the host itself"
    events = []
    for name in sorted(names.keys() - known.keys()):
        twin = min((other for other in known if is_near(name, other)), default=None)
        if twin is not None:
            message = f"{name}, new in the lock, is easily mistaken for {twin}, {known[twin]}: see whether it is meant"
            events.append(PolicyEvent(code="near-name", name=name, message=message, about="name"))
        known[name] = names[name]
    return tuple(events)


def is_near(name: str, other: str) -> bool:
    """Tell whether two normalized names look alike (`seen_as`), or differ by one edit.

    One edit is a letter more, less, another, or two neighbours swapped (Damerau-Levenshtein distance 1).
    """
    short, long = sorted((name, other), key=len)
    if name == other or seen_as(name) == seen_as(other):
        return name != other
    if len(short) < SHORTEST_NAME or len(long) - len(short) > 1:
        return False
    start = next((at for at, (one, two) in enumerate(zip(short, long, strict=False)) if one != two), len(short))
    rest, other_rest = short[start:], long[start:]
    if len(short) < len(long):
        return rest == other_rest[1:]
    return rest[1:] == other_rest[1:] or (rest[:2] == other_rest[1::-1] and rest[2:] == other_rest[2:])


def starting_builds(old: Lock | None, new: Lock) -> tuple[PolicyEvent, ...]:
    """Return an event for each package that sources are built with and that newly runs code in their interpreters.

    It is no reason to refuse one: what builds a source runs code by its nature, in an interpreter of its own.
    """
    known = _starting(old) if old is not None else {}
    events = []
    for name, files in _starting(new).items():
        fresh = sorted(files - known.get(name, set()))
        if fresh:
            message = f"{name}, which sources are built with, runs code whenever their interpreter starts"
            message += f": {', '.join(fresh)}"
            events.append(PolicyEvent(code="build-startup-code", name=name, message=message, about="build"))
    return tuple(events)


def _starting(lock: Lock) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for package in lock.build_packages:
        for artifact in package.artifacts:
            if artifact.startup_files:
                found.setdefault(package.name, set()).update(artifact.startup_files)
    return dict(sorted(found.items()))
