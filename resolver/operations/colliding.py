"""Collisions of modules in each process that will run: the host's with its plugins, and each build of a source.

Those of programs too, which are to stand side by side in the plugins' environment.

All that is needed stands in the lock, so `lock` and `check` judge alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lock.derived import python_minor
from lock.errors import LockError, Problem
from resolver.inspection.collisions import (
    Brought,
    Collision,
    HostModules,
    collisions,
    program_collisions,
    shared_namespaces,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lock.model import Artifact, Lock, Package
    from resolver.hosts.model import ProvidedSet
    from resolver.manifest.model import Manifest

_NOTHING = HostModules(known={}, unknown=frozenset())


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with the modules of a lock, what a user should know, and which exceptions were needed.

    `excused` are the packages that `[policy].allow-modules` names, of those that collide.
    """

    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    excused: frozenset[str]


def judge_modules(lock: Lock, manifest: Manifest, host: ProvidedSet | None) -> Judged:
    """Find the modules with two owners, on every target; `host` None leaves out what only the host can collide with."""
    minor = _minor(lock)
    told: dict[Collision, list[str]] = {}
    notes: dict[str, None] = {}
    for system in lock.systems:
        packages = [
            Brought(package=package.name, modules=artifact.modules, programs=artifact.console_scripts)
            for package, artifact in _used(lock.packages, system)
        ]
        shipped = _host_modules(host, system, {one.package for one in packages})
        for collision in (*collisions(minor, packages, shipped), *program_collisions(packages)):
            told.setdefault(collision, []).append(system)
        for shared in shared_namespaces(packages, shipped):
            if shared.host:
                notes[
                    f"the namespace {shared.namespace} is split between the host ({', '.join(shared.host)}) and"
                    f" {', '.join(shared.packages)}"
                ] = None
    places = {collision: _on(systems, lock) for collision, systems in told.items()}
    builds = {collision: f" where {label} is built" for collision, label in _in_builds(lock, minor)}
    problems = []
    excused: set[str] = set()
    for collision, where in [*sorted(places.items()), *sorted(builds.items())]:
        brought = f"{collision.package} brings the {collision.kind} {collision.module}"
        text = f"{brought}, and so does {collision.other}{where}"
        if allowed := collision.owners & manifest.policy.allow_modules.keys():
            excused |= allowed
        elif collision.stray:
            notes[f"{text}; nothing should import it from either"] = None
        else:
            problems.append(_problem(text, collision, manifest))
    return Judged(problems=tuple(problems), notes=tuple(notes), excused=frozenset(excused))


def refuse_collisions(lock: Lock, manifest: Manifest, host: ProvidedSet) -> tuple[str, ...]:
    """Refuse modules with two owners, unless the policy allows the package; return what a user should know.

    Raises `LockError` with every collision, of all targets and builds.
    """
    judged = judge_modules(lock, manifest, host)
    if judged.problems:
        raise LockError(*judged.problems)
    return judged.notes


def _problem(text: str, collision: Collision, manifest: Manifest) -> Problem:
    return Problem(
        code=f"{collision.kind}-collision",
        message=text,
        path=manifest.path,
        remedy="only one of them would be found: leave one out, or use another version; where you know that it"
        f' does no harm, write under [policy]: allow-modules = {{ "{collision.package}" = "why" }}',
    )


def _minor(lock: Lock) -> tuple[int, int]:
    major, _, minor = python_minor(lock.host.python).partition(".")
    return int(major), int(minor)


def _on(systems: list[str], lock: Lock) -> str:
    return f" (on {', '.join(systems)})" if len(systems) < len(lock.systems) else ""


def _used(packages: tuple[Package, ...], system: str) -> Iterator[tuple[Package, Artifact]]:
    for package in packages:
        for artifact in package.artifacts:
            if system in artifact.systems:
                yield package, artifact


def _in_builds(lock: Lock, minor: tuple[int, int]) -> Iterator[tuple[Collision, str]]:
    """Yield the collisions among what one source is built with, each with the first source that meets it."""
    known: set[Collision] = set()
    for system in lock.systems:
        tools = {
            (package.name, package.version): artifact.modules
            for package, artifact in _used(lock.build_packages, system)
        }
        built = [*_used(lock.packages, system), *_used(lock.build_packages, system)]
        for package, artifact in sorted(built, key=lambda pair: (pair[0].name, pair[0].version)):
            for collision in collisions(minor, _brought(artifact, system, tools), _NOTHING):
                if collision not in known:
                    known.add(collision)
                    yield collision, f"{package.name} {package.version}"


def _brought(artifact: Artifact, system: str, tools: Mapping[tuple[str, str], tuple[str, ...]]) -> Iterator[Brought]:
    for required in artifact.build.requires if artifact.build is not None else ():
        if system in (required.systems or artifact.systems):
            # A lock that lacks one breaks a rule, which is told elsewhere.
            yield Brought(package=required.name, modules=tools.get((required.name, required.version), ()))


def _host_modules(host: ProvidedSet | None, system: str, locked: set[str]) -> HostModules:
    if host is None or system not in host.packages:
        return _NOTHING
    known: dict[str, str] = {}
    unknown = set(host.unversioned.get(system, {}))
    for name, provided in host.packages[system].items():
        if provided.modules is None:
            unknown.add(name)
        else:
            known.update({module: name for module in provided.modules if name not in locked})
    # What is locked and shipped as well brings everything twice: `currency` says so in one line.
    return HostModules(known=known, unknown=frozenset(unknown - locked))
