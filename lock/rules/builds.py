"""Rules 6 and 8 for builds: a source has all it is built with, once; no build package is for nobody or needs itself."""

from __future__ import annotations

import graphlib
from typing import TYPE_CHECKING

from lock.grammar import shown
from lock.rules.artifacts import every_package
from lock.rules.edges import Needing, check_limits
from lock.rules.spelling import TOOL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lock.findings import Findings
    from lock.model import Artifact, Build, BuildRequirement, Lock, Package
    from lock.toml_lines import KeyPath

_Node = tuple[str, str, str]
"""Name, version and system of a build package."""


def check(lock: Lock, findings: Findings) -> None:
    """Check what sources are built with."""
    known = {(package.name, package.version, system): package for package, system in _pairs(lock)}
    for place, package in enumerate(lock.build_packages):
        key: KeyPath = (*TOOL, "build-packages", place)
        check_limits(Needing.package(package, key), findings)
        if package.provided:
            message = f"{shown(package.name)}: a build package relies on nothing of the host"
            findings.add("rule-6-edge", message, (*key, *TOOL, "provided"))
    for key, package in every_package(lock):
        for number, artifact in enumerate(package.artifacts):
            if artifact.build is not None:
                here = (*key, *TOOL, "artifacts", number, "build")
                _build(artifact, artifact.build, known, here, findings)
    graph = _graph(lock)
    _orphans(lock, graph, findings)
    _cycles(lock, graph, findings)


def _pairs(lock: Lock) -> Iterator[tuple[Package, str]]:
    for package in lock.build_packages:
        for system in package.systems:
            yield package, system


def _build(artifact: Artifact, build: Build, known: Mapping[_Node, Package], key: KeyPath, findings: Findings) -> None:
    """Check one closure: every requirement is locked, stands once a system, and has what it needs beside it."""
    for place, requirement in enumerate(build.requires):
        _limits(artifact, requirement, (*key, "requires", place, "systems"), findings)
    wrong: dict[tuple[str, str, int], list[str]] = {}
    for system in artifact.systems:
        versions: dict[str, str] = {}
        for place, requirement in enumerate(build.requires):
            if system not in (requirement.systems or artifact.systems):
                continue
            name = shown(requirement.name)
            if (other := versions.setdefault(requirement.name, requirement.version)) != requirement.version:
                message = f"is built with two versions of {name}, {shown(other)} and {shown(requirement.version)}, on"
                wrong.setdefault(("rule-8-duplicate", message, place), []).append(system)
            elif (requirement.name, requirement.version, system) not in known:
                message = f"is built with {name} {shown(requirement.version)}, which is no build package for"
                wrong.setdefault(("rule-6-build", message, place), []).append(system)
        for place, requirement in enumerate(build.requires):
            package = known.get((requirement.name, requirement.version, system))
            if package is None or versions.get(requirement.name) != requirement.version:
                continue
            for name in package.dependencies:
                if name not in versions and system in package.edge_systems.get(name, package.systems):
                    message = f"is built with {shown(package.name)}, but without {shown(name)}, which that needs, on"
                    wrong.setdefault(("rule-6-build", message, place), []).append(system)
    for (code, message, place), systems in wrong.items():
        text = f"{shown(artifact.name)} {message} {', '.join(map(shown, systems))}"
        findings.add(code, text, (*key, "requires", place))


def _limits(artifact: Artifact, requirement: BuildRequirement, key: KeyPath, findings: Findings) -> None:
    label = f"{shown(artifact.name)}: the build requirement {shown(requirement.name)}"
    if outside := sorted(set(requirement.systems) - set(artifact.systems)):
        message = f"{label} is for {', '.join(map(shown, outside))}, the artifact is not"
        findings.add("rule-6-build", message, key)
    elif requirement.systems and set(requirement.systems) == set(artifact.systems):
        findings.add("rule-6-build", f"{label} names every system of the artifact", key)


def _graph(lock: Lock) -> dict[_Node, list[_Node]]:
    """Return what each build package is itself built with; wheels with nothing."""
    graph: dict[_Node, list[_Node]] = {}
    for package in lock.build_packages:
        for artifact in package.artifacts:
            for system in artifact.systems:
                graph[package.name, package.version, system] = _requirements(artifact, system)
    return graph


def _requirements(artifact: Artifact, system: str) -> list[_Node]:
    if artifact.build is None:
        return []
    return [
        (requirement.name, requirement.version, system)
        for requirement in artifact.build.requires
        if system in (requirement.systems or artifact.systems)
    ]


def _orphans(lock: Lock, graph: Mapping[_Node, list[_Node]], findings: Findings) -> None:
    """Every build package serves, on each of its systems, to build something that is installed."""
    waiting = [
        node
        for package in lock.packages
        for artifact in package.artifacts
        for system in artifact.systems
        for node in _requirements(artifact, system)
    ]
    reached: set[_Node] = set()
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            waiting += graph.get(node, ())
    for place, package in enumerate(lock.build_packages):
        name, version = package.name, package.version
        if alone := [system for system in package.systems if (name, version, system) not in reached]:
            message = f"nothing is built with {shown(name)} {shown(version)} on {', '.join(alone)}"
            findings.add("rule-6-orphan", message, (*TOOL, "build-packages", place))


def _cycles(lock: Lock, graph: Mapping[_Node, list[_Node]], findings: Findings) -> None:
    """Note a build package that can be built only with itself: the first circle of each system."""
    places = {(package.name, package.version): place for place, package in enumerate(lock.build_packages)}
    told: set[str] = set()
    for system in lock.systems:
        part = {node: [other for other in graph[node] if other in graph] for node in graph if node[2] == system}
        try:
            graphlib.TopologicalSorter(part).prepare()
        except graphlib.CycleError as error:
            circle: list[_Node] = error.args[1][::-1]
            chain = " needs ".join(f"{shown(name)} {shown(version)}" for name, version, _ in circle)
            if chain not in told:
                told.add(chain)
                first = (*TOOL, "build-packages", places[circle[0][:2]])
                findings.add("rule-6-build", f"to be built, {chain}", first)
