"""Where hosts link their plugins to, and the services that load them: what the modules refuse, and what they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.nix.machine import Nix, quoted
from tests.nix.module_system import evaluated, host, lock_folder

if TYPE_CHECKING:
    from tests.nix.locks import LockMaker

pytestmark = pytest.mark.nix


@pytest.mark.parametrize(
    ("kind", "directory", "words"),
    [
        ("nixos", "relative/plugins", "on NixOS it is an absolute path"),
        ("nixos", "/srv/../etc", "on NixOS it is an absolute path"),
        ("nixos", "/srv//plugins", "on NixOS it is an absolute path"),
        ("nixos", "/", "on NixOS it is an absolute path"),
        ("nixos", "/srv/plugins\nExecStart=/bin/x", "on NixOS it is an absolute path"),
        ("home-manager", "/var/lib/plugins", "which is not below /home/someone"),
        ("home-manager", "/home/someone", "which is not below /home/someone"),
        ("home-manager", "/home/someone/../other", "which is not below /home/someone"),
        ("home-manager", "../plugins", "which is not below /home/someone"),
        ("home-manager", "./plugins", "which is not below /home/someone"),
        ("home-manager", "~/plugins", "which is not below /home/someone"),
        ("home-manager", "$HOME/plugins", "which is not below /home/someone"),
        ("home-manager", "", "which is not below /home/someone"),
    ],
)
def test_a_folder_elsewhere_is_refused(nix: Nix, lock: LockMaker, kind: str, directory: str, words: str) -> None:
    lock_folder(lock, "weather")
    lock.write()
    machine = evaluated(host(lock, f"directory = {quoted(directory)};"), kind=kind)
    assert words in nix.refusal(f"{machine}.config.warnings")


@pytest.mark.parametrize(
    ("directory", "written"),
    [
        ("/srv/plugins/", "/srv/plugins"),
        ("/srv/my plugins", '"/srv/my plugins"'),
        ("/srv/50%/plugins", '"/srv/50%%/plugins"'),
        ('/srv/a"b/plugins', '"/srv/a\\"b/plugins"'),
    ],
    ids=["slash", "blank", "specifier", "quote"],
)
def test_systemd_is_told_the_folder_in_its_own_words(nix: Nix, lock: LockMaker, directory: str, written: str) -> None:
    # Without them it takes the words after a blank for paths of their own.
    lock_folder(lock, "weather")
    lock.write()
    machine = evaluated(host(lock, f"directory = {quoted(directory)};"))
    found = nix.evaluate(f"{machine}.config.systemd.services.plugin-lock-example.unitConfig.RequiresMountsFor")
    assert found == [written]


KINDS = {"nixos": ("/srv/plugins", "/srv"), "home-manager": ("/home/someone/x/plugins", "x")}


@pytest.mark.parametrize("kind", KINDS)
def test_two_hosts_that_link_to_one_place_are_refused(nix: Nix, lock: LockMaker, kind: str) -> None:
    lock_folder(lock, "weather")
    lock_folder(lock, "notes")
    lock.write()
    folder, above = KINDS[kind]

    def both(directory: str, more: str = "") -> str:
        two = host(lock, f"directory = {quoted(directory)}; {more}", name="two")
        return evaluated(host(lock, f"directory = {quoted(folder)};", name="one"), two, kind=kind)

    message = nix.refusal(f"{both(f'{folder}/')}.config.warnings")
    assert "the hosts one and two would both link a plugin to " in message
    assert "plugins/notes; " in message
    # A link inside of a folder that is a link itself.
    inside = both(above, 'linked = [ "notes" ]; linkNames.notes = "plugins";')
    assert "would both link a plugin to " in nix.refusal(f"{inside}.config.warnings")
    # The same lock twice, and nothing in common.
    for more in ('linkNames = { weather = "a"; notes = "b"; };', "linked = [ ];", "plugins = [ ];", "enable = false;"):
        assert nix.evaluate(f"{both(folder, more)}.config.warnings") == []


def test_a_service_that_nobody_defines_is_said_on_a_machine_and_refused_in_a_home(nix: Nix, lock: LockMaker) -> None:
    lock_folder(lock, "weather")
    lock.write()
    config = host(lock, 'directory = "/home/someone/plugins"; services = [ "hots" "host.service" ];')
    # A package may bring the unit, which is not seen.
    (first, second) = nix.evaluate(f"{evaluated(config)}.config.warnings")
    assert first.startswith("plugin-lock: programs.plugin-lock.hosts.example.services names hots, and ")
    assert first.endswith("spell it as it is defined")
    assert second.endswith("spell it as it is defined, without `.service`")
    for unit in (
        '{ systemd.services.hots.script = "true"; }',
        '{ systemd.services.hots.serviceConfig.ExecStart = "x"; }',
    ):
        assert nix.evaluate(f"{evaluated(config, unit)}.config.warnings") == [second]
    # Home Manager would write a unit without a command in front of it.
    message = nix.refusal(f"{evaluated(config, kind='home-manager')}.config.systemd.user.services")
    assert "services names hots, and this configuration has no service of that name" in message


def test_an_error_of_the_lock_says_which_host_it_is_about(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin")
    lock.write()
    one, two = host(lock, name="one"), host(lock, 'plugins = [ "wether" ];', name="two")
    done = nix.run("nix-instantiate", "--eval", "--show-trace", "--expr", f"{evaluated(one, two)}.config.warnings")
    assert "no plugin wether in the lock" in done.err
    assert "while evaluating programs.plugin-lock.hosts.two" in done.err
