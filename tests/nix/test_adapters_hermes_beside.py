"""hermes-agent's own settings beside what a lock gives: what would be lost, refused or shadowed is said in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.nix.hosts import pkgs
from tests.nix.machine import LIBRARY, Nix, quoted
from tests.nix.module_system import lock_folder
from tests.nix.test_adapters_hermes import ENABLE, MINOR, machine, settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nix.locks import LockMaker

pytestmark = pytest.mark.nix

OPTION_WAY = 'programs.plugin-lock.hermes-agent.way = "option";'


def packaged_by_hand(lock: LockMaker, folder: Path, version: str) -> str:
    """Return the expression of a package that is no locked one, and needs a `forecast` of some version."""
    other = type(lock)(index=lock.index, path=folder / "plugins.lock")
    folder.mkdir()
    other.package("forecast", version)
    other.plugin("by-hand", needs=["forecast"])
    return f"(import {LIBRARY} {{ pkgs = {pkgs()}; lock = {quoted(other.write())}; }}).packages.by-hand"


@pytest.mark.parametrize("way", ["", OPTION_WAY], ids=["wrapper", "option"])
def test_a_package_that_is_locked_and_packaged_by_hand_is_refused_in_either_way(
    nix: Nix, lock: LockMaker, tmp_path: Path, way: str
) -> None:
    lock.plugin("by-hand", files={"by_hand.py": "def register():\n    return 'locked'\n"})
    package = packaged_by_hand(lock, tmp_path / "other", "1.0")
    config = f"{ENABLE} {way} services.hermes-agent.extraPythonPackages = [ ({package}) ];"
    message = nix.refusal(f"{machine(lock, config)}.config.warnings")
    assert "by-hand in services.hermes-agent.extraPythonPackages is locked as well" in message


@pytest.mark.parametrize("way", ["", OPTION_WAY], ids=["wrapper", "option"])
def test_another_version_of_what_is_locked_is_said(nix: Nix, lock: LockMaker, tmp_path: Path, way: str) -> None:
    lock.package("forecast", "1.0")
    lock.plugin("weather-plugin", needs=["forecast"])
    for version, warned in (("1.0", False), ("2.0", True)):
        package = packaged_by_hand(lock, tmp_path / version, version)
        config = f"{ENABLE} {way} services.hermes-agent.extraPythonPackages = [ ({package}) ];"
        warnings = nix.evaluate(f"{machine(lock, config)}.config.warnings")
        assert bool(warnings) is warned
    assert "brings forecast 2.0, and 1.0 is locked" in warnings[0]
    assert "hosts.hermes-agent.library.packages.forecast" in warnings[0]


def test_a_folder_that_would_end_the_activation_is_refused_and_linked_by_its_name_instead(
    nix: Nix, lock: LockMaker
) -> None:
    # Its own module looks for a plugin.yaml, though hermes-agent takes a plugin.yml as well.
    lock_folder(lock, "notes", file="plugin.yml")
    lock_folder(lock, "weather")
    message = nix.refusal(f"{machine(lock, ENABLE)}.config.warnings")
    assert "extraPlugins takes no folder without a plugin.yaml, and notes has a plugin.yml" in message
    assert "programs.plugin-lock.hermes-agent.linkedByName" in message
    expression = machine(lock, ENABLE + 'programs.plugin-lock.hermes-agent.linkedByName = [ "notes" ];')
    assert settings(nix, expression)["folders"] == ["weather"]
    links = "config.programs.plugin-lock.hosts.hermes-agent.links"
    assert nix.evaluate(f"builtins.attrNames {expression}.{links}") == ["notes"]


def test_plugins_for_another_interpreter_are_refused_where_all_would_be_dropped(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin")
    own = f"{pkgs()}.python{MINOR}"
    # The same version, of another nixpkgs.
    entry = f'python = {own} // {{ outPath = "/another"; }};'
    message = nix.refusal(f"{machine(lock, ENABLE + OPTION_WAY, entry=entry)}.config.warnings")
    assert "hermes-agent runs on another interpreter than the locked plugins are for (/another)" in message
    assert "programs.plugin-lock.hosts.hermes-agent.python" in message
    for given, wanted in ((f"python = {own};", "null"), (entry, "[ ]")):
        config = f"{ENABLE} {OPTION_WAY} programs.plugin-lock.hosts.hermes-agent.plugins = {wanted};"
        assert nix.evaluate(f"{machine(lock, config, entry=given)}.config.warnings") == []


def test_a_folder_is_linked_or_handed_on_and_never_both_or_neither(nix: Nix, lock: LockMaker) -> None:
    for name in ("notes", "weather"):
        lock_folder(lock, name)
    links = "builtins.attrNames {}.config.programs.plugin-lock.hosts.hermes-agent.links"
    for entry, linked in (
        ("", []),
        ('linked = [ "notes" ];', ["notes"]),
        ("linked = null;", ["notes", "weather"]),
        ("linked = null; directory = null;", []),
    ):
        expression = machine(lock, ENABLE, entry=entry)
        assert nix.evaluate(links.format(expression)) == linked
        assert settings(nix, expression)["folders"] == [name for name in ("notes", "weather") if name not in linked]
    asked = ENABLE + 'programs.plugin-lock.hermes-agent.linkedByName = [ "notes" ];'
    for entry in ("directory = null;", 'linked = [ "weather" ];'):
        message = nix.refusal(f"{machine(lock, asked, entry=entry)}.config.warnings")
        assert "linkedByName has notes, and programs.plugin-lock.hosts.hermes-agent does not link it" in message


def test_a_file_instead_of_settings_is_refused_as_long_as_names_are_set(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin")
    file = f"{ENABLE} services.hermes-agent.configFile = /etc/hermes.yaml;"
    message = nix.refusal(f"{machine(lock, file)}.config.warnings")
    assert "services.hermes-agent.configFile is set" in message
    assert "enablePlugins = false" in message
    off = f"{file} programs.plugin-lock.hermes-agent.enablePlugins = false;"
    assert nix.evaluate(f"{machine(lock, off)}.config.warnings") == []


def test_where_hermes_agent_is_off_nothing_is_made_for_it(nix: Nix, lock: LockMaker) -> None:
    lock_folder(lock, "notes")
    linked = 'programs.plugin-lock.hermes-agent.linkedByName = [ "notes" ];'
    units = "builtins.attrNames {}.config.systemd.services"
    assert nix.evaluate(units.format(machine(lock, ENABLE + linked))) == ["hermes-agent", "plugin-lock-hermes-agent"]
    assert nix.evaluate(units.format(machine(lock, linked))) == []


def test_the_service_of_a_home_starts_again_when_its_folders_change(nix: Nix, lock: LockMaker) -> None:
    lock_folder(lock, "notes")
    linked = 'programs.plugin-lock.hermes-agent.linkedByName = [ "notes" ];'
    units = "builtins.mapAttrs (_: unit: unit.Unit ? X-Restart-Triggers) {}.config.systemd.user.services"
    without = machine(lock, ENABLE + linked, kind="home-manager")
    assert nix.evaluate(units.format(without)) == {}
    gateway = f"{ENABLE} {linked} services.hermes-agent.gateway.enable = true;"
    assert nix.evaluate(units.format(machine(lock, gateway, kind="home-manager"))) == {"hermes-agent": True}
