"""A small project whose plugins come from an index on loopback, and two ways to run the program in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from plugin_lock.command_group import LazyGroup
from plugin_lock.running import run
from tests.servers.index_server import IndexServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).parents[2]

MANIFEST = """\
[host]
name = "demo"
python = "3.12"
entry-points = ["demo.plugins"]
lock = "requirements.txt"

[targets]
systems = ["aarch64-linux", "x86_64-linux"]

[plugins]
alpha-plugin = "*"   # the first

[[index]]
name = "local"
url = "{url}"
"""


class Program(LazyGroup):
    """The whole program, as click's test runner can call it: with exit codes and error texts of our own."""

    def main(self, args: Sequence[str] | None = None, **_: Any) -> Any:  # type: ignore[override]
        sys.exit(run(args or ()))


@dataclass(frozen=True, kw_only=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, kw_only=True)
class Demo:
    """A project in a folder of its own; `run` is quick, `process` is the real thing."""

    folder: Path
    index: IndexServer
    environ: Mapping[str, str]

    @property
    def manifest(self) -> Path:
        return self.folder / "plugins.toml"

    @property
    def lock(self) -> Path:
        return self.folder / "plugins.lock"

    def run(self, *arguments: str, color: bool = False) -> Ran:
        program = Program(name="plugin-lock")
        result = CliRunner().invoke(program, arguments, color=color, catch_exceptions=False)
        return Ran(code=result.exit_code, out=result.stdout, err=result.stderr)

    def start(self, *arguments: str, environ: Mapping[str, str] | None = None, **options: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "plugin_lock", *arguments],
            **{
                "cwd": self.folder,
                "env": {**self.environ, **(environ or {})},
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                "text": True,
                **options,
            },
        )

    def process(self, *arguments: str, environ: Mapping[str, str] | None = None, **options: Any) -> Ran:
        with self.start(*arguments, environ=environ, **options) as process:
            out, err = process.communicate(timeout=60)
        return Ran(code=process.returncode, out=out, err=err)


@pytest.fixture
def index() -> Iterator[IndexServer]:
    with IndexServer() as server:
        group = {"demo.plugins": {"alpha": "alpha_plugin"}}
        server.add_wheel("alpha-plugin", "1.0", requires=["shared>=1", "httpx"], entry_points=group)
        server.add_wheel("alpha-plugin", "2.0", requires=["shared>=2", "httpx>=1"], entry_points=group)
        server.add_wheel(
            "beta-plugin", "1.0", requires=["shared<2"], entry_points={"demo.plugins": {"beta": "beta_plugin"}}
        )
        server.add_wheel("shared", "1.0")
        server.add_wheel("shared", "1.5")
        yield server


@pytest.fixture
def demo(index: IndexServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Demo:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "plugins.toml").write_text(MANIFEST.format(url=index.url))
    (folder / "requirements.txt").write_text("httpx==0.28.1\nrich==15.0\n")
    home = tmp_path / "home"
    home.mkdir()
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "PLUGIN_LOCK_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(folder)
    return Demo(folder=folder, index=index, environ=dict(os.environ))


@pytest.fixture
def locked(demo: Demo) -> Demo:
    ran = demo.run("lock")
    assert ran.code == 0, ran.err
    return demo
