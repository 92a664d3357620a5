"""The modules in real NixOS and Home Manager configurations.  Evaluated only; nothing is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.nix.machine import LIBRARY, Nix, quoted
from tests.nix.module_system import MODULE_SYSTEM, lock_folder
from tests.nix.nixpkgs_machines import (
    NEEDS_HOME_MANAGER,
    NEEDS_NIXPKGS,
    PYTHON,
    home,
    nixos,
    pkgs,
    skip_where_nix_is_too_old,
)

if TYPE_CHECKING:
    from tests.nix.locks import LockMaker

pytestmark = [pytest.mark.nix, NEEDS_NIXPKGS]

ADAPTER = str(LIBRARY / "adapters/hermes-agent.nix")
ATTRIBUTE = f"python{PYTHON.replace('.', '')}"


@pytest.fixture(autouse=True)
def needs_a_nix_that_nixpkgs_takes(nix: Nix) -> None:
    skip_where_nix_is_too_old(nix)


@pytest.fixture
def plugins(lock: LockMaker) -> LockMaker:
    """A package plugin, a folder with a need of its own, and a folder that wants a program."""
    lock.python = PYTHON
    lock.package("forecast")
    lock.plugin("weather-plugin", needs=["forecast"])
    lock_folder(lock, "notes")
    lock_folder(lock, "player", external_dependencies=("ffmpeg",))
    lock.write()
    return lock


def entry(lock: LockMaker, more: str, *, name: str = "example") -> str:
    """Return a configuration with one host; `package` is an environment of nixpkgs."""
    return (
        f"({{ pkgs, ... }}: {{ programs.plugin-lock.hosts.{name} = {{ lock = {quoted(lock.path)}; "
        f"package = pkgs.{ATTRIBUTE}.withPackages (_: [ ]); {more} }}; }})"
    )


def hermes(lock: LockMaker, more: str = "") -> str:
    """Return a configuration of a machine that runs hermes-agent with the plugins of the lock."""
    return (
        f"{{ services.hermes-agent.enable = true; {more} "
        f"programs.plugin-lock.hosts.hermes-agent.lock = {quoted(lock.path)}; }}"
    )


def upstream(kind: str) -> str:
    """Return what stands in for hermes-agent's module."""
    python = f"{pkgs()}.{ATTRIBUTE}"
    return (
        f'import {MODULE_SYSTEM}/hermes-agent.nix {{ kind = "{kind}"; python = {python}; '
        f"environment = {python}.withPackages (_: [ ]); }}"
    )


def test_a_nixos_system_has_the_unit_and_the_package(nix: Nix, plugins: LockMaker) -> None:
    config = entry(plugins, 'directory = "/srv/plugins"; user = "host"; services = [ "host" ];')
    machine = nixos(
        config,
        '{ systemd.services.host.script = "true"; users.users.host = { isSystemUser = true; group = "users"; }; }',
    )
    found = nix.evaluate(
        f"let inherit ({machine}) config; in {{ "
        'unit = config.systemd.units."plugin-lock-example.service".text;'
        ' host = config.systemd.units."host.service".text; system = config.system.build.toplevel.drvPath;'
        " installed = builtins.elem config.programs.plugin-lock.hosts.example.finalPackage.outPath"
        ' (map (package: package.outPath or "") config.environment.systemPackages);'
        ' warnings = builtins.filter (text: builtins.match "plugin-lock: .*" text != null) config.warnings; }'
    )
    unit = found["unit"]
    for line in ("PrivateNetwork=true", "Type=oneshot", "RemainAfterExit=true", "User=host", "Before=host.service"):
        assert line in unit
    assert "RequiresMountsFor=/srv/plugins" in unit
    assert "ExecStop=" in unit
    assert "X-Restart-Triggers=" in found["host"]
    assert found["system"].endswith(".drv")
    assert found["installed"] is True
    assert len(found["warnings"]) == 1
    assert "ffmpeg" in found["warnings"][0]


