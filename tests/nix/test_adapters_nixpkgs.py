"""The adapters for Cowboy and Nerva in real NixOS and Home Manager configurations.  Nothing is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.nix import cowboy, nerva
from tests.nix.flakes import flake_of_tree
from tests.nix.machine import SYSTEM, quoted
from tests.nix.nixpkgs_machines import (
    BASE,
    NEEDS_HOME_MANAGER,
    NEEDS_NIXPKGS,
    PYTHON,
    home,
    left_out,
    nixos,
    pkgs,
    skip_where_nix_is_too_old,
    tree,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nix.locks import LockMaker
    from tests.nix.machine import Nix

pytestmark = [pytest.mark.nix, NEEDS_NIXPKGS]


@pytest.fixture(autouse=True)
def needs_a_nix_that_nixpkgs_takes(nix: Nix) -> None:
    skip_where_nix_is_too_old(nix)


@pytest.fixture
def weather(lock: LockMaker) -> LockMaker:
    """The plugins of Cowboy's example, for a Python that nixpkgs has."""
    lock.python = PYTHON
    cowboy.lock_weather(lock)
    cowboy.lock_bridge(lock)
    lock.write()
    return lock


@pytest.fixture
def skills(lock: LockMaker) -> LockMaker:
    """Two skills."""
    lock.python = PYTHON
    nerva.lock_skill(lock, "clock", risk="safe")
    nerva.lock_skill(lock, "notes")
    lock.write()
    return lock


@pytest.mark.parametrize("situation", cowboy.SITUATIONS)
def test_cowboys_example_is_a_whole_machine_in_every_situation(nix: Nix, weather: LockMaker, situation: str) -> None:
    config = cowboy.copy_example(weather.path.parent)
    # Cowboy's own target, which its module makes.
    target = '{ systemd.targets.cowboy.description = "Cowboy"; }'
    machine = nixos(str(config), cowboy.ADAPTER, target, *cowboy.SITUATIONS[situation])
    found = nix.evaluate(
        f"let inherit ({machine}) config; cowboy = config.services.cowboy or {{ }}; in {{"
        " system = config.system.build.toplevel.drvPath;"
        " inherit (config.systemd.services.weather-station) partOf wantedBy;"
        ' text = config.systemd.units."weather-station.service".text;'
        " command = cowboy.tools.weather-now.command or null;"
        " skill = map (package: package.name) (cowboy.skills.weather.requires or [ ]);"
        ' bridge = config.systemd.units."cowboy-bridge-chat-ping.service".text or null; }'
    )
    assert found["system"].endswith(".drv")
    assert found["partOf"] == []
    lines = found["text"].splitlines()
    for line in ("StartLimitBurst=5", "StartLimitIntervalSec=300", "Restart=on-failure", "DynamicUser=true"):
        assert line in lines
    (start,) = [line for line in lines if line.startswith("ExecStart=")]
    assert start.startswith(f"ExecStart={nix.root}/store/")
    assert start.endswith("-weather-plugin-programs/bin/weatherd --port 4000")
    if situation == "agents":
        assert found["wantedBy"] == ["cowboy.target"]
        assert found["command"].endswith("-weather-plugin-programs/bin/weather-now --place {place}")
        assert found["skill"] == ["weather-plugin-programs"]
        assert "-chat-plugin-programs/bin/chat-ping" in found["bridge"]
        assert "EnvironmentFile=/run/agenix/chat" in found["bridge"]
    else:
        assert found["wantedBy"] == ["multi-user.target"]
        assert (found["command"], found["skill"], found["bridge"]) == (None, [], None)


def test_a_program_that_is_no_plugins_is_refused_on_nixos(nix: Nix, weather: LockMaker) -> None:
    config = (
        f"{{ programs.plugin-lock.hosts.cowboy.lock = {quoted(weather.path)}; programs.plugin-lock.cowboy.tools.x = {{"
        ' plugin = "weather-plugin"; description = "x"; command = "curl {url}"; }; }'
    )
    machine = nixos(config, cowboy.ADAPTER, cowboy.WITHOUT_AGENTS)
    message = nix.refusal(f"{machine}.config.system.build.toplevel.drvPath")
    assert "tools.x.command: `curl` is no program of weather-plugin" in message


