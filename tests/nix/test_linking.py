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
@pytest.mark.parametrize("owned", ["folder", "above", "link"])
def test_root_makes_no_links_in_a_folder_of_somebody_else(linked: Linked, owned: str) -> None:
    linked.directory.parent.mkdir(parents=True)
    if owned == "link":
        # To where only root may write.
        linked.directory.symlink_to("/etc")
    else:
        linked.directory.mkdir()
    place = linked.directory.parent if owned == "above" else linked.directory
    os.chown(place, 4321, 4321, follow_symlinks=False)
    start, _ = linked.commands()
    done = linked.run(start)
    assert done.returncode == 1
    assert "who could lead what root does there elsewhere" in done.stderr
    assert f"plugin-lock: {place} belongs to user " in done.stderr
    assert "name that user in programs.plugin-lock.hosts.example.user" in done.stderr
    assert not os.path.lexists(linked.directory / "weather")


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


FIRST_START = """
set -e
mount -t tmpfs -o mode=755 tmpfs /var/lib
install -d -o nobody -g nogroup {state}
as_user() {{
  # Of root's rights it keeps that to read, as the tests' own folders are root's alone.
  setpriv --reuid=nobody --regid=nogroup --clear-groups --inh-caps=+dac_read_search --ambient-caps=+dac_read_search "$@"
}}
export STATE_DIRECTORY={state}
as_user {start} 2> {state}/said && exit 1
grep -q "must be writable by the user that" {state}/said
systemd-tmpfiles --create {rules}
as_user {start}
find "$1" -type l -printf '%f %U\\n'
as_user {stop}
stat -c '%U %a' "$1"
# Later starts leave alone what its user changed.
chmod 2770 "$1"
systemd-tmpfiles --create {rules}
stat -c '%U %a' "$1"
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
@pytest.mark.skipif(shutil.which("systemd-tmpfiles") is None, reason="no systemd here")
@pytest.mark.parametrize("name", ["example-host", "it's 100% mine"])
def test_a_folder_is_there_before_the_service_that_makes_the_one_above(
    nix: Nix, lock: LockMaker, tmp_path: Path, name: str
) -> None:
    lock_folder(lock, "weather")
    lock.write()
    directory = f"/var/lib/{name}/plugins"
    machine = evaluated(host(lock, f'directory = {quoted(directory)}; user = "nobody"; group = "nogroup";'))
    rules = tmp_path / "plugin-lock.conf"
    # As NixOS writes them.
    rules.write_text(
        "".join(
            f"'{kind}' '{path}' '{entry['mode']}' '{entry['user']}' '{entry['group']}' '-' \n"
            for path, entries in nix.evaluate(f"{machine}.config.systemd.tmpfiles.settings.plugin-lock").items()
            for kind, entry in entries.items()
        ),
        encoding="utf-8",
    )
    settings = f"{machine}.config.systemd.services.plugin-lock-example.serviceConfig"
    start, stop = (written(nix, f"{settings}.{verb}") for verb in ("ExecStart", "ExecStop"))
    script = FIRST_START.format(start=start, stop=stop, rules=rules, state="/var/lib/plugin-lock/example")
    done = subprocess.run(
        ["unshare", "--net", "--mount", "sh", "-c", script, "sh", directory],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["weather 65534", "nobody 755", "nobody 2770"]


@pytest.mark.parametrize(
    "more",
    ['directory = "/var/lib/host/plugins";', 'directory = "/home/someone/plugins"; user = "someone";'],
    ids=["root", "home"],
)
def test_folders_elsewhere_are_their_owners_to_make(nix: Nix, lock: LockMaker, more: str) -> None:
    lock_folder(lock, "weather")
    lock.write()
    assert nix.evaluate(f"{evaluated(host(lock, more))}.config.systemd.tmpfiles.settings") == {}
