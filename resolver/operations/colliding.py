"""Modules that a new lock and its host, or two of its packages, would both bring into one process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.errors import LockError, Problem
from resolver.inspection.collisions import Brought, HostModules, collisions, shared_namespaces
from resolver.locked_package import seen_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resolver.hosts.model import ProvidedSet
    from resolver.inspection.collisions import Collision
    from resolver.inspection.memory import Seen
    from resolver.manifest.model import Manifest
    from resolver.search.resolution import Found
    from resolver.targets import TargetSet


def refuse_collisions(
    found: Found, files: Mapping[str, Seen], manifest: Manifest, targets: TargetSet, host: ProvidedSet
) -> tuple[str, ...]:
    """Refuse modules with two owners, unless the policy allows the package; return what a user should know.

    Raises `LockError` with every collision, of all targets.
    """
    told: dict[Collision, list[str]] = {}
    notes: dict[str, None] = {}
    for bit, target in enumerate(targets.targets):
        brought = [
            Brought(package=package.name, modules=files[seen_key(package.files[bit])].contents.modules)
            for package in found.packages
            if bit in package.files
        ]
        shipped = _host_modules(host, target.system)
        for collision in collisions(target.python_minor, brought, shipped):
            told.setdefault(collision, []).append(target.system)
        for shared in shared_namespaces(brought, shipped):
            if shared.host:
                notes[
                    f"the namespace {shared.namespace} is split between the host ({', '.join(shared.host)}) and"
                    f" {', '.join(shared.packages)}"
                ] = None
    problems = []
    for collision, systems in sorted(told.items()):
        allowed = {collision.package, collision.other} & manifest.policy.allow_modules.keys()
        text = f"{collision.package} brings the module {collision.module}, and so does {collision.other}"
        if len(systems) < len(targets.targets):
            text += f" (on {', '.join(systems)})"
        if allowed:
            continue
        if collision.stray:
            notes[f"{text}; nothing should import it from either"] = None
            continue
        problems.append(
            Problem(
                code="module-collision",
                message=text,
                path=manifest.path,
                remedy="only one of them would be found: leave one out, or use another version; where you know that it"
                f' does no harm, write under [policy]: allow-modules = {{ "{collision.package}" = "why" }}',
            )
        )
    if problems:
        raise LockError(*problems)
    return tuple(notes)


def _host_modules(host: ProvidedSet, system: str) -> HostModules:
    known: dict[str, str] = {}
    unknown = set(host.unversioned.get(system, {}))
    for name, provided in host.packages[system].items():
        if provided.modules is None:
            unknown.add(name)
        else:
            known.update(dict.fromkeys(provided.modules, name))
    return HostModules(known=known, unknown=frozenset(unknown))
