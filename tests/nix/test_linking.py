"""The program of the NixOS module's unit, run as systemd would run it, with the network closed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from lock.model import Directory
from lock.nar import nar_hash
from tests.nix.machine import DISTRIBUTION_PYTHON, LIBRARY, Nix, quoted
from tests.nix.module_system import evaluated, host, lock_folder, written
from tests.nix.sources import write_tree

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nix.locks import LockMaker

pytestmark = pytest.mark.nix

CLOSED = ["unshare", "--net", "--map-root-user"]


def can_close_the_network() -> bool:
    """Tell whether this machine lets a process give up its network."""
    if not shutil.which("unshare"):
        return False
    return subprocess.run([*CLOSED, "true"], check=False, capture_output=True).returncode == 0


class Linked:
    """A machine with the plugin folders of a lock, whose unit is started and stopped."""

    def __init__(self, nix: Nix, lock: LockMaker, root: Path) -> None:
        self.nix = nix
        self.lock = lock
        self.directory = root / "srv/plugins"
        self.state = root / "state"
        self.state.mkdir(parents=True)

    def commands(self, more: str = "") -> tuple[str, str]:
        """Return what the unit starts and what it runs to stop, with all that they need built."""
        config = host(self.lock, f"directory = {quoted(str(self.directory))}; {more}")
        settings = f"{evaluated(config)}.config.systemd.services.plugin-lock-example.serviceConfig"
        return written(self.nix, f"{settings}.ExecStart"), written(self.nix, f"{settings}.ExecStop")

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the unit with the network closed."""
        return subprocess.run(
            [*CLOSED, *command.split()],
            check=False,
            capture_output=True,
            text=True,
            env={"STATE_DIRECTORY": str(self.state)},
        )

    @property
    def names(self) -> list[str]:
        """What is in the host's folder."""
        return sorted(str(path.relative_to(self.directory)) for path in self.directory.rglob("*"))

    def ours(self) -> Any:
        """What is written down as ours."""
        return json.loads((self.state / "links.json").read_text())


@pytest.fixture
def linked(nix: Nix, lock: LockMaker, tmp_path: Path) -> Linked:
    if not can_close_the_network():
        pytest.skip("unshare cannot close the network here")
    lock_folder(lock, "weather")
    lock_folder(lock, "notes")
    lock.write()
    return Linked(nix, lock, tmp_path / "machine")


def test_links_are_made_changed_and_removed_and_nothing_else_is(linked: Linked) -> None:
    linked.directory.mkdir(parents=True)
    (linked.directory / "own").mkdir()
    (linked.directory / "own-link").symlink_to("/elsewhere")
    start, stop = linked.commands()
    done = linked.run(start)
    assert (done.returncode, done.stderr) == (0, "")
    assert linked.names == ["notes", "own", "own-link", "weather"]
    assert (linked.directory / "weather/name.txt").read_text() == "weather"
    assert sorted(linked.ours()["links"]) == [str(linked.directory / name) for name in ("notes", "weather")]
    # A second time nothing changes.
    before = (linked.directory / "weather").lstat().st_ino
    assert linked.run(start).returncode == 0
    assert (linked.directory / "weather").lstat().st_ino == before
    # One is deselected, the other moves into a category folder.
    fewer, stop_fewer = linked.commands('plugins = [ "notes" ]; linkNames.notes = "memory/notes";')
    assert linked.run(fewer).returncode == 0
    assert linked.names == ["memory", "memory/notes", "own", "own-link"]
    assert linked.run(stop_fewer).returncode == 0
    assert linked.names == ["own", "own-link"]
    assert list(linked.state.iterdir()) == []
    assert linked.run(stop).returncode == 0


def test_a_changed_plugin_replaces_its_link(linked: Linked) -> None:
    start, _ = linked.commands()
    assert linked.run(start).returncode == 0
    old = (linked.directory / "weather").readlink()
    linked.lock.plugins.clear()
    lock_folder(linked.lock, "weather")
    folder = write_tree(linked.lock.path.parent / "plugins/weather", {"name.txt": "changed"})
    linked.lock.plugins.clear()
    linked.lock.directory_plugin("weather", Directory(path="plugins/weather"), nar_hash(folder))
    linked.lock.write()
    start, _ = linked.commands()
    assert linked.run(start).returncode == 0
    assert linked.names == ["weather"]
    assert (linked.directory / "weather").readlink() != old
    assert (linked.directory / "weather/name.txt").read_text() == "changed"


