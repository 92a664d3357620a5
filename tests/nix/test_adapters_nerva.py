"""Nerva: its daemon, a service of the user, finds the locked skills and nothing else."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.nix.flakes import stand_in
from tests.nix.hosts import pkgs
from tests.nix.machine import SYSTEM, quoted
from tests.nix.module_system import MODULE_SYSTEM, evaluated, lock_folder, written
from tests.nix.nerva import ADAPTER, RUN, begin_example, lock_skill, nerva, start_of, started
from tests.nix.test_linking import CLOSED, can_close_the_network

if TYPE_CHECKING:
    from tests.nix.begun import Begun
    from tests.nix.locks import LockMaker
    from tests.nix.machine import Nix

pytestmark = pytest.mark.nix

KINDS = ("nixos", "home-manager")

# A module of Nerva's own, as it may come to be.
UPSTREAM = """{ lib, ... }: {
  options.services.nerva.settings = lib.mkOption { type = lib.types.attrsOf lib.types.anything; default = { }; };
}"""


def machine(
    lock: LockMaker, config: str = "", *modules: str, kind: str = "nixos", entry: str = "", package: str | None = None
) -> str:
    """Return the expression of a machine, or a home, with the skills of the lock."""
    lock.write()
    text = (
        f"{{ programs.plugin-lock.hosts.nerva = {{ lock = {quoted(lock.path)}; {entry} }}; "
        f"programs.plugin-lock.nerva = {{ package = {package or nerva()}; {config} }}; }}"
    )
    return evaluated(text, ADAPTER, *modules, kind=kind)


# --- the service


@pytest.mark.parametrize("kind", KINDS)
def test_the_daemon_loads_the_locked_skills_and_they_run(nix: Nix, lock: LockMaker, kind: str) -> None:
    lock_skill(lock, "clock", risk="safe")
    lock_skill(lock, "notes", executable="bin/main.py")
    expression = machine(
        lock, 'settings = { daemon.log_level = "debug"; policy.auto_approve_safe = true; };', kind=kind
    )
    found = started(nix, expression, kind)
    loaded = found["loaded"]
    assert {name: skill["risk"] for name, skill in loaded.items()} == {"clock": "safe", "notes": "caution"}
    # The interpreter of the lock, not what `env` would find; no PATH is set.
    assert {skill["answer"]["asked"]["day"] for skill in loaded.values()} == {"monday"}
    assert found["config"]["daemon"] == {"log_level": "debug"}
    assert found["config"]["policy"] == {"auto_approve_safe": True}


def test_the_daemon_and_its_skills_start_with_the_network_closed(nix: Nix, lock: LockMaker) -> None:
    if not can_close_the_network():
        pytest.skip("unshare cannot close the network here")
    lock_skill(lock, "clock")
    assert sorted(started(nix, machine(lock), "nixos", *CLOSED)["loaded"]) == ["clock"]


def test_the_service_is_one_of_the_user_on_nixos(nix: Nix, lock: LockMaker) -> None:
    lock_skill(lock, "clock")
    config = f"{machine(lock)}.config"
    assert nix.evaluate(f"builtins.attrNames {config}.systemd.services") == []
    unit = nix.evaluate(f"{config}.systemd.user.services.nervad")
    assert unit.pop("description")
    start = unit["serviceConfig"].pop("ExecStart").split()
    assert unit == {"wantedBy": ["default.target"], "serviceConfig": {"Restart": "always", "RestartSec": 3}}
    assert start[0].startswith(str(nix.root / "store"))
    assert start[1:2] == ["--config"]


def test_the_service_is_one_of_the_user_with_home_manager(nix: Nix, lock: LockMaker) -> None:
    lock_skill(lock, "clock")
    unit = nix.evaluate(f"{machine(lock, kind='home-manager')}.config.systemd.user.services.nervad")
    assert unit["Install"] == {"WantedBy": ["default.target"]}
    assert unit["Unit"].keys() == {"Description"}
    assert unit["Service"].pop("ExecStart")
    assert unit["Service"] == {"Restart": "always", "RestartSec": 3}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("package", "entry"), [("null", ""), (None, "enable = false;")], ids=["no-package", "off"])
def test_without_a_package_or_with_the_lock_off_there_is_no_service(
    nix: Nix, lock: LockMaker, kind: str, package: str | None, entry: str
) -> None:
    lock_skill(lock, "clock")
    expression = machine(lock, kind=kind, package=package, entry=entry)
    assert nix.evaluate(f"{expression}.config.systemd.user.services") == {}


@pytest.mark.parametrize("kind", KINDS)
def test_a_machine_without_a_lock_evaluates(nix: Nix, kind: str) -> None:
    found = nix.evaluate(
        f"let inherit ({evaluated('{ }', ADAPTER, UPSTREAM, kind=kind)}) config; in "
        "[ config.assertions config.programs.plugin-lock.nerva.skills config.services.nerva.settings ]"
    )
    assert all(assertion["assertion"] for assertion in found[0])
    assert found[1:] == [{}, {}]


def test_a_daemon_without_a_lock_is_said(nix: Nix) -> None:
    config = f"{{ programs.plugin-lock.nerva.package = {nerva()}; }}"
    message = nix.refusal(f"{evaluated(config, ADAPTER)}.config.systemd.user.services")
    assert "nerva.package is set, and no lock is" in message
    assert "set programs.plugin-lock.hosts.nerva.lock to it" in message


def test_the_settings_of_a_module_of_its_own_get_the_skills(nix: Nix, lock: LockMaker) -> None:
    lock_skill(lock, "clock")
    expression = machine(lock, "", UPSTREAM, '{ services.nerva.settings.daemon.log_level = "info"; }', package="null")
    settings = f"{expression}.config.services.nerva.settings"
    assert nix.evaluate(f"{settings}.daemon") == {"log_level": "info"}
    assert written(nix, f"{settings}.plugins.skills_dir") == str(
        nix.build(f"{expression}.config.programs.plugin-lock.hosts.nerva.library.skillsDirectory")[0]
    )


# --- the folder of skills


def test_a_home_with_links_keeps_its_own_skills_and_its_own_folder(nix: Nix, lock: LockMaker) -> None:
    lock_skill(lock, "clock")
    entry = 'directory = ".config/nerva/skills";'
    expression = machine(lock, "", kind="home-manager", entry=entry)
    found = nix.evaluate(
        f"let inherit ({expression}) config; in {{ files = builtins.attrNames config.home.file;"
        " restarts = builtins.length config.systemd.user.services.nervad.Unit.X-Restart-Triggers; }"
    )
    assert found == {"files": [".config/nerva/skills/clock"], "restarts": 1}
    (config,) = nix.build(f"{expression}.config.programs.plugin-lock.nerva.configFile")
    assert "skills_dir" not in config.read_text(encoding="utf-8")
    # Then a folder that is named belongs to the person.
    named = machine(lock, 'settings.plugins.skills_dir = "/srv/skills";', kind="home-manager", entry=entry)
    (config,) = nix.build(f"{named}.config.programs.plugin-lock.nerva.configFile")
    assert config.read_text(encoding="utf-8") == '"plugins"."skills_dir" = "/srv/skills"\n'


def test_a_profile_has_the_skills_that_it_selects(nix: Nix, lock: LockMaker) -> None:
    lock_skill(lock, "clock")
    lock_skill(lock, "notes")
    expression = machine(lock, kind="home-manager", entry='plugins = [ "notes" ];')
    assert sorted(started(nix, expression, "home-manager")["loaded"]) == ["notes"]


def test_a_skill_finds_its_python_needs_and_nothing_of_other_skills(nix: Nix, lock: LockMaker) -> None:
    lock.package("forecast", files={"forecast.py": "WORD = 'rain'\n"})
    program = "#!/usr/bin/env python3\nimport json, forecast\nprint(json.dumps(forecast.WORD))\n"
    other = (
        "#!/usr/bin/env python3\nimport importlib.util, json\nprint(json.dumps(importlib.util.find_spec('forecast')))\n"
    )
    lock_skill(lock, "weather", program=program, needs=["forecast"])
    lock_skill(lock, "clock", program=other)
    loaded = started(nix, machine(lock))["loaded"]
    assert {name: skill["answer"] for name, skill in loaded.items()} == {"weather": "rain", "clock": None}


def test_execute_bits_survive_and_first_lines_name_the_interpreter(nix: Nix, lock: LockMaker) -> None:
    lock_skill(lock, "clock")
    (folder,) = nix.build(f"{machine(lock)}.config.programs.plugin-lock.hosts.nerva.library.skillsDirectory")
    program = folder / "clock/run"
    assert program.stat().st_mode & 0o111 == 0o111
    assert not (folder / "clock/skill.toml").stat().st_mode & 0o111
    assert RUN.startswith("#!/usr/bin/env python3\n")
    python = nix.evaluate(f"{machine(lock)}.config.programs.plugin-lock.hosts.nerva.library.python.interpreter")
    assert program.read_text(encoding="utf-8").splitlines()[0] == f"#!{python}"


def test_a_skill_of_the_project_is_read_while_evaluating(nix: Nix, lock: LockMaker) -> None:
    lock_skill(lock, "clock", risk="safe")
    plugin = f"{machine(lock)}.config.programs.plugin-lock.hosts.nerva.library.plugins.clock"
    forbidden = ("--read-write-mode", "--option", "allow-import-from-derivation", "false")
    found = nix.evaluate(
        f'(builtins.fromTOML (builtins.readFile "${{{plugin}.sourcePath}}/skill.toml")).risk', *forbidden
    )
    assert found == "safe"


# --- what a reviewer sees


def test_skills_are_known_with_their_risk_and_their_program(nix: Nix, lock: LockMaker) -> None:
    lock_skill(lock, "clock", risk="safe")
    lock_skill(lock, "notes", executable="bin/main.py")
    lock_skill(lock, "wipe", risk="dangerous")
    expression = machine(lock, entry='plugins = [ "clock" "notes" "wipe" ];')
    skills = f"{expression}.config.programs.plugin-lock.nerva.skills"
    found = nix.evaluate(skills)
    assert {name: (skill["plugin"], skill["risk"]) for name, skill in found.items()} == {
        "clock": ("clock", "safe"),
        "notes": ("notes", "caution"),
        "wipe": ("wipe", "dangerous"),
    }
    assert found["notes"]["program"].endswith("/bin/main.py")
    (folder,) = nix.build(f"{expression}.config.programs.plugin-lock.hosts.nerva.library.plugins.notes.directory")
    assert found["notes"]["program"] == f"{folder}/bin/main.py"


# --- what is refused


def test_what_the_loader_would_pass_over_is_refused(nix: Nix, lock: LockMaker) -> None:
    lock_skill(lock, "clock")
    lock_folder(lock, "hermes-notes")
    lock.plugin("weather-plugin")
    message = nix.refusal(f"{machine(lock)}.config.systemd.user.services")
    assert "Nerva passes over what is no folder with a skill.toml: hermes-notes, weather-plugin;" in message
    assert "plugin-lock remove hermes-notes weather-plugin" in message
    assert nix.evaluate(f"{machine(lock, entry=SELECTED)}.config.warnings") == []


SELECTED = 'plugins = [ "clock" ];'


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ('plugins.skills_dir = "/srv/skills";', "settings.plugins.skills_dir would be replaced by the locked skills"),
        ('llm.api_key = "not-a-real-key";', "settings.llm.api_key would be in the store"),
    ],
)
def test_settings_that_would_be_lost_or_seen_are_refused(nix: Nix, lock: LockMaker, settings: str, words: str) -> None:
    lock_skill(lock, "clock")
    message = nix.refusal(f"{machine(lock, f'settings.{settings}')}.config.warnings")
    assert words in message
    assert "not-a-real-key" not in message


# --- the example: three layers of one flake


@pytest.fixture
def example(nix: Nix, lock: LockMaker, tmp_path: Path) -> Begun:
    """The example beside a lock with two skills, and flakes that stand in for its inputs."""
    return begin_example(nix, lock, tmp_path, stand_in(tmp_path / "nixpkgs", "nixpkgs"))


@pytest.mark.parametrize(("layer", "kind"), [("nixosModules", "nixos"), ("homeModules", "home-manager")])
def test_the_machine_and_the_user_of_the_example_have_the_locked_skills(example: Begun, layer: str, kind: str) -> None:
    machine_of = f'import {MODULE_SYSTEM}/machine.nix {{ kind = "{kind}"; pkgs = {pkgs()}; modules = [ module ]; }}'
    place = f"config.systemd.user.services.nervad.{start_of(kind)}"
    found = example.value(
        f"{layer}.default",
        f"module: let inherit ({machine_of}) config; nerva = config.programs.plugin-lock.nerva; in {{"
        f" start = {place}; inherit (nerva) skills settings;"
        ' folder = "${config.programs.plugin-lock.hosts.nerva.library.skillsDirectory}"; }',
        "--impure",
    )
    assert {name: skill["risk"] for name, skill in found["skills"].items()} == {"clock": "safe", "notes": "caution"}
    assert "/bin/nervad --config " in found["start"]
    assert found["folder"] == example.value(f"packages.{SYSTEM}.nervaSkills", "skills: skills.outPath")
    assert found["settings"] == ({} if kind == "nixos" else {"policy": {"auto_approve_safe": True}})


def test_the_packages_and_the_shell_of_the_example_see_the_same_skills(example: Begun) -> None:
    (built,) = json.loads(example.run("build --no-link --json", f"#packages.{SYSTEM}.nervaWithSkills"))
    program = Path(built["outputs"]["out"]) / "bin/nervad"
    done = subprocess.run([program], check=True, capture_output=True, text=True, env={})
    found = json.loads(done.stdout)
    assert sorted(found["loaded"]) == ["clock", "notes"]
    (skills,) = json.loads(example.run("build --no-link --json", f"#packages.{SYSTEM}.nervaSkills"))
    assert found["config"]["plugins"]["skills_dir"] == skills["outputs"]["out"]
    shell = example.value(f"devShells.{SYSTEM}.default", 'shell: map (package: "${package}") shell.packages')
    assert shell == [built["outputs"]["out"]]
    assert example.value("overlays.default", "overlay: builtins.isFunction overlay") is True


def test_the_example_shows_its_layers(example: Begun) -> None:
    shown = json.loads(example.run("flake show --json", "", *example.every_system))
    assert {"devShells", "homeModules", "nixosModules", "overlays", "packages"} <= set(shown.get("inventory", shown))
