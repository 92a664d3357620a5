"""Two branches that each add a plugin merge cleanly, because each value that may change has lines of its own."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from lock.model import Artifact, Asked, Build, BuildRequirement, Lock, Package, Plugin, Vcs, Wheel
from lock.reader import parse
from lock.writer import render
from tests.lock.test_example import ARM, EXAMPLE, FILES, INDEX, INTEL
from tests.lock.test_sources_example import SOURCES, build_wheel, nar

if TYPE_CHECKING:
    from pathlib import Path


def with_plugin(lock: Lock, name: str, provided: str) -> Lock:
    """Add a plugin, the package it is, and a host's distribution it relies on."""
    file = f"{name}-1.0-py3-none-any.whl"
    package = Package(
        name=name,
        version="1.0",
        index=INDEX,
        provided=(provided,),
        wheels=(Wheel(name=file, url=f"{FILES}/{file}", size=1, sha256="a" * 64),),
        artifacts=(Artifact(name=file, systems=(ARM, INTEL)),),
    )
    plugin = Plugin(name=name, kind="package", specifier="*", version={ARM: "1.0", INTEL: "1.0"})
    versions = {**lock.host.provided, provided: {ARM: "3.0", INTEL: "3.0"}}
    return replace(
        lock,
        packages=(*lock.packages, package),
        plugins=(*lock.plugins, plugin),
        host=replace(lock.host, provided=versions),
    )


def with_git_plugin(lock: Lock, name: str, digit: str) -> Lock:
    """Add a plugin from git that is built with a backend nothing else is built with."""
    commit = digit * 40
    url = f"https://git.example/user/{name}.git"
    build = Build(backend="hatchling.build", requires=(BuildRequirement(name="hatchling", version="1.27.0"),))
    package = Package(
        name=name,
        version="1.0",
        source=Vcs(url=url, requested_revision="v1.0", commit_id=commit),
        artifacts=(Artifact(name=f"{name}-{commit}", systems=(ARM, INTEL), nar_hash=nar(7), build=build),),
    )
    asked = Asked(git=url, tag="v1.0")
    plugin = Plugin(name=name, kind="package", asked=asked, version={ARM: "1.0", INTEL: "1.0"})
    others = tuple(entry for entry in lock.build_packages if entry.name != "hatchling")
    return replace(
        lock,
        packages=(*lock.packages, package),
        plugins=(*lock.plugins, plugin),
        build_packages=(*others, build_wheel("hatchling", "1.27.0", "d")),
    )


def merged(folder: Path, ours: Lock, base: Lock, theirs: Lock) -> str:
    """Merge three locks as git does; a conflict fails."""
    for name, lock in (("ours", ours), ("base", base), ("theirs", theirs)):
        (folder / name).write_text(render(lock), encoding="utf-8")
    command = ["git", "merge-file", "-p", "ours", "base", "theirs"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(("abacus", "aiohttp"), ("zither", "zstandard")), (("notes", "idna"), ("zither", "zstandard"))],
)
def test_two_branches_that_add_a_plugin_merge_cleanly(
    tmp_path: Path, ours: tuple[str, str], theirs: tuple[str, str]
) -> None:
    text = merged(tmp_path, with_plugin(EXAMPLE, *ours), EXAMPLE, with_plugin(EXAMPLE, *theirs))
    assert text == render(with_plugin(with_plugin(EXAMPLE, *ours), *theirs))
    parse(text, "plugins.lock")


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_two_branches_that_add_a_source_with_one_backend_merge_cleanly(tmp_path: Path) -> None:
    ours, theirs = with_git_plugin(SOURCES, "abacus", "a"), with_git_plugin(SOURCES, "zither", "b")
    text = merged(tmp_path, ours, SOURCES, theirs)
    assert text == render(with_git_plugin(ours, "zither", "b"))
    parse(text, "plugins.lock")
