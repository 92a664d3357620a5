"""What a machine gets of a lock: its system, its plugins, and names that carry versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.nix.machine import (
    LIBRARY,
    OTHER_SYSTEM,
    SYSTEM,
    Nix,
    quoted,
    standalone,
    write_flake,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nix.locks import LockMaker

pytestmark = pytest.mark.nix


def names(nix: Nix, library: str) -> list[str]:
    """Return the names of the packages that a machine gets."""
    return list(nix.evaluate(f"builtins.attrNames ({library}).packages"))


@pytest.fixture
def two_systems(lock: LockMaker) -> Path:
    """A lock for two systems: a plugin for both, its helper for one, and a plugin for the other alone."""
    lock.systems = tuple(sorted((SYSTEM, OTHER_SYSTEM)))
    lock.package("helper", systems=[SYSTEM])
    lock.plugin("weather-plugin", needs=["helper"], edge_systems={"helper": (SYSTEM,)})
    lock.plugin("other-plugin", systems=[OTHER_SYSTEM], marker="platform_machine == 'other'")
    return lock.write()


def test_each_system_gets_its_own_packages(nix: Nix, two_systems: Path) -> None:
    assert names(nix, standalone(two_systems)) == ["helper", "weather-plugin"]
    assert names(nix, standalone(two_systems, system=OTHER_SYSTEM)) == ["other-plugin", "weather-plugin"]


def test_a_plugin_of_another_system_is_refused_when_named(nix: Nix, two_systems: Path) -> None:
    message = nix.refusal(f"builtins.attrNames ({standalone(two_systems, plugins=['other-plugin'])}).packages")
    assert f"plugin other-plugin is not locked for {SYSTEM}" in message


def test_a_system_that_the_lock_does_not_have_is_refused(nix: Nix, two_systems: Path) -> None:
    message = nix.refusal(f"({standalone(two_systems, system='x86_64-darwin')}).pythonPackages")
    assert "the lock is not made for x86_64-darwin" in message
    assert "[targets]" in message


def test_a_machine_that_wants_one_plugin_gets_what_that_one_needs(nix: Nix, lock: LockMaker) -> None:
    lock.package("helper")
    lock.package("mapper")
    lock.plugin("notes-plugin", needs=["mapper"])
    lock.plugin("weather-plugin", needs=["helper"])
    library = standalone(lock.write(), plugins=["weather-plugin"])
    assert names(nix, library) == ["helper", "weather-plugin"]
    assert nix.evaluate(f"builtins.attrNames ({library}).plugins") == ["weather-plugin"]
    message = nix.refusal(f"({standalone(lock.path, plugins=['wether-plugin'])}).pythonPackages")
    assert "no plugin wether-plugin in the lock, which has notes-plugin, weather-plugin" in message


def test_a_plugin_tells_its_closure_and_entry_points(nix: Nix, lock: LockMaker) -> None:
    lock.package("helper")
    lock.plugin("notes-plugin")
    lock.plugin("weather-plugin", "1.2", needs=["helper"])
    plugin = f"({standalone(lock.write())}).plugins.weather-plugin"
    assert nix.evaluate(f"map (package: package.pname) {plugin}.closure") == ["helper", "weather-plugin"]
    assert nix.evaluate(f"{{ inherit ({plugin}) name kind version entryPoints; }}") == {
        "name": "weather-plugin",
        "kind": "package",
        "version": "1.2",
        "entryPoints": [
            {"group": "example_host.plugins", "name": "weather-plugin", "value": "weather_plugin:register"}
        ],
    }
    assert nix.evaluate(f"{plugin}.metadata.specifier") == "*"


def test_another_python_than_the_locks_is_refused(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin")
    message = nix.refusal(f"({standalone(lock.write(), version='3.9.2')}).pythonPackages")
    assert f"the lock is made for Python {lock.python}" in message


def test_an_override_of_a_package_that_is_not_there_is_refused(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin")
    message = nix.refusal(f"({standalone(lock.write(), overrides='={ wether = x: x; }')}).pythonPackages")
    assert "`overrides` names wether" in message


def test_an_unknown_argument_is_refused(nix: Nix, lock: LockMaker) -> None:
    message = nix.refusal(standalone(lock.write(), plugin="=null"))
    assert "unexpected argument 'plugin'" in message


def test_the_name_of_a_file_in_the_store_carries_its_version(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin", "1.2.3")
    library = standalone(lock.write())
    assert (
        nix.evaluate(f"map (file: file.name) (builtins.attrValues ({library}).artifacts)")
        == ["weather_plugin-1.2.3-py3-none-any.whl"] * 2
    )
    assert nix.evaluate(f"builtins.attrNames ({library}).artifacts") == [
        "weather-plugin",
        "weather_plugin-1.2.3-py3-none-any.whl",
    ]
    assert nix.evaluate(f"({library}).packages.weather-plugin.name") == f"python{lock.python}-weather-plugin-1.2.3"


def test_a_lock_in_which_a_tool_edited_only_the_version_is_refused(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin", "1.2.3")
    path = lock.write()
    path.write_text(
        path.read_text(encoding="utf-8").replace('version = "1.2.3"', 'version = "1.2.4"'), encoding="utf-8"
    )
    message = nix.refusal(f"({standalone(path)}).pythonPackages")
    assert "weather_plugin-1.2.3-py3-none-any.whl is a file of version 1.2.3" in message


@pytest.mark.parametrize(
    "file_name",
    ["plain-1.0-py3-none-any.whl", "epoch-1!2.0-py3-none-any.whl", f"{'long' * 50}-1.0-py3-none-any.whl"],
    ids=["plain", "epoch", "long"],
)
def test_every_file_name_becomes_a_legal_store_name(nix: Nix, file_name: str) -> None:
    store_name = nix.evaluate(f"import {LIBRARY}/store-name.nix {quoted(file_name)}")
    path = nix.run(
        "nix-instantiate",
        "--expr",
        f'derivation {{ name = {quoted(store_name)}; system = "x"; builder = "x"; }}',
    )
    assert path.code == 0, path.err
    other = file_name.replace("-1", "-3")
    assert nix.evaluate(f"import {LIBRARY}/store-name.nix {quoted(other)}") != store_name


def test_an_epoch_in_a_version_is_no_obstacle(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin", "1!2.0")
    (environment,) = nix.build(f"({standalone(lock.write())}).environment")
    assert (environment / f"lib/python{lock.python}/site-packages/weather_plugin.py").exists()


def test_a_flake_evaluates_it_in_pure_mode(nix: Nix, two_systems: Path, tmp_path: Path) -> None:
    flake = write_flake(tmp_path / "flake", two_systems, "{ inherit (library) environment; }")
    done = nix.run("nix", "eval", "--raw", f"{flake}#environment.drvPath")
    assert done.code == 0, done.err
    assert done.out.endswith("example-host-plugins.drv")
