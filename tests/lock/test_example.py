"""The example lock of tests/data/locks: what its file says, value by value."""

from __future__ import annotations

from pathlib import Path

from lock import rules
from lock.model import (
    Artifact,
    EntryPoint,
    Host,
    IndexRecord,
    Lock,
    Package,
    Plugin,
    Source,
    TargetRecord,
    Wheel,
)
from lock.options import Override, ResolutionOptions
from lock.reader import parse
from lock.writer import render

GOOD = Path(__file__).parents[1] / "data/locks/good.lock"
INDEX = "https://index.example/simple/"
FILES = "https://files.example"
ARM, INTEL = "aarch64-linux", "x86_64-linux"


def wheel(name: str, digit: str) -> Wheel:
    return Wheel(name=name, url=f"{FILES}/{digit}/{name}", size=1024, sha256=digit * 64)


EXAMPLE = Lock(
    host=Host(
        name="example-host",
        version="0.17.0",
        python="3.12",
        entry_points=("example_host.plugins",),
        extras=("all",),
        dependency_groups=("dev",),
        source=Source(kind="uv-lock", location="host/uv.lock"),
        provided={
            "httpx": {ARM: "0.28.1", INTEL: "0.28.1"},
            "uvloop": {INTEL: "0.22.1"},
        },
    ),
    targets=(
        TargetRecord(system=ARM, platform="manylinux_2_28"),
        TargetRecord(system=INTEL, platform="manylinux_2_28"),
    ),
    packages=(
        Package(
            name="fast-loop",
            version="1.0",
            index=INDEX,
            provided=("uvloop",),
            wheels=(wheel("fast_loop-1.0-py3-none-any.whl", "1"),),
            artifacts=(Artifact(name="fast_loop-1.0-py3-none-any.whl", systems=(INTEL,), modules=("fast_loop",)),),
        ),
        Package(
            name="helper",
            version="1.0",
            index=INDEX,
            wheels=(wheel("helper-1.0-py3-none-any.whl", "2"),),
            artifacts=(Artifact(name="helper-1.0-py3-none-any.whl", systems=(ARM,), modules=("helper",)),),
        ),
        Package(
            name="helper",
            version="2.0",
            index=INDEX,
            wheels=(wheel("helper-2.0-py3-none-any.whl", "3"),),
            artifacts=(Artifact(name="helper-2.0-py3-none-any.whl", systems=(INTEL,), modules=("helper",)),),
        ),
        Package(
            name="native-thing",
            version="2.0+local.1",
            requires_python=">=3.9",
            index=INDEX,
            wheels=(
                wheel("native_thing-2.0+local.1-cp312-cp312-manylinux_2_28_aarch64.whl", "4"),
                Wheel(
                    name="native_thing-2.0+local.1-cp312-cp312-manylinux_2_28_x86_64.whl",
                    url=f"{FILES}/5/native_thing-2.0%2Blocal.1-cp312-cp312-manylinux_2_28_x86_64.whl",
                    size=2048,
                    sha256="5" * 64,
                ),
            ),
            artifacts=tuple(
                Artifact(
                    name=f"native_thing-2.0+local.1-cp312-cp312-manylinux_2_28_{system.partition('-')[0]}.whl",
                    systems=(system,),
                    modules=("native_thing",),
                    startup_files=("native_thing.pth",),
                    console_scripts=("native-thing",),
                    native=True,
                    libraries=("libc.so.6", "libstdc++.so.6"),
                    license="MIT",
                    uploaded="2026-01-02T03:04:05Z",
                )
                for system in (ARM, INTEL)
            ),
        ),
        Package(
            name="weather-plugin",
            version="1.2.3",
            requires_python=">=3.10",
            index=INDEX,
            dependencies=("fast-loop", "helper", "native-thing"),
            provided=("httpx",),
            edge_systems={"fast-loop": (INTEL,)},
            wheels=(wheel("weather_plugin-1.2.3-py3-none-any.whl", "6"),),
            artifacts=(
                Artifact(
                    name="weather_plugin-1.2.3-py3-none-any.whl",
                    systems=(ARM, INTEL),
                    modules=("weather_plugin",),
                ),
            ),
        ),
    ),
    plugins=(
        Plugin(
            name="fast-loop",
            kind="package",
            specifier="*",
            version={INTEL: "1.0"},
            marker="platform_machine == 'x86_64'",
        ),
        Plugin(
            name="weather-plugin",
            kind="package",
            specifier=">=1.2",
            version={ARM: "1.2.3", INTEL: "1.2.3"},
            extras=("radar",),
            index="corp",
            entry_points=(EntryPoint(group="example_host.plugins", name="weather", value="weather_plugin:register"),),
        ),
    ),
    indexes=(IndexRecord(url=INDEX, files=(FILES,)),),
    resolution=ResolutionOptions(
        exclude_newer="P7D",
        prereleases="allow",
        constraints=("httpx<1",),
        overrides=(Override(requirement="helper>=1", package="weather-plugin", reason="works in our tests"),),
    ),
)


def test_the_example_is_written_as_the_file_has_it() -> None:
    assert render(EXAMPLE) == GOOD.read_text(encoding="utf-8")


def test_the_example_is_read_as_it_was_written() -> None:
    assert parse(GOOD.read_bytes(), "good.lock") == EXAMPLE


def test_the_example_breaks_no_rule() -> None:
    assert rules.problems(EXAMPLE) == ()
