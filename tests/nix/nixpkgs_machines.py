"""Machines and homes evaluated with real trees of nixpkgs and Home Manager, which two variables name."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.nix.machine import SYSTEM, Nix, quoted
from tests.nix.module_system import MODULES

NIXPKGS = os.environ.get("NIXPKGS")
"""The variable that names a tree of nixpkgs."""

HOME_MANAGER = os.environ.get("HOME_MANAGER")
"""The variable that names a tree of Home Manager."""

NEEDS_NIXPKGS = pytest.mark.skipif(NIXPKGS is None, reason="NIXPKGS names no tree of nixpkgs")
NEEDS_HOME_MANAGER = pytest.mark.skipif(HOME_MANAGER is None, reason="HOME_MANAGER names no tree of Home Manager")

# The Python of the locks: one that nixpkgs of 2025 and of 2026 both have.
PYTHON = "3.13"

# A tree without the Haskell set, as smaller copies are, has no shellcheck; nothing is built here.
BASE = """{
  fileSystems."/" = { device = "/dev/null"; fsType = "ext4"; };
  boot.loader.grub.enable = false;
  system.stateVersion = "25.05";
  nixpkgs.overlays = [
    (final: _: { shellcheck-minimal = final.hello // { compiler.bootstrapAvailable = false; }; })
  ];
}"""

HOME = '{ home.username = "someone"; home.homeDirectory = "/home/someone"; home.stateVersion = "25.05"; }'


def tree() -> Path:
    """Return the tree of nixpkgs."""
    return Path(NIXPKGS or "")


def pkgs() -> str:
    """Return the expression of nixpkgs."""
    return f"(import {quoted(tree())} {{ system = {quoted(SYSTEM)}; config = {{ }}; overlays = [ ]; }})"


def skip_where_nix_is_too_old(nix: Nix) -> None:
    """Skip where this Nix is older than what the tree asks for."""
    done = nix.run("nix-instantiate", "--eval", "--expr", f"builtins.seq (import {quoted(tree())}) true")
    if "please upgrade" in done.err:
        pytest.skip("the tree of NIXPKGS wants a newer Nix")
    assert done.code == 0, done.err


def left_out() -> list[str]:
    """Return NixOS's own modules that a smaller copy of the tree has, but left out of its list."""
    base = tree() / "nixos/modules"
    listed = re.findall(r"^\s*#\s?\./(\S+)$", (base / "module-list.nix").read_text(encoding="utf-8"), re.MULTILINE)
    return [quoted(base / name) for name in listed if (base / name).exists()]


def nixos(config: str, *modules: str) -> str:
    """Return the expression of a NixOS machine with our module, others given as expressions, and a configuration."""
    all_modules = [*left_out(), str(MODULES["nixos"]), *modules, BASE, config]
    listed = " ".join(f"({module})" for module in all_modules)
    evaluator = quoted(tree() / "nixos/lib/eval-config.nix")
    return f"(import {evaluator} {{ system = {quoted(SYSTEM)}; modules = [ {listed} ]; }})"


def home(config: str, *modules: str) -> str:
    """Return the expression of a Home Manager configuration with our module, others, and a configuration."""
    listed = " ".join(f"({module})" for module in (str(MODULES["home-manager"]), *modules, HOME, config))
    evaluator = quoted(Path(HOME_MANAGER or "") / "modules")
    return f"(import {evaluator} {{ pkgs = {pkgs()}; configuration = {{ imports = [ {listed} ]; }}; }})"
