"""Homes brought to life by Home Manager's own activation script, with the network closed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lock.model import Directory
from lock.nar import nar_hash
from tests.nix.hosts import environment
from tests.nix.hosts import pkgs as standalone_pkgs
from tests.nix.machine import LIBRARY, Nix, quoted
from tests.nix.module_system import MODULES, host, lock_folder
from tests.nix.nixpkgs_machines import (
    HOME_MANAGER,
    NEEDS_HOME_MANAGER,
    NEEDS_NIXPKGS,
    skip_where_nix_is_too_old,
    tree,
)
from tests.nix.sources import write_tree

if TYPE_CHECKING:
    from tests.nix.locks import LockMaker

pytestmark = [pytest.mark.nix, NEEDS_NIXPKGS, NEEDS_HOME_MANAGER]

OURS = str(MODULES["home-manager"])
HASH = re.compile(r"/[0-9a-z]{32}-")
NATIVE = Path(__file__).with_name("nixpkgs-home.nix")

# What takes long to build, or cannot be built without a compiler, and has nothing to do with plugins.
WITHOUT = """{ pkgs, ... }: {
  manual.manpages.enable = false;
  programs.man.enable = false;
  xdg.mime.enable = false;
  i18n.glibcLocales = pkgs.runCommandLocal "locales" { version = "0"; } "mkdir $out";
}"""


# Nix builds the profile while it activates, and wants to be root either outside of all namespaces or not at all.
CLOSED = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-current-user"]


class Home:
    """The home of a user, into which generations of a configuration are brought."""

    def __init__(self, nix: Nix, root: Path) -> None:
        self.nix = nix
        self.path = root / "someone"
        self.plugins = self.path / ".host/plugins"
        # As an installation of Nix leaves it.
        (self.path / ".local/state/nix/profiles").mkdir(parents=True)

    def expression(self, *modules: str) -> str:
        """Return the expression of the home with these modules; `pkgs` is in scope."""
        user = (
            f'{{ home.username = "someone"; home.homeDirectory = {quoted(str(self.path))};'
            ' home.stateVersion = "25.05"; }'
        )
        listed = " ".join(f"({module})" for module in (WITHOUT, user, *modules))
        return (
            f"(let pkgs = import {NATIVE} {{ nixpkgs = {quoted(tree())}; standalone = {standalone_pkgs()}; }}"
            f" // {{ example-host = {environment()}; }}; in"
            f" import {quoted(Path(HOME_MANAGER or '') / 'modules')} {{ inherit pkgs;"
            # Home Manager would import nixpkgs again.
            f" configuration = {{ _module.args.pkgs = pkgs.lib.mkForce pkgs; imports = [ {listed} ]; }}; }})"
        )

    def generation(self, *modules: str) -> Path:
        """Build what Home Manager makes of our module and others."""
        (built,) = self.nix.build(f"{self.expression(OURS, *modules)}.activationPackage")
        return built

    def activate(self, generation: Path) -> subprocess.CompletedProcess[str]:
        """Run the activation script of a generation with the network closed."""
        environ = {**self.nix.environment, "HOME": str(self.path), "USER": "someone", "XDG_RUNTIME_DIR": "/nonexistent"}
        return subprocess.run(
            [*CLOSED, str(generation / "activate")], check=False, capture_output=True, text=True, env=environ
        )

    def switch(self, *modules: str) -> None:
        """Activate a generation of our module and others."""
        done = self.activate(self.generation(*modules))
        assert done.returncode == 0, done.stdout + done.stderr

    @property
    def names(self) -> list[str]:
        """What is in the host's folder."""
        return sorted(str(path.relative_to(self.plugins)) for path in self.plugins.rglob("*"))


@pytest.fixture
def home(nix: Nix, tmp_path: Path) -> Home:
    skip_where_nix_is_too_old(nix)
    if not shutil.which("unshare") or subprocess.run([*CLOSED, "true"], check=False).returncode != 0:
        pytest.skip("unshare cannot close the network here")
    return Home(nix, tmp_path)


@pytest.fixture
def plugins(lock: LockMaker) -> LockMaker:
    """A package and two folders."""
    lock.plugin("weather-plugin")
    lock_folder(lock, "weather")
    lock_folder(lock, "notes")
    lock.write()
    return lock


def linking(lock: LockMaker, more: str = "") -> str:
    """Return a configuration with the plugin folders of the lock."""
    return host(lock, f'directory = ".host/plugins"; {more}')


def with_package(lock: LockMaker) -> str:
    """Return a configuration with the plugin folders and the wrapped host."""
    return f"({{ pkgs, ... }}: {linking(lock, 'package = pkgs.example-host;')})"


def test_links_are_made_changed_and_removed_and_nothing_else_is(home: Home, plugins: LockMaker) -> None:
    (home.plugins / "own").mkdir(parents=True)
    (home.plugins / "own/mine.txt").write_text("mine")
    (home.plugins / "own-link").symlink_to("/usr")
    own = ["own", "own-link", "own/mine.txt"]
    home.switch(linking(plugins))
    assert home.names == ["notes", *own, "weather"]
    assert (home.plugins / "weather/name.txt").read_text() == "weather"
    # One is deselected, the other moves into the folder of a category.
    home.switch(linking(plugins, 'plugins = [ "notes" ]; linkNames.notes = "memory/notes";'))
    assert home.names == ["memory", "memory/notes", *own]
    # The host is off on this machine.
    home.switch(linking(plugins, "enable = false;"))
    assert home.names == own
    assert (home.plugins / "own/mine.txt").read_text() == "mine"