@pytest.mark.parametrize("what", ["file", "folder", "link", "parent"])
def test_what_the_user_put_there_is_left_and_named_and_nothing_is_changed(linked: Linked, what: str) -> None:
    linked.directory.mkdir(parents=True)
    own = linked.directory / ("memory" if what == "parent" else "weather")
    if what == "folder":
        own.mkdir()
        (own / "mine.txt").write_text("mine")
    elif what == "link":
        own.symlink_to("/somewhere/else")
    else:
        own.write_text("mine")
    start, stop = linked.commands('linkNames.notes = "memory/notes";')
    done = linked.run(start)
    assert done.returncode == 1
    assert f"plugin-lock: {own} is in the way of a plugin of example, and was not made by plugin-lock" in done.stderr
    assert "help: move it away" in done.stderr
    assert not any("notes" in name for name in linked.names)
    assert linked.run(stop).returncode == 0
    assert os.path.lexists(own)


def test_a_link_that_the_user_replaced_is_no_longer_ours(linked: Linked) -> None:
    start, stop = linked.commands()
    assert linked.run(start).returncode == 0
    link = linked.directory / "weather"
    link.unlink()
    link.symlink_to("/the/users/own")
    assert linked.run(start).returncode == 1
    assert linked.run(stop).returncode == 0
    assert linked.names == ["weather"]
    assert str(link.readlink()) == "/the/users/own"


def test_a_run_that_was_cut_off_is_taken_up_again(linked: Linked) -> None:
    start, stop = linked.commands()
    assert linked.run(start).returncode == 0
    ours = linked.ours()
    # Cut off after the new target was written down and before the link was changed.
    place = str(linked.directory / "weather")
    ours["links"][place].append("/nix/store/of-the-next-generation")
    (linked.state / "links.json").write_text(json.dumps(ours))
    (linked.directory / ".plugin-lock-new-weather").symlink_to("/half/made")
    (linked.directory / "weather").unlink()
    (linked.directory / "weather").symlink_to("/nix/store/of-the-next-generation")
    assert linked.run(start).returncode == 0
    assert (linked.directory / "weather/name.txt").read_text() == "weather"
    assert linked.run(stop).returncode == 0
    assert linked.names == []


def test_a_folder_that_cannot_be_made_is_said(linked: Linked) -> None:
    linked.directory.parent.parent.mkdir(parents=True, exist_ok=True)
    linked.directory.parent.write_text("a file")
    start, _ = linked.commands()
    done = linked.run(start)
    assert done.returncode == 2
    assert "must be writable by the user that programs.plugin-lock.hosts.example.user names" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_root_makes_no_links_in_a_folder_of_somebody_else(linked: Linked) -> None:
    linked.directory.mkdir(parents=True)
    os.chown(linked.directory, 4321, 4321)
    start, _ = linked.commands()
    done = linked.run(start)
    assert done.returncode == 1
    assert "who could lead what root does there elsewhere" in done.stderr
    assert "name that user in programs.plugin-lock.hosts.example.user" in done.stderr
    assert linked.names == []


def test_the_network_is_closed_in_these_tests() -> None:
    if not can_close_the_network():
        pytest.skip("unshare cannot close the network here")
    program = "import socket; socket.create_connection(('127.0.0.1', 9), timeout=1)"
    done = subprocess.run(
        [*CLOSED, str(DISTRIBUTION_PYTHON), "-c", program], check=False, capture_output=True, text=True
    )
    assert "Network is unreachable" in done.stderr


def test_the_program_of_the_unit_imports_nothing_that_opens_the_network() -> None:
    script = LIBRARY / "modules/link_plugins.py"
    program = f"import runpy, sys; runpy.run_path({str(script)!r}); print('socket' in sys.modules)"
    done = subprocess.run(
        [str(DISTRIBUTION_PYTHON), "-I", "-S", "-c", program], check=True, capture_output=True, text=True
    )
    assert done.stdout == "False\n"
