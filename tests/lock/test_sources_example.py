"""The second example of tests/data/locks: every kind of source, built from locked build packages."""

from __future__ import annotations

import base64
from pathlib import Path

from lock import rules
from lock.model import (
    Archive,
    Artifact,
    Asked,
    Build,
    BuildRequirement,
    Directory,
    EntryPoint,
    Host,
    IndexRecord,
    Lock,
    Package,
    Plugin,
    PluginManifest,
    PluginTree,
    Sdist,
    Source,
    TargetRecord,
    Vcs,
)
from lock.reader import parse
from lock.writer import render
from tests.lock.test_example import ARM, FILES, INDEX, INTEL, wheel

GOOD_SOURCES = Path(__file__).parents[1] / "data/locks/good-sources.lock"
BOTH = (ARM, INTEL)
COMMIT = "0123456789abcdef0123456789abcdef01234567"
OTHER_COMMIT = "89abcdef" * 8  # of a repository in git's SHA-256 format
SETUPTOOLS = BuildRequirement(name="setuptools", version="80.9.0")
FLIT = Build(backend="flit_core.buildapi", requires=(BuildRequirement(name="flit-core", version="3.12.0"),))


def nar(number: int) -> str:
    """Return a well-formed NAR hash."""
    return "sha256-" + base64.b64encode(bytes([number]) * 32).decode()


def sdist(name: str, digit: str) -> Sdist:
    return Sdist(name=name, url=f"{FILES}/{digit}/{name}", size=4096, sha256=digit * 64)


def build_wheel(name: str, version: str, digit: str, **changes: tuple[str, ...]) -> Package:
    """Return a build package that is a wheel for every target."""
    file = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
    return Package(
        name=name,
        version=version,
        index=INDEX,
        wheels=(wheel(file, digit),),
        artifacts=(Artifact(name=file, systems=changes.get("systems", BOTH), modules=(name.replace("-", "_"),)),),
        dependencies=changes.get("dependencies", ()),
    )


