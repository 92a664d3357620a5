"""docs/flake.md: it names every output of the flake, and its examples are right."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from resolver.operations.vendoring import vendor
from tests.nix.flakes import ROOT, copy_of_the_checkout, run_on_flake, stand_in
from tests.nix.hosts import pkgs
from tests.nix.machine import SYSTEM
from tests.nix.module_system import lock_folder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nix.locks import LockMaker
    from tests.nix.machine import Nix

pytestmark = pytest.mark.nix

TEXT = (ROOT / "docs/flake.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```nix\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
FLAKES = [text for text in EXAMPLES if "outputs =" in text]
FILES = [text for text in EXAMPLES if "outputs =" not in text]

# The name of every output: those of each system once, and a derivation that stands there by itself.
NAMES = """outputs: builtins.concatMap (kind: let
  value = outputs.${kind};
  ofSystem = value.${system} or value;
  place = if value ? ${system} then "${kind}.<system>" else kind;
in if ofSystem.type or null == "derivation" then [ place ]
   else map (name: "${place}.${name}") (builtins.attrNames ofSystem)) (builtins.attrNames outputs)"""


def test_every_output_is_in_the_table_and_nothing_else(nix: Nix) -> None:
    formatter = f'{pkgs()}.stdenv.mkDerivation {{ name = "nixfmt-tree"; buildCommand = ""; }}'
    names = nix.evaluate(
        f'let pkgs = {pkgs()}; system = "{SYSTEM}"; flake = import {ROOT}/flake.nix; self = flake.outputs {{'
        " inherit self; nixpkgs = { inherit (pkgs) lib;"
        f" legacyPackages.${{system}} = pkgs // {{ nixfmt-tree = {formatter}; }}; }}; }}; in ({NAMES}) self"
    )
    table = TEXT.partition("| output | what for |")[2].partition("\n\n")[0]
    documented = [name for row in table.splitlines()[2:] for name in re.findall(r"`([^`]+)`", row.split("|")[1])]
    assert sorted(documented) == sorted(names)


@pytest.fixture
def folder(lock: LockMaker, tmp_path: Path) -> Path:
    """A folder with a lock for both systems."""
    lock.systems = ("aarch64-linux", "x86_64-linux")
    lock.plugin("weather-plugin")
    lock_folder(lock, "notes")
    lock.write()
    return shutil.copytree(lock.path.parent, tmp_path / "folder")


@pytest.mark.parametrize("text", FLAKES, ids=range(len(FLAKES)))
def test_a_flake_of_the_document_evaluates(nix: Nix, folder: Path, tmp_path: Path, text: str) -> None:
    (folder / "flake.nix").write_text(text, encoding="utf-8")
    inputs = {"nixpkgs": stand_in(tmp_path / "nixpkgs", "nixpkgs")}
    inputs["plugin-lock"] = copy_of_the_checkout(tmp_path / "checkout")
    if "home-manager.url" in text:
        inputs["home-manager"] = stand_in(tmp_path / "home-manager", "home-manager")
    function = """outputs: [
      (map (system: map (one: one.drvPath) (builtins.attrValues system)) (builtins.concatMap
        (kind: builtins.attrValues (outputs.${kind} or { })) [ "packages" "checks" "devShells" ]))
      (map (machine: machine.config.systemd.services) (builtins.attrValues (outputs.nixosConfigurations or { })))
      (map (home: builtins.attrNames home.config.home.file) (builtins.attrValues (outputs.homeConfigurations or { })))
    ]"""
    # `nix eval` shows one output, so that all of them are made into one more.
    file = folder / "flake.nix"
    file.rename(folder / "shown.nix")
    wrapped = text[: text.index("  outputs =")]
    wrapped += (
        f"outputs = given: let outputs = (import ./shown.nix).outputs given; in {{ all = ({function}) outputs; }}; }}"
    )
    file.write_text(wrapped, encoding="utf-8")
    derivations, machines, homes = json.loads(run_on_flake(nix, "eval --json", f"path:{folder}#all", inputs))
    assert derivations or machines
    if "directory =" in text:
        assert [sorted(machine) for machine in machines] == [["plugin-lock-example"]]
        assert homes == [[".config/example-host/plugins/notes"]]


def test_the_files_without_flakes_build_what_they_say(nix: Nix, folder: Path, tmp_path: Path) -> None:
    fetched, vendored = FILES
    (folder / "default.nix").write_text(fetched, encoding="utf-8")
    source = copy_of_the_checkout(tmp_path / "checkout")
    given = f"{{ pkgs = {pkgs()}; source = {source}; }}"
    (one,) = nix.build(f"(import {folder} {given}).environment")
    assert list(one.glob("lib/python*/site-packages/weather_plugin.py"))
    program = nix.evaluate(f"(import {folder} {given}).plugin-lock.name")
    assert program.startswith("plugin-lock-")
    vendor(folder, "nix/plugin-lock")
    (folder / "default.nix").write_text(vendored, encoding="utf-8")
    assert nix.build(f"(import {folder} {{ pkgs = {pkgs()}; }}).environment") == [one]
    modules = folder / "nix/plugin-lock/modules"
    assert {path.name for path in modules.glob("*.nix")} >= {"home-manager.nix", "nixos.nix"}
