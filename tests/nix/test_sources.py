"""Packages that are built from source: in the sandbox, from the lock alone, with the same bytes each time."""

from __future__ import annotations

import json
import runpy
import subprocess
from typing import TYPE_CHECKING

import pytest

from lock.model import Archive, Artifact, Build, BuildRequirement, Package, Vcs
from tests.nix.machine import DISTRIBUTION_PYTHON, LIBRARY, SYSTEM, Nix, standalone
from tests.nix.outcomes import build_environment, run_in
from tests.nix.sources import IN_TREE, project, tar_bytes, with_backend, zip_archive
from tests.wheels import sha256_of, wheel_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nix.locks import LockMaker

pytestmark = pytest.mark.nix


def test_an_sdist_is_built_by_the_backend_inside_it(nix: Nix, lock: LockMaker) -> None:
    files = with_backend(project("weather-plugin"))
    lock.as_plugin(lock.sdist("weather-plugin", tar_bytes("weather_plugin-1.0", files), IN_TREE))
    environment = build_environment(nix, lock)
    assert run_in(environment, lock, "import weather_plugin; print(weather_plugin.register())") == "weather-plugin\n"


SURROUNDINGS = """
import json, os, sys
said = {name: os.environ.get(name) for name in ("SOURCE_DATE_EPOCH", "PYTHONHASHSEED", "PYTHONPATH")}
said |= {"home": os.listdir(os.environ["HOME"]), "time": os.stat("project.json").st_mtime}
said["own"] = sys.prefix != sys.base_prefix
print("surroundings", json.dumps(said))
"""


def test_a_build_runs_in_surroundings_that_are_the_same_everywhere(nix: Nix, lock: LockMaker) -> None:
    files = with_backend(project("settled", imports=["surroundings"])) | {"build-tools/surroundings.py": SURROUNDINGS}
    lock.as_plugin(lock.sdist("settled", tar_bytes("s", files), IN_TREE))
    # As with nixpkgs, whose Python puts what a package needs once it runs on this path.
    overrides = '={ settled = previous: { PYTHONPATH = "/elsewhere"; }; }'
    (package,) = nix.build(f"({standalone(lock.write(), overrides=overrides)}).packages.settled")
    log = nix.run("nix-store", "--read-log", str(package)).out
    (line,) = [line for line in log.splitlines() if line.startswith("surroundings ")]
    assert json.loads(line.removeprefix("surroundings ")) == {
        "SOURCE_DATE_EPOCH": "315532800",
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": None,
        "home": [],
        "time": 315532800,
        "own": True,
    }


def test_the_record_of_what_was_built_is_put_in_order(tmp_path: Path) -> None:
    # Run by itself: the `installer` of this machine may be one that sorts already.
    record = tmp_path / "ordered-1.0.dist-info/RECORD"
    record.parent.mkdir()
    record.write_text("z.py,sha256=x,1\na.py,sha256=x,1\nordered-1.0.dist-info/RECORD,,\n", encoding="utf-8")
    runpy.run_path(str(LIBRARY / "builders/install_wheel.py"))["sort_record"](tmp_path)
    rows = record.read_text(encoding="utf-8").splitlines()
    assert rows == ["a.py,sha256=x,1", "ordered-1.0.dist-info/RECORD,,", "z.py,sha256=x,1"]


def test_an_sdist_is_built_with_the_locked_wheels_of_its_backend(nix: Nix, lock: LockMaker) -> None:
    # One of the two is there for the other, and has a program on PATH.
    helper = lock.build_package(
        "build-helper",
        files={"build_helper.py": "def main():\n    print('helped')\n"},
        entry_points={"console_scripts": {"build-helper": "build_helper:main"}},
    )
    build = lock.tiny_backend(needs=["build-helper"])
    build = Build(backend=build.backend, requires=(helper, *build.requires))
    files = project("weather-plugin", imports=["build_helper"], runs=["build-helper"])
    lock.as_plugin(lock.sdist("weather-plugin", zip_archive("x", files), build, suffix=".zip"))
    environment = build_environment(nix, lock)
    run_in(environment, lock, "import weather_plugin")
    with pytest.raises(subprocess.CalledProcessError):
        run_in(environment, lock, "import build_helper")