SOURCES = Lock(
    host=Host(
        name="example-host",
        python="3.12",
        entry_points=("example_host.plugins",),
        source=Source(kind="uv-lock", location="host/uv.lock"),
        provided={"httpx": {ARM: "0.28.1", INTEL: "0.28.1"}},
    ),
    targets=(
        TargetRecord(system=ARM, platform="manylinux_2_28"),
        TargetRecord(system=INTEL, platform="manylinux_2_28"),
    ),
    packages=(
        Package(
            name="blob",
            version="1.0",
            source=Archive(
                url="https://downloads.example/blob-v1.tar.gz", size=8192, sha256="1" * 64, subdirectory="python/blob"
            ),
            artifacts=(Artifact(name="blob-v1.tar.gz", systems=BOTH, modules=("blob",), build=FLIT),),
        ),
        Package(
            name="chart",
            version="3.1",
            source=Archive(url="https://downloads.example/chart-3.1-py3-none-any.whl", size=1024, sha256="2" * 64),
            artifacts=(Artifact(name="chart-3.1-py3-none-any.whl", systems=BOTH, modules=("chart",)),),
        ),
        Package(
            name="helper-lib",
            version="1.0.1",
            index=INDEX,
            provided=("httpx",),
            source=sdist("Helper.Lib-1.0.1.zip", "3"),
            artifacts=(
                Artifact(
                    name="Helper.Lib-1.0.1.zip",
                    systems=BOTH,
                    license="MIT",
                    uploaded="2026-01-02T03:04:05Z",
                    build=Build(
                        backend="setuptools.build_meta:__legacy__",
                        requires=(
                            BuildRequirement(name="setuptools", version="75.0"),
                            BuildRequirement(name="wheel", version="0.45.1", systems=(ARM,)),
                        ),
                    ),
                ),
            ),
        ),
        Package(
            name="native-thing",
            version="2.0",
            requires_python=">=3.9",
            index=INDEX,
            source=sdist("native_thing-2.0.tar.gz", "4"),
            wheels=(wheel("native_thing-2.0-cp312-cp312-manylinux_2_28_x86_64.whl", "5"),),
            artifacts=(
                Artifact(
                    name="native_thing-2.0-cp312-cp312-manylinux_2_28_x86_64.whl",
                    systems=(INTEL,),
                    modules=("native_thing",),
                    native=True,
                    libraries=("libc.so.6",),
                ),
                Artifact(
                    name="native_thing-2.0.tar.gz",
                    systems=(ARM,),
                    modules=("native_thing",),
                    native=True,
                    build=Build(
                        backend="setuptools.build_meta",
                        requires=(
                            BuildRequirement(name="packaging", version="25.0"),
                            SETUPTOOLS,
                            BuildRequirement(name="setuptools-scm", version="8.1.0"),
                        ),
                    ),
                ),
            ),
        ),
        Package(
            name="notes",
            version="0.1",
            source=Directory(path="plugins/notes"),
            artifacts=(
                Artifact(
                    name="notes-source",
                    systems=BOTH,
                    nar_hash=nar(1),
                    modules=("notes",),
                    console_scripts=("notes",),
                    build=Build(backend="backend", backend_path=("build-tools", "."), requires=()),
                ),
            ),
        ),
        Package(
            name="some-plugin",
            version="1.2",
            requires_python=">=3.10",
            dependencies=("helper-lib", "native-thing"),
            provided=("httpx",),
            source=Vcs(
                url="https://git.example/user/some-plugin.git",
                requested_revision="v1.2",
                commit_id=COMMIT,
                subdirectory="python",
            ),
            artifacts=(
                Artifact(
                    name=f"some-plugin-{COMMIT}",
                    systems=BOTH,
                    nar_hash=nar(2),
                    submodules=True,
                    modules=("some_plugin",),
                    build=FLIT,
                ),
            ),
        ),
    ),
    build_packages=(
        build_wheel("flit-core", "3.12.0", "6"),
        build_wheel("packaging", "25.0", "7", systems=(ARM,)),
        build_wheel("setuptools", "75.0", "8"),
        build_wheel("setuptools", "80.9.0", "9", systems=(ARM,)),
        Package(
            name="setuptools-scm",
            version="8.1.0",
            requires_python=">=3.8",
            index=INDEX,
            dependencies=("packaging", "setuptools"),
            source=sdist("setuptools_scm-8.1.0.tar.gz", "a"),
            artifacts=(
                Artifact(
                    name="setuptools_scm-8.1.0.tar.gz",
                    systems=(ARM,),
                    modules=("setuptools_scm",),
                    build=Build(
                        backend="_own_version_helper",
                        backend_path=(".", "src"),
                        requires=(BuildRequirement(name="packaging", version="25.0"), SETUPTOOLS),
                    ),
                ),
            ),
        ),
        build_wheel("wheel", "0.45.1", "b", systems=(ARM,)),
    ),
    plugins=(
        Plugin(
            name="blob",
            kind="package",
            version={ARM: "1.0", INTEL: "1.0"},
            asked=Asked(url="https://downloads.example/blob-v1.tar.gz", subdirectory="python/blob"),
        ),
        Plugin(
            name="chart",
            kind="package",
            version={ARM: "3.1", INTEL: "3.1"},
            asked=Asked(url="https://downloads.example/chart-3.1-py3-none-any.whl"),
        ),
        Plugin(
            name="clock",
            kind="directory",
            version={},
            asked=Asked(path="skills", subdirectory="clock"),
            tree=PluginTree(
                source=Directory(path="skills", subdirectory="clock"),
                nar_hash=nar(3),
                manifest=PluginManifest(
                    file="skill.toml", id="clock.v2", version="2", executable="bin/run", risk="caution"
                ),
            ),
        ),
        Plugin(
            name="notes",
            kind="package",
            version={ARM: "0.1", INTEL: "0.1"},
            asked=Asked(path="plugins/notes"),
        ),
        Plugin(
            name="radar",
            kind="directory",
            version={},
            asked=Asked(url="https://downloads.example/radar-0.3.zip"),
            tree=PluginTree(
                source=Archive(url="https://downloads.example/radar-0.3.zip", size=2048, sha256="c" * 64),
                nar_hash=nar(4),
                manifest=PluginManifest(file="plugin.yml", id="radar"),
            ),
        ),
        Plugin(
            name="some-plugin",
            kind="package",
            version={ARM: "1.2", INTEL: "1.2"},
            asked=Asked(
                git="https://git.example/user/some-plugin.git", tag="v1.2", subdirectory="python", submodules=True
            ),
            extras=("fast",),
            entry_points=(EntryPoint(group="example_host.plugins", name="some", value="some_plugin:register"),),
        ),
        Plugin(
            name="weather",
            kind="directory",
            version={},
            asked=Asked(
                git="ssh://git@git.example/user/weather",
                branch="main",
                subdirectory="plugins/weather",
                dependencies=("helper-lib>=1", "httpx>=0.27; sys_platform == 'linux'"),
            ),
            marker="platform_machine == 'x86_64'",
            tree=PluginTree(
                source=Vcs(
                    url="ssh://git@git.example/user/weather",
                    requested_revision="main",
                    commit_id=OTHER_COMMIT,
                    subdirectory="plugins/weather",
                ),
                nar_hash=nar(5),
                submodules=False,
                dependencies=("helper-lib",),
                provided=("httpx",),
                manifest=PluginManifest(
                    file="plugin.yaml",
                    id="weather",
                    version="1.0.0",
                    tools=("forecast", "radar_image"),
                    hooks=("pre_llm_call",),
                    requires_env=("WEATHER_API_KEY",),
                    external_dependencies=("ffmpeg",),
                    requires_host=">=0.17,<1",
                    requires_plugins=("clock",),
                ),
            ),
        ),
    ),
    indexes=(IndexRecord(url=INDEX, files=(FILES,)),),
)


def test_the_example_is_written_as_the_file_has_it() -> None:
    assert render(SOURCES) == GOOD_SOURCES.read_text(encoding="utf-8")


def test_the_example_is_read_as_it_was_written() -> None:
    assert parse(GOOD_SOURCES.read_bytes(), "good-sources.lock") == SOURCES


def test_the_example_breaks_no_rule() -> None:
    assert rules.problems(SOURCES) == ()