def test_a_specialisation_selects_plugins_of_its_own(nix: Nix, plugins: LockMaker) -> None:
    hosts = "programs.plugin-lock.hosts.example"
    special = (
        f'({{ lib, ... }}: {{ specialisation.quiet.configuration.{hosts}.plugins = lib.mkForce [ "notes" ];'
        f" specialisation.off.configuration.{hosts}.enable = false; }})"
    )
    machine = nixos(entry(plugins, 'directory = "/srv/my plugins";'), special)
    found = nix.evaluate(
        f"let inherit ({machine}) config; of = name: config.specialisation.${{name}}.configuration; in {{"
        f' main = builtins.attrNames config.{hosts}.links; quiet = builtins.attrNames (of "quiet").{hosts}.links;'
        ' off = (of "off").systemd.services ? plugin-lock-example;'
        ' unit = config.systemd.units."plugin-lock-example.service".text; }'
    )
    assert found["main"] == ["notes", "player"]
    assert found["quiet"] == ["notes"]
    assert found["off"] is False
    assert 'RequiresMountsFor="/srv/my plugins"' in found["unit"].splitlines()


def test_hermes_agents_options_on_nixos_take_the_lists(nix: Nix, plugins: LockMaker) -> None:
    config = hermes(plugins, 'programs.plugin-lock.hermes-agent = { way = "option"; linkedByName = [ "notes" ]; };')
    machine = nixos(config, ADAPTER, upstream("nixos"))
    found = nix.evaluate(
        f"let inherit ({machine}) config; service = config.services.hermes-agent; in {{"
        " python = map (package: package.pname) service.extraPythonPackages;"
        " folders = map (package: package.pname) service.extraPlugins; inherit (service.settings.plugins) enabled;"
        " system = config.system.build.toplevel.drvPath;"
        " links = builtins.attrNames config.programs.plugin-lock.hosts.hermes-agent.links;"
        " made = builtins.mapAttrs (_: entry: { inherit (entry.d) mode type user; })"
        " config.systemd.tmpfiles.settings.plugin-lock; }"
    )
    assert found["python"] == ["forecast", "weather-plugin"]
    assert found["folders"] == ["player"]
    assert found["enabled"] == ["notes", "player"]
    assert found["links"] == ["notes"]
    assert found["made"] == {
        "/var/lib/hermes/.hermes/plugins": {"mode": ":0755", "type": "d", "user": ":hermes"},
    }


def test_a_list_of_names_that_would_be_lost_is_refused_on_nixos(nix: Nix, plugins: LockMaker) -> None:
    config = hermes(plugins, 'services.hermes-agent.settings.plugins.enabled = [ "by-hand" ];')
    message = nix.refusal(f"{nixos(config, ADAPTER, upstream('nixos'))}.config.system.build.toplevel.drvPath")
    assert "settings.plugins.enabled is set twice" in message


def test_hermes_agents_package_on_nixos_is_the_wrapped_one(nix: Nix, plugins: LockMaker) -> None:
    machine = nixos(hermes(plugins), ADAPTER, upstream("nixos"))
    found = nix.evaluate(
        f"let inherit ({machine}) config; package = config.services.hermes-agent.package; in"
        " { inherit (package) name; inner = package.unextended.name; environment = package.extended.name;"
        ' unit = builtins.match ".*ExecStart=([^ ]*)/bin/hermes gateway.*"'
        ' config.systemd.units."hermes-agent.service".text == [ package.outPath ]; }'
    )
    assert found["name"] == found["inner"] == "hermes-agent-0.17.0"
    assert found["environment"].endswith("-env")
    assert found["unit"] is True


