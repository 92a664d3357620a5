"""Cowboy: a machine evaluates with it and without it, and services run either way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.nix.cowboy import (
    ADAPTER,
    BRIDGE,
    PARTS,
    SERVICE,
    SITUATIONS,
    SKILL,
    TOOL,
    WITH_AGENTS,
    WITHOUT_AGENTS,
    copy_example,
    lock_bridge,
    lock_weather,
    machine,
    of_cowboy,
)
from tests.nix.flakes import copy_of_the_checkout, run_on_flake, stand_in
from tests.nix.module_system import MODULE_SYSTEM, evaluated, lock_folder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nix.locks import LockMaker
    from tests.nix.machine import Nix

pytestmark = pytest.mark.nix


# --- the three situations


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_machine_evaluates_with_and_without_cowboy_and_with_and_without_agents(
    nix: Nix, lock: LockMaker, situation: str
) -> None:
    lock_weather(lock)
    lock_bridge(lock)
    config = (
        f"skills.weather = {{ {SKILL} }}; tools.weather = {{ {TOOL} }}; bridges.chat = {{ {BRIDGE} }};"
        f" services.weather-station = {{ {SERVICE} }};"
    )
    expression = machine(lock, config, *SITUATIONS[situation])
    found = nix.evaluate(
        f"let inherit ({expression}) config; cowboy = config.services.cowboy or {{ }};"
        " namesIn = registry: builtins.attrNames (cowboy.${registry} or { }); in {"
        ' handed = map namesIn [ "skills" "tools" "bridges" ]; units = builtins.attrNames config.systemd.services;'
        " inherit (config.systemd.services.weather-station) wantedBy; }"
    )
    with_agents = situation == "agents"
    assert found["handed"] == ([["weather"], ["weather"], ["chat"]] if with_agents else [[], [], []])
    assert found["wantedBy"] == (["cowboy.target"] if with_agents else ["multi-user.target"])
    bridges = [f"cowboy-bridge-chat-{part}" for part in sorted(PARTS)] if with_agents else []
    assert found["units"] == [*bridges, "weather-station"]


@pytest.mark.parametrize("agents", [True, False], ids=["agents", "no-agents"])
def test_the_agents_of_a_cowboy_without_its_library_are_known(nix: Nix, lock: LockMaker, *, agents: bool) -> None:
    lock_weather(lock)
    older = f"import {MODULE_SYSTEM}/cowboy.nix {{ withLibrary = false; withAgents = {str(agents).lower()}; }}"
    expression = machine(lock, f"tools.weather = {{ {TOOL} }};", older)
    assert nix.evaluate(f"builtins.attrNames {expression}.config.services.cowboy.tools") == ["weather"] * agents


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_mistake_ends_the_evaluation_in_every_situation(nix: Nix, lock: LockMaker, situation: str) -> None:
    lock_weather(lock)
    config = 'tools.weather = { plugin = "weather-plugin"; description = "x"; command = "curl {url}"; };'
    message = nix.refusal(f"{machine(lock, config, *SITUATIONS[situation])}.config.warnings")
    assert "tools.weather.command: `curl` is no program of weather-plugin" in message


def test_a_lock_that_is_off_on_this_machine_gives_nothing(nix: Nix, lock: LockMaker) -> None:
    lock_weather(lock)
    config = f"tools.weather = {{ {TOOL} }}; services.weather-station = {{ {SERVICE} }};"
    expression = machine(lock, config, WITH_AGENTS, entry="enable = false;")
    found = nix.evaluate(
        f"let inherit ({expression}) config; in [ config.services.cowboy.tools config.systemd.services ]"
    )
    assert found == [{}, {}]


def test_plugins_that_are_asked_for_without_a_lock_are_refused(nix: Nix) -> None:
    config = f"{{ programs.plugin-lock.cowboy.tools.weather = {{ {TOOL} }}; }}"
    message = nix.refusal(f"{evaluated(config, ADAPTER, WITH_AGENTS)}.config.warnings")
    assert "set programs.plugin-lock.hosts.cowboy.lock" in message
    assert nix.evaluate(f"{evaluated('{ }', ADAPTER, WITHOUT_AGENTS)}.config.warnings") == []


# --- services


def test_a_service_joins_the_agents_softly_and_does_not_start_over_for_ever(nix: Nix, lock: LockMaker) -> None:
    lock_weather(lock)
    config = f'services.weather-station = {{ {SERVICE} environmentFile = "/run/agenix/weather"; }};'
    unit = nix.evaluate(f"{machine(lock, config, WITH_AGENTS)}.config.systemd.services.weather-station")
    start = unit["serviceConfig"].pop("ExecStart")
    assert start.endswith("/bin/weatherd --port 4000")
    assert start.startswith(str(nix.root / "store"))
    assert unit == {
        "description": "Weather station",
        "wantedBy": ["cowboy.target"],
        "unitConfig": {"StartLimitBurst": 5, "StartLimitIntervalSec": 300},
        "serviceConfig": {
            "Restart": "on-failure",
            "RestartSec": 5,
            "DynamicUser": True,
            "EnvironmentFile": "/run/agenix/weather",
        },
    }


def test_a_service_runs_as_the_user_that_is_named(nix: Nix, lock: LockMaker) -> None:
    lock_weather(lock)
    config = f'services.weather-station = {{ {SERVICE} user = "weather"; }};'
    service = nix.evaluate(f"{machine(lock, config)}.config.systemd.services.weather-station.serviceConfig")
    assert service["User"] == "weather"
    assert "DynamicUser" not in service


# --- the example


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_example_evaluates_in_every_situation(nix: Nix, lock: LockMaker, situation: str) -> None:
    lock_weather(lock)
    lock_bridge(lock)
    lock.write()
    config = copy_example(lock.path.parent)
    expression = evaluated(str(config), ADAPTER, *SITUATIONS[situation])
    found = nix.evaluate(
        f"let inherit ({expression}) config; cowboy = config.services.cowboy or {{ }}; in {{"
        " command = cowboy.tools.weather-now.command or null; prompt = toString (cowboy.skills.weather.prompt or null);"
        " user = cowboy.bridges.chat.user or null; inherit (config.systemd.services.weather-station) wantedBy; }"
    )
    if situation == "agents":
        assert found["command"].endswith("/bin/weather-now --place {place}")
        assert found["prompt"] == str(config.parent / "prompts/weather.md")
        assert (found["user"], found["wantedBy"]) == ("broker", ["cowboy.target"])
    else:
        assert found == {"command": None, "prompt": "", "user": None, "wantedBy": ["multi-user.target"]}


def test_the_flake_offers_the_adapter_for_nixos_alone(nix: Nix, tmp_path: Path) -> None:
    checkout = copy_of_the_checkout(tmp_path / "checkout")
    inputs = {"nixpkgs": stand_in(tmp_path / "nixpkgs", "nixpkgs")}

    def offered(kind: str) -> set[str]:
        place = f"path:{checkout}#{kind}"
        return set(json.loads(run_on_flake(nix, "eval --json", place, inputs, "--apply", "builtins.attrNames")))

    assert offered("nixosModules") >= {"cowboy", "default", "nerva"}
    assert offered("homeModules") >= {"default", "nerva"}
    assert "cowboy" not in offered("homeModules")


# --- what the adapter owns


def test_the_adapter_declares_nothing_below_cowboys_own_options(nix: Nix) -> None:
    expression = evaluated("{ }", ADAPTER)
    assert nix.evaluate(f"{expression}.options ? services.cowboy") is False
    assert nix.evaluate(f"builtins.attrNames {expression}.options.programs.plugin-lock") == ["cowboy", "hosts"]


# --- what is looked for on the machine that evaluates


def test_a_prompt_that_the_projects_own_folder_does_not_have_is_refused(nix: Nix, lock: LockMaker) -> None:
    lock_folder(lock, "notes")
    for file, refused in (("name.txt", False), ("no such.md", True)):
        config = f'skills.notes = {{ plugin = "notes"; description = "x"; promptFile = "{file}"; }};'
        # On a machine without agents as well.
        expression = f"{machine(lock, config)}.config.warnings"
        if refused:
            message = nix.refusal(expression)
            assert "skills.notes.promptFile: notes has no file no such.md; name one of plugins/notes" in message
        else:
            assert nix.evaluate(expression) == []


def test_a_file_of_secrets_may_lie_in_a_folder_whose_name_begins_like_the_stores(nix: Nix, lock: LockMaker) -> None:
    lock_bridge(lock)
    where = f"{nix.root}/store-of-secrets/chat"
    config = f'bridges.chat = {{ plugin = "chat-plugin"; env = "{where}"; }};'
    assert nix.evaluate(f"{of_cowboy(lock, config)}.bridges.chat.env") == where
