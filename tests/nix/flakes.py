"""Flakes for tests: this repository's own, and what stands in for its inputs and for those of its templates."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.nix.hosts import environment, pkgs
from tests.nix.machine import DISTRIBUTION_PYTHON, INSTALLER, distribution_version
from tests.nix.module_system import MODULE_SYSTEM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.nix.machine import Nix

ROOT = Path(__file__).resolve().parents[2]
FLAKES = Path(__file__).with_name("flake-inputs")
MINOR = "".join(distribution_version().split(".")[:2])


def copy_of_the_checkout(folder: Path) -> Path:
    """Copy the files of this repository that version control knows or would know, without tests and documents."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout
    for name in filter(None, listed.decode().split("\0")):
        if name.startswith(("tests/", "benchmarks/", "docs/")) or not (ROOT / name).is_file():
            continue
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, place)
    return folder


def stand_in(folder: Path, name: str) -> Path:
    """Write a flake of tests/nix/flake-inputs, with all that it reads inside: a flake sees nothing outside itself."""
    folder.mkdir(parents=True)
    shutil.copytree(ROOT / "nix", folder / "nix")
    shutil.copytree(MODULE_SYSTEM, folder / "tests/nix/module-system")
    shutil.copytree(INSTALLER / "installer", folder / "packages/installer", ignore=shutil.ignore_patterns("*.pyc"))
    python = {"interpreter": str(DISTRIBUTION_PYTHON), "version": distribution_version()}
    (folder / "python.json").write_text(json.dumps(python), encoding="utf-8")
    host = environment().replace(pkgs(), "pkgs")
    (folder / "example-host.nix").write_text(f"{{ pkgs }}: {host}\n", encoding="utf-8")
    shutil.copy2(FLAKES / "machine-options.nix", folder)
    shutil.copy2(FLAKES / f"{name}.nix", folder / "flake.nix")
    return folder


def write_host(flake: Path, host: str) -> None:
    """Write what hermes-agent's flake wraps: an expression of `environment` and `python`, with `pkgs` in scope."""
    (flake / "host.nix").write_text(f"{{ pkgs }}: {host}\n", encoding="utf-8")


def flake_of_tree(folder: Path, name: str, tree: Path) -> Path:
    """Write a flake with the outputs of a real tree's, which is not copied; evaluation is impure therefore."""
    folder.mkdir(parents=True)
    shutil.copy2(FLAKES / "tree.nix", folder)
    shutil.copy2(FLAKES / f"real-{name}.nix", folder / "flake.nix")
    (folder / "place.json").write_text(json.dumps(str(tree)), encoding="utf-8")
    return folder


def run_on_flake(nix: Nix, command: str, flake: str, inputs: Mapping[str, Path], *arguments: str) -> str:
    """Run a command of `nix` on a flake with other inputs and no network to fetch the real ones; return its output."""
    overridden = [word for name, place in inputs.items() for word in ("--override-input", name, f"path:{place}")]
    done = nix.run("nix", *command.split(), flake, *overridden, "--no-write-lock-file", "--offline", *arguments)
    assert done.code == 0, done.err
    return done.out
