"""On a nixpkgs with `config.structuredAttrsByDefault`: attributes are no variables unless a derivation says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.nix.hosts import environment, pkgs
from tests.nix.machine import LIBRARY, Nix, quoted
from tests.nix.module_system import lock_folder
from tests.nix.nixpkgs_machines import NEEDS_NIXPKGS, PYTHON, skip_where_nix_is_too_old, tree
from tests.nix.sources import IN_TREE, project, tar_bytes, with_backend

if TYPE_CHECKING:
    from tests.nix.locks import LockMaker

pytestmark = pytest.mark.nix

# The stand-in with nothing but `buildCommand` in builds that do not ask for variables.
STRUCTURED = f"""(
  let
    base = {pkgs()};
    mkDerivation =
      arguments:
      base.stdenv.mkDerivation (
        if arguments.__structuredAttrs or true then
          builtins.intersectAttrs {{ name = 0; buildCommand = 0; meta = 0; passthru = 0; }} arguments
        else
          arguments
      );
    stdenv = base.stdenv // {{ inherit mkDerivation; }};
  in
  base // {{ inherit stdenv; stdenvNoCC = stdenv; }}
)"""

EVERYTHING = (
    "[ built.environment built.skillsDirectory built.plugins.notes.directory built.packages.sourced"
    ' (built.extendHost { package = built.host; variables.A = "b"; })'
    " (import LIBRARY/adapters/plugin-programs.nix"
    " { inherit (pkgs) lib; inherit pkgs; library = built; host = null; } { plugin = built.plugins.weather-plugin; }) ]"
    " ++ builtins.attrValues built.checks"
).replace("LIBRARY", str(LIBRARY))


def fill(lock: LockMaker) -> None:
    """Lock a plugin with a program, a folder and a source."""
    lock.plugin("weather-plugin", entry_points={"console_scripts": {"weather-now": "weather_plugin:register"}})
    lock_folder(lock, "notes")
    data = tar_bytes("sourced-1.0", with_backend(project("sourced")))
    lock.as_plugin(lock.sdist("sourced", data, IN_TREE))


def library(lock: LockMaker, given: str) -> str:
    """Return the expression of the library on other packages, with the host that it is checked against."""
    return (
        f"(let host = {environment()}; in import {LIBRARY} {{ pkgs = {given}; lock = {quoted(lock.write())}; "
        "inherit host; } // { inherit host; })"
    )


def test_every_build_gets_its_variables(nix: Nix, lock: LockMaker) -> None:
    fill(lock)
    built = nix.build(f"let pkgs = {STRUCTURED}; built = {library(lock, STRUCTURED)}; in {EVERYTHING}")
    assert len(built) == 6 + 3
    assert (built[5] / "bin/weather-now").exists()


@NEEDS_NIXPKGS
def test_nixpkgs_asked_for_structured_attributes_leaves_ours_as_they_are(nix: Nix, lock: LockMaker) -> None:
    skip_where_nix_is_too_old(nix)
    lock.python = PYTHON
    fill(lock)
    given = f"(import {quoted(tree())} {{ config.structuredAttrsByDefault = true; overlays = [ ]; }})"
    found = nix.evaluate(
        f"let pkgs = {given}; built = {library(lock, given)}; in"
        " { theirs = pkgs.hello.drvAttrs ? env || pkgs.hello.__structuredAttrs or false;"
        f" ours = map (one: one.drvAttrs.__structuredAttrs or false) ({EVERYTHING}"
        f" ++ [ (import {LIBRARY}/plugin-lock {{ inherit pkgs; }}) ]); }}"
    )
    # What is made of links needs no variables.
    assert found == {"theirs": True, "ours": [False, True, *[False] * 8]}