def test_the_generic_adapter_writes_into_a_hosts_free_settings_on_nixos(nix: Nix, plugins: LockMaker) -> None:
    own = """({ lib, pkgs, ... }: {
      options.services.own.settings = lib.mkOption {
        default = { };
        type = lib.types.submodule {
          freeformType = (pkgs.formats.toml { }).type;
          options.port = lib.mkOption { default = 1; };
        };
      };
    })"""
    adapter = (
        f'(import {LIBRARY}/adapters/generic.nix {{ host = "example"; directoryPlugins = [ "services" "own" "plugin" ];'
        ' pluginNames = [ "services" "own" "settings" "plugins" "enabled" ]; })'
    )
    machine = nixos(entry(plugins, ""), own, adapter)
    found = nix.evaluate(f"with {machine}.config; {{ inherit (services.own) settings; inherit warnings; }}")
    assert found["settings"] == {"plugins": {"enabled": ["notes", "player"]}, "port": 1}
    (warning,) = [text for text in found["warnings"] if "adapter" in text]
    assert "given services.own.plugin, and services.own has no such option" in warning


def test_an_option_that_does_not_exist_is_named_by_nixos(nix: Nix, plugins: LockMaker) -> None:
    machine = nixos(entry(plugins, 'plugin = [ "notes" ];'))
    message = nix.refusal(f"{machine}.config.programs.plugin-lock.hosts.example.links")
    assert "The option `programs.plugin-lock.hosts.example.plugin' does not exist" in message


def test_every_option_says_what_it_is(nix: Nix, plugins: LockMaker) -> None:
    machine = nixos(entry(plugins, ""), ADAPTER)
    expression = (
        f"let lib = {pkgs()}.lib; in map (option: option.name) (builtins.filter (option: !(option ? description))"
        f' (lib.filter (option: lib.hasPrefix "programs.plugin-lock" option.name)'
        f" (lib.optionAttrSetToDocList {machine}.options)))"
    )
    assert nix.evaluate(expression) == []


@NEEDS_HOME_MANAGER
def test_a_home_has_the_links_and_the_package(nix: Nix, plugins: LockMaker) -> None:
    config = entry(plugins, 'directory = ".host/plugins"; linkNames.notes = "memory/notes"; services = [ "host" ];')
    machine = home(config, '{ systemd.user.services.host.Service.ExecStart = "/bin/true"; }')
    found = nix.evaluate(
        f"let home = {machine}; inherit (home) config; in {{ generation = home.activationPackage.drvPath;"
        ' files = builtins.filter (name: builtins.match ".*plugins.*" name != null)'
        " (builtins.attrNames config.home.file);"
        ' source = config.home.file.".host/plugins/player".source.name;'
        " unit = config.systemd.user.services.host.Unit ? X-Restart-Triggers; }"
    )
    assert found["generation"].endswith("-home-manager-generation.drv")
    assert {file.removeprefix("/home/someone/") for file in found["files"]} == {
        ".host/plugins/memory/notes",
        ".host/plugins/player",
    }
    assert found["source"] == "player"
    assert found["unit"] is True


@NEEDS_HOME_MANAGER
def test_a_service_that_nobody_defines_is_refused_in_a_home(nix: Nix, plugins: LockMaker) -> None:
    machine = home(entry(plugins, 'directory = ".host/plugins"; services = [ "hots" ];'))
    message = nix.refusal(f"{machine}.activationPackage.drvPath")
    assert "services names hots, and this configuration has no service of that name" in message


@NEEDS_HOME_MANAGER
def test_hermes_agents_options_in_a_home_take_the_lists(nix: Nix, plugins: LockMaker) -> None:
    config = hermes(plugins, 'programs.plugin-lock.hermes-agent.linkedByName = [ "notes" ];')
    machine = home(config, ADAPTER, upstream("home-manager"))
    found = nix.evaluate(
        f"let home = {machine}; inherit (home) config; in {{ generation = home.activationPackage.drvPath;"
        " folders = map (package: package.pname) config.services.hermes-agent.extraPlugins;"
        ' link = config.home.file ? ".hermes/plugins/notes"; }'
    )
    assert found["folders"] == ["player"]
    assert found["link"] is True
