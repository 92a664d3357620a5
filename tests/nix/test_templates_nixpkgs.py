"""Each template of the flake with the real nixpkgs and Home Manager as its inputs.  Evaluated only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.nix.begun import TEMPLATES, Begun, begin
from tests.nix.flakes import flake_of_tree, stand_in, write_host
from tests.nix.machine import SYSTEM, Nix
from tests.nix.nixpkgs_machines import (
    BASE,
    HOME_MANAGER,
    NEEDS_HOME_MANAGER,
    NEEDS_NIXPKGS,
    PYTHON,
    left_out,
    skip_where_nix_is_too_old,
    tree,
)

if TYPE_CHECKING:
    from tests.nix.locks import LockMaker

pytestmark = [pytest.mark.nix, NEEDS_NIXPKGS]

ATTRIBUTE = f"python{PYTHON.replace('.', '')}"
HOST = f"{{ environment = pkgs.{ATTRIBUTE}.withPackages (_: [ ]); python = pkgs.{ATTRIBUTE}; }}"


@pytest.fixture
def begun(nix: Nix, lock: LockMaker, tmp_path: Path, request: pytest.FixtureRequest) -> Begun:
    """A project with the real trees; hermes-agent's module alone is a stand-in."""
    skip_where_nix_is_too_old(nix)
    inputs = {"nixpkgs": flake_of_tree(tmp_path / "nixpkgs", "nixpkgs", tree())}
    if "home-manager" in TEMPLATES[request.param]:
        place = Path(HOME_MANAGER or "")
        inputs["home-manager"] = flake_of_tree(tmp_path / "home-manager", "home-manager", place)
    if "hermes-agent" in TEMPLATES[request.param]:
        inputs["hermes-agent"] = stand_in(tmp_path / "hermes-agent", "hermes-agent")
        write_host(inputs["hermes-agent"], HOST)
    started = begin(nix, request.param, inputs, tmp_path)
    lock.python = PYTHON
    started.lock_with(lock)
    return started


def of(name: str) -> pytest.MarkDecorator:
    """Parametrize by one template."""
    return pytest.mark.parametrize("begun", [name], indirect=True, ids=[name])


def machine(begun: Begun, name: str, function: str) -> Any:
    """Evaluate a function of a NixOS machine of the template, to which its user has added disks and a boot loader."""
    modules = " ".join(f"({module})" for module in (*left_out(), BASE))
    extended = f"machine: ({function}) (machine.extendModules {{ modules = [ {modules} ]; }}).config"
    return begun.value(f"nixosConfigurations.{name}", extended, "--impure")


@of("minimal")
def test_the_minimal_template_has_an_environment_checks_and_a_shell(begun: Begun) -> None:
    environment = begun.value(f"packages.{SYSTEM}.default", "package: package.drvPath", "--impure")
    assert environment.endswith("-example-host-plugins.drv")
    checks = begun.value(f"checks.{SYSTEM}", "builtins.mapAttrs (_: check: check.drvPath)", "--impure")
    assert sorted(checks) == ["entryPoints", "provided", "shadowing"]
    shell = begun.value(f"devShells.{SYSTEM}.default", "shell: shell.drvPath", "--impure")
    assert shell.endswith("-nix-shell.drv")


@of("hermes-agent")
def test_the_hermes_agent_template_is_a_whole_machine(begun: Begun) -> None:
    found = machine(
        begun,
        "machine",
        "config: { system = config.system.build.toplevel.drvPath;"
        " folders = map (folder: folder.pname) config.services.hermes-agent.extraPlugins;"
        " wrapped = config.services.hermes-agent.package.unextended.name; }",
    )
    assert found["system"].endswith(".drv")
    assert found["folders"] == ["notes"]
    assert found["wrapped"] == "hermes-agent-0.17.0"


@NEEDS_HOME_MANAGER
@of("home-manager")
def test_the_home_manager_template_is_a_whole_home(begun: Begun) -> None:
    # As the comment of the template asks: the package of one's own host.
    file = begun.folder / "home.nix"
    text = file.read_text(encoding="utf-8")
    assert "pkgs.example-host" in text
    file.write_text(text.replace("pkgs.example-host", f"pkgs.{ATTRIBUTE}.withPackages (_: [ ])"), encoding="utf-8")
    found = begun.value(
        "homeConfigurations.user",
        "home: { generation = home.activationPackage.drvPath;"
        ' link = home.config.home.file.".config/example-host/plugins/notes".source.name;'
        " installed = builtins.length home.config.home.packages; }",
        "--impure",
    )
    assert found["generation"].endswith("-home-manager-generation.drv")
    assert found["link"] == "notes"


@of("many-machines")
def test_the_machines_of_the_template_are_whole(begun: Begun) -> None:
    value = (
        "config: { system = config.system.build.toplevel.drvPath; inherit (config.networking) hostName;"
        " platform = config.nixpkgs.hostPlatform.system; unit = config.systemd.services ? plugin-lock-example; }"
    )
    found = {name: machine(begun, name, value) for name in ("anchor", "beacon")}
    assert {name: (at["hostName"], at["platform"], at["unit"]) for name, at in found.items()} == {
        "anchor": ("anchor", "x86_64-linux", True),
        "beacon": ("beacon", "aarch64-linux", False),
    }
    assert all(at["system"].endswith(".drv") for at in found.values())
