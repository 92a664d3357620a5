"""With the real nixpkgs: our packages are Python modules to its functions.  Evaluated only; nothing is built."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lock.model import Archive, Build, Directory, Vcs
from lock.nar import nar_hash
from tests.nix.machine import LIBRARY, SYSTEM, Nix, quoted
from tests.nix.sources import project, tar_bytes, write_tree
from tests.wheels import sha256_of

if TYPE_CHECKING:
    from tests.nix.locks import LockMaker

NIXPKGS = os.environ.get("NIXPKGS")
"""The variable that names a tree of nixpkgs."""

# The Python of the lock: one that nixpkgs of 2025 and of 2026 both have.
PYTHON = "3.13"

pytestmark = [
    pytest.mark.nix,
    pytest.mark.skipif(NIXPKGS is None, reason="NIXPKGS names no tree of nixpkgs"),
]


@pytest.fixture(autouse=True)
def needs_a_nix_that_nixpkgs_takes(nix: Nix) -> None:
    """Skip where this Nix is older than what the tree asks for."""
    tree = quoted(Path(NIXPKGS or ""))
    done = nix.run("nix-instantiate", "--eval", "--expr", f"builtins.seq (import {tree}) true")
    if "please upgrade" in done.err:
        pytest.skip("the tree of NIXPKGS wants a newer Nix")
    assert done.code == 0, done.err


@pytest.fixture
def library(lock: LockMaker) -> str:
    """The library on nixpkgs, with a plugin, its helper, and a native package of theirs."""
    lock.python = PYTHON
    minor = PYTHON.replace(".", "")
    lock.package(
        "fast-loop",
        tags=f"cp{minor}-cp{minor}-manylinux_2_17_{SYSTEM.split('-')[0]}",
        native=True,
        libraries=["libc.so.6", "libcuda.so.1", "libstdc++.so.6", "libz.so.1"],
    )
    lock.package("helper", needs=["fast-loop"])
    lock.plugin("weather-plugin", needs=["helper"])
    pkgs = f"import {quoted(Path(NIXPKGS or ''))} {{ system = {quoted(SYSTEM)}; config = {{ }}; overlays = [ ]; }}"
    return f"import {LIBRARY} {{ pkgs = {pkgs}; lock = {quoted(lock.write())}; }}"


def expression_of(library: str, expression: str) -> str:
    """Return an expression with `pkgs`, `python` and the library as `built` in scope."""
    pkgs = f"import {quoted(Path(NIXPKGS or ''))} {{ system = {quoted(SYSTEM)}; config = {{ }}; overlays = [ ]; }}"
    attribute = f"python{PYTHON.replace('.', '')}"
    return f"let pkgs = {pkgs}; python = pkgs.{attribute}; built = {library}; in {expression}"


def evaluate(nix: Nix, library: str, expression: str, *options: str) -> object:
    """Evaluate an expression over `pkgs`, `python` and the library as `built`."""
    return nix.evaluate(expression_of(library, expression), *options)


NAMES = "map (package: package.pname)"


def test_required_python_modules_keeps_them_all(nix: Nix, library: str) -> None:
    found = evaluate(
        nix,
        library,
        f"{NAMES} (python.pkgs.requiredPythonModules [ built.packages.weather-plugin ])",
    )
    assert found == ["python3", "weather-plugin", "fast-loop", "helper"]


def test_make_python_path_holds_them_all(nix: Nix, library: str) -> None:
    path = evaluate(nix, library, "python.pkgs.makePythonPath built.plugins.weather-plugin.closure")
    assert isinstance(path, str)
    for name in ("weather-plugin", "fast-loop", "helper"):
        assert f"-python{PYTHON}-{name}-1.0/lib/python{PYTHON}/site-packages" in path


def test_with_packages_holds_them_all(nix: Nix, library: str) -> None:
    expression = expression_of(library, "python.withPackages (_: [ built.packages.weather-plugin ])")
    done = nix.run("nix-instantiate", "--expr", expression)
    assert done.code == 0, done.err
    inputs = nix.run("nix-store", "--query", "--references", done.out.strip().removesuffix("!out")).out
    for name in ("weather-plugin", "fast-loop", "helper"):
        assert f"-python{PYTHON}-{name}-1.0.drv" in inputs


def test_native_wheels_are_patched_with_the_libraries_they_need(nix: Nix, library: str) -> None:
    found = evaluate(
        nix,
        library,
        "let native = built.packages.fast-loop; in {"
        " hook = builtins.elem pkgs.autoPatchelfHook native.nativeBuildInputs;"
        " libraries = map (input: input.pname or input.name) native.buildInputs;"
        " ignored = native.autoPatchelfIgnoreMissingDeps;"
        " runpaths = native.appendRunpaths;"
        " pure = builtins.elem pkgs.autoPatchelfHook built.packages.helper.nativeBuildInputs;"
        " drv = native.drvPath; }",
    )
    assert isinstance(found, dict)
    assert found["hook"] is True
    assert found["pure"] is False
    assert sorted(found["libraries"]) == ["gcc", "zlib"]
    assert found["ignored"] == ["libcuda.so.1"]
    assert found["runpaths"] == ["/run/opengl-driver/lib"]


def test_everything_has_a_derivation(nix: Nix, library: str) -> None:
    found = evaluate(
        nix,
        library,
        "map (drv: drv.drvPath) ("
        "[ built.environment built.plugins.weather-plugin.environment ]"
        " ++ builtins.attrValues built.checks ++ builtins.attrValues built.artifacts ++ built.pythonPackages)",
    )
    assert isinstance(found, list)
    assert len(found) == 2 + 3 + 6 + 3


def test_a_python_package_of_nixpkgs_can_depend_on_ours(nix: Nix, library: str) -> None:
    found = evaluate(
        nix,
        library,
        '(python.pkgs.buildPythonPackage { pname = "mine"; version = "1"; format = "wheel"; src = pkgs.emptyFile;'
        " dependencies = [ built.packages.weather-plugin ]; }).drvPath",
    )
    assert str(found).endswith("-mine-1.drv")


def test_an_override_reaches_the_derivation(nix: Nix, library: str) -> None:
    changed = library.removesuffix("}") + (
        "overrides.fast-loop = finalAttrs: previousAttrs: "
        "{ buildInputs = previousAttrs.buildInputs ++ [ pkgs.openssl ]; }; }"
    )
    found = evaluate(nix, changed, "map (input: input.pname) built.packages.fast-loop.buildInputs")
    assert isinstance(found, list)
    assert "openssl" in found


def test_every_library_of_the_map_has_its_package(nix: Nix, library: str) -> None:
    found = evaluate(
        nix,
        library,
        "let data = builtins.fromJSON (builtins.readFile "
        + quoted(LIBRARY / "libraries.json")
        + '); find = path: pkgs.lib.attrByPath (pkgs.lib.splitString "." path) null pkgs; in '
        'builtins.filter (soname: let path = data.libraries.${soname}; in path != "python" && '
        "!(builtins.tryEval (pkgs.lib.isDerivation (find path))).value) (builtins.attrNames data.libraries)",
    )
    assert found == []


NAR_HASH = "sha256-" + "A" * 43 + "="
COMMIT = "0123456789" * 4


@pytest.fixture
def sources(lock: LockMaker) -> str:
    """The library on nixpkgs, with a source of every kind and a directory plugin with a dependency."""
    lock.python = PYTHON
    build = lock.tiny_backend()
    in_tree = Build(backend="backend", backend_path=(".",), requires=())
    lock.direct("by-git", Vcs(url="https://git.example/by-git", commit_id=COMMIT), build, nar_hash=NAR_HASH)
    data = tar_bytes("b", project("by-url"))
    url = lock.archive_url("b.tar.gz", data)
    archive = Archive(url=url, size=len(data), sha256=sha256_of(data), subdirectory="python")
    lock.direct("by-url", archive, in_tree, needs=["helper"])
    lock.package("helper")
    lock.as_plugin(lock.sdist("sourced", data, build))
    files = {"weather/plugin.yaml": "name: weather", "weather/run": "#!/usr/bin/env python3"}
    folder = write_tree(lock.path.parent / "plugins", files, executable=("weather/run",))
    place = Directory(path="plugins", subdirectory="weather")
    lock.directory_plugin("weather", place, nar_hash(folder), needs=["helper"])
    pkgs = f"import {quoted(Path(NIXPKGS or ''))} {{ system = {quoted(SYSTEM)}; config = {{ }}; overlays = [ ]; }}"
    return f"import {LIBRARY} {{ pkgs = {pkgs}; lock = {quoted(lock.write())}; }}"


def test_every_source_has_a_derivation_that_builds_with_a_compiler(nix: Nix, sources: str) -> None:
    found = evaluate(
        nix,
        sources,
        "{ drvs = map (drv: drv.drvPath) ([ built.environment built.skillsDirectory ] ++ built.pythonPackages"
        " ++ built.directoryPlugins ++ builtins.attrValues built.buildPackages ++ builtins.attrValues built.checks"
        " ++ map (plugin: plugin.environment) (builtins.attrValues built.plugins));"
        ' compiler = map (name: built.packages.${name}.stdenv.hasCC) [ "by-git" "by-url" "helper" "sourced" ];'
        " backend = map (drv: drv.name) built.packages.by-git.buildRequirements; }",
    )
    assert isinstance(found, dict)
    assert len(found["drvs"]) == 2 + 4 + 1 + 1 + 3 + 4
    assert found["compiler"] == [True, True, False, True]
    assert found["backend"] == [f"python{PYTHON}-tiny-backend-1.0"]


def test_git_is_fetched_by_nixpkgs_fetchgit_with_the_locked_hash(nix: Nix, sources: str) -> None:
    found = evaluate(
        nix,
        sources,
        "{ inherit (built.artifacts.by-git) name url rev fetchSubmodules leaveDotGit outputHashMode drvPath;"
        " hash = built.artifacts.by-git.outputHash; path = built.artifacts.by-git.outPath; }",
    )
    assert isinstance(found, dict)
    assert found["name"] == f"by-git-{COMMIT}"
    assert found["url"] == "https://git.example/by-git"
    assert found["rev"] == COMMIT
    assert not found["leaveDotGit"]
    assert found["outputHashMode"] == "recursive"
    assert found["hash"] == NAR_HASH


def test_a_directory_plugin_goes_into_an_option_that_wants_names(nix: Nix, sources: str) -> None:
    # hermes-agent's module links each to a folder called after `lib.getName`, and asserts that they differ.
    found = evaluate(
        nix,
        sources,
        "{ names = map pkgs.lib.getName built.directoryPlugins;"
        " types = map pkgs.lib.isDerivation built.directoryPlugins;"
        " needs = map (package: package.pname) (builtins.head built.directoryPlugins).pythonPackages;"
        " files = builtins.attrNames (builtins.readDir built.plugins.weather.sourcePath); }",
        "--read-write-mode",
    )
    assert found == {"names": ["weather"], "types": [True], "needs": ["helper"], "files": ["plugin.yaml", "run"]}


def test_required_python_modules_keeps_what_was_built(nix: Nix, sources: str) -> None:
    found = evaluate(nix, sources, f"{NAMES} (python.pkgs.requiredPythonModules built.pythonPackages)")
    assert found == ["python3", "by-git", "by-url", "helper", "sourced"]


def test_an_override_gives_a_build_the_programs_it_lacks(nix: Nix, sources: str) -> None:
    changed = sources.removesuffix("}") + (
        "overrides.sourced = previousAttrs: { nativeBuildInputs = [ pkgs.cmake ]; dontUseCmakeConfigure = true; }; }"
    )
    found = evaluate(nix, changed, "map (input: input.pname) built.packages.sourced.nativeBuildInputs")
    assert found == ["cmake"]
