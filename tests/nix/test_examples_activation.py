"""What each example runs when its machine or home is activated, and when its services start: never the network."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.nix import cowboy, nerva
from tests.nix.hosts import environment, pkgs
from tests.nix.machine import DISTRIBUTION_PYTHON, LIBRARY, SYSTEM, Nix, distribution_version
from tests.nix.module_system import MODULE_SYSTEM, evaluated, lock_folder, written
from tests.nix.test_linking import CLOSED, can_close_the_network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.nix.locks import LockMaker

pytestmark = pytest.mark.nix

EXAMPLES = LIBRARY / "examples"
MINOR = "".join(distribution_version().split(".")[:2])
WITH_HOST = f"({pkgs()} // {{ example-host = {environment()}; }})"
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"

# Programs that fetch something.
FETCHERS = {"aria2c", "cargo", "curl", "ftp", "git", "nix", "nix-build", "nix-env", "nix-shell", "npm", "npx", "pip"}
FETCHERS |= {"pip3", "pipx", "rsync", "scp", "sftp", "ssh", "uv", "uvx", "wget"}


@dataclass(frozen=True, kw_only=True)
class Example:
    """One machine or home of an example.

    `modules` are expressions, given the folder of the example; `links` are what is below the host's folder afterwards.
    """

    folder: str
    modules: Callable[[Path], list[str]]
    kind: str = "nixos"
    fill: Callable[[LockMaker], None]
    links: tuple[str, ...] = ()
    services: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What the test is called."""
        return f"{self.folder}-{self.kind}"

    def expression(self, place: Path) -> str:
        """Return the expression of the machine."""
        first, *others = self.modules(place)
        return evaluated(first, *others, kind=self.kind, pkgs=WITH_HOST)


def two_plugins_and_a_folder(lock: LockMaker) -> None:
    """Lock what the examples of an invented host ask for."""
    lock.plugin("weather-plugin")
    lock.plugin("news-plugin")
    lock_folder(lock, "notes")


def cowboys_plugins(lock: LockMaker) -> None:
    """Lock what the example of Cowboy asks for."""
    cowboy.lock_weather(lock)
    cowboy.lock_bridge(lock)


def a_skill(lock: LockMaker) -> None:
    """Lock a skill for Nerva."""
    nerva.lock_skill(lock, "weather")


def hermes(kind: str) -> list[str]:
    """Return the adapter for hermes-agent, and what stands in for its own module."""
    own = f"import {MODULE_SYSTEM}/hermes-agent.nix"
    return [
        str(LIBRARY / "adapters/hermes-agent.nix"),
        f'{own} {{ kind = "{kind}"; environment = {environment()}; python = {pkgs()}.python{MINOR}; }}',
    ]


def of_nervas_flake(place: Path, kind: str) -> str:
    """Return a module of Nerva's example, whose flake is given this library."""
    # Our module is there already.
    ours = f"{{ default = {{ }}; nerva = {nerva.ADAPTER}; }}"
    given = (
        f"{{ nixpkgs = {{ inherit ({pkgs()}) lib; }}; nerva.packages.{SYSTEM}.default = {nerva.nerva()};"
        f" plugin-lock = {{ nixosModules = {ours}; homeModules = {ours}; }}; }}"
    )
    layer = {"nixos": "nixosModules", "home-manager": "homeModules"}[kind]
    return f"((import {place}/flake.nix).outputs {given}).{layer}.default"


ALL = [
    Example(
        folder="cowboy",
        modules=lambda place: [f"{place}/configuration.nix", cowboy.ADAPTER, cowboy.WITH_AGENTS],
        fill=cowboys_plugins,
        services=(*(f"cowboy-bridge-chat-{part}" for part in cowboy.PARTS), "weather-station"),
    ),
    Example(
        folder="generic",
        modules=lambda place: [
            f"import {place}/configuration.nix {{ genericAdapter = {LIBRARY}/adapters/generic.nix; }}"
        ],
        fill=two_plugins_and_a_folder,
    ),
    Example(
        folder="hermes-agent",
        modules=lambda place: [f"{place}/configuration.nix", *hermes("nixos")],
        fill=two_plugins_and_a_folder,
        links=("notes",),
        services=("hermes-agent",),
    ),
    Example(
        folder="hermes-agent",
        modules=lambda place: [f"{place}/home.nix", *hermes("home-manager")],
        kind="home-manager",
        fill=two_plugins_and_a_folder,
    ),
    Example(
        folder="home-manager",
        modules=lambda place: [f"{place}/home.nix"],
        kind="home-manager",
        fill=two_plugins_and_a_folder,
        links=("writing/notes",),
    ),
    Example(
        folder="many-machines",
        modules=lambda place: [f"(import {place}).modules.ensign"],
        fill=two_plugins_and_a_folder,
        links=("notes",),
    ),
    Example(
        folder="nerva",
        modules=lambda place: [of_nervas_flake(place, "nixos")],
        fill=a_skill,
        services=("nervad",),
    ),
    Example(
        folder="nerva",
        modules=lambda place: [of_nervas_flake(place, "home-manager")],
        kind="home-manager",
        fill=a_skill,
        services=("nervad",),
    ),
    Example(
        folder="nixos",
        modules=lambda place: [f"{place}/configuration.nix"],
        fill=two_plugins_and_a_folder,
        links=("notes",),
        services=("example-host",),
    ),
]
MACHINES = [example for example in ALL if example.kind == "nixos"]
HOMES = [example for example in ALL if example.kind == "home-manager"]


