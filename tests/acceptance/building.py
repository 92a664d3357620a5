"""A plugin environment built by real Nix, the host installed beside it, and a process that uses both."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from resolver.operations import building
from resolver.operations.project import surroundings
from resolver.progress import Silent
from tests.acceptance.independent import index_of, run_uv
from tests.nix.machine import DISTRIBUTION_PYTHON, Nix, distribution_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.acceptance.projects import Place

PROGRAM = Path(__file__).with_name("in_a_process.py")
WORLD = ("NIX_SSL_CERT_FILE", "SSL_CERT_FILE", "http_proxy", "https_proxy", "no_proxy", "HTTPS_PROXY", "NO_PROXY")
"""What Nix needs of this machine's variables to reach the index."""


def distribution_python() -> str:
    """Return the minor version of the distribution's Python, with which Nix builds where there is no nixpkgs."""
    if not DISTRIBUTION_PYTHON.exists():
        pytest.skip(f"no {DISTRIBUTION_PYTHON}")
    return ".".join(distribution_version().split(".")[:2])


@dataclass(frozen=True, kw_only=True)
class Built:
    """An environment in the store, and the host's packages it was made for."""

    place: Place
    environment: Path
    entry_points: tuple[tuple[str, str, str], ...]
    host: Path
    python: str

    @property
    def site_packages(self) -> Path:
        return self.environment / "lib" / f"python{self.python}" / "site-packages"

    def started(self, home: Path, *groups: str) -> Any:
        """Return what a fresh process finds and what it can import."""
        done = subprocess.run(
            [DISTRIBUTION_PYTHON, "-I", "-S", "-B", PROGRAM, self.host, self.site_packages, *groups],
            check=False,
            capture_output=True,
            text=True,
            cwd=home,
            # Plugins may write below the home folder as they are imported.
            env={"HOME": str(home), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])


def build(place: Place, nix: Nix, host: Path, python: str) -> Built:
    """Build the environment of a lock by `plugin-lock build`'s own operation, in the store of `nix`."""
    environ = {**{name: os.environ[name] for name in WORLD if name in os.environ}, **nix.environment}
    report = building.build(place.project, surroundings(environ), progress=Silent())
    return Built(
        place=place,
        environment=Path(report.store_path),
        entry_points=report.entry_points,
        host=host,
        python=python,
    )


def installed(shared: Path, requirements: str, place: Place, *, hashes: bool = False) -> Path:
    """Install wheels for the distribution's Python from the index of a lock, once, and return their folder."""
    digest = hashlib.sha256(requirements.encode()).hexdigest()
    folder = shared / f"host-{distribution_python()}-{digest[:16]}"
    if not folder.exists():
        listed = shared / f"{folder.name}.txt"
        listed.write_text(requirements, encoding="utf-8")
        unfinished = shared / f"{folder.name}.unfinished"
        run_uv(
            *("pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--python", str(DISTRIBUTION_PYTHON)),
            *("--target", str(unfinished), "--requirements", str(listed)),
            *(["--require-hashes"] if hashes else []),
            cwd=shared,
            index=index_of(place.locked()),
        )
        unfinished.rename(folder)
    return folder


def declared(place: Place, groups: Iterable[str]) -> dict[str, set[tuple[str, str]]]:
    """Return name and value of each entry point that the locked plugins declare, by group."""
    found: dict[str, set[tuple[str, str]]] = {group: set() for group in groups}
    for plugin in place.locked()["tool"]["plugin-lock"]["plugins"]:
        for point in plugin.get("entry-points", ()):
            found[point["group"]].add((point["name"], point["value"]))
    return found


def failures(started: Mapping[str, Any]) -> dict[str, str]:
    """Return what went wrong, by group and name of the entry point."""
    return {
        f"{group}: {name}": error
        for group, points in started["entry_points"].items()
        for name, _, error in points
        if error is not None
    }
