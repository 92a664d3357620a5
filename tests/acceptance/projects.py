"""Projects of these tests: plugins.toml in a folder of its own, locked in this process or by the real command line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resolver.operations import locking
from resolver.operations.project import Project, Surroundings, surroundings
from resolver.progress import Silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resolver.operations.reports import LockReport

ROOT = Path(__file__).parents[2]
HERMES_LOCK = Path("hosts") / "hermes-agent-0.17.0" / "uv.lock"
SYSTEMS = ("aarch64-linux", "x86_64-linux")
TIME_LIMIT = 300


def sixteen_plugins() -> set[str]:
    """Return the names of the sixteen plugins that go together and need no build."""
    lines = (ROOT / "tests" / "data" / "hermes-plugins.txt").read_text(encoding="utf-8").splitlines()
    names = [line.split("|")[0].strip() for line in lines if not line.startswith("#")]
    return set(names[:17]) - {"hermes-hy-memory"}


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A run of the program: exit code and what it printed."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, kw_only=True)
class Place:
    """A folder with plugins.toml, and the cache that runs in it use."""

    folder: Path
    cache: Path

    @property
    def manifest(self) -> Path:
        return self.folder / "plugins.toml"

    @property
    def lock_file(self) -> Path:
        return self.folder / "plugins.lock"

    @property
    def project(self) -> Project:
        return Project(root=self.folder, manifest_path=self.manifest, lock_path=self.lock_file)

    @property
    def surroundings(self) -> Surroundings:
        return surroundings(os.environ, cache_dir=self.cache)

    def lock(self) -> LockReport:
        """Lock in this process."""
        return locking.lock(self.project, self.surroundings, progress=Silent())

    def locked(self) -> dict[str, Any]:
        """Return plugins.lock as plain TOML."""
        return tomllib.loads(self.lock_file.read_text(encoding="utf-8"))

    def run(self, *arguments: str, environ: Mapping[str, str] | None = None, cache: Path | None = None) -> Ran:
        """Run the real command line in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "plugin_lock", *arguments, "--cache-dir", str(cache or self.cache)],
            check=False,
            capture_output=True,
            encoding="utf-8",
            cwd=self.folder,
            timeout=TIME_LIMIT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **(environ or {})},
        )
        return Ran(code=done.returncode, out=done.stdout, err=done.stderr)


def hermes_project(folder: Path, cache: Path, *, python: str, more: tuple[str, ...] = ()) -> Place:
    """Make a project of this repository's own plugins.toml, for a Python version and with further plugins."""
    text = (ROOT / "plugins.toml").read_text(encoding="utf-8")
    text, replaced = re.subn(r'^python = ".*"$', f'python = "{python}"', text, flags=re.MULTILINE)
    assert replaced == 1
    for name in more:
        text = text.replace("[plugins]\n", f'[plugins]\n{name} = "*"\n')
    (folder / HERMES_LOCK).parent.mkdir(parents=True)
    shutil.copytree(ROOT / HERMES_LOCK.parent, folder / HERMES_LOCK.parent, dirs_exist_ok=True)
    place = Place(folder=folder, cache=cache)
    place.manifest.write_text(text, encoding="utf-8")
    return place