def test_build_packages_that_come_as_sources_are_built_first(nix: Nix, lock: LockMaker) -> None:
    tiny = lock.tiny_backend()
    tool = lock.sdist("build-tool", tar_bytes("t", project("build-tool", "2.0")), tiny, "2.0")
    lock.packages.remove(tool)
    lock.build_packages.insert(0, tool)
    build = Build(backend=tiny.backend, requires=(BuildRequirement(name="build-tool", version="2.0"), *tiny.requires))
    files = project("weather-plugin", imports=["build_tool"])
    lock.as_plugin(lock.sdist("weather-plugin", tar_bytes("w", files), build))
    build_environment(nix, lock)
    library = standalone(lock.path)
    assert nix.evaluate(f"builtins.attrNames ({library}).buildPackages") == ["build-tool 2.0", "tiny-backend 1.0"]
    assert nix.evaluate(f"map (package: package.name) ({library}).packages.weather-plugin.buildRequirements") == [
        f"python{lock.python}-build-tool-2.0",
        f"python{lock.python}-tiny-backend-1.0",
    ]


def test_two_sources_may_be_built_with_two_versions_of_one_package(nix: Nix, lock: LockMaker) -> None:
    tiny = lock.tiny_backend()
    for version in ("1.0", "2.0"):
        old = lock.build_package("tool", version, files={"tool.py": f"print('tool {version}')\n"})
        build = Build(backend=tiny.backend, requires=(*tiny.requires, old))
        name = f"plugin-{version[0]}"
        files = project(name, imports=["tool"])
        lock.as_plugin(lock.sdist(name, tar_bytes("w", files), build))
    build_environment(nix, lock)
    for name, version in (("plugin-1", "1.0"), ("plugin-2", "2.0")):
        (package,) = nix.build(f"({standalone(lock.path)}).packages.{name}")
        assert f"tool {version}" in nix.run("nix-store", "--read-log", str(package)).out


def test_a_build_does_not_see_what_the_distribution_has_besides(nix: Nix, lock: LockMaker) -> None:
    # Debian's own packages lie where the sandbox sees them; a build that used one would not work elsewhere.
    names = "import pkgutil; print([m.name for m in pkgutil.iter_modules() if 'dist-packages' in str(m.module_finder)])"
    done = subprocess.run([str(DISTRIBUTION_PYTHON), "-c", names], check=True, capture_output=True, text=True)
    present = [name for name in ("apt_pkg", "setuptools", "pip", "yaml", "debian") if repr(name) in done.stdout]
    if not present:
        pytest.skip("this distribution's Python has no packages of its own")
    files = with_backend(project("weather-plugin", imports=present[:1]))
    lock.as_plugin(lock.sdist("weather-plugin", tar_bytes("w", files), IN_TREE))
    done_building = nix.try_build(f"({standalone(lock.write())}).environment")
    assert done_building.code != 0
    assert f"No module named '{present[0]}'" in done_building.err


LEGACY_SETUPTOOLS = """
import json, pathlib, runpy, sys, types

class _Legacy:
    def build_wheel(self, wheel_directory, config_settings=None, metadata_directory=None):
        sys.path.insert(0, "")
        import setuptools, tiny_backend
        runpy.run_path("setup.py", run_name="__main__")
        pathlib.Path("project.json").write_text(json.dumps(setuptools.said))
        return tiny_backend.build_wheel(wheel_directory)

__legacy__ = _Legacy()
"""


