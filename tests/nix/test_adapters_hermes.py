"""hermes-agent: its module's own options take what a lock gives, beside what is packaged by hand."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.nix.hosts import environment, pkgs
from tests.nix.machine import LIBRARY, Nix, distribution_version, quoted
from tests.nix.module_system import MODULE_SYSTEM, evaluated, lock_folder, written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nix.locks import LockMaker

pytestmark = pytest.mark.nix

ADAPTER = str(LIBRARY / "adapters/hermes-agent.nix")
GROUPS = {"hermes_agent.plugins": {"weather": "weather_plugin:register"}}
ENABLE = "services.hermes-agent.enable = true;"
MINOR = "".join(distribution_version().split(".")[:2])


def upstream(kind: str = "nixos", host: str | None = None) -> str:
    """Return the module of hermes-agent, or what stands in for it here."""
    return (
        f'import {MODULE_SYSTEM}/hermes-agent.nix {{ kind = "{kind}"; environment = {host or environment()}; '
        f"python = {pkgs()}.python{MINOR}; }}"
    )


def machine(lock: LockMaker, config: str = "", *, kind: str = "nixos", present: bool = True, entry: str = "") -> str:
    """Return the expression of a machine that runs hermes-agent with the plugins of the lock."""
    lock.write()
    text = f"{{ programs.plugin-lock.hosts.hermes-agent = {{ lock = {quoted(lock.path)}; {entry} }}; {config} }}"
    modules = [ADAPTER, upstream(kind)] if present else [ADAPTER]
    return evaluated(text, *modules, kind=kind)


def lock_weather(lock: LockMaker, **more: Any) -> None:
    """Lock a plugin whose names differ, with what it needs."""
    lock.package("forecast")
    lock.plugin("weather-plugin", needs=["forecast"], **more)
    # As core metadata has it: the entry point is not called like the distribution.
    plugin = lock.plugins.pop()
    points = tuple(
        type(point)(group=group, name=name, value=point.value)
        for point in plugin.entry_points
        for group, name in (("hermes_agent.plugins", "weather"), ("hermes_agent.memory_providers", "weather-memory"))
    )
    lock.plugins.append(type(plugin)(**{**_fields(plugin), "entry_points": points}))


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__struct_fields__}


def settings(nix: Nix, expression: str) -> Any:
    """Return what reaches the options of hermes-agent."""
    return nix.evaluate(
        f"let inherit ({expression}) config; service = config.services.hermes-agent; in {{"
        " python = map (package: package.pname) service.extraPythonPackages;"
        " folders = map (package: package.pname) service.extraPlugins;"
        " enabled = service.settings.plugins.enabled or null; package = service.package.name; }"
    )


def started(nix: Nix, expression: str) -> Any:
    """Build the package that the service starts, run it, and return what it found."""
    text = f"{expression}.config.systemd.services.hermes-agent.serviceConfig.ExecStart"
    program = written(nix, text).split()[0]
    done = subprocess.run([program], check=True, capture_output=True, text=True, env={})
    return json.loads(done.stdout)


# --- both ways


def test_the_wrapped_package_finds_the_plugins_and_its_own_packages_first(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin", files={"weather_plugin.py": RIVAL, "shared.py": "WHOSE = 'plugin'\n"})
    expression = machine(lock, ENABLE)
    assert settings(nix, expression)["python"] == []
    found = started(nix, expression)
    assert (found["shared"], found["plugins"]) == ("host", ["weather-plugin"])
    assert found["child"]["plugins"] == ["weather-plugin"]


RIVAL = "def register():\n    return 'weather'\n"


def test_the_own_option_takes_every_package_and_its_checks_pass(nix: Nix, lock: LockMaker) -> None:
    lock.package("forecast")
    lock.plugin("weather-plugin", needs=["forecast"])
    expression = machine(lock, ENABLE + 'programs.plugin-lock.hermes-agent.way = "option";')
    assert settings(nix, expression)["python"] == ["forecast", "weather-plugin"]
    assert started(nix, expression)["plugins"] == ["weather-plugin"]


def test_what_the_wrapper_would_set_and_add_goes_to_the_own_options(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin")
    tool = f'({pkgs()}.stdenv.mkDerivation {{ name = "tool"; buildCommand = "mkdir $out"; }})'
    entry = f'variables.QUIET = "1"; path = [ {tool} ];'
    value = "config.services.hermes-agent; in { inherit (service) environment; path = map (tool: tool.name)"
    for way, expected in (
        ("option", {"environment": {"QUIET": "1"}, "path": ["tool"]}),
        ("wrapper", {"environment": {}, "path": []}),
    ):
        config = f'{ENABLE} programs.plugin-lock.hermes-agent.way = "{way}";'
        expression = machine(lock, config, entry=entry)
        found = nix.evaluate(f"let inherit ({expression}) config; service = {value} service.extraPackages; }}")
        assert found == expected


def test_the_own_check_of_collisions_would_find_one(nix: Nix, lock: LockMaker) -> None:
    # The control: a lock made for another host brings what this host has.
    lock.package("shared", "9.0")
    lock.plugin("weather-plugin", needs=["shared"])
    expression = machine(lock, ENABLE + 'programs.plugin-lock.hermes-agent.way = "option";')
    text = f"{expression}.config.systemd.services.hermes-agent.serviceConfig.ExecStart"
    done = nix.try_build(
        f'derivation {{ name = "c"; system = builtins.currentSystem; builder = "/bin/sh"; t = {text}; }}'
    )
    assert done.code != 0
    assert "plugin package collides with a package in hermes sealed venv: shared" in done.err


def test_packages_by_hand_and_locked_ones_are_found_together(nix: Nix, lock: LockMaker, tmp_path: Path) -> None:
    lock.plugin("weather-plugin")
    lock.write()
    other = type(lock)(index=lock.index, path=tmp_path / "by-hand/plugins.lock")
    other.path.parent.mkdir()
    other.plugin("by-hand")
    library = f"(import {LIBRARY} {{ pkgs = {pkgs()}; lock = {quoted(other.write())}; }})"
    config = (
        f"{ENABLE} services.hermes-agent.extraPythonPackages = {library}.pythonPackages;"
        ' services.hermes-agent.extraDependencyGroups = [ "voice" ];'
    )
    expression = machine(lock, config)
    assert settings(nix, expression)["python"] == ["by-hand"]
    assert started(nix, expression)["plugins"] == ["by-hand", "weather-plugin"]


def test_a_package_that_is_locked_and_packaged_by_hand_is_refused(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin")
    lock.write()
    library = f"(import {LIBRARY} {{ pkgs = {pkgs()}; lock = {quoted(lock.path)}; }})"
    config = f"{ENABLE} services.hermes-agent.extraPythonPackages = {library}.pythonPackages;"
    message = nix.refusal(f"{machine(lock, config)}.config.warnings")
    assert "weather-plugin in services.hermes-agent.extraPythonPackages is locked as well" in message


# --- names


def test_the_enabled_names_are_those_the_host_knows_and_no_memory_providers(nix: Nix, lock: LockMaker) -> None:
    lock_weather(lock)
    lock_folder(lock, "notes", id="Notes_2")
    expression = machine(lock, ENABLE)
    assert settings(nix, expression)["enabled"] == ["Notes_2", "weather"]
    assert nix.evaluate(f"{expression}.config.programs.plugin-lock.hermes-agent.enabledNames") == ["Notes_2", "weather"]


def test_names_of_other_plugins_stand_beside_the_locked_ones(nix: Nix, lock: LockMaker) -> None:
    lock_weather(lock)
    also = ENABLE + 'programs.plugin-lock.hermes-agent.alsoEnabled = [ "by-hand" ];'
    assert settings(nix, machine(lock, also))["enabled"] == ["weather", "by-hand"]
    off = ENABLE + "programs.plugin-lock.hermes-agent.enablePlugins = false;"
    assert settings(nix, machine(lock, off))["enabled"] is None
    # Of two lists hermes-agent's module keeps one.
    twice = ENABLE + 'services.hermes-agent.settings.plugins.enabled = [ "by-hand" ];'
    message = nix.refusal(f"{machine(lock, twice)}.config.warnings")
    assert "settings.plugins.enabled is set twice" in message
    assert "alsoEnabled" in message


# --- folders


def test_folders_go_to_the_own_option_but_those_that_are_linked_by_name(nix: Nix, lock: LockMaker) -> None:
    lock_folder(lock, "weather")
    lock_folder(lock, "notes")
    assert settings(nix, machine(lock, ENABLE))["folders"] == ["notes", "weather"]
    assert nix.evaluate(f"{machine(lock, ENABLE)}.config.systemd.services ? plugin-lock-hermes-agent") is False
    config = ENABLE + 'programs.plugin-lock.hermes-agent.linkedByName = [ "notes" ];'
    expression = machine(lock, config, entry='linkNames.notes = "memory/notes";')
    assert settings(nix, expression)["folders"] == ["weather"]
    found = nix.evaluate(
        f"let inherit ({expression}) config; host = config.programs.plugin-lock.hosts.hermes-agent; in "
        "{ inherit (host) directory; links = builtins.attrNames host.links;"
        " unit = { inherit (config.systemd.services.plugin-lock-hermes-agent) before;"
        " inherit (config.systemd.services.plugin-lock-hermes-agent.serviceConfig) User Group; };"
        " start = config.systemd.services.hermes-agent.restartTriggers != [ ]; }"
    )
    assert found == {
        "directory": "/var/lib/hermes/.hermes/plugins",
        "links": ["memory/notes"],
        "unit": {"before": ["hermes-agent.service"], "User": "hermes", "Group": "hermes"},
        "start": True,
    }


def test_two_folders_of_one_name_are_refused_by_the_own_module(nix: Nix, lock: LockMaker) -> None:
    lock_folder(lock, "weather")
    folder = f'{pkgs()}.stdenv.mkDerivation {{ pname = "weather"; version = "1"; buildCommand = "mkdir $out"; }}'
    config = f"{ENABLE} services.hermes-agent.extraPlugins = [ ({folder}) ];"
    message = nix.refusal(f"{machine(lock, config)}.config.warnings")
    assert "duplicate plugin names detected: " in message


def test_a_home_gets_the_plugins_as_a_machine_does(nix: Nix, lock: LockMaker) -> None:
    lock_weather(lock)
    lock_folder(lock, "notes")
    config = ENABLE + 'programs.plugin-lock.hermes-agent.linkedByName = [ "notes" ];'
    expression = machine(lock, config, kind="home-manager")
    assert settings(nix, expression) == {
        "python": [],
        "folders": [],
        "enabled": ["notes", "weather"],
        "package": "hermes-agent-0.17.0",
    }
    files = nix.evaluate(f"builtins.attrNames {expression}.config.home.file")
    assert files == [".hermes/plugins/notes"]


# --- without hermes-agent's module, and with nothing to do


def test_without_its_module_the_adapter_does_nothing_and_keeps_the_names(nix: Nix, lock: LockMaker) -> None:
    lock_weather(lock)
    expression = machine(lock, present=False)
    found = nix.evaluate(
        f"let inherit ({expression}) config; in {{ services = config.systemd.services; inherit (config) assertions;"
        " names = config.programs.plugin-lock.hermes-agent.enabledNames; }"
    )
    assert found["services"] == {}
    assert all(assertion["assertion"] for assertion in found["assertions"])
    assert found["names"] == ["weather"]


@pytest.mark.parametrize("kind", ["nixos", "home-manager"])
def test_without_a_lock_hermes_agent_stays_as_it_is(nix: Nix, kind: str) -> None:
    expression = evaluated(f"{{ {ENABLE} }}", ADAPTER, upstream(kind), kind=kind)
    assert settings(nix, expression) == {"python": [], "folders": [], "enabled": None, "package": "hermes-agent-0.17.0"}


def test_a_lock_that_is_off_on_this_machine_changes_nothing(nix: Nix, lock: LockMaker) -> None:
    lock_weather(lock)
    found = settings(nix, machine(lock, ENABLE, entry="enable = false;"))
    assert found == {"python": [], "folders": [], "enabled": None, "package": "hermes-agent-0.17.0"}


def test_a_package_whose_environment_is_not_known_is_refused(nix: Nix, lock: LockMaker) -> None:
    lock_weather(lock)
    package = f'{pkgs()}.stdenv.mkDerivation {{ name = "hermes"; buildCommand = "mkdir $out"; }}'
    expression = machine(lock, ENABLE, entry=f"package = {package};")
    message = nix.refusal(f"{expression}.config.services.hermes-agent.package.drvPath")
    assert "the package of hermes-agent has no `hermesVenv`" in message