def test_nervas_service_on_nixos_is_one_of_every_user(nix: Nix, skills: LockMaker) -> None:
    config = (
        f"({{ pkgs, ... }}: {{ programs.plugin-lock.hosts.nerva.lock = {quoted(skills.path)};"
        " programs.plugin-lock.nerva = { package = pkgs.hello; settings.policy.auto_approve_safe = true; }; })"
    )
    machine = nixos(config, nerva.ADAPTER)
    found = nix.evaluate(
        f"let inherit ({machine}) config; inherit (config.programs.plugin-lock) nerva;"
        # The writer of TOML is given a text or, in newer trees, the value itself.
        " given = nerva.configFile.value; in {"
        ' system = config.system.build.toplevel.drvPath; unit = config.systemd.user.units."nervad.service".text;'
        ' wantedBy = config.systemd.user.units."nervad.service".wantedBy; file = nerva.configFile.drvPath;'
        " value = if builtins.isString given then builtins.fromJSON given else given;"
        " risks = builtins.mapAttrs (_: skill: skill.risk) nerva.skills;"
        ' skills = "${config.programs.plugin-lock.hosts.nerva.library.skillsDirectory}"; }'
    )
    assert found["system"].endswith(".drv")
    assert found["file"].endswith("-nerva.toml.drv")
    lines = found["unit"].splitlines()
    assert {"Restart=always", "RestartSec=3"} <= set(lines)
    assert any(line.startswith("ExecStart=") and "/bin/nervad --config " in line for line in lines)
    assert found["wantedBy"] == ["default.target"]
    assert found["value"] == {"policy": {"auto_approve_safe": True}, "plugins": {"skills_dir": found["skills"]}}
    assert found["risks"] == {"clock": "safe", "notes": "caution"}


@NEEDS_HOME_MANAGER
def test_nervas_service_in_a_home_is_the_users_own(nix: Nix, skills: LockMaker) -> None:
    config = (
        f"({{ pkgs, ... }}: {{ programs.plugin-lock.hosts.nerva = {{ lock = {quoted(skills.path)};"
        ' directory = ".config/nerva/skills"; }; programs.plugin-lock.nerva.package = pkgs.hello; })'
    )
    found = nix.evaluate(
        f"let home = {home(config, nerva.ADAPTER)}; unit = home.config.systemd.user.services.nervad; in {{"
        " generation = home.activationPackage.drvPath; restarts = unit.Unit ? X-Restart-Triggers;"
        ' inherit (unit) Install; link = home.config.home.file ? ".config/nerva/skills/clock"; }'
    )
    assert found["generation"].endswith("-home-manager-generation.drv")
    assert found["Install"] == {"WantedBy": ["default.target"]}
    assert (found["restarts"], found["link"]) == (True, True)


def test_the_layers_of_nervas_example_are_made_of_nixpkgs(nix: Nix, lock: LockMaker, tmp_path: Path) -> None:
    lock.python = PYTHON
    example = nerva.begin_example(nix, lock, tmp_path, flake_of_tree(tmp_path / "nixpkgs", "nixpkgs", tree()))
    packages = f"packages.{SYSTEM}"
    names = example.value(packages, "builtins.mapAttrs (_: package: package.name)", "--impure")
    assert names == {"nerva": "nerva", "nervaSkills": "example-host-plugin-folders", "nervaWithSkills": "nervad"}
    shell = example.value(f"devShells.{SYSTEM}.default", "shell: map toString shell.nativeBuildInputs", "--impure")
    assert example.value(f"{packages}.nervaWithSkills", "package: package.outPath", "--impure") in shell
    modules = " ".join(f"({module})" for module in (*left_out(), BASE))
    evaluator = quoted(tree() / "nixos/lib/eval-config.nix")
    machine = f"import {evaluator} {{ system = {quoted(SYSTEM)}; modules = [ {modules} module ]; }}"
    unit = example.value(
        "nixosModules.default",
        f'module: let inherit ({machine}) config; in config.systemd.user.units."nervad.service".text',
        "--impure",
    )
    assert "/bin/nervad --config " in unit


def test_every_option_of_the_adapters_says_what_it_is(nix: Nix) -> None:
    machine = nixos("{ }", cowboy.ADAPTER, nerva.ADAPTER)
    listed = (
        f'let lib = {pkgs()}.lib; in lib.filter (option: lib.hasPrefix "programs.plugin-lock" option.name)'
        f" (lib.optionAttrSetToDocList {machine}.options)"
    )
    names = nix.evaluate(f"map (option: option.name) ({listed})")
    assert "programs.plugin-lock.cowboy.tools.<name>.command" in names
    assert "programs.plugin-lock.nerva.skills" in names
    silent = f"builtins.filter (option: !(option ? description)) ({listed})"
    assert nix.evaluate(f"map (option: option.name) ({silent})") == []
