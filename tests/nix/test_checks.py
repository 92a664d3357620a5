"""`checks`: the plugins held against the packages of a host, each way they may not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.nix.machine import Nix, standalone
from tests.wheels import core_metadata

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nix.locks import LockMaker

pytestmark = pytest.mark.nix

EVERY_CHECK = "builtins.attrValues ({library}).checks"


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A host's site-packages with one distribution, `host-library` 2.0."""
    folder = tmp_path / "host-site-packages"
    folder.mkdir()
    install(folder, "host-library", "2.0", "WORD = 'from the host'\n")
    return folder


def install(folder: Path, name: str, version: str, source: str) -> None:
    """Put a distribution of one module into a folder."""
    module = name.replace("-", "_")
    (folder / f"{module}.py").write_text(source)
    info = folder / f"{module}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_bytes(core_metadata(name, version))


def locked(lock: LockMaker, source: str = "import host_library\ndef register(): ...\n", **more: Any) -> Path:
    """Lock a plugin that relies on the host's library."""
    lock.provided = {"host-library": dict.fromkeys(lock.systems, "2.0")}
    lock.plugin("weather-plugin", provided=["host-library"], files={"weather_plugin.py": source}, **more)
    return lock.write()


def test_plugins_that_fit_their_host_pass_every_check(nix: Nix, lock: LockMaker, host: Path) -> None:
    library = standalone(locked(lock), host=host)
    assert len(nix.build(EVERY_CHECK.format(library=library))) == 3


def test_a_host_may_be_a_tree_with_site_packages_inside(nix: Nix, lock: LockMaker, host: Path, tmp_path: Path) -> None:
    tree = tmp_path / "environment"
    inner = tree / f"lib/python{lock.python}"
    inner.mkdir(parents=True)
    host.rename(inner / "site-packages")
    assert nix.build(EVERY_CHECK.format(library=standalone(locked(lock), host=tree)))


def test_an_entry_point_whose_module_does_not_import_is_named(nix: Nix, lock: LockMaker, host: Path) -> None:
    library = standalone(locked(lock, "import host_library, not_there\n"), host=host)
    done = nix.try_build(f"({library}).checks.entryPoints")
    assert done.code != 0
    assert "plugin weather-plugin: entry point weather-plugin = weather_plugin:register" in done.err
    assert "No module named 'not_there'" in done.err


def test_an_entry_point_whose_attribute_is_missing_is_named(nix: Nix, lock: LockMaker, host: Path) -> None:
    library = standalone(locked(lock, "def enrol(): ...\n"), host=host)
    done = nix.try_build(f"({library}).checks.entryPoints")
    assert done.code != 0
    assert "has no attribute 'register'" in done.err


def test_a_plugin_that_ends_the_process_does_not_hide_another(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("first-plugin", files={"first_plugin.py": "import os\nos._exit(3)\n"})
    lock.plugin("second-plugin", files={"second_plugin.py": "raise RuntimeError('broken')\n"})
    done = nix.try_build(f"({standalone(lock.write())}).checks.entryPoints")
    assert done.code != 0
    assert "exit code 3" in done.err
    assert "RuntimeError: broken" in done.err


def test_a_distribution_that_the_host_has_as_well_is_named(nix: Nix, lock: LockMaker, host: Path) -> None:
    lock.package("Helper".lower(), "1.0")
    path = locked(lock, needs=["helper"])
    install(host, "Helper", "3.0", "")
    done = nix.try_build(f"({standalone(path, host=host)}).checks.shadowing")
    assert done.code != 0
    assert "helper 1.0 of the plugins would shadow the host's helper 3.0" in done.err


def test_a_host_of_another_version_than_the_locks_is_named(nix: Nix, lock: LockMaker, host: Path) -> None:
    path = locked(lock)
    (host / "host_library-2.0.dist-info/METADATA").write_bytes(core_metadata("host-library", "2.1"))
    done = nix.try_build(f"({standalone(path, host=host)}).checks.provided")
    assert done.code != 0
    assert "relies on the host's host-library 2.0; the host has 2.1" in done.err


def test_checks_without_a_host_say_that_they_need_one(nix: Nix, lock: LockMaker) -> None:
    message = nix.refusal(f"({standalone(locked(lock))}).checks.entryPoints.name")
    assert "`checks.entryPoints` needs the host's own packages" in message
    assert "pass `host`" in message


def test_scripts_of_the_environment_see_the_hosts_packages_first(nix: Nix, lock: LockMaker, host: Path) -> None:
    path = locked(
        lock,
        "def register(): ...\ndef main():\n    import host_library\n    print(host_library.WORD)\n",
        entry_points={"console_scripts": {"weather": "weather_plugin:main"}},
    )
    (environment,) = nix.build(f"({standalone(path, host=host)}).environment")
    launcher = (environment / "bin/weather").read_text()
    assert launcher.index("host-site-packages") < launcher.index(f"/lib/python{lock.python}/site-packages")