def test_every_example_is_looked_at() -> None:
    assert {example.folder for example in ALL} == {path.name for path in EXAMPLES.iterdir() if path.is_dir()}


def placed(example: Example, lock: LockMaker) -> str:
    """Put an example beside a lock for it; return the expression of its configuration."""
    example.fill(lock)
    lock.write()
    shutil.copytree(EXAMPLES / example.folder, lock.path.parent, dirs_exist_ok=True)
    return f"{example.expression(lock.path.parent)}.config"


def commands(value: Any, key: str = "") -> list[str]:
    """Return every text of a service that is run."""
    if isinstance(value, dict):
        return [text for name, inner in value.items() for text in commands(inner, name)]
    if isinstance(value, list):
        return [text for inner in value for text in commands(inner, key)]
    runs = re.fullmatch(r"Exec.*|script|preStart|postStart|preStop|postStop|reload", key)
    return [value] if runs and isinstance(value, str) else []


def fetchers(texts: list[str]) -> set[str]:
    """Return the programs in some commands that fetch something."""
    return {word.rpartition("/")[2] for text in texts for word in re.findall(r"[^\s;|&()\"'`]+", text)} & FETCHERS


ACTIVATION = """
set -e
mount -t tmpfs tmpfs /var/lib
export STATE_DIRECTORY=/var/lib/plugin-lock/example
mkdir -p "$STATE_DIRECTORY"
{start}
find {directory} -type l -printf '%P\\n' | sort
{start}
{stop}
test -z "$(find {directory} -type l)"
! {python} -c "import socket; socket.create_connection(('127.0.0.1', 9))" 2> /dev/null
"""


@pytest.mark.parametrize("example", MACHINES, ids=lambda example: example.name)
def test_a_machine_is_activated_with_the_network_closed(nix: Nix, lock: LockMaker, example: Example) -> None:
    if not can_close_the_network():
        pytest.skip("unshare cannot close the network here")
    config = placed(example, lock)
    assert nix.evaluate(f"[ {config}.system.activationScripts {config}.systemd.tmpfiles.rules ]") == [{}, []]
    # Of systemd-tmpfiles, folders and nothing else: it could fetch nothing, but write files and links.
    made = f"builtins.attrValues ({config}.systemd.tmpfiles.settings.plugin-lock or {{ }})"
    assert nix.evaluate(f"map builtins.attrNames ({made})") in ([], [["d"]])
    services = nix.evaluate(f"{config}.systemd.services // {config}.systemd.user.services")
    ours = {name: unit for name, unit in services.items() if name.startswith("plugin-lock-")}
    assert sorted(services.keys() - ours.keys()) == sorted(example.services)
    assert fetchers(commands(services)) == set()
    assert len(ours) == (1 if example.links else 0)
    for name, unit in ours.items():
        assert unit["serviceConfig"]["PrivateNetwork"] is True
        assert unit["serviceConfig"]["RestrictAddressFamilies"] == "none"
        assert unit["wantedBy"] == ["multi-user.target"]
        settings = f"{config}.systemd.services.{name}.serviceConfig"
        start, stop = (written(nix, f"{settings}.{verb}") for verb in ("ExecStart", "ExecStop"))
        host = name.removeprefix("plugin-lock-")
        directory = nix.evaluate(f"{config}.programs.plugin-lock.hosts.{host}.directory")
        script = ACTIVATION.format(start=start, stop=stop, directory=directory, python=DISTRIBUTION_PYTHON)
        done = subprocess.run(
            [*CLOSED, "--mount", "sh", "-c", script], check=False, capture_output=True, text=True, env={"PATH": PATH}
        )
        assert done.returncode == 0, done.stderr
        assert tuple(done.stdout.split()) == example.links


@pytest.mark.parametrize("example", HOMES, ids=lambda example: example.name)
def test_a_home_is_activated_by_links_alone(nix: Nix, lock: LockMaker, example: Example) -> None:
    config = placed(example, lock)
    found = nix.evaluate(
        f"let config = {config}; in {{ inherit (config.home) activation;"
        " files = builtins.mapAttrs (_: builtins.attrNames) config.home.file;"
        " services = config.systemd.user.services; }"
    )
    # Nothing runs for a file (`onChange`), and what runs besides is a look at what is in the way.
    assert all(keys == ["source"] for keys in found["files"].values())
    assert [name.split("plugins/", 1)[1] for name in found["files"]] == list(example.links)
    assert set(found["activation"]) == ({"checkPluginPlaces"} if example.links else set())
    assert fetchers([step["data"] for step in found["activation"].values()]) == set()
    assert set(found["services"]) == set(example.services)
    assert fetchers(commands(found["services"])) == set()


@pytest.mark.parametrize(
    ("unit", "found"),
    [
        ({"serviceConfig": {"ExecStart": "/store/uv/bin/uv run host"}}, {"uv"}),
        ({"serviceConfig": {"ExecStartPre": ["/bin/true", "/bin/sh -c 'curl https://host.example'"]}}, {"curl"}),
        ({"preStart": "cd /srv\ngit pull\n"}, {"git"}),
        ({"Service": {"ExecStart": "/store/host/bin/host --git"}}, set()),
        ({"description": "git", "path": ["/store/git"]}, set()),
    ],
    ids=["start", "before", "script", "option", "not-run"],
)
def test_a_command_that_fetches_would_be_found(unit: dict[str, Any], found: set[str]) -> None:
    # The control: what these tests look for.
    assert fetchers(commands(unit)) == found
