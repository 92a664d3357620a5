"""The flake: what it offers, evaluated and built with a stand-in for nixpkgs, and evaluated with the real one."""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lock.reader import parse
from tests.nix.flakes import ROOT, copy_of_the_checkout, flake_of_tree, run_on_flake, stand_in
from tests.nix.nixpkgs_machines import NEEDS_NIXPKGS, skip_where_nix_is_too_old, tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.nix.machine import Nix

pytestmark = pytest.mark.nix

LOCKS = sorted((ROOT / "nix/plugin-lock").glob("python-*/plugins.lock"))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """This repository as a flake of its own."""
    return copy_of_the_checkout(tmp_path / "checkout")


@pytest.fixture
def nixpkgs(tmp_path: Path) -> Path:
    """The stand-in as a flake."""
    return stand_in(tmp_path / "nixpkgs", "nixpkgs")


def flake(nix: Nix, command: str, checkout: Path, nixpkgs: Path, *arguments: str) -> str:
    """Run `nix flake` or another command on the flake with another nixpkgs, and no network to fetch the real one."""
    return run_on_flake(nix, command, f"path:{checkout}", {"nixpkgs": nixpkgs}, *arguments)


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


def test_the_formatter_takes_a_whole_tree(nix: Nix, checkout: Path, nixpkgs: Path) -> None:
    # The newest Nix hands it no file, and nixfmt alone would read stdin.
    names = ("--apply", "builtins.mapAttrs (_: one: one.name)")
    found = json.loads(run_on_flake(nix, "eval --json", f"path:{checkout}#formatter", {"nixpkgs": nixpkgs}, *names))
    assert set(found.values()) == {"nixfmt-tree"}


@NEEDS_NIXPKGS
def test_the_flake_evaluates_with_the_real_nixpkgs_for_every_system(nix: Nix, checkout: Path, tmp_path: Path) -> None:
    skip_where_nix_is_too_old(nix)
    real = flake_of_tree(tmp_path / "real", "nixpkgs", tree())
    # nixfmt is written in Haskell, whose packages smaller copies of the tree leave out.
    is_whole = (tree() / "pkgs/development/haskell-modules/hackage-packages.nix").exists()
    kinds = ["packages", "checks", "apps", "hydraJobs.packages", *(["devShells", "formatter"] if is_whole else [])]
    for kind in kinds:
        of_one = "builtins.mapAttrs (_: one: one.drvPath or one.program)"
        function = (
            "builtins.mapAttrs (_: one: one.drvPath)" if kind == "formatter" else f"builtins.mapAttrs (_: {of_one})"
        )
        arguments = (f"path:{checkout}#{kind}", {"nixpkgs": real}, "--apply", function, "--impure")
        found = json.loads(run_on_flake(nix, "eval --json", *arguments))
        assert {"aarch64-linux", "x86_64-linux"} <= set(found)
        assert found["x86_64-linux"] != found["aarch64-linux"]


# nixfmt cannot be had of a tree without Haskell's packages; all else is that tree's own.
WITHOUT_HASKELL = """{ outputs = _: let base = import ./tree.nix { }; in base // {
  legacyPackages = builtins.mapAttrs (
    _: pkgs: pkgs // { nixfmt = pkgs.hello; nixfmt-tree = pkgs.hello; }
  ) base.legacyPackages;
}; }
"""


@NEEDS_NIXPKGS
@pytest.mark.parametrize("command", ["flake show", "flake check --no-build"])
def test_the_flake_is_shown_and_checked_with_the_real_nixpkgs(
    nix: Nix, checkout: Path, tmp_path: Path, command: str
) -> None:
    skip_where_nix_is_too_old(nix)
    real = flake_of_tree(tmp_path / "real", "nixpkgs", tree())
    if not (tree() / "pkgs/development/haskell-modules/hackage-packages.nix").exists():
        (real / "flake.nix").write_text(WITHOUT_HASKELL, encoding="utf-8")
    # Nothing may be built to be read, and nothing can be fetched.
    pure = ("--option", "allow-import-from-derivation", "false", "--impure", "--all-systems")
    shown = run_on_flake(nix, command, f"path:{checkout}", {"nixpkgs": real}, *pure)
    assert command != "flake show" or "homeModules" in shown


def test_a_nixpkgs_without_one_of_the_systems_will_do(nix: Nix, checkout: Path, nixpkgs: Path) -> None:
    file = nixpkgs / "flake.nix"
    file.write_text(file.read_text(encoding="utf-8").replace('"x86_64-darwin"\n', ""), encoding="utf-8")
    names = "--apply builtins.attrNames"
    found = json.loads(
        run_on_flake(nix, "eval --json", f"path:{checkout}#packages", {"nixpkgs": nixpkgs}, *names.split())
    )
    assert found == ["aarch64-darwin", "aarch64-linux", "x86_64-linux"]


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


def test_the_pinned_nixpkgs_is_a_whole_pin() -> None:
    locked = json.loads((ROOT / "flake.lock").read_text(encoding="utf-8"))["nodes"]["nixpkgs"]["locked"]
    assert len(locked["rev"]) == 40
    assert locked["narHash"].startswith("sha256-")