def test_a_source_without_pyproject_toml_is_built_by_setuptools(nix: Nix, lock: LockMaker) -> None:
    # A stand-in for setuptools, which no test may download: it runs setup.py as the real one does.
    tiny = lock.tiny_backend()
    setuptools = lock.build_package(
        "setuptools",
        "80.0",
        files={
            "setuptools/__init__.py": "said = {}\ndef setup(**words):\n    said.update(words)\n",
            "setuptools/build_meta.py": LEGACY_SETUPTOOLS,
        },
    )
    build = Build(backend="setuptools.build_meta:__legacy__", requires=(setuptools, *tiny.requires))
    files = {
        "setup.py": "from setuptools import setup\nimport version_of\nsetup(name='old', version=version_of.it)\n",
        "version_of.py": "it = '1.0'\n",
        "old.py": "def register(): ...\n",
    }
    lock.as_plugin(lock.sdist("old", tar_bytes("old-1.0", files), build))
    run_in(build_environment(nix, lock), lock, "import old")


EXTENSION = """
#include <Python.h>
static PyObject *answer(PyObject *self, PyObject *none) { return PyLong_FromLong(42); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, ""}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "fast", NULL, -1, methods};
PyMODINIT_FUNC PyInit_fast(void) { return PyModule_Create(&module); }
"""


def test_native_code_is_compiled_to_the_same_bytes_each_time(nix: Nix, lock: LockMaker) -> None:
    files = with_backend(project("weather-plugin", extension="fast"))
    files |= {"fast.c": EXTENSION, "weather_plugin.py": "import fast\ndef register():\n    return fast.answer()\n"}
    lock.as_plugin(lock.sdist("weather-plugin", tar_bytes("w", files), IN_TREE))
    environment = build_environment(nix, lock)
    assert run_in(environment, lock, "import weather_plugin; print(weather_plugin.register())") == "42\n"


def test_an_archive_by_its_address_is_built_in_its_subdirectory(nix: Nix, lock: LockMaker) -> None:
    files = {f"python/blob/{path}": content for path, content in with_backend(project("blob")).items()}
    data = tar_bytes("blob-v1", {**files, "README": "more than Python"})
    url = lock.archive_url("v1", data)
    source = Archive(url=url, size=len(data), sha256=sha256_of(data), subdirectory="python/blob")
    lock.direct("blob", source, IN_TREE)
    run_in(build_environment(nix, lock), lock, "import blob")
    name = nix.evaluate(f"({standalone(lock.path)}).artifacts.blob.name")
    assert name.startswith("blob-")
    assert name.endswith("-v1")


def test_an_archive_that_is_a_wheel_is_installed(nix: Nix, lock: LockMaker) -> None:
    data = wheel_bytes("chart", "1.0")
    url = lock.archive_url("chart-1.0-py3-none-any.whl", data)
    lock.direct("chart", Archive(url=url, size=len(data), sha256=sha256_of(data)), None)
    run_in(build_environment(nix, lock), lock, "import chart")


def test_an_address_that_changed_never_finds_the_old_bytes(nix: Nix, lock: LockMaker) -> None:
    # The file is called the same, the hash is left behind: Nix would take what it has of that name and hash.
    data = tar_bytes("blob", with_backend(project("blob")))
    url = lock.archive_url("blob.tar.gz", data)
    lock.direct("blob", Archive(url=url, size=len(data), sha256=sha256_of(data)), IN_TREE)
    nix.build(f"({standalone(lock.write())}).artifacts.blob")
    moved = url.replace("/downloads/", "/elsewhere/")
    lock.path.write_text(lock.path.read_text(encoding="utf-8").replace(url, moved), encoding="utf-8")
    done = nix.try_build(f"({standalone(lock.path)}).artifacts.blob")
    assert done.code != 0
    assert "404" in done.err


