"""The NixOS and the Home Manager module, evaluated without nixpkgs."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.nix.hosts import environment
from tests.nix.machine import DISTRIBUTION_PYTHON, Nix, quoted
from tests.nix.module_system import evaluated, host, lock_folder

if TYPE_CHECKING:
    from tests.nix.locks import LockMaker

pytestmark = pytest.mark.nix

# --- the package


def test_the_hosts_package_is_installed_with_its_plugins(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin")
    lock.plugin("other-plugin")
    lock.write()
    config = host(lock, f'package = {environment()}; plugins = [ "weather-plugin" ];')
    machine = evaluated(config)
    (built,) = nix.build(f"{machine}.config.environment.systemPackages")
    done = subprocess.run([built / "bin/host-app"], check=True, capture_output=True, text=True, env={})
    assert json.loads(done.stdout)["plugins"] == ["weather-plugin"]
    home = evaluated(config, kind="home-manager")
    assert nix.build(f"{home}.config.home.packages") == [built]


def test_several_hosts_of_one_machine_have_their_own_plugins(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin")
    lock.plugin("other-plugin")
    lock.write()
    one = host(lock, 'plugins = [ "weather-plugin" ];', name="one")
    two = host(lock, 'plugins = [ "other-plugin" ];', name="two")
    off = host(lock, 'enable = false; package = abort "looked at";', name="three")
    found = nix.evaluate(
        f"let inherit ({evaluated(one, two, off)}) config; in {{ packages = config.environment.systemPackages;"
        " plugins = map (host: builtins.attrNames host.library.plugins) (with config.programs.plugin-lock.hosts;"
        " [ one two ]); }"
    )
    assert found == {"packages": [], "plugins": [["weather-plugin"], ["other-plugin"]]}


def test_a_machine_without_hosts_gets_nothing(nix: Nix) -> None:
    found = nix.evaluate(
        f"let inherit ({evaluated('{ }')}) config; in "
        "[ config.environment.systemPackages config.systemd.services config.warnings ]"
    )
    assert found == [[], {}, []]


# --- links on NixOS


def unit(nix: Nix, lock: LockMaker, more: str = "", *modules: str) -> Any:
    """Return the unit that makes the links."""
    lock.write()
    config = host(lock, f'directory = "/srv/host/plugins"; {more}')
    machine = evaluated(config, *modules)
    return nix.evaluate(f"{machine}.config.systemd.services")


def test_one_unit_makes_the_links_as_their_owner_and_without_network(nix: Nix, lock: LockMaker) -> None:
    lock_folder(lock, "weather")
    services = unit(nix, lock, 'user = "host"; group = "hosts"; services = [ "host" ];')
    linking = services["plugin-lock-example"]
    assert linking["before"] == linking["requiredBy"] == ["host.service"]
    assert linking["wantedBy"] == ["multi-user.target"]
    settings = linking["serviceConfig"]
    assert (settings["User"], settings["Group"]) == ("host", "hosts")
    assert settings["PrivateNetwork"] is True
    assert settings["Type"] == "oneshot"
    assert settings["RemainAfterExit"] is True
    assert settings["StateDirectory"] == "plugin-lock/example"
    assert services["host"]["restartTriggers"] == [settings["ExecStart"].split()[-1]]
    for command in (settings["ExecStart"], settings["ExecStop"]):
        program, *options, script, _verb, manifest = command.split()
        assert program == str(DISTRIBUTION_PYTHON)
        assert options == ["-I", "-S", "-B"]
        assert script.endswith("link_plugins.py")
        assert manifest.endswith("-plugin-lock-example-links.json")


def test_nothing_is_added_to_activation_but_a_look_at_what_is_in_the_way(nix: Nix, lock: LockMaker) -> None:
    lock_folder(lock, "weather")
    lock.write()
    config = host(lock, 'directory = "/home/someone/plugins";')
    machine = evaluated(config)
    value = "[ config.system.activationScripts config.systemd.tmpfiles.rules config.systemd.tmpfiles.settings ]"
    assert nix.evaluate(f"let inherit ({machine}) config; in {value}") == [{}, [], {}]
    home = evaluated(config, kind="home-manager")
    (step,) = nix.evaluate(f"builtins.attrValues {home}.config.home.activation")
    # Before Home Manager writes anything, and only looking.
    assert (step["before"], step["after"]) == (["writeBoundary"], [])
    assert programs_of(step["data"]) == {"dirname", "readlink"}
    assert step["data"].rstrip().endswith("checkPluginPlaces plugins/weather")
    # What is replaced on purpose is not looked at; without links there is nothing to look at.
    for more in (
        '{ home.file."plugins/weather".force = true; }',
        "{ programs.plugin-lock.hosts.example.linked = [ ]; }",
    ):
        home = evaluated(config, more, kind="home-manager")
        assert nix.evaluate(f"{home}.config.home.activation") == {}


BUILT_IN = {"[[", "do", "done", "errorEcho", "exit", "fi", "for", "if", "local", "then", "while", "}"}


def programs_of(script: str) -> set[str]:
    """Return the programs that a script of activation starts, other than the shell's own words and its functions."""
    words = set()
    functions = set(re.findall(r"function (\w+)", script))
    for line in script.splitlines():
        words |= set(re.findall(r"\$\((\w+)", line))
        first = line.split()[:1]
        if first and not re.match(r"function |\w+=|#", line.strip()):
            words.add(first[0])
    return words - BUILT_IN - functions


