"""One lock, seven machines: what each gets, what a change touches, and that evaluation needs only the files."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.nix.hosts import pkgs
from tests.nix.machine import DISTRIBUTION_PYTHON, LIBRARY, SYSTEM, Nix, distribution_version, quoted
from tests.nix.module_system import MODULE_SYSTEM, lock_folder
from tests.nix.test_linking import CLOSED, can_close_the_network

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nix.locks import LockMaker

pytestmark = pytest.mark.nix

EXAMPLE = LIBRARY / "examples/many-machines"
PLUGINS = {
    "anchor": ["news-plugin", "notes", "weather-plugin"],
    "beacon": ["weather-plugin"],
    "compass": ["weather-plugin"],
    "dinghy": ["notes"],
    "ensign": ["news-plugin", "notes"],
    "fender": ["news-plugin"],
    "galley": [],
}


@pytest.fixture
def fleet(lock: LockMaker) -> LockMaker:
    """The example beside a lock for two systems."""
    lock.systems = ("aarch64-linux", "x86_64-linux")
    lock.package("forecast")
    lock.plugin("weather-plugin", needs=["forecast"])
    lock.plugin("news-plugin")
    lock_folder(lock, "notes")
    lock.write()
    shutil.copytree(EXAMPLE, lock.path.parent, dirs_exist_ok=True)
    return lock


def machines(folder: Path, value: str) -> str:
    """Return an expression of a value of each machine; `config` and `host` are in scope."""
    on = pkgs().replace(f"system = {quoted(SYSTEM)};", "inherit (fleet.machines.${name}) system;")
    return (
        f"let fleet = import {folder}; in builtins.mapAttrs (name: module: let "
        f"inherit (import {MODULE_SYSTEM}/machine.nix {{ pkgs = {on}; "
        f"modules = [ {LIBRARY}/modules/nixos.nix module ]; }}) config; "
        f"host = config.programs.plugin-lock.hosts.example; in {value}) fleet.modules"
    )


def test_each_of_seven_machines_gets_its_plugins_and_nothing_else(nix: Nix, fleet: LockMaker) -> None:
    folder = fleet.path.parent
    found = nix.evaluate(
        machines(
            folder,
            "{ plugins = builtins.attrNames host.library.plugins; links = builtins.attrNames host.links;"
            " packages = map (package: package.pname) host.library.pythonPackages;"
            " system = host.library.environment.system; units = builtins.attrNames config.systemd.services; }",
        )
    )
    assert {name: machine["plugins"] for name, machine in found.items()} == PLUGINS
    for name, machine in found.items():
        wanted = set(PLUGINS[name])
        assert machine["links"] == [plugin for plugin in PLUGINS[name] if plugin == "notes"]
        assert ("forecast" in machine["packages"]) == ("weather-plugin" in wanted)
        assert machine["units"] == (["plugin-lock-example"] if "notes" in wanted else [])
    assert {found[name]["system"] for name in ("compass", "dinghy")} == {"aarch64-linux"}
    assert found["anchor"]["system"] == "x86_64-linux"


def test_a_change_of_one_plugin_changes_only_the_machines_that_use_it(nix: Nix, fleet: LockMaker) -> None:
    folder = fleet.path.parent
    value = "[ host.library.environment.drvPath (map (unit: unit.serviceConfig.ExecStart)"
    value += " (builtins.attrValues config.systemd.services)) ]"
    before = nix.evaluate(machines(folder, value))
    (package,) = [found for found in fleet.packages if found.name == "news-plugin"]
    fleet.packages.remove(package)
    fleet.plugins = [plugin for plugin in fleet.plugins if plugin.name != "news-plugin"]
    fleet.plugin("news-plugin", "2.0")
    fleet.packages.sort(key=lambda found: found.name)
    fleet.plugins.sort(key=lambda plugin: plugin.name)
    fleet.write()
    after = nix.evaluate(machines(folder, value))
    changed = sorted(name for name in before if before[name] != after[name])
    assert changed == [name for name in PLUGINS if "news-plugin" in PLUGINS[name]]


def as_flake(folder: Path, fleet: LockMaker, value: str) -> None:
    """Make a flake of the example, with all that it needs inside, so that it is evaluated purely."""
    shutil.copytree(fleet.path.parent, folder)
    shutil.copytree(LIBRARY, folder / "nix")
    # Where the stand-in's own tests import the library's stand-in from.
    shutil.copytree(MODULE_SYSTEM, folder / "tests/nix/module-system")
    arguments = f"interpreter = {quoted(str(DISTRIBUTION_PYTHON))}; version = {quoted(distribution_version())}; "
    arguments += "installer = ./nix; inherit (fleet.machines.${name}) system;"
    text = (
        "{ outputs = _: let fleet = import ./.; in { machines = builtins.mapAttrs (name: module: let "
        "inherit (import ./tests/nix/module-system/machine.nix "
        f"{{ pkgs = import ./nix/standalone {{ {arguments} }}; "
        "modules = [ ./nix/modules/nixos.nix module ]; }) config; "
        f"host = config.programs.plugin-lock.hosts.example; in {value}) fleet.modules; }}; }}\n"
    )
    (folder / "flake.nix").write_text(text, encoding="utf-8")


def pure(nix: Nix, flake: Path) -> Any:
    """Evaluate the machines of a flake, with no import from derivation, and with the network closed."""
    command = [
        *CLOSED,
        str(nix.programs / "nix"),
        *("eval", "--json", f"path:{flake}#machines", "--option", "allow-import-from-derivation", "false"),
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=nix.environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def closed_network() -> None:
    if not can_close_the_network():
        pytest.skip("unshare cannot close the network here")


@pytest.mark.usefixtures("closed_network")
def test_seven_machines_evaluate_purely_without_network_and_without_building(
    nix: Nix, fleet: LockMaker, tmp_path: Path
) -> None:
    flake = tmp_path / "flake"
    value = "[ host.library.environment.drvPath (map (unit: unit.serviceConfig.ExecStart)"
    value += " (builtins.attrValues config.systemd.services)) ]"
    as_flake(flake, fleet, value)
    found = pure(nix, flake)
    assert found.keys() == PLUGINS.keys()
    assert all(derivation.endswith("-example-host-plugins.drv") for derivation, _ in found.values())


@pytest.mark.usefixtures("closed_network")
def test_a_library_reads_a_plugins_folder_while_evaluating(nix: Nix, fleet: LockMaker, tmp_path: Path) -> None:
    flake = tmp_path / "flake"
    value = "builtins.mapAttrs (_: plugin: if plugin.sourcePath == null then null else"
    value += " builtins.attrNames (builtins.readDir plugin.sourcePath)) host.library.plugins"
    as_flake(flake, fleet, value)
    found = pure(nix, flake)
    assert found["ensign"] == {"news-plugin": None, "notes": ["__init__.py", "name.txt", "plugin.yaml"]}


@pytest.mark.usefixtures("closed_network")
def test_import_from_derivation_is_refused_where_these_tests_refuse_it(
    nix: Nix, fleet: LockMaker, tmp_path: Path
) -> None:
    # The control: reading what would have to be built.
    flake = tmp_path / "flake"
    as_flake(flake, fleet, "builtins.readDir host.library.environment.outPath")
    with pytest.raises(AssertionError, match=r"import-from-derivation|cannot build"):
        pure(nix, flake)