def test_a_version_that_git_would_tell_is_taken_from_the_lock(nix: Nix, lock: LockMaker) -> None:
    lock.as_plugin(lock.sdist("hidden", tar_bytes("w", with_backend(project("hidden", None))), IN_TREE))
    environment = build_environment(nix, lock)
    program = "import importlib.metadata as metadata; print(metadata.version('hidden'))"
    assert run_in(environment, lock, program) == "1.0\n"


def test_an_override_reaches_a_build_and_a_build_package(nix: Nix, lock: LockMaker) -> None:
    lock.as_plugin(lock.sdist("weather-plugin", tar_bytes("w", project("weather-plugin")), lock.tiny_backend()))
    change = "previous: { postPatch = \"echo 'added = 1' >> weather_plugin.py\"; }"
    tool = 'previous: { preFixup = "touch $out/note"; }'
    overrides = f'={{ weather-plugin = {change}; "tiny-backend==1.0" = {tool}; }}'
    library = standalone(lock.write(), overrides=overrides)
    (environment,) = nix.build(f"({library}).environment")
    assert run_in(environment, lock, "import weather_plugin; print(weather_plugin.added)") == "1\n"
    (tool_path,) = nix.build(f'({library}).buildPackages."tiny-backend 1.0"')
    assert (tool_path / "note").exists()


def test_only_what_the_wanted_plugins_are_built_with_is_there(nix: Nix, lock: LockMaker) -> None:
    lock.as_plugin(lock.sdist("weather-plugin", tar_bytes("w", project("weather-plugin")), lock.tiny_backend()))
    lock.plugin("notes-plugin")
    library = standalone(lock.write(), plugins=["notes-plugin"])
    assert nix.evaluate(f"builtins.attrNames ({library}).buildPackages") == []
    assert nix.evaluate(f"builtins.attrNames ({standalone(lock.path)}).artifacts") == [
        "notes-plugin",
        "notes_plugin-1.0-py3-none-any.whl",
        "tiny_backend-1.0-py3-none-any.whl",
        "weather-plugin",
        "weather_plugin-1.0.tar.gz",
    ]


def test_a_package_may_be_a_wheel_on_one_system_and_a_source_on_another(nix: Nix, lock: LockMaker) -> None:
    other = "aarch64-linux" if SYSTEM == "x86_64-linux" else "x86_64-linux"
    lock.systems = tuple(sorted((SYSTEM, other)))
    tag = f"cp{lock.python.replace('.', '')}"
    wheel = lock.package("mixed", tags=f"{tag}-{tag}-manylinux_2_17_{other.partition('-')[0]}", systems=[other])
    sdist = lock.sdist("mixed", tar_bytes("m", with_backend(project("mixed"))), IN_TREE)
    lock.packages[-2:] = []
    built = Artifact(name=sdist.artifacts[0].name, systems=(SYSTEM,), build=IN_TREE)
    package = Package(
        name="mixed",
        version="1.0",
        index=lock.index.url,
        wheels=wheel.wheels,
        source=sdist.source,
        artifacts=(*wheel.artifacts, built),
    )
    lock.packages.append(package)
    lock.as_plugin(package)
    path = lock.write()
    assert nix.evaluate(f"({standalone(path)}).packages.mixed.fileName") == "mixed-1.0.tar.gz"
    assert nix.evaluate(f"({standalone(path, system=other)}).packages.mixed.fileName").endswith(".whl")
    run_in(build_environment(nix, lock), lock, "import mixed")


def test_the_name_of_a_package_from_git_carries_its_commit(nix: Nix, lock: LockMaker) -> None:
    source = Vcs(url="https://git.example/notes", commit_id="0123456789abcdef" * 2 + "01234567")
    lock.direct("notes", source, IN_TREE, nar_hash="sha256-" + "A" * 43 + "=")
    library = standalone(lock.write())
    assert nix.evaluate(f"({library}).packages.notes.name") == f"python{lock.python}-notes-1.0-0123456789ab"
    assert nix.evaluate(f"({library}).artifacts.notes.name") == f"notes-{source.commit_id}"
