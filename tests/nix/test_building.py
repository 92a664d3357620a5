"""What the library builds, in a real sandbox: packages, the environment, and the same bytes each time."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.nix.locks import GROUP, LockMaker
from tests.nix.machine import (
    DISTRIBUTION_PYTHON,
    INSTALLER,
    LIBRARY,
    Nix,
    distribution_version,
    quoted,
    standalone,
)

pytestmark = pytest.mark.nix


def site_packages(tree: Path, lock: LockMaker) -> Path:
    """Return the site-packages of a built package or environment."""
    return tree / f"lib/python{lock.python}/site-packages"


def host_sees(paths: list[Path], program: str) -> str:
    """Run a program in the distribution's Python with folders on PYTHONPATH."""
    done = subprocess.run(
        [str(DISTRIBUTION_PYTHON), "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(map(str, paths)), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    return done.stdout


def test_the_environment_lets_a_host_find_and_load_every_plugin(nix: Nix, lock: LockMaker) -> None:
    lock.package("helper")
    lock.plugin("weather-plugin", needs=["helper"])
    lock.plugin("notes-plugin")
    (environment,) = nix.build(f"({standalone(lock.write())}).environment")
    program = (
        "import importlib.metadata as metadata, helper, json\n"
        f"points = metadata.entry_points(group={GROUP!r})\n"
        "print(json.dumps({point.name: point.load()() for point in points}))"
    )
    assert json.loads(host_sees([site_packages(environment, lock)], program)) == {
        "notes-plugin": "notes-plugin",
        "weather-plugin": "weather-plugin",
    }


def test_members_that_begin_with_a_dot_are_installed_as_any(nix: Nix, lock: LockMaker) -> None:
    lock.package("helper", files={"./helper/__init__.py": "", "./README.md": "of the helper"})
    lock.plugin("weather-plugin", needs=["helper"])
    (built,) = nix.build(f"({standalone(lock.write())}).packages.helper")
    assert (site_packages(built, lock) / "README.md").read_text(encoding="utf-8") == "of the helper"
    assert host_sees([site_packages(built, lock)], "import helper; print(helper.__name__)") == "helper\n"


def test_a_second_build_gives_the_same_bytes(nix: Nix, lock: LockMaker) -> None:
    # Sets and data are what byte-code and archives differ in first.
    lock.package("helper", files={"helper/__init__.py": "NAMES = {'a', 'b', 'c', 'd'}\n", "helper/data.txt": "x"})
    lock.plugin(
        "weather-plugin", needs=["helper"], entry_points={"console_scripts": {"weather": "weather_plugin:register"}}
    )
    library = standalone(lock.write())
    everything = f"let built = {library}; in [ built.environment ] ++ built.pythonPackages"
    paths = nix.build(everything)
    again = nix.try_build(everything, "--check")
    assert again.code == 0, again.err
    assert [path.name for path in site_packages(paths[1], lock).glob("**/*.pyc")], "nothing was compiled"


def test_an_installed_package_does_not_tell_where_its_wheel_lay(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin")
    (package,) = nix.build(f"({standalone(lock.write())}).packages.weather-plugin")
    info = site_packages(package, lock) / "weather_plugin-1.0.dist-info"
    assert sorted(path.name for path in info.iterdir()) == [
        "INSTALLER",
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
    ]
    assert (info / "INSTALLER").read_text() == "plugin-lock\n"


def test_a_console_script_of_the_environment_runs_with_the_packages_beside_it(nix: Nix, lock: LockMaker) -> None:
    lock.package("helper", files={"helper.py": "WORD = 'helped'\n"})
    lock.plugin(
        "weather-plugin",
        needs=["helper"],
        files={"weather_plugin.py": "import helper, sys\ndef main():\n    print(helper.WORD, sys.argv[1:])\n"},
        entry_points={"console_scripts": {"weather": "weather_plugin:main"}},
    )
    (environment,) = nix.build(f"({standalone(lock.write())}).environment")
    done = subprocess.run([environment / "bin/weather", "now"], check=True, capture_output=True, text=True, env={})
    assert done.stdout == "helped ['now']\n"


def test_no_build_reaches_the_network(nix: Nix, lock: LockMaker) -> None:
    # The server runs and answers outside of the sandbox, so that a failure to connect is the sandbox's doing.
    lock.plugin("weather-plugin")
    connect = f'import socket; socket.create_connection(("127.0.0.1", {lock.index.port}), 5)'
    phase = f"{DISTRIBUTION_PYTHON} -c '{connect}'; mkdir $out"
    library = standalone(
        lock.write(), overrides=f"={{ weather-plugin = previous: {{ installPhase = {quoted(phase)}; }}; }}"
    )
    subprocess.run([str(DISTRIBUTION_PYTHON), "-c", connect], check=True)
    done = nix.try_build(f"({library}).packages.weather-plugin")
    assert done.code != 0
    assert "Connection refused" in done.err or "unreachable" in done.err, done.err


def test_packages_that_need_each_other_in_a_circle_are_built(nix: Nix, lock: LockMaker) -> None:
    lock.package("first", needs=["second"])
    lock.package("second", needs=["first"])
    lock.plugin("weather-plugin", needs=["first"])
    library = standalone(lock.write())
    names = nix.evaluate(
        f"map (package: package.pname or package.name) ({library}).packages.first.requiredPythonModules"
    )
    assert "second" in names
    (environment,) = nix.build(f"({library}).environment")
    assert host_sees([site_packages(environment, lock)], "import first, second; print('both')") == "both\n"


def test_two_packages_with_the_same_file_are_an_error_that_names_both(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("first-plugin", files={"first_plugin.py": "def register(): ...\n", "shared/data.txt": "1"})
    lock.plugin("second-plugin", files={"second_plugin.py": "def register(): ...\n", "shared/data.txt": "2"})
    done = nix.try_build(f"({standalone(lock.write())}).environment")
    assert done.code != 0
    assert "first-plugin-1.0/lib" in done.err
    assert "second-plugin-1.0/lib" in done.err
    assert "shared/data.txt" in done.err


def test_packages_share_a_namespace_and_equal_files(nix: Nix, lock: LockMaker) -> None:
    for name in ("first", "second"):
        lock.plugin(
            f"{name}-plugin",
            value=f"space.{name}:register",
            files={"space/__init__.py": "", f"space/{name}.py": f"def register(): return {name!r}\n"},
        )
    (environment,) = nix.build(f"({standalone(lock.write())}).environment")
    program = "from space import first, second; print(first.register(), second.register())"
    assert host_sees([site_packages(environment, lock)], program) == "first second\n"


def test_a_wheel_that_leads_out_of_its_folder_is_not_installed(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("weather-plugin", files={"weather_plugin.py": "", "../outside.py": "x = 1\n"})
    done = nix.try_build(f"({standalone(lock.write())}).packages.weather-plugin")
    assert done.code != 0
    assert "leads out of its folder" in done.err


def test_data_headers_and_scripts_of_a_wheel_find_their_place(nix: Nix, lock: LockMaker) -> None:
    data = "weather_plugin-1.0.data"
    lock.plugin(
        "weather-plugin",
        files={
            "weather_plugin.py": "def register(): ...\n",
            f"{data}/scripts/forecast": "#!python\nprint('rain')\n",
            f"{data}/data/share/weather/map.txt": "map",
            f"{data}/purelib/weather_pure.py": "",
        },
    )
    (package,) = nix.build(f"({standalone(lock.write())}).packages.weather-plugin")
    assert (package / "share/weather/map.txt").read_text() == "map"
    assert (site_packages(package, lock) / "weather_pure.py").exists()
    done = subprocess.run([package / "bin/forecast"], check=True, capture_output=True, text=True)
    assert done.stdout == "rain\n"


@pytest.mark.parametrize("parameters", ["previousAttrs:", "finalAttrs: previousAttrs:"])
def test_an_override_changes_one_package(nix: Nix, lock: LockMaker, parameters: str) -> None:
    lock.package("helper")
    lock.plugin("weather-plugin", needs=["helper"])
    change = f'{parameters} {{ preFixup = "echo changed > $out/note"; inherit (previousAttrs) pname; }}'
    library = standalone(lock.write(), overrides=f"={{ helper = {change}; }}")
    helper, plugin = nix.build(f"let built = {library}; in [ built.packages.helper built.packages.weather-plugin ]")
    assert (helper / "note").read_text() == "changed\n"
    assert not (plugin / "note").exists()
    assert nix.evaluate(f"({library}).packages.weather-plugin.requiredPythonModules != [ ]") is True


def test_the_expression_of_the_build_command_takes_strings(nix: Nix, lock: LockMaker) -> None:
    lock.plugin("notes-plugin")
    lock.plugin("weather-plugin")
    arguments = {
        "lock": str(lock.write()),
        "plugins": json.dumps(["weather-plugin"]),
        "interpreter": str(DISTRIBUTION_PYTHON),
        "version": distribution_version(),
        "installer": str(INSTALLER),
    }
    words = [word for name, value in arguments.items() for word in ("--argstr", name, value)]
    done = nix.run("nix-build", str(LIBRARY / "build.nix"), "-A", "environment", "--no-out-link", *words)
    assert done.code == 0, done.err
    modules = [path.name for path in site_packages(Path(done.out.strip()), lock).glob("*.py")]
    assert modules == ["weather_plugin.py"]
