"""Valid locks for property tests: any graph of packages over any targets that keeps every rule."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from msgspec.structs import replace

from lock.identities import identity_key
from lock.model import (
    Artifact,
    Build,
    EntryPoint,
    Host,
    IndexRecord,
    Lock,
    Package,
    Plugin,
    Sdist,
    Source,
    TargetRecord,
    Vcs,
    Wheel,
)
from lock.options import Override, Policy, Publisher, ResolutionOptions
from lock.rules.edges import reachable
from lock.systems import SYSTEMS
from tests.lock.generated_sources import (
    NAR_HASHES,
    TREES,
    TreeSource,
    asked_again,
    build,
    build_packages,
    directory_plugin,
    source_of,
    with_sdist,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = ("a", "a-b", "b", "c1", "zope-thing")
DIRECTORY_NAMES = ("folder", "skill-x")
VERSIONS = ("1.0", "10.0", "2.0+local.1", "1!3.0rc1.post2.dev3")
INDEXES = ("https://index.example/simple/", "http://127.0.0.1:8080/simple/")
ORIGINS = ("https://files.example", "https://index.example", "http://127.0.0.1:8080")
Graph = dict[str, dict[str, tuple[bool, str] | None]]
PLATFORM = {"linux": "manylinux_2_28", "darwin": "macosx_13_0"}

PROSE = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8)
SOURCES = st.builds(
    Source,
    kind=st.sampled_from(["uv-lock", "none"]),
    location=st.none() | st.sampled_from(["hosts/uv.lock", "../uv.lock"]),
    flake_input=st.none() | st.just("host"),
    revision=st.none() | st.just("0123456789" * 4),
)
OPTIONS = st.builds(
    ResolutionOptions,
    exclude_newer=st.none() | st.sampled_from(["P7D", "2026-01-02", "2026-01-02T03:04:05Z"]),
    prereleases=st.sampled_from(["if-necessary", "allow"]),
    constraints=st.sets(st.sampled_from(["httpx<1", "b>=2,!=2.1", "c1; python_version > '3'"])).map(tuple),
    overrides=st.lists(
        st.builds(
            Override,
            requirement=st.sampled_from(["b>=2", "c1"]),
            package=st.none() | st.sampled_from(NAMES),
            reason=PROSE,
        ),
        max_size=2,
        unique_by=lambda override: (override.package or "", override.requirement),
    ).map(tuple),
)
ALLOWED = st.dictionaries(st.sampled_from(["a", "b-c"]), PROSE, max_size=2)
IDENTITIES = st.lists(
    st.sampled_from(
        [
            {"kind": "GitHub", "repository": "a/b", "workflow": "x.yml"},
            {"kind": "GitHub", "repository": "a/b"},
            {"kind": "GitHub", "Repository": "é b"},
            {"kind": "GitHub repository", "a-1": '"'},
            {"kind": "Other"},
        ]
    ),
    max_size=2,
    unique_by=identity_key,
)
POLICIES = st.builds(
    Policy,
    allow_unattested=ALLOWED,
    publishers=st.dictionaries(
        st.sampled_from(["a", "b-c"]),
        IDENTITIES.map(
            lambda found: tuple(
                Publisher(identity=identity, reason="agreed") for identity in found or [{"kind": "Other"}]
            )
        ),
        max_size=2,
    ),
    allow_build=ALLOWED,
    allow_startup_code=ALLOWED,
    allow_modules=ALLOWED,
    allow_origins=st.dictionaries(
        st.sampled_from(["https://git.example/team", "ssh://git@git.example", "file:///srv/git"]), PROSE, max_size=2
    ),
)
ENTRY_POINTS = st.sets(
    st.builds(
        EntryPoint,
        group=st.sampled_from(["host.plugins", "host.more"]),
        name=st.sampled_from(["x", "y-z"]),
        value=st.sampled_from(["m", "m.n:f.g"]),
    ),
    max_size=3,
).map(tuple)


@st.composite
def locks(draw: st.DrawFn) -> Lock:
    """A lock whose sequences stand in no particular order."""
    # The graph comes from one drawn seed: strategies for each choice would mostly draw graphs without edges.
    chance = Random(draw(st.integers(0, 2**32)))
    systems = chance.sample(sorted(SYSTEMS), chance.randint(1, 3))
    # What each name is on each system: locked at a version, provided at one, or not there.
    places = [None, (False, "1.0"), (False, "2.0"), (True, "1.0"), *((True, version) for version in VERSIONS)]
    graph: Graph = {name: {system: chance.choice(places) for system in systems} for name in NAMES}
    packages = [package for name in NAMES for package in _packages(draw, chance, name, graph)]
    asked = [name for name in NAMES if chance.random() < 0.5]
    plugins = [_plugin(draw, name, graph[name]) for name in asked]
    packages, plugins = _with_sources(draw, chance, packages, plugins)
    plugins += [_directory_plugin(draw, chance, name, graph) for name in DIRECTORY_NAMES if chance.random() < 0.5]
    lock = Lock(
        host=Host(
            name="host",
            python=draw(st.sampled_from(["3.12", "3.12.4"])),
            source=draw(SOURCES),
            version=draw(st.none() | st.just("0.17.0")),
            entry_points=draw(st.sets(st.sampled_from(["host.plugins", "host.more"])).map(tuple)),
        ),
        targets=tuple(
            TargetRecord(system=system, platform=PLATFORM[SYSTEMS[system].sys_platform]) for system in systems
        ),
        packages=tuple(packages),
        plugins=tuple(plugins),
        resolution=draw(OPTIONS),
        policy=draw(POLICIES),
    )
    return _without_orphans(lock, graph)


def _packages(draw: st.DrawFn, chance: Random, name: str, graph: Graph) -> list[Package]:
    by_version: dict[str, list[str]] = {}
    for system, place in graph[name].items():
        if place and place[0]:
            by_version.setdefault(place[1], []).append(system)
    found = []
    for version, systems in by_version.items():
        edges: dict[str, tuple[str, ...]] = {}
        for other in NAMES:
            there = [system for system in systems if graph[other][system]]
            if there and other != name and chance.random() < 0.6:
                edges[other] = tuple(chance.sample(there, chance.randint(1, len(there))))
        index = draw(st.sampled_from(INDEXES))
        identities = tuple(draw(IDENTITIES))
        artifacts = _artifacts(draw, name, version, systems)
        if identities:
            artifacts = _attested(chance, artifacts)
        found.append(
            Package(
                name=name,
                version=version,
                requires_python=draw(st.none() | st.just(">=3.9")),
                index=index,
                edge_systems=edges,
                wheels=tuple(_wheel(draw, artifact.name) for artifact in artifacts),
                attestation_identities=identities,
                artifacts=artifacts,
            )
        )
    return found


def _attested(chance: Random, artifacts: tuple[Artifact, ...]) -> tuple[Artifact, ...]:
    """Have some artifacts attested, at least one."""
    some = chance.sample(range(len(artifacts)), chance.randint(1, len(artifacts)))
    return tuple(replace(artifact, attested=place in some) for place, artifact in enumerate(artifacts))


def _with_sources(
    draw: st.DrawFn, chance: Random, packages: list[Package], plugins: list[Plugin]
) -> tuple[list[Package], list[Plugin]]:
    """Take some packages from sources; all versions of one name from one, since it may be what a plugin asks for."""
    trees: dict[str, TreeSource] = {name: draw(TREES) for name in NAMES if chance.random() < 0.3}
    submodules = {name: chance.random() < 0.5 and isinstance(tree, Vcs) for name, tree in trees.items()}
    found = []
    for package in packages:
        if package.name in trees:
            made = build(draw, chance, package.systems)
            source, modules = trees[package.name], submodules[package.name]
            found.append(source_of(package, source, made, draw(NAR_HASHES), submodules=modules))
        elif chance.random() < 0.3:
            last = package.artifacts[-1]
            found.append(with_sdist(draw, package, last, build(draw, chance, last.systems)))
        else:
            found.append(package)
    sources = {package.name: package.source for package in found}
    return found, [asked_again(plugin, sources, submodules) for plugin in plugins]


def _directory_plugin(draw: st.DrawFn, chance: Random, name: str, graph: Graph) -> Plugin:
    systems = sorted(graph[NAMES[0]])
    used = chance.sample(systems, chance.randint(0, len(systems)))
    marker = " or ".join(SYSTEMS[system].marker for system in used) or "sys_platform == 'win32'"
    edges = {}
    for other in NAMES:
        there = [system for system in used if graph[other][system]]
        if there and chance.random() < 0.4:
            edges[other] = tuple(chance.sample(there, chance.randint(1, len(there))))
    return directory_plugin(draw, name, None if len(used) == len(systems) else marker, edges)


def _artifacts(draw: st.DrawFn, name: str, version: str, systems: list[str]) -> tuple[Artifact, ...]:
    stem = f"{name.replace('-', '_')}-{version}"
    words = st.sets(st.sampled_from(["x", "y", "z_1"])).map(tuple)

    def artifact(file: str, used: tuple[str, ...], *, native: bool) -> Artifact:
        return Artifact(
            name=file,
            systems=used,
            modules=draw(words),
            startup_files=draw(words),
            console_scripts=draw(words),
            libraries=draw(words),
            native=native,
            license=draw(st.none() | PROSE),
        )

    if draw(st.booleans()):
        return (artifact(f"{stem}-py3-none-any.whl", tuple(systems), native=False),)
    return tuple(
        artifact(
            f"{stem}-cp312-abi3-{PLATFORM[facts.sys_platform]}_{facts.platform_machine}.whl",
            (system,),
            native=True,
        )
        for system in systems
        for facts in [SYSTEMS[system]]
    )


def _wheel(draw: st.DrawFn, name: str) -> Wheel:
    origin = draw(st.sampled_from(ORIGINS))
    written = name.replace("+", "%2B") if draw(st.booleans()) else name
    digits = draw(st.text("0123456789abcdef", min_size=64, max_size=64))
    return Wheel(name=name, url=f"{origin}/{written}", size=draw(st.integers(1, 2**53)), sha256=digits)


def _plugin(draw: st.DrawFn, name: str, places: Mapping[str, tuple[bool, str] | None]) -> Plugin:
    versions = {system: place[1] for system, place in places.items() if place}
    marker = " or ".join(SYSTEMS[system].marker for system in versions) or "sys_platform == 'win32'"
    return Plugin(
        name=name,
        kind="package",
        specifier=draw(st.sampled_from(["*", ">=1,<20"])),
        version=versions,
        extras=draw(st.sets(st.sampled_from(["e", "f-g"])).map(tuple)),
        marker=None if len(versions) == len(places) else marker,
        index=draw(st.none() | st.just("corp")),
        entry_points=draw(ENTRY_POINTS),
    )


def _without_orphans(lock: Lock, graph: Graph) -> Lock:
    """Leave out what no plugin needs, and derive what follows: kinds of edges, provided versions, indexes."""
    everything = tuple(replace(package, dependencies=tuple(package.edge_systems)) for package in lock.packages)
    plugins = tuple(_with_edges(plugin, graph) for plugin in lock.plugins)
    reached = reachable(replace(lock, packages=everything, plugins=plugins))
    packages = []
    for package in everything:
        artifacts = tuple(
            replace(artifact, systems=used, build=_narrowed(artifact, used))
            for artifact in package.artifacts
            if (used := tuple(s for s in artifact.systems if (package.name, s) in reached))
        )
        kept = {artifact.name for artifact in artifacts}
        systems = {system for artifact in artifacts for system in artifact.systems}
        edges = {
            name: used
            for name, on in package.edge_systems.items()
            if (used := tuple(system for system in on if system in systems))
        }
        if artifacts:
            packages.append(
                replace(
                    package,
                    artifacts=artifacts,
                    wheels=tuple(wheel for wheel in package.wheels if wheel.name in kept),
                    source=None
                    if isinstance(package.source, Sdist) and package.source.name not in kept
                    else package.source,
                    **_kinds(edges, graph),
                    edge_systems={name: on for name, on in edges.items() if set(on) != systems},
                )
            )
    relied = {name for package in packages for name in package.provided}
    relied |= {name for plugin in plugins for name in (plugin.tree.provided if plugin.tree else (plugin.name,))}
    provided = {name: {s: place[1] for s, place in graph[name].items() if place and not place[0]} for name in relied}
    built_with = build_packages(packages)
    files: dict[str, set[str]] = {}
    for package in (*packages, *built_with):
        if package.index is not None:
            sdist = [package.source] if isinstance(package.source, Sdist) else []
            taken: list[Wheel | Sdist] = [*package.wheels, *sdist]
            origins = files.setdefault(package.index, set())
            origins |= {file.url.rpartition("/")[0] for file in taken}
    return replace(
        lock,
        host=replace(lock.host, provided={name: on for name, on in provided.items() if on}),
        packages=tuple(packages),
        build_packages=built_with,
        plugins=plugins,
        indexes=tuple(IndexRecord(url=url, files=tuple(found)) for url, found in files.items()),
    )


def _with_edges(plugin: Plugin, graph: Graph) -> Plugin:
    """Let a directory plugin's edges lead where the graph has them."""
    if plugin.tree is None:
        return plugin
    return replace(plugin, tree=replace(plugin.tree, **_kinds(plugin.tree.edge_systems, graph)))


def _kinds(edges: Mapping[str, tuple[str, ...]], graph: Graph) -> dict[str, Any]:
    return {
        "dependencies": tuple(n for n, on in edges.items() if any(_locked(graph, n, s) for s in on)),
        "provided": tuple(n for n, on in edges.items() if not all(_locked(graph, n, s) for s in on)),
    }


def _narrowed(artifact: Artifact, systems: tuple[str, ...]) -> Build | None:
    """Limit what an artifact is built with to the systems on which it is."""
    if artifact.build is None:
        return None
    requires = (
        replace(requirement, systems=used)
        for requirement in artifact.build.requires
        if (used := tuple(system for system in requirement.systems if system in systems))
    )
    return replace(artifact.build, requires=tuple(requires))


def _locked(graph: Graph, name: str, system: str) -> bool:
    place = graph[name][system]
    return place is not None and place[0]
