"""hermes-agent itself, installed as its publisher released it, with the sixteen plugins put behind its own packages."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.acceptance.building import declared, distribution_python
from tests.acceptance.independent import host_requirements, index_of, run_uv
from tests.acceptance.projects import HERMES_LOCK
from tests.acceptance.test_nix_environment import GROUPS, HERMES
from tests.nix.machine import DISTRIBUTION_PYTHON, SYSTEM, quoted, standalone
from tests.nix.test_linking import CLOSED, can_close_the_network

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.acceptance.projects import Place
    from tests.nix.machine import Nix

pytestmark = [pytest.mark.network, pytest.mark.nix]

GROUP = "hermes_agent.plugins"
PROGRAM = f"""
import importlib.metadata, json, sys
import httpx
points = importlib.metadata.entry_points(group={GROUP!r})
print(json.dumps({{
    "plugins": sorted([point.name, point.value] for point in points),
    "loaded": sorted(point.name for point in points if point.load()),
    "httpx": httpx.__file__,
    "path": sys.path,
}}))
"""


def virtual_environment(folder: Path, place: Place) -> Path:
    """Install the host from wheels into a virtual environment, as its own lock has it."""
    made = folder / "hermes"
    requirements = folder / "requirements.txt"
    requirements.write_text(host_requirements((place.folder / HERMES_LOCK).parent) + HERMES, encoding="utf-8")
    index = index_of(place.locked())
    run_uv("venv", "--quiet", "--python", str(DISTRIBUTION_PYTHON), str(made), cwd=folder)
    run_uv(
        *("pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes", "--link-mode=copy"),
        *("--python", str(made / "bin/python"), "--requirements", str(requirements)),
        cwd=folder,
        index=index,
    )
    return made


def in_the_store(made: Path) -> str:
    """Return the expression of the environment in the store, its programs moved along."""
    script = f"cp -r $made $out; chmod -R u+w $out; grep -rlI {made} $out/bin | xargs sed -i s,{made},$out,g"
    return (
        f'(derivation {{ name = "hermes-agent-env"; system = {quoted(SYSTEM)}; builder = "/bin/sh"; '
        f'PATH = "/usr/bin:/bin"; args = [ "-e" "-c" {quoted(script)} ]; '
        f'made = builtins.path {{ path = {quoted(made)}; name = "made"; }}; }})'
    )


@pytest.fixture(scope="module")
def place(hermes: Callable[[str], Place]) -> Place:
    return hermes(distribution_python())


@pytest.fixture(scope="module")
def host(place: Place, nix: Nix, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = virtual_environment(tmp_path_factory.mktemp("host"), place)
    expression = (
        f"let host = {in_the_store(made)}; in ({standalone(place.lock_file)}).extendHost "
        '{ package = host; checks = [ "entryPoints" "provided" "shadowing" ]; }'
    )
    (built,) = nix.build(expression)
    return built


def run(home: Path, *command: str | Path) -> str:
    """Run a program with the network closed and nothing in its environment but a home folder."""
    if not can_close_the_network():
        pytest.skip("unshare cannot close the network here")
    done = subprocess.run(
        [*CLOSED, *command],
        check=False,
        capture_output=True,
        text=True,
        cwd=home,
        env={"HOME": str(home), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_hosts_own_process_loads_every_plugin_and_its_own_packages_first(
    host: Path, place: Place, tmp_path: Path
) -> None:
    found: Any = json.loads(run(tmp_path, host / "bin/python", "-c", PROGRAM).splitlines()[-1])
    points = declared(place, GROUPS)[GROUP]
    assert {tuple(point) for point in found["plugins"]} == points
    assert found["loaded"] == sorted(name for name, _ in points)
    assert found["path"][-1].endswith("-hermes-agent-plugins/lib/python" + distribution_python() + "/site-packages")
    assert found["httpx"].startswith(found["path"][-2])


def test_the_hosts_own_program_starts(host: Path, tmp_path: Path) -> None:
    assert "Hermes Agent v0.17.0" in run(tmp_path, host / "bin/hermes", "--version")
