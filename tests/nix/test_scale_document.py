"""docs/scale.md: its examples evaluate, as far as that is possible without the engines that they are for."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.nix.begun import begin
from tests.nix.flakes import ROOT, copy_of_the_checkout, stand_in
from tests.nix.module_system import MODULE_SYSTEM, lock_folder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nix.locks import LockMaker
    from tests.nix.machine import Nix

pytestmark = pytest.mark.nix

TEXT = (ROOT / "docs/scale.md").read_text(encoding="utf-8")
HYDRA, COLMENA, DEPLOY = re.findall(r"^```nix\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


@pytest.fixture
def locked(lock: LockMaker) -> LockMaker:
    """A package and a folder for two systems."""
    lock.systems = ("aarch64-linux", "x86_64-linux")
    lock.plugin("weather-plugin")
    lock_folder(lock, "notes")
    lock.write()
    return lock


def of_template(nix: Nix, locked: LockMaker, root: Path, template: str, function: str) -> Any:
    """Evaluate a function of all outputs of a template, as `self`."""
    started = begin(nix, template, {"nixpkgs": stand_in(root / "nixpkgs", "nixpkgs")}, root)
    shutil.copytree(locked.path.parent, started.folder, dirs_exist_ok=True)
    # `nix eval` shows one output, so that what is asked is made into one more.
    file = started.folder / "flake.nix"
    text = file.read_text(encoding="utf-8")
    file.rename(started.folder / "template.nix")
    head = text[: text.index("  outputs =")]
    body = f"outputs = given: {{ asked = ({function}) ((import ./template.nix).outputs given); }}; }}"
    file.write_text(head + body, encoding="utf-8")
    return json.loads(started.run("eval --json", "#asked"))


def test_the_jobs_for_hydra_are_derivations_of_each_system(nix: Nix, locked: LockMaker, tmp_path: Path) -> None:
    function = (
        f"self: let jobs = ({HYDRA}) {{ inherit self; }}; in {{"
        " environment = builtins.mapAttrs (_: job: job.drvPath) jobs.environment;"
        " checks = builtins.mapAttrs (_: builtins.mapAttrs (_: job: job.drvPath)) jobs.checks; }"
    )
    found = of_template(nix, locked, tmp_path, "minimal", function)
    assert set(found["environment"]) == set(found["checks"]) == {"aarch64-linux", "x86_64-linux"}
    assert all(job.endswith("-example-host-plugins.drv") for job in found["environment"].values())
    assert all(set(jobs) == {"entryPoints", "provided", "shadowing"} for jobs in found["checks"].values())
    assert len(set(found["environment"].values())) == 2


def test_deploy_rs_is_given_each_machine_on_its_own_system(nix: Nix, locked: LockMaker, tmp_path: Path) -> None:
    # Of the engine, what it makes of a machine: what is activated, by a program of one system.
    engine = (
        '{ lib = builtins.listToAttrs (map (name: { inherit name; value.activate.nixos = machine: "${name} ${'
        'toString (builtins.attrNames machine.config.systemd.services)}"; }) [ "aarch64-linux" "x86_64-linux" ]); }'
    )
    function = f"self: (({DEPLOY}) {{ inherit self; deploy-rs = {engine}; }}).nodes"
    found = of_template(nix, locked, tmp_path, "many-machines", function)
    assert {name: (node["hostname"], node["profiles"]["system"]) for name, node in found.items()} == {
        "anchor": ("anchor.example", {"user": "root", "path": "x86_64-linux plugin-lock-example"}),
        "beacon": ("beacon.example", {"user": "root", "path": "aarch64-linux "}),
    }


def test_colmenas_nodes_select_their_plugins(nix: Nix, locked: LockMaker, tmp_path: Path) -> None:
    nixpkgs = stand_in(tmp_path / "nixpkgs", "nixpkgs")
    (nixpkgs / "default.nix").write_text(
        "{ system }: ((import ./flake.nix).outputs { }).legacyPackages.${system}\n", encoding="utf-8"
    )
    checkout = copy_of_the_checkout(tmp_path / "checkout")
    (locked.path.parent / "hive.nix").write_text(COLMENA, encoding="utf-8")
    # Of the engine, what a node is: its own module, and that of all nodes, with its nixpkgs.
    found = nix.evaluate(
        f"let hive = import {locked.path.parent}/hive.nix {{ nixpkgs = {nixpkgs};"
        f" plugin-lock.nixosModules.default = import {checkout}/nix/modules/nixos.nix; }};"
        f" node = name: import {MODULE_SYSTEM}/machine.nix {{ modules = [ hive.defaults hive.${{name}} ];"
        " pkgs = hive.meta.nodeNixpkgs.${name} or hive.meta.nixpkgs; };"
        " of = name: let host = (node name).config.programs.plugin-lock.hosts.example; in"
        " { plugins = builtins.attrNames host.library.plugins; inherit (host.library.environment) system; };"
        ' in { anchor = of "anchor"; beacon = of "beacon"; }'
    )
    assert found == {
        "anchor": {"plugins": ["notes", "weather-plugin"], "system": "x86_64-linux"},
        "beacon": {"plugins": ["weather-plugin"], "system": "aarch64-linux"},
    }
