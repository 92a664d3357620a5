"""Each template of the flake, begun as a user begins it, evaluates and builds with a lock beside it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.nix.begun import TEMPLATES, Begun, begin
from tests.nix.flakes import MINOR, ROOT, stand_in, write_host
from tests.nix.machine import SYSTEM, Nix, distribution_version

if TYPE_CHECKING:
    from tests.nix.locks import LockMaker
    from tests.servers.index_server import IndexServer

pytestmark = pytest.mark.nix

HOST = f"{{ environment = import ./example-host.nix {{ inherit pkgs; }}; python = pkgs.python{MINOR}; }}"


@pytest.fixture
def begun(nix: Nix, lock: LockMaker, tmp_path: Path, request: pytest.FixtureRequest) -> Begun:
    inputs = {name: stand_in(tmp_path / name, name) for name in ("nixpkgs", *TEMPLATES[request.param])}
    if "hermes-agent" in inputs:
        write_host(inputs["hermes-agent"], HOST)
    started = begin(nix, request.param, inputs, tmp_path)
    started.lock_with(lock)
    return started


def of(name: str) -> pytest.MarkDecorator:
    """Parametrize by one template."""
    return pytest.mark.parametrize("begun", [name], indirect=True, ids=[name])


def test_every_template_is_tested() -> None:
    assert sorted(TEMPLATES) == sorted(path.name for path in (ROOT / "nix/templates").iterdir())


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_arrives_whole_and_can_be_edited(nix: Nix, tmp_path: Path, name: str) -> None:
    started = begin(nix, name, {}, tmp_path)
    source = ROOT / "nix/templates" / name
    assert {path.name: path.read_bytes() for path in started.folder.iterdir()} == {
        path.name: path.read_bytes() for path in source.iterdir()
    }
    assert all(path.stat().st_mode & stat.S_IWUSR for path in started.folder.iterdir())


@pytest.mark.parametrize("begun", TEMPLATES, indirect=True)
def test_a_template_shows_what_it_offers(begun: Begun) -> None:
    shown = json.loads(begun.run("flake show --json", "", *begun.every_system))
    # The newest Nix tells more than the contents.
    assert set(shown.get("inventory", shown)) & {"packages", "nixosConfigurations", "homeConfigurations"}


def plugin_lock(folder: Path, *arguments: str) -> None:
    """Run the program in a folder, as a user does, with a home of its own."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder.parent / "home"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "plugin_lock", *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder, env=environment)
    assert done.returncode == 0, done.stderr


def test_a_project_grows_from_a_template_as_the_guide_says(nix: Nix, index: IndexServer, tmp_path: Path) -> None:
    index.add_wheel(
        "weather-plugin",
        "1.0",
        files={"weather_plugin.py": "def register():\n    return 'weather'\n"},
        entry_points={"example_host.plugins": {"weather": "weather_plugin:register"}},
    )
    started = begin(nix, "minimal", {"nixpkgs": stand_in(tmp_path / "nixpkgs", "nixpkgs")}, tmp_path)
    python = ".".join(distribution_version().split(".")[:2])
    plugin_lock(started.folder, "init", "--host", "example-host", "--python", python)
    manifest = started.folder / "plugins.toml"
    manifest.write_text(f'{manifest.read_text()}\n[[index]]\nname = "local"\nurl = "{index.url}"\n')
    plugin_lock(started.folder, "add", "weather-plugin")
    (built,) = json.loads(started.run("build --no-link --json"))
    environment = Path(built["outputs"]["out"])
    assert [place.name for place in environment.glob("lib/python*/site-packages/weather_plugin.py")]


@of("minimal")
def test_the_minimal_template_builds_passes_its_checks_and_has_a_shell(begun: Begun) -> None:
    begun.run("flake check")
    (built,) = json.loads(begun.run("build --no-link --json"))
    environment = Path(built["outputs"]["out"])
    assert [path.name for path in environment.glob("lib/python*/site-packages/weather_plugin.py")]
    shells = begun.value(
        f"devShells.{SYSTEM}.default", "shell: map (package: package.pname or package.name) shell.packages"
    )
    assert shells == ["plugin-lock"]


@of("hermes-agent")
def test_the_hermes_agent_template_hands_the_lock_to_the_service(begun: Begun) -> None:
    found = begun.value(
        "nixosConfigurations.machine.config",
        "config: { inherit (config.services.hermes-agent.settings.plugins) enabled;"
        " folders = map (folder: folder.pname) config.services.hermes-agent.extraPlugins;"
        " wrapped = config.services.hermes-agent.package.unextended.name;"
        " plugins = builtins.attrNames config.programs.plugin-lock.hosts.hermes-agent.library.plugins; }",
    )
    assert found == {
        "enabled": ["notes"],
        "folders": ["notes"],
        "wrapped": "hermes-agent-0.17.0",
        "plugins": ["notes", "weather-plugin"],
    }


@of("home-manager")
def test_the_home_manager_template_links_the_folders_and_wraps_the_host(begun: Begun) -> None:
    found = begun.value(
        "homeConfigurations.user.config",
        "config: { files = builtins.attrNames config.home.file; inherit (config.home) homeDirectory;"
        " packages = map (package: package.name) config.home.packages; }",
    )
    assert found == {
        "files": [".config/example-host/plugins/notes"],
        "homeDirectory": "/home/user",
        "packages": ["host-env"],
    }


@of("many-machines")
def test_the_many_machines_template_gives_each_machine_its_own(begun: Begun) -> None:
    found = begun.value(
        "nixosConfigurations",
        "builtins.mapAttrs (_: machine: let host = machine.config.programs.plugin-lock.hosts.example; in {"
        " plugins = builtins.attrNames host.library.plugins; links = builtins.attrNames host.links;"
        " inherit (host.library.environment) system; inherit (machine.config.networking) hostName; })",
    )
    assert found == {
        "anchor": {
            "plugins": ["notes", "weather-plugin"],
            "links": ["notes"],
            "system": "x86_64-linux",
            "hostName": "anchor",
        },
        "beacon": {"plugins": ["weather-plugin"], "links": [], "system": "aarch64-linux", "hostName": "beacon"},
    }
