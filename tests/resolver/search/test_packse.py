"""The resolver scenarios of packse, each asked of a real index server with real wheels, a target at a time.

A root requirement is a plugin entry where each name occurs once; else one distribution carries them all.  Scenarios
that cannot be asked this way are listed below with the reason, and a test holds that list against the folder.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lock.model import Source
from lock.systems import SYSTEMS
from resolver.building.source_indexes import SourceIndexes
from resolver.building.workshop import Workshop
from resolver.hosts.model import ProvidedSet
from resolver.index.client import IndexClient
from resolver.index.model import Index
from resolver.manifest.reader import parse
from resolver.operations.planning import plan, search_settings
from resolver.progress import Silent
from resolver.search.search import Conflict, solve
from resolver.sources.trees import TreeCache
from tests.moments import NOON
from tests.sdists import sdist_bytes, sdist_name
from tests.servers.index_server import IndexServer, ServedFile

SCENARIOS = Path(__file__).parents[2] / "data" / "packse"
LEFT_OUT = {
    "no-binary": "a plugin cannot ask for a build where a wheel fits",
    "only-wheels-no-binary": "a plugin cannot ask for a build where a wheel fits",
}

LEFT_OUT_ON = {
    "specific-architecture-aarch64-linux": "its wheels are tagged manylinux2010_aarch64, which PEP 571 does not define",
}

# The scenario is universal over Python versions; its wheels exist for this one.
PYTHON = {"specific-architecture": "3.13"}

# Written when uv took no pre-release that nobody asked for; here that is `explicit`, and uv's default has changed.
EXPLICIT = {"package-only-prereleases-in-range", "transitive-prerelease-and-stable-dependency-many-versions"}


@dataclass(frozen=True)
class Scenario:
    name: str
    content: dict[str, Any]
    system: str

    @property
    def label(self) -> str:
        return f"{self.name}-{self.system}"


def _scenarios() -> list[Scenario]:
    found = []
    for path in sorted(SCENARIOS.rglob("*.toml")):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        universal = content.get("resolver_options", {}).get("universal", False)
        systems = sorted(SYSTEMS) if universal else ["x86_64-linux"]
        found += [Scenario(content["name"], content, system) for system in systems]
    return found


def _serve(server: IndexServer, scenario: dict[str, Any]) -> None:
    for name, project in scenario.get("packages", {}).items():
        for version, release in project["versions"].items():
            _serve_release(server, name, version, release)


def _serve_release(server: IndexServer, name: str, version: str, release: dict[str, Any]) -> None:
    extras = release.get("extras", {})
    requires = [
        *release.get("requires", []),
        *(_under_extra(text, extra) for extra, texts in extras.items() for text in texts),
    ]
    yanked = "" if release.get("yanked") else None
    requires_python = release.get("requires_python", ">=3.12")
    if release.get("wheel", True):
        for tags in release.get("wheel_tags") or ["py3-none-any"]:
            server.add_wheel(
                name,
                version,
                requires=requires,
                requires_python=requires_python,
                tags=tags,
                extras=list(extras),
                yanked=yanked,
            )
    if release.get("sdist", True):
        server.add(
            canonicalize_name(name),
            ServedFile(
                name=sdist_name(name, version),
                data=sdist_bytes(name, version, {}, requires=requires, requires_python=requires_python, extras=extras),
                requires_python=requires_python,
                yanked=yanked,
            ),
        )


def _under_extra(text: str, extra: str) -> str:
    requirement, _, marker = text.partition(";")
    return f"{requirement} ; {f'({marker}) and ' if marker else ''}extra == '{extra}'"


def _manifest(server: IndexServer, scenario: Scenario) -> str:
    root = scenario.content["root"]
    options = scenario.content.get("resolver_options", {})
    python = PYTHON.get(scenario.name) or options.get("python") or scenario.content.get("environment", {}).get("python")
    prereleases = "explicit" if scenario.name in EXPLICIT else "allow" if options.get("prereleases") else "if-necessary"
    requirements = [Requirement(text) for text in root["requires"]]
    repeated = any(count > 1 for count in Counter(r.name for r in requirements).values())
    # A plugin entry whose marker holds nowhere is refused as a mistake; inside a distribution it is not.
    unwanted = any(r.marker and "win32" in str(r.marker) for r in requirements)
    if repeated or unwanted:
        server.add_wheel("the-root", "1.0", requires=root["requires"])
        requirements = [Requirement("the-root")]
    lines = [
        "[host]",
        'name = "host"',
        f'python = "{python or "3.12"}"',
        "entry-points = []",
        "[targets]",
        f'systems = ["{scenario.system}"]',
        "[resolution]",
        f'prereleases = "{prereleases}"',
        "[plugins]",
    ]
    for requirement in requirements:
        keys = [f'version = "{requirement.specifier or "*"}"']
        if requirement.extras:
            keys.append(f"extras = {sorted(requirement.extras)}")
        if requirement.marker:
            keys.append(f'marker = "{str(requirement.marker).replace(chr(34), chr(39))}"')
        lines.append(f"{requirement.name} = {{ {', '.join(keys)} }}")
    return "\n".join(lines) + "\n"


def _resolve(server: IndexServer, scenario: Scenario, cache: Path) -> dict[str, str] | Conflict:
    manifest = parse(_manifest(server, scenario), "plugins.toml")
    planned = plan(manifest)
    host = ProvidedSet(
        name="host", version=None, source=Source(kind="none"), packages={t.system: {} for t in planned.targets.targets}
    )
    refused = scenario.content.get("resolver_options", {}).get("no_build", [])
    # Their PKG-INFO says what they need (PEP 643), so nothing is built.
    allow_build = dict.fromkeys(sorted(scenario.content.get("packages", {}).keys() - set(refused)), "asked of packse")
    settings = replace(search_settings(manifest, planned.targets, host, NOON, {}, {}), allow_build=allow_build)
    with (
        IndexClient([Index(name="default", url=server.url)]) as client,
        Workshop(settings, client, environ={}, cache=cache, trees=TreeCache(cache), progress=Silent()) as workshop,
    ):
        try:
            found = solve(settings, SourceIndexes(workshop), planned.roots, Silent()).found
        except Conflict as conflict:
            return conflict
    return {package.name: package.version_text for package in found.packages if package.name != "the-root"}


@pytest.mark.parametrize(
    "scenario",
    [s for s in _scenarios() if s.name not in LEFT_OUT and s.label not in LEFT_OUT_ON],
    ids=lambda scenario: scenario.label,
)
def test_a_scenario_ends_as_packse_expects(scenario: Scenario, tmp_path: Path) -> None:
    expected = scenario.content["expected"]
    with IndexServer() as server:
        _serve(server, scenario.content)
        result = _resolve(server, scenario, tmp_path)
    if expected["satisfiable"]:
        assert not isinstance(result, Conflict), "it has a solution"
        if "packages" in expected:
            assert result == expected["packages"]
    else:
        assert isinstance(result, Conflict)


def test_every_scenario_is_asked_or_left_out_for_a_reason() -> None:
    scenarios = _scenarios()
    assert LEFT_OUT.keys() <= {scenario.name for scenario in scenarios}
    assert LEFT_OUT_ON.keys() <= {scenario.label for scenario in scenarios}
    assert all((*LEFT_OUT.values(), *LEFT_OUT_ON.values()))
    assert len(scenarios) > 50
