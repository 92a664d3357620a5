"""Attack 21: a build with Nix fetches with netrc's password, and neither its outputs nor its store have it."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.nix.conftest import WHY_ABSENT
from tests.nix.machine import SYSTEM, Nix, distribution_version, programs
from tests.security.canaries import BASIC, PASSWORD, USER
from tests.security.runs import project

if TYPE_CHECKING:
    from tests.security.canaries import Stage
    from tests.servers.index_server import IndexServer

# Now, because a stage takes the program's own variables away.
FOUND = programs()

pytestmark = [pytest.mark.attack(21), pytest.mark.nix]


@pytest.mark.parametrize("version", ["system", "newest"])
@pytest.mark.parametrize("right", [True, False])
def test_a_build_leaves_no_trace_of_the_password(stage: Stage, private: IndexServer, version: str, right: bool) -> None:
    found = FOUND.get(version)
    if found is None:
        pytest.skip(WHY_ABSENT[version])
    netrc = stage.home / ".netrc"
    stage.plant(netrc, f"machine 127.0.0.1 login {USER} password {PASSWORD}\n")
    project(stage, private.url)
    manifest = stage.project / "plugins.toml"
    python = distribution_version().rpartition(".")[0]
    text = (
        manifest.read_text()
        .replace('"3.12"', f'"{python}"')
        .replace('["aarch64-linux", "x86_64-linux"]', f'["{SYSTEM}"]')
    )
    manifest.write_text(text)
    assert stage.run("lock").code == 0, stage.streams
    private.login = (USER, PASSWORD if right else "another")
    asked = len(private.requests)
    nix = Nix(programs=found, root=stage.root / "nix", settings=[f"netrc-file = {netrc}"])
    nix.root.mkdir()
    for name, value in nix.environment.items():
        if name not in {"HOME", "TMPDIR"}:
            stage.monkeypatch.setenv(name, value)
    try:
        ran = stage.run("build", "--verbose")
        assert ran.code == (0 if right else 3), ran
        assert any(seen.headers.get("authorization") == f"Basic {BASIC}" for seen in private.requests[asked:])
        assert any("nix-build" in started for started in stage.started)
        assert stage.leaks() == []
    finally:
        # A store is read-only, which pytest's own clearing of old folders stumbles over.
        subprocess.run(["chmod", "-R", "u+w", str(nix.root)], check=False)
    assert os.environ["NIX_STORE_DIR"].startswith(str(stage.root))
