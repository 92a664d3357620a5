"""Sources for generated locks: what packages are built from and with, and directory plugins."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from hypothesis import strategies as st
from msgspec.structs import replace

from lock.model import (
    Archive,
    Artifact,
    Asked,
    Build,
    BuildRequirement,
    Directory,
    Package,
    Plugin,
    PluginManifest,
    PluginTree,
    Sdist,
    Vcs,
    Wheel,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from lock.model import PackageSource

TreeSource = Archive | Vcs | Directory
BUILD_INDEX = "https://build.example/simple/"
BUILD_ORIGIN = "https://build.example"
# No closure holds two versions of one name: the second tool belongs to the second version.
TOOLS = (("flit-core", "3.12.0"), ("setuptools", "75.0"), ("setuptools", "80.9.0"), ("tool", "1.0"))

HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
FOLDERS = st.none() | st.sampled_from(["python", ".hidden/a_b", "x.y/z~1"])
NAR_HASHES = st.binary(min_size=32, max_size=32).map(lambda data: "sha256-" + base64.b64encode(data).decode())
SIZES = st.integers(1, 2**53)
REPOSITORIES = st.sampled_from(
    [
        *("https://git.example/a.git", "http://127.0.0.1:8080/a", "ssh://git@git.example:22/a/b"),
        *("git@git.example:a/b", "file:///srv/git/a", "file://localhost/srv/a"),
    ]
)
COMMITS = st.text("0123456789abcdef", min_size=40, max_size=40) | HEX
VCS = st.builds(
    Vcs,
    url=REPOSITORIES,
    commit_id=COMMITS,
    requested_revision=st.none() | st.sampled_from(["v1.2", "main", "feature/x#12", "release-1.0@2"]),
    subdirectory=FOLDERS,
)
ARCHIVES = st.builds(
    Archive,
    url=st.sampled_from(["https://x.example/a-1.tar.gz", "https://y.example/v1.zip", "https://x.example/tarball/v1"]),
    size=SIZES,
    sha256=HEX,
    subdirectory=FOLDERS,
)
DIRECTORIES = st.builds(Directory, path=st.sampled_from(["plugins/a", "a", ".plugins/b"]), subdirectory=FOLDERS)
TREES: st.SearchStrategy[TreeSource] = VCS | ARCHIVES | DIRECTORIES
WORDS = st.sets(st.sampled_from(["x", "y-z", "ä b"]), max_size=3).map(tuple)
MANIFESTS = st.builds(
    PluginManifest,
    file=st.sampled_from(["plugin.yaml", "skill.toml"]),
    id=st.just("replaced"),
    version=st.none() | st.just("1"),
    tools=WORDS,
    hooks=WORDS,
    requires_env=st.sets(st.sampled_from(["A", "B_1"])).map(tuple),
    external_dependencies=WORDS,
    requires_host=st.none() | st.just(">=1,<2"),
    requires_plugins=WORDS,
    executable=st.none() | st.just("bin/run"),
    risk=st.none() | st.just("caution"),
)


def build(draw: st.DrawFn, chance: Random, systems: Sequence[str]) -> Build:
    """Build with some of the tools, each for some of the systems; `setuptools` at one version on each."""
    requires: list[BuildRequirement] = []
    for name, version in TOOLS:
        if chance.random() < 0.5:
            on = chance.sample(systems, chance.randint(1, len(systems)))
            taken = {system for other in requires if other.name == name for system in other.systems or systems}
            if on := [system for system in on if system not in taken]:
                requires.append(BuildRequirement(name=name, version=version, systems=tuple(on)))
    return Build(
        backend=draw(st.sampled_from(["flit_core.buildapi", "setuptools.build_meta:__legacy__", "backend"])),
        requires=tuple(requires),
        backend_path=draw(st.sampled_from([(), (".",), ("a/b",)])),
    )


def source_of(package: Package, source: TreeSource, made: Build, nar_hash: str, *, submodules: bool) -> Package:
    """Turn a package of wheels into one from a tree or archive."""
    match source:
        case Vcs():
            name = f"{package.name}-{source.commit_id}"
        case Archive():
            name = source.url.rpartition("/")[2]
        case Directory():
            name = f"{package.name}-source"
    artifact = replace(
        package.artifacts[0],
        name=name,
        systems=package.systems,
        build=made,
        nar_hash=None if isinstance(source, Archive) else nar_hash,
        submodules=submodules and isinstance(source, Vcs),
        attested=False,
    )
    return replace(package, index=None, wheels=(), source=source, attestation_identities=(), artifacts=(artifact,))


def with_sdist(draw: st.DrawFn, package: Package, last: Artifact, made: Build) -> Package:
    """Take the sdist in place of the last wheel."""
    name = f"{package.name.replace('-', '_')}-{package.version}.tar.gz"
    written = name.replace("+", "%2B") if draw(st.booleans()) else name
    return replace(
        package,
        source=Sdist(name=name, url=f"https://files.example/{written}", size=draw(SIZES), sha256=draw(HEX)),
        wheels=tuple(wheel for wheel in package.wheels if wheel.name != last.name),
        artifacts=tuple(
            replace(artifact, name=name, build=made) if artifact is last else artifact for artifact in package.artifacts
        ),
    )


def asked_for(source: TreeSource, *, submodules: bool) -> Asked:
    """Ask for what a source is."""
    match source:
        case Vcs():
            return Asked(
                git=source.url,
                tag=source.requested_revision,
                subdirectory=source.subdirectory,
                submodules=submodules,
            )
        case Archive():
            return Asked(url=source.url, subdirectory=source.subdirectory)
        case Directory():
            return Asked(path=source.path, subdirectory=source.subdirectory)


def asked_again(plugin: Plugin, sources: Mapping[str, PackageSource | None], submodules: Mapping[str, bool]) -> Plugin:
    """Ask a plugin for the source its packages are from."""
    source = sources.get(plugin.name)
    if source is None or isinstance(source, Sdist):
        return plugin
    return replace(
        plugin, specifier=None, index=None, asked=asked_for(source, submodules=submodules.get(plugin.name, False))
    )


def directory_plugin(draw: st.DrawFn, name: str, marker: str | None, edges: Mapping[str, tuple[str, ...]]) -> Plugin:
    """A directory plugin; which of its edges lead to locked packages is for the caller to say."""
    source = draw(TREES)
    submodules = isinstance(source, Vcs) and draw(st.booleans())
    asked = asked_for(source, submodules=submodules)
    if draw(st.booleans()):
        asked = replace(asked, dependencies=("b>=1", "a"))
    return Plugin(
        name=name,
        kind="directory",
        version={},
        marker=marker,
        asked=asked,
        tree=PluginTree(
            source=source,
            nar_hash=draw(NAR_HASHES),
            submodules=submodules,
            manifest=replace(draw(MANIFESTS), id=name),
            edge_systems=dict(edges),
        ),
    )


def build_packages(packages: Sequence[Package]) -> tuple[Package, ...]:
    """Return the tools that the builds of these packages use, on the systems on which they do."""
    used: dict[tuple[str, str], set[str]] = {}
    for package in packages:
        for artifact in package.artifacts:
            for requirement in artifact.build.requires if artifact.build else ():
                on = used.setdefault((requirement.name, requirement.version), set())
                on |= set(requirement.systems or artifact.systems)
    found = []
    for (name, version), systems in used.items():
        file = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        found.append(
            Package(
                name=name,
                version=version,
                index=BUILD_INDEX,
                wheels=(Wheel(name=file, url=f"{BUILD_ORIGIN}/{file}", size=1, sha256="0" * 64),),
                artifacts=(Artifact(name=file, systems=tuple(systems)),),
            )
        )
    return tuple(found)
