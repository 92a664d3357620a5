"""Seventeen real plugins in the options of hermes-agent, which takes three of them where their needs come as they are.

The lock was written by `plugin-lock lock` for hermes-agent 0.17.0 and Python 3.12; only its hosts are examples.
"""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from tests.acceptance.independent import host_requirements, host_versions
from tests.nix.machine import INSTALLER, LIBRARY, SYSTEM, Nix, quoted
from tests.nix.module_system import MODULE_SYSTEM, evaluated

ROOT = LIBRARY.parent
LOCK = ROOT / "tests/data/hermes-17-plugins.lock"
HOST = ROOT / "hosts/hermes-agent-0.17.0"
ADAPTER = str(LIBRARY / "adapters/hermes-agent.nix")
TAKEN_AS_THEY_ARE = ["agentic-memory-hermes", "agentmetrics-hermes", "rtk-hermes"]

# Evaluated only, so it need not be there.
PKGS = (
    f'(import {LIBRARY}/standalone {{ interpreter = "/usr/bin/python3.12"; version = "3.12.11"; '
    f"installer = {quoted(INSTALLER)}; system = {quoted(SYSTEM)}; }})"
)


def machine(more: str = "", *, entry: str = "") -> str:
    """Return the expression of a machine that runs hermes-agent with the plugins."""
    venv = f'({PKGS}.stdenv.mkDerivation {{ name = "hermes-agent-env"; buildCommand = ""; }})'
    upstream = f"import {MODULE_SYSTEM}/hermes-agent.nix {{ environment = {venv}; python = {PKGS}.python312; }}"
    config = (
        f"{{ services.hermes-agent.enable = true; {more} "
        f"programs.plugin-lock.hosts.hermes-agent = {{ lock = {quoted(LOCK)}; {entry} }}; }}"
    )
    return evaluated(config, ADAPTER, upstream, pkgs=PKGS)


@pytest.fixture(scope="module")
def locked() -> dict[str, Any]:
    return tomllib.loads(LOCK.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def shipped() -> set[str]:
    """The names of what the host ships, told by uv."""
    return {*host_versions(host_requirements(HOST), SYSTEM, "3.12"), "hermes-agent"}


def closures(locked: dict[str, Any]) -> dict[str, set[str]]:
    """Return, for each plugin, the names of its locked packages and of what these need of the host."""
    needs: dict[str, set[str]] = {}
    for package in locked["packages"]:
        own = {edge["name"] for edge in package.get("dependencies", ())}
        needs.setdefault(package["name"], set()).update(own, package["tool"]["plugin-lock"].get("provided", ()))
    found = {}
    for plugin in locked["tool"]["plugin-lock"]["plugins"]:
        reached, left = set[str](), [plugin["name"]]
        while left:
            name = left.pop()
            if name not in reached:
                reached.add(name)
                left += needs.get(name, ())
        found[plugin["name"]] = reached
    return found


def test_with_their_needs_as_they_are_three_plugins_pass_the_hosts_check(
    locked: dict[str, Any], shipped: set[str]
) -> None:
    plugins = closures(locked)
    assert len(plugins) == 17
    assert sorted(name for name, reached in plugins.items() if not reached & shipped) == TAKEN_AS_THEY_ARE


@pytest.mark.nix
def test_all_seventeen_pass_the_hosts_check_and_filter_as_they_are_locked(nix: Nix, shipped: set[str]) -> None:
    way = 'programs.plugin-lock.hermes-agent.way = "option";'
    found = nix.evaluate(
        f"let inherit ({machine(way)}) config; list = config.services.hermes-agent.extraPythonPackages;"
        f" kept = {PKGS}.python312.pkgs.requiredPythonModules list; in {{"
        " given = map (package: package.pname) list;"
        f" kept = map (package: package.pname) (builtins.filter (package: package ? pname) kept); }}"
    )
    assert len(found["given"]) > 90
    assert sorted(found["kept"]) == sorted(found["given"])
    assert not set(found["given"]) & shipped
    plugins = tomllib.loads(LOCK.read_text(encoding="utf-8"))["tool"]["plugin-lock"]["plugins"]
    assert {plugin["name"] for plugin in plugins} <= set(found["given"])


@pytest.mark.nix
def test_their_names_for_the_setting_are_those_of_their_entry_points(nix: Nix, locked: dict[str, Any]) -> None:
    found = nix.evaluate(f"{machine()}.config.services.hermes-agent.settings.plugins.enabled")
    points = {
        point["name"]
        for plugin in locked["tool"]["plugin-lock"]["plugins"]
        for point in plugin.get("entry-points", ())
        if point["group"] == "hermes_agent.plugins"
    }
    assert set(found) == points
    assert len(found) == len(points)
    # Enabled by the name of the distribution, some of them would never load.
    assert points - {plugin["name"] for plugin in locked["tool"]["plugin-lock"]["plugins"]}


@pytest.mark.nix
def test_the_wrapped_package_and_all_below_it_have_derivations(nix: Nix) -> None:
    found = nix.evaluate(f"{machine()}.config.services.hermes-agent.package.drvPath")
    assert str(found).endswith("-hermes-agent-0.17.0.drv")


@pytest.mark.nix
def test_a_machine_that_wants_one_of_them_gets_its_closure_alone(nix: Nix) -> None:
    way = 'programs.plugin-lock.hermes-agent.way = "option";'
    expression = machine(way, entry='plugins = [ "agentmetrics-hermes" ];')
    found = nix.evaluate(f"map (package: package.pname) {expression}.config.services.hermes-agent.extraPythonPackages")
    assert len(found) == 2
    assert "agentmetrics-hermes" in found
