"""Builds with the phases and hooks of the real nixpkgs: what they do to a package and to a plugin's folder."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lock.model import Archive, Directory
from lock.nar import nar_hash
from tests.nix.machine import DISTRIBUTION_PYTHON, INSTALLER, LIBRARY, Nix, distribution_version, quoted
from tests.nix.sources import IN_TREE, project, tar_bytes, with_backend, write_tree
from tests.wheels import sha256_of

if TYPE_CHECKING:
    from tests.nix.locks import LockMaker

NIXPKGS = os.environ.get("NIXPKGS")
PKGS = Path(__file__).parent / "nixpkgs-phases.nix"

pytestmark = [
    pytest.mark.nix,
    pytest.mark.skipif(NIXPKGS is None, reason="NIXPKGS names no tree of nixpkgs"),
]


def library(lock: LockMaker) -> str:
    """Return the expression of the library on those phases."""
    standalone = (
        f"import {LIBRARY}/standalone {{ interpreter = {quoted(str(DISTRIBUTION_PYTHON))}; "
        f"version = {quoted(distribution_version())}; installer = {quoted(INSTALLER)}; }}"
    )
    pkgs = f"import {PKGS} {{ nixpkgs = {quoted(Path(NIXPKGS or ''))}; pkgs = {standalone}; }}"
    return f"import {LIBRARY} {{ pkgs = {pkgs}; lock = {quoted(lock.write())}; }}"


def test_a_source_is_built_in_its_subdirectory(nix: Nix, lock: LockMaker) -> None:
    files = with_backend(project("weather-plugin"))
    data = tar_bytes("weather", {f"python/{path}": content for path, content in files.items()})
    url = lock.archive_url("w.tar.gz", data)
    archive = Archive(url=url, size=len(data), sha256=sha256_of(data), subdirectory="python")
    lock.package("helper")
    lock.direct("weather-plugin", archive, IN_TREE, needs=["helper"])
    expression = f"let built = {library(lock)}; in [ built.environment ] ++ built.pythonPackages"
    environment, *_ = nix.build(expression)
    path = {"PYTHONPATH": str(environment / f"lib/python{lock.python}/site-packages")}
    program = [str(DISTRIBUTION_PYTHON), "-c", "import weather_plugin, helper"]
    subprocess.run(program, check=True, env=path)
    again = nix.try_build(expression, "--check")
    assert again.code == 0, again.err


def test_a_plugins_folder_stays_as_it_is(nix: Nix, lock: LockMaker) -> None:
    files = {
        "plugin.yaml": "name: weather\n",
        "run": "#!/usr/bin/env python3\nimport helper\nprint('ran')\n",
        "tool": "#!/usr/bin/env bash\n",
        "doc/manual.txt": "x",
        "man/man1/tool.1": "x",
        "sbin/tool": "x",
    }
    folder = write_tree(lock.path.parent / "weather", files, executable=("run", "tool"))
    lock.package("helper")
    lock.directory_plugin("weather", Directory(path="weather"), nar_hash(folder), needs=["helper"])
    (built,) = nix.build(f"({library(lock)}).plugins.weather.directory")
    assert sorted(str(path.relative_to(built)) for path in built.rglob("*") if path.is_file()) == sorted(files)
    assert (built / "tool").read_text() == "#!/usr/bin/bash\n"
    assert subprocess.run([built / "run"], check=True, capture_output=True, text=True, env={}).stdout == "ran\n"
