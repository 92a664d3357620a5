"""From what a directory plugin requires to roots of the search, and from what was found back to its edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from packaging.utils import canonicalize_name

from lock.errors import Problem
from resolver.search.needs import Asker, Need

if TYPE_CHECKING:
    from packaging.requirements import Requirement

    from resolver.directories.requirements import PythonNeeds
    from resolver.hosts.model import ProvidedSet
    from resolver.manifest.model import PluginConfig
    from resolver.search.markers import ApplicableTargets
    from resolver.search.resolution import Found
    from resolver.targets import TargetSet


class DirectoryNeeds(msgspec.Struct, frozen=True, kw_only=True):
    """The roots of one directory plugin on the targets in `mask`.

    `problems` are requirements on the interpreter or the host's own version that are not met; `warnings` those that
    cannot be judged.
    """

    plugin: str
    mask: int
    needs: tuple[Need, ...]
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()


class TreeEdges(msgspec.Struct, frozen=True, kw_only=True):
    """What a `lock.model.PluginTree` records of its needs; names sorted, systems as in a `Package`."""

    dependencies: tuple[str, ...]
    provided: tuple[str, ...]
    edge_systems: dict[str, tuple[str, ...]]


def search_needs(
    config: PluginConfig, python: PythonNeeds, applicable: ApplicableTargets, host: ProvidedSet
) -> DirectoryNeeds:
    """Return the roots of a directory plugin: its requirements on the targets that its marker and theirs admit.

    A requirement on the host itself is a need like any other where the host's own distribution is among what it ships.
    Elsewhere it is judged by the host's version, and never looked for on an index.
    """
    mask = applicable.marker(config.marker)
    needs = []
    problems = list(_python_problems(config, python, applicable, mask))
    warnings = []
    own_name = canonicalize_name(host.name)
    for requirement in python.requirements:
        active = applicable.marker(requirement.marker) & mask
        if canonicalize_name(requirement.name) == own_name:
            shipped = sum(
                1 << bit for bit, target in enumerate(applicable.targets.targets) if host.ships(target.system, own_name)
            )
            if active & ~shipped:
                if host.version is None:
                    warnings.append(
                        f"{config.name} requires {_text(requirement)}, and which version the host has is not known"
                    )
                elif not requirement.specifier.contains(host.version, prereleases=True):
                    problems.append(_host_problem(config, requirement, host))
            active &= shipped
        if active:
            needs.append(_need(config.name, requirement, active, python.origin))
    return DirectoryNeeds(
        plugin=config.name, mask=mask, needs=tuple(needs), problems=tuple(problems), warnings=tuple(warnings)
    )


def _need(plugin: str, requirement: Requirement, mask: int, origin: str | None) -> Need:
    return Need(
        name=canonicalize_name(requirement.name),
        specifier=requirement.specifier,
        mask=mask,
        extras={canonicalize_name(extra): mask for extra in sorted(requirement.extras)},
        asker=Asker(kind="plugin", name=plugin, text=_text(requirement), file=origin),
    )


def _text(requirement: Requirement) -> str:
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return f"{requirement.name}{extras}{requirement.specifier}"


def _python_problems(
    config: PluginConfig, python: PythonNeeds, applicable: ApplicableTargets, mask: int
) -> list[Problem]:
    if not mask & ~applicable.requires_python(python.requires_python):
        return []
    version = applicable.targets.targets[0].python
    return [
        Problem(
            code="requires-python",
            message=f"{config.name} requires Python {python.requires_python}, and the host runs on {version}",
            path=python.requires_python_path,
            line=python.requires_python_line,
            key="project.requires-python",
            remedy=f"use a revision of {config.name} for Python {version}, or plugin-lock remove {config.name}",
        )
    ]


def _host_problem(config: PluginConfig, requirement: Requirement, host: ProvidedSet) -> Problem:
    return Problem(
        code="host-conflict",
        message=f"{config.name} requires {_text(requirement)}, but the host is {host.name} {host.version}",
        path=config.place.path,
        line=config.place.line,
        key=config.place.key,
        remedy=f"use a revision of {config.name} for {host.name} {host.version}, or another {host.name}",
    )


def tree_edges(found: Found, needs: DirectoryNeeds, targets: TargetSet) -> TreeEdges:
    """Return the edges of a directory plugin to locked and to provided packages."""
    edges = found.directories.get(needs.plugin)
    if edges is None:
        return TreeEdges(dependencies=(), provided=(), edge_systems={})
    masks = {
        name: edges.dependencies.get(name, 0) | edges.provided.get(name, 0)
        for name in sorted({*edges.dependencies, *edges.provided})
    }
    return TreeEdges(
        dependencies=tuple(sorted(edges.dependencies)),
        provided=tuple(sorted(edges.provided)),
        edge_systems={name: targets.systems(mask) for name, mask in masks.items() if mask != needs.mask},
    )
