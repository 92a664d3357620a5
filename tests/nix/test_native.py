"""Wheels with native code: real machine code, and the patching that only nixpkgs can do."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.nix.machine import DISTRIBUTION_PYTHON, LIBRARY, SYSTEM, Nix, quoted, standalone

if TYPE_CHECKING:
    from tests.nix.locks import LockMaker

pytestmark = pytest.mark.nix

# A stand-in for a nixpkgs that has the hook: only what evaluation looks at.
WITH_HOOK = """
  let
    plain = import {library}/standalone {{
      interpreter = {interpreter}; version = {version}; installer = {library}; system = {system};
    }};
    pkgs = plain // {{
      autoPatchelfHook = "the hook";
      addDriverRunpath.driverLink = "/run/opengl-driver";
      zlib = "zlib"; stdenv = plain.stdenv // {{ cc.cc.lib = "gcc libraries"; }};
      xorg.libX11 = "older libX11";
    }};
  in import {library} {{ inherit pkgs; lock = {lock}; }}
"""


def extension_module() -> tuple[str, bytes]:
    """Return the file name and the code of an extension module that every Debian has, so that none is compiled."""
    program = "import _queue; print(_queue.__file__)"
    command = [str(DISTRIBUTION_PYTHON), "-I", "-c", program]
    file = Path(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())
    return file.name, file.read_bytes()


def lock_native(lock: LockMaker, libraries: list[str]) -> Path:
    """Lock a plugin that needs a wheel with native code."""
    name, code = extension_module()
    tag = f"cp{lock.python.replace('.', '')}"
    lock.package(
        "fast-loop",
        tags=f"{tag}-{tag}-manylinux_2_17_{SYSTEM.split('-')[0]}",
        files={f"fast_loop/{name}": code},
        native=True,
        libraries=sorted(libraries),
    )
    lock.plugin("weather-plugin", needs=["fast-loop"])
    return lock.write()


def test_a_native_wheel_works_beside_the_distributions_libraries(nix: Nix, lock: LockMaker) -> None:
    path = lock_native(lock, ["libc.so.6"])
    library = standalone(path)
    (environment,) = nix.build(f"({library}).environment")
    done = subprocess.run(
        [str(DISTRIBUTION_PYTHON), "-c", "from fast_loop import _queue; print(_queue.__file__)"],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(environment / f"lib/python{lock.python}/site-packages")},
    )
    assert done.stdout.startswith(str(environment))
    assert nix.evaluate(f"({library}).packages.fast-loop ? nativeBuildInputs") is False


def with_hook(lock: LockMaker, path: Path) -> str:
    """Return the library on a `pkgs` that has autoPatchelfHook."""
    return WITH_HOOK.format(
        library=LIBRARY,
        interpreter=quoted(str(DISTRIBUTION_PYTHON)),
        version=quoted(f"{lock.python}.0"),
        system=quoted(SYSTEM),
        lock=quoted(path),
    )


def test_where_pkgs_has_the_hook_a_native_wheel_gets_it_with_its_libraries(nix: Nix, lock: LockMaker) -> None:
    path = lock_native(lock, ["libX11.so.6", "libc.so.6", "libcuda.so.1", "libstdc++.so.6", "libz.so.1"])
    found = nix.evaluate(
        f"let built = {with_hook(lock, path)}; native = built.packages.fast-loop; in {{"
        " inherit (native) nativeBuildInputs buildInputs autoPatchelfIgnoreMissingDeps appendRunpaths;"
        " pure = built.packages.weather-plugin ? nativeBuildInputs; }"
    )
    assert found == {
        "nativeBuildInputs": ["the hook"],
        "buildInputs": ["older libX11", "gcc libraries", "zlib"],
        "autoPatchelfIgnoreMissingDeps": ["libcuda.so.1"],
        "appendRunpaths": ["/run/opengl-driver/lib"],
        "pure": False,
    }


def test_a_library_that_pkgs_does_not_have_is_named_with_its_remedy(nix: Nix, lock: LockMaker) -> None:
    path = lock_native(lock, ["libcairo.so.2"])
    message = nix.refusal(f"({with_hook(lock, path)}).packages.fast-loop.buildInputs")
    assert "`pkgs` has no cairo, which holds libcairo.so.2" in message
    assert "`overrides`" in message