def test_a_folder_of_links_alone_goes_with_them(home: Home, plugins: LockMaker) -> None:
    home.switch(linking(plugins))
    assert home.plugins.is_dir()
    home.switch()
    assert not (home.path / ".host").exists()


def test_a_changed_plugin_replaces_its_link(home: Home, plugins: LockMaker) -> None:
    home.switch(linking(plugins))
    folder = write_tree(plugins.path.parent / "plugins/weather", {"name.txt": "changed"})
    plugins.plugins = [plugin for plugin in plugins.plugins if plugin.name != "weather"]
    plugins.directory_plugin("weather", Directory(path="plugins/weather"), nar_hash(folder))
    plugins.plugins.sort(key=lambda plugin: plugin.name)
    plugins.write()
    home.switch(linking(plugins))
    assert home.names == ["notes", "weather"]
    assert (home.plugins / "weather/name.txt").read_text() == "changed"


def untouched(path: Path) -> tuple[int, ...]:
    """Return what changes where anybody writes to a file, a folder or a link, or puts another in its place."""
    status = path.lstat()
    return status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size


@pytest.mark.parametrize("what", ["file", "folder", "link", "link-to-nowhere", "file-above", "link-to-nowhere-above"])
def test_what_the_user_put_there_is_left_and_named_and_nothing_is_changed(
    home: Home, plugins: LockMaker, what: str
) -> None:
    own = home.plugins if what.endswith("-above") else home.plugins / "weather"
    own.parent.mkdir(parents=True)
    if what == "folder":
        own.mkdir()
        (own / "mine.txt").write_text("mine")
    elif what == "link":
        own.symlink_to("/usr/share")
    elif what.startswith("link-to-nowhere"):
        own.symlink_to("/not/mounted/now")
    else:
        own.write_text("mine")
    before = untouched(own)
    done = home.activate(home.generation(linking(plugins)))
    assert done.returncode == 1
    expected = {
        "link-to-nowhere": f"plugin-lock: {own} is a link that leads nowhere, and not one of Home Manager's",
        "file-above": f"plugin-lock: {own} is in the way of {own}/notes: it is no folder",
        "link-to-nowhere-above": f"plugin-lock: {own} is in the way of {own}/notes: it is no folder",
    }
    assert expected.get(what, f"Existing file '{own}' would be clobbered") in done.stdout + done.stderr
    assert untouched(own) == before
    assert not (home.plugins / "notes").exists()
    assert not (home.path / ".config").exists()
    # Out of the way, all is linked.
    own.rename(home.path / "mine")
    home.switch(linking(plugins))
    assert (home.plugins / "weather/name.txt").read_text() == "weather"


def test_a_link_of_a_generation_that_is_gone_is_no_ones_and_is_replaced(home: Home, plugins: LockMaker) -> None:
    home.plugins.mkdir(parents=True)
    gone = home.nix.root / f"store/{'0' * 32}-home-manager-files/.host/plugins/weather"
    (home.plugins / "weather").symlink_to(gone)
    home.switch(linking(plugins))
    assert (home.plugins / "weather/name.txt").read_text() == "weather"


def test_a_folder_that_the_user_keeps_elsewhere_gets_its_links_there(home: Home, plugins: LockMaker) -> None:
    elsewhere = home.path / "files/plugins"
    elsewhere.mkdir(parents=True)
    home.plugins.parent.mkdir()
    home.plugins.symlink_to(elsewhere)
    home.switch(linking(plugins))
    assert sorted(path.name for path in elsewhere.iterdir()) == ["notes", "weather"]
    home.switch()
    assert list(elsewhere.iterdir()) == []
    assert home.plugins.is_symlink()


def test_the_program_of_the_profile_finds_the_plugins(home: Home, plugins: LockMaker) -> None:
    home.switch(with_package(plugins))
    program = home.path / ".nix-profile/bin/host-app"
    done = subprocess.run([str(program)], check=True, capture_output=True, text=True, env={})
    assert json.loads(done.stdout)["plugins"] == ["weather-plugin"]


def test_the_example_of_a_home_comes_to_life(home: Home, lock: LockMaker) -> None:
    lock_folder(lock, "notes")
    lock.write()
    shutil.copy2(LIBRARY / "examples/home-manager/home.nix", lock.path.parent)
    home.switch(str(lock.path.parent / "home.nix"))
    link = home.path / ".config/example-host/plugins/writing/notes"
    assert (link / "name.txt").read_text() == "notes"
    assert (home.path / ".nix-profile/bin/host-app").exists()


def test_the_one_step_of_activation_that_is_ours_only_looks(home: Home, plugins: LockMaker) -> None:
    ours = home.expression(OURS, with_package(plugins))
    steps = "builtins.mapAttrs (_: step: builtins.unsafeDiscardStringContext step.data) {}.config.home.activation"
    found, bare = (home.nix.evaluate(steps.format(expression)) for expression in (ours, home.expression()))
    assert found.keys() - bare.keys() == {"checkPluginPlaces"}
    # Of the others, one installs another profile.
    assert {name for name in bare if found[name] != bare[name]} == {"installPackages"}
    assert HASH.sub("", found["installPackages"]) == HASH.sub("", bare["installPackages"])
