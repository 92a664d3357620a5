"""What the tests of this folder start from: a [host], targets, and files to read."""

from __future__ import annotations

from pathlib import Path

from resolver.hosts import reader
from resolver.manifest.model import HostConfig, HostFile, Place
from resolver.targets import Target, TargetSet

DATA = Path(__file__).parents[2] / "data" / "hosts"
HERMES = Path(__file__).parents[3] / "hosts" / "hermes-agent-0.17.0"
LINUX = "x86_64-linux"
SYSTEMS = ("aarch64-darwin", "aarch64-linux", "x86_64-darwin", "x86_64-linux")


def host(source=None, *, name="host-app", python="3.12", extras=(), groups=(), versions=None):
    return HostConfig(
        name=name,
        python=python,
        entry_points=("host.plugins",),
        source=source,
        extras=tuple(extras),
        dependency_groups=tuple(groups),
        versions=versions or {},
        place=Place(path="plugins.toml", line=3, key="host"),
    )


def targets(*systems, python="3.12"):
    return TargetSet(targets=tuple(Target(system=system, python=python) for system in systems or SYSTEMS))


def load_text(folder, path, text, *systems, **choices):
    """Write a host file and read it."""
    (folder / path).write_text(text, encoding="utf-8")
    return load_file(folder, path, *systems, **choices)


def load_file(folder, path, *systems, **choices):
    python = choices.get("python", "3.12")
    return reader.load(host(HostFile(path=path), **choices), targets(*systems or (LINUX,), python=python), folder)


def versions(provided, system=LINUX):
    return {name: found.version for name, found in provided.packages[system].items()}
