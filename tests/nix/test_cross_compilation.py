"""Plugins for a machine of another system than the one that builds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from tests.nix.hosts import pkgs
from tests.nix.machine import LIBRARY, OTHER_SYSTEM, Nix, distribution_version, quoted, standalone
from tests.nix.nixpkgs_machines import NEEDS_NIXPKGS, PYTHON, skip_where_nix_is_too_old, tree
from tests.nix.sources import IN_TREE, project, tar_bytes, with_backend

if TYPE_CHECKING:
    from tests.nix.locks import LockMaker

pytestmark = pytest.mark.nix


def lock_source(lock: LockMaker, *, native: bool) -> None:
    """Lock a plugin that is built from source."""
    package = lock.sdist("sourced", tar_bytes("sourced-1.0", with_backend(project("sourced"))), IN_TREE)
    (artifact,) = package.artifacts
    lock.packages[-1] = replace(package, artifacts=(replace(artifact, native=native),))
    lock.as_plugin(lock.packages[-1])


def cross(lock: LockMaker) -> str:
    """Return the expression of the library with another interpreter that runs while building."""
    own = f"pkgs.python{''.join(distribution_version().split('.')[:2])}"
    return (
        f"(let pkgs = {pkgs()}; python = {own}; in import {LIBRARY} {{ inherit pkgs; lock = {quoted(lock.write())}; "
        'python = python // { pythonOnBuildForHost = python // { interpreter = "/build/bin/python3"; }; }; })'
    )


def test_a_native_source_for_another_system_is_refused_before_it_is_compiled_for_this_one(
    nix: Nix, lock: LockMaker
) -> None:
    lock_source(lock, native=True)
    assert nix.evaluate(f"({standalone(lock.write())}).packages.sourced.drvPath")
    message = nix.refusal(f"{cross(lock)}.packages.sourced.drvPath")
    assert "plugin-lock: package sourced 1.0 has native code and is built from source" in message


def test_any_other_source_is_built_by_the_interpreter_of_this_system(nix: Nix, lock: LockMaker) -> None:
    lock_source(lock, native=False)
    phase = nix.evaluate(f"{cross(lock)}.packages.sourced.buildPhase")
    assert "/build/bin/python3 -I -S" in phase


def test_a_system_that_is_not_that_of_pkgs_is_refused(nix: Nix, lock: LockMaker) -> None:
    lock.systems = tuple(sorted((*lock.systems, OTHER_SYSTEM)))
    lock.plugin("weather-plugin")
    expression = (
        f"import {LIBRARY} {{ pkgs = {pkgs()}; lock = {quoted(lock.write())}; system = {quoted(OTHER_SYSTEM)}; }}"
    )
    assert nix.evaluate(f"builtins.attrNames ({expression}).plugins") == ["weather-plugin"]
    message = nix.refusal(f"({expression}).environment.drvPath")
    assert f"plugin-lock: `system` is {OTHER_SYSTEM} and `pkgs` is for" in message


@NEEDS_NIXPKGS
def test_wheels_for_another_system_are_installed_by_the_interpreter_of_this_one(nix: Nix, lock: LockMaker) -> None:
    skip_where_nix_is_too_old(nix)
    lock.python = PYTHON
    lock.systems = ("aarch64-linux",)
    minor = PYTHON.replace(".", "")
    lock.package("fast-loop", tags=f"cp{minor}-cp{minor}-manylinux_2_17_aarch64", native=True, libraries=["libz.so.1"])
    lock.plugin("weather-plugin", needs=["fast-loop"])
    found = nix.evaluate(
        f'let build = import {quoted(tree())} {{ system = "x86_64-linux"; config = {{ }}; overlays = [ ]; }};'
        f" pkgs = build.pkgsCross.aarch64-multiplatform; python = pkgs.python{minor};"
        f" built = import {LIBRARY} {{ inherit pkgs; lock = {quoted(lock.write())}; }};"
        " native = built.packages.fast-loop;"
        " paths = map (input: input.outPath); in {"
        f" phase = native.installPhase; builder = build.python{minor}.interpreter;"
        " runs = built.environment.pythonInterpreter == python.interpreter;"
        " hook = builtins.elem pkgs.buildPackages.autoPatchelfHook.outPath (paths native.nativeBuildInputs);"
        " libraries = paths native.buildInputs == paths [ (pkgs.lib.getLib pkgs.zlib) ];"
        " drv = built.environment.drvPath; }"
    )
    assert found.pop("drv").endswith(".drv")
    assert found.pop("builder") in found.pop("phase")
    assert found == {"runs": True, "hook": True, "libraries": True}
