"""Every example of nix/examples evaluates, with a lock beside it, to what it says."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from tests.nix.hosts import environment, pkgs
from tests.nix.machine import LIBRARY, Nix, distribution_version, quoted
from tests.nix.module_system import MODULE_SYSTEM, evaluated, lock_folder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nix.locks import LockMaker

pytestmark = pytest.mark.nix

EXAMPLES = LIBRARY / "examples"
MINOR = "".join(distribution_version().split(".")[:2])
ADAPTER = str(LIBRARY / "adapters/hermes-agent.nix")
HOST_MODULE = """{ lib, ... }: {
  options.services.example-host = {
    extraPackages = lib.mkOption { type = lib.types.listOf lib.types.package; default = [ ]; };
    plugins = lib.mkOption { type = lib.types.listOf lib.types.package; default = [ ]; };
    settings.enabled = lib.mkOption { type = lib.types.listOf lib.types.str; default = [ ]; };
  };
}"""


@pytest.fixture
def example(lock: LockMaker, request: pytest.FixtureRequest) -> Path:
    """A copy of an example, beside a lock with two plugins and a folder."""
    lock.plugin("weather-plugin")
    lock.plugin("news-plugin")
    lock_folder(lock, "notes")
    lock.write()
    folder = lock.path.parent
    shutil.copytree(EXAMPLES / request.param, folder, dirs_exist_ok=True)
    return folder


def of(name: str) -> pytest.MarkDecorator:
    """Parametrize by one example."""
    return pytest.mark.parametrize("example", [name], indirect=True, ids=[name])


def with_host() -> str:
    """Return nixpkgs as it would be with the host in it."""
    return f"({pkgs()} // {{ example-host = {environment()}; }})"


def upstream(kind: str) -> str:
    """Return what stands in for hermes-agent's module."""
    return (
        f'import {MODULE_SYSTEM}/hermes-agent.nix {{ kind = "{kind}"; environment = {environment()}; '
        f"python = {pkgs()}.python{MINOR}; }}"
    )


@of("nixos")
def test_the_nixos_example(nix: Nix, example: Path) -> None:
    machine = evaluated(str(example / "configuration.nix"), pkgs=with_host())
    found: Any = nix.evaluate(
        f"let inherit ({machine}) config; host = config.programs.plugin-lock.hosts.example; in {{"
        " plugins = builtins.attrNames host.library.plugins; links = builtins.attrNames host.links;"
        " installed = map (package: package.name) config.environment.systemPackages;"
        ' starts = config.systemd.services.example-host.serviceConfig.ExecStart == "${host.finalPackage}/bin/host-app";'
        " after = config.systemd.services.plugin-lock-example.before; }"
    )
    assert found == {
        "plugins": ["notes", "weather-plugin"],
        "links": ["notes"],
        "installed": ["host-env"],
        "starts": True,
        "after": ["example-host.service"],
    }


@of("home-manager")
def test_the_home_manager_example(nix: Nix, example: Path) -> None:
    home = evaluated(str(example / "home.nix"), kind="home-manager", pkgs=with_host())
    found = nix.evaluate(
        f"let inherit ({home}) config; in {{ files = builtins.attrNames config.home.file;"
        " packages = map (package: package.name) config.home.packages; }"
    )
    assert found == {"files": [".config/example-host/plugins/writing/notes"], "packages": ["host-env"]}


@of("hermes-agent")
def test_the_hermes_agent_example_on_nixos(nix: Nix, example: Path) -> None:
    machine = evaluated(str(example / "configuration.nix"), ADAPTER, upstream("nixos"))
    found = nix.evaluate(
        f"let inherit ({machine}) config; in {{ inherit (config.services.hermes-agent.settings.plugins) enabled;"
        " links = builtins.attrNames config.programs.plugin-lock.hosts.hermes-agent.links;"
        " wrapped = config.services.hermes-agent.package.unextended.name; }"
    )
    # The plugins of this lock are of another host: only the folder has a name for hermes-agent.
    assert found == {
        "enabled": ["notes", "packaged-by-hand"],
        "links": ["notes"],
        "wrapped": "hermes-agent-0.17.0",
    }


@of("hermes-agent")
def test_the_hermes_agent_example_with_home_manager(nix: Nix, example: Path) -> None:
    home = evaluated(str(example / "home.nix"), ADAPTER, upstream("home-manager"), kind="home-manager")
    found = nix.evaluate(f"map (package: package.pname) {home}.config.services.hermes-agent.extraPythonPackages")
    assert found == ["weather-plugin"]


@of("generic")
def test_the_generic_example_hands_on_to_a_hosts_own_options(nix: Nix, example: Path) -> None:
    given = f"{{ _module.args = {{ }}; imports = [ (import {example}/configuration.nix {{ genericAdapter = "
    given += f"{quoted(LIBRARY / 'adapters/generic.nix')}; }}) ]; }}"
    found = nix.evaluate(
        f"let inherit ({evaluated(given, HOST_MODULE)}) config; service = config.services.example-host; in {{"
        " python = map (package: package.pname) service.extraPackages;"
        " folders = map (package: package.pname) service.plugins; inherit (service.settings) enabled; }"
    )
    assert found == {
        "python": ["news-plugin", "weather-plugin"],
        "folders": ["notes"],
        "enabled": ["news-plugin", "notes", "weather-plugin"],
    }
    # Without the host's module nothing is handed on, and nothing is wrong.
    assert nix.evaluate(f"{evaluated(given)}.config.warnings") == []
    off = evaluated(given, HOST_MODULE, "{ programs.plugin-lock.hosts.example.enable = false; }")
    assert nix.evaluate(f"{off}.config.services.example-host.extraPackages") == []


FREE_SETTINGS = """{ lib, ... }: {
  options.services.example-host = {
    extraPackages = lib.mkOption { type = lib.types.listOf lib.types.package; default = [ ]; };
    settings = lib.mkOption { type = lib.types.attrsOf lib.types.anything; default = { }; };
  };
}"""


@of("generic")
def test_a_host_with_free_settings_gets_the_names_in_them_and_a_missing_option_is_said(nix: Nix, example: Path) -> None:
    given = f"import {example}/configuration.nix {{ genericAdapter = {quoted(LIBRARY / 'adapters/generic.nix')}; }}"
    machine = evaluated(given, FREE_SETTINGS)
    settings = nix.evaluate(f"{machine}.config.services.example-host.settings")
    assert settings == {"enabled": ["news-plugin", "notes", "weather-plugin"]}
    # It has no option for folders.
    (warning,) = nix.evaluate(f"{machine}.config.warnings")
    assert "given services.example-host.plugins, and services.example-host has no such option" in warning


def test_every_example_is_tested() -> None:
    folders = {path.name for path in EXAMPLES.iterdir() if path.is_dir()}
    ours = {"nixos", "home-manager", "hermes-agent", "generic", "many-machines"}
    assert ours <= folders
    listed = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert [name for name in sorted(folders) if f"`{name}/`" not in listed] == []
