"""The flake: what it offers, evaluated and built with a stand-in for nixpkgs, and evaluated with the real one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lock.reader import parse
from tests.nix.machine import DISTRIBUTION_PYTHON, INSTALLER, Nix, distribution_version, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.nix

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "nix/plugin-lock").glob("python-*/plugins.lock"))
TEMPLATES = sorted(path.name for path in (ROOT / "nix/templates").iterdir())

# nixpkgs as a flake, as far as ours asks it for anything.
STAND_IN = """\
{{
  outputs = _: rec {{
    lib = import {library}/standalone/lib.nix;
    legacyPackages = lib.genAttrs [ "aarch64-darwin" "aarch64-linux" "x86_64-darwin" "x86_64-linux" ] (
      system:
      let
        pkgs = import {library}/standalone {{
          interpreter = {interpreter};
          version = {version};
          installer = {installer};
          inherit system;
        }};
        tool = name: pkgs.stdenvNoCC.mkDerivation {{ inherit name; buildCommand = "mkdir -p $out/bin"; }};
      in
      pkgs
      // {{
        git = tool "git";
        nixfmt = tool "nixfmt";
        mkShell = {{ packages }}: pkgs.stdenvNoCC.mkDerivation {{
          name = "shell";
          inherit packages;
          buildCommand = "echo $packages > $out";
        }};
      }}
    );
  }};
}}
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files of this repository that version control knows or would know, as a repository of their own."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout
    folder = tmp_path / "checkout"
    for name in filter(None, listed.decode().split("\0")):
        if name.startswith(("tests/", "benchmarks/", "docs/")) or not (ROOT / name).is_file():
            continue
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, place)
    return folder


@pytest.fixture
def nixpkgs(tmp_path: Path, checkout: Path) -> Path:
    """The stand-in as a flake."""
    folder = tmp_path / "nixpkgs"
    folder.mkdir()
    # A flake sees nothing outside itself.
    shutil.copytree(checkout / "nix", folder / "nix")
    shutil.copytree(INSTALLER / "installer", folder / "packages/installer", ignore=shutil.ignore_patterns("*.pyc"))
    text = STAND_IN.format(
        library="./nix",
        interpreter=quoted(str(DISTRIBUTION_PYTHON)),
        version=quoted(distribution_version()),
        installer="./packages",
    )
    (folder / "flake.nix").write_text(text, encoding="utf-8")
    return folder


def flake(nix: Nix, command: str, checkout: Path, nixpkgs: Path, *arguments: str) -> str:
    """Run `nix flake` or another command on the flake with another nixpkgs, and no network to fetch the real one."""
    done = nix.run(
        "nix",
        *command.split(),
        f"path:{checkout}",
        *("--override-input", "nixpkgs", f"path:{nixpkgs}"),
        *("--no-write-lock-file", "--offline"),
        *arguments,
    )
    assert done.code == 0, done.err
    return done.out


def test_the_flake_offers_everything_that_a_user_looks_for(nix: Nix, checkout: Path, nixpkgs: Path) -> None:
    # Nix 2.8 shows all systems, and knows no option for that.
    every = () if " 2.8." in nix.run("nix", "--version").out else ("--all-systems",)
    shown: dict[str, Any] = json.loads(flake(nix, "flake show --json", checkout, nixpkgs, *every))
    # The newest Nix tells more than the contents.
    shown = shown.get("inventory", shown)
    assert {
        *("apps", "checks", "devShells", "formatter", "homeModules", "hydraJobs", "lib", "nixosModules"),
        *("overlays", "packages", "templates"),
    } <= set(shown)


def test_the_flake_passes_its_own_check_without_a_network(nix: Nix, checkout: Path, nixpkgs: Path) -> None:
    flake(nix, "flake check", checkout, nixpkgs)


def test_plugin_lock_is_built_from_its_own_lock_and_runs(nix: Nix, checkout: Path, nixpkgs: Path) -> None:
    (built,) = json.loads(flake(nix, "build --no-link --json", checkout, nixpkgs))
    out = built["outputs"]["out"]
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    program = Path(out) / "bin/plugin-lock"
    environment: Mapping[str, str] = {"HOME": str(nix.root), "PATH": os.environ["PATH"], "PYTHONPATH": "/nowhere"}
    done = subprocess.run([str(program), "--version"], check=True, capture_output=True, text=True, env=environment)
    assert done.stdout == f"plugin-lock {version}\n"
    checked = subprocess.run(
        [str(program), "check"], check=False, capture_output=True, text=True, env=environment, cwd=ROOT
    )
    assert "is in order" in checked.stdout, checked.stderr


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.parent.name)
def test_what_plugin_lock_needs_is_what_its_own_locks_hold(lock: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {canonicalize_name(r.name): r.specifier for r in map(Requirement, project["dependencies"])}
    locked = parse(lock.read_bytes(), str(lock))
    assert {plugin.name: plugin.specifier for plugin in locked.plugins} == {
        name: str(specifier) or "*" for name, specifier in wanted.items()
    }
    versions = {package.name: package.version for package in locked.packages}
    assert all(specifier.contains(versions[name], prereleases=True) for name, specifier in wanted.items())
    assert len(locked.systems) == 4


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_can_be_parsed_and_leads_to_what_the_flake_offers(nix: Nix, name: str) -> None:
    folder = ROOT / "nix/templates" / name
    for file in sorted(folder.glob("*.nix")):
        done = nix.run("nix-instantiate", "--parse", str(file))
        assert done.code == 0, done.err
    offered = (ROOT / "flake.nix").read_text(encoding="utf-8")
    assert f'template "{name}"' in offered


def test_every_template_is_offered() -> None:
    assert TEMPLATES == ["hermes-agent", "home-manager", "many-machines", "minimal"]


def test_the_pinned_nixpkgs_is_a_whole_pin() -> None:
    locked = json.loads((ROOT / "flake.lock").read_text(encoding="utf-8"))["nodes"]["nixpkgs"]["locked"]
    assert len(locked["rev"]) == 40
    assert locked["narHash"].startswith("sha256-")