def test_a_machine_whose_plugins_are_all_packages_has_no_unit(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin")
    assert unit(nix, lock) == {}


def places(nix: Nix, lock: LockMaker, more: str = "") -> list[str]:
    """Return where folders are linked."""
    lock.write()
    machine = evaluated(host(lock, f'directory = "/srv/plugins"; {more}'))
    found = nix.evaluate(f"builtins.attrNames {machine}.config.programs.plugin-lock.hosts.example.links")
    assert isinstance(found, list)
    return found


def test_a_folder_is_linked_under_the_name_the_host_knows_or_the_one_it_is_given(nix: Nix, lock: LockMaker) -> None:
    lock_folder(lock, "weather", id="Weather_2")
    lock_folder(lock, "notes")
    assert places(nix, lock) == ["Weather_2", "notes"]
    assert places(nix, lock, 'linkNames.notes = "memory/notes";') == ["Weather_2", "memory/notes"]
    assert places(nix, lock, 'linked = [ "notes" ];') == ["notes"]
    assert places(nix, lock, 'plugins = [ "weather" ];') == ["Weather_2"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('linkNames.notes = "../notes";', "is not of type"),
        ('linkNames.notes = "/etc/notes";', "is not of type"),
        ('linkNames.notes = "weather";', "notes (weather) and weather (weather)"),
        ('linkNames.notes = "weather/notes";', "weather (weather) and notes (weather/notes)"),
        ('linkNames.note = "a";', "linkNames names note, which is no directory plugin of this machine"),
        ('linked = [ "note" ];', "linked names note, which is no directory plugin"),
        ('plugins = [ "note" ];', "no plugin note in the lock"),
        ("arguments.python = 1;", "arguments sets python, which have options of their own"),
        (
            "arguments.fetchURL = 1;",
            "arguments sets fetchURL, which the library does not take; it takes fetchGit, fetchurl",
        ),
        ('plugin = [ "notes" ];', "does not exist"),
    ],
    ids=["climbing", "absolute", "same", "inside", "name", "linked", "plugins", "arguments", "misspelt", "unknown"],
)
def test_options_that_make_no_sense_are_refused(nix: Nix, lock: LockMaker, more: str, words: str) -> None:
    lock_folder(lock, "weather")
    lock_folder(lock, "notes")
    lock.write()
    machine = evaluated(host(lock, f'directory = "/srv/plugins"; {more}'))
    message = nix.refusal(f"builtins.attrNames {machine}.config.programs.plugin-lock.hosts.example.links")
    assert words in message


def test_programs_that_plugins_ask_for_are_a_warning_until_they_are_provided(nix: Nix, lock: LockMaker) -> None:
    lock_folder(lock, "weather", external_dependencies=("curl", "ffmpeg"))
    lock.write()
    (warning,) = nix.evaluate(f"{evaluated(host(lock))}.config.warnings")
    assert "the plugin weather of example asks for the programs curl, ffmpeg;" in warning
    provided = host(lock, 'providedPrograms = [ "curl" ];')
    (warning,) = nix.evaluate(f"{evaluated(provided)}.config.warnings")
    assert "asks for the programs ffmpeg;" in warning
    assert nix.evaluate(f"{evaluated(host(lock, 'plugins = [ ];'))}.config.warnings") == []


# --- links with Home Manager


def test_home_manager_links_the_folders_itself(nix: Nix, lock: LockMaker) -> None:
    lock_folder(lock, "weather")
    lock.write()
    for directory in (".host/plugins", "/home/someone/.host/plugins", ".host/plugins/"):
        config = host(lock, f'directory = {quoted(directory)}; services = [ "host" ];')
        unit = '{ systemd.user.services.host.Service.ExecStart = "/bin/true"; }'
        home = evaluated(config, unit, kind="home-manager")
        found = nix.evaluate(
            f"let inherit ({home}) config; in {{"
            " files = builtins.mapAttrs (_: file: file.source.name) config.home.file;"
            " units = builtins.mapAttrs (_: unit: builtins.length unit.Unit.X-Restart-Triggers)"
            " config.systemd.user.services; }"
        )
        assert found == {"files": {".host/plugins/weather": "weather"}, "units": {"host": 1}}


def test_profiles_of_one_machine_select_their_own_plugins(nix: Nix, lock: LockMaker) -> None:
    lock_folder(lock, "weather")
    lock_folder(lock, "notes")
    lock.write()
    files = {}
    for user, wanted in (("one", "weather"), ("two", "notes")):
        config = host(lock, f'directory = ".host/plugins"; plugins = [ "{wanted}" ];')
        home = evaluated(config, f'{{ home.homeDirectory = "/home/{user}"; }}', kind="home-manager")
        files[user] = nix.evaluate(f"builtins.attrNames {home}.config.home.file")
    assert files == {"one": [".host/plugins/weather"], "two": [".host/plugins/notes"]}
