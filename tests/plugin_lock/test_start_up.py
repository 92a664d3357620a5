"""What a command does not need is not imported."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.provenances import GITHUB, publish
from tests.sigstore_instance import SigstoreInstance

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugin_lock.conftest import Demo

CODE = """\
import json, sys
from plugin_lock.running import run
code = run(sys.argv[1:])
print("\\n" + json.dumps(sorted(sys.modules)))
sys.exit(code)
"""


def imported(demo: Demo, *arguments: str) -> set[str]:
    ran = subprocess.run(
        [sys.executable, "-c", CODE, *arguments],
        cwd=demo.folder,
        env=demo.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(ran.stdout.splitlines()[-1]))


def tops(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


HEAVY = {"rich", "urllib3", "pip", "tomlkit", "elftools", "macholib", "selectolax", "uv", "keyring", "asyncio"}


def test_help_needs_no_more_than_click(demo: Demo) -> None:
    modules = imported(demo, "--help")
    assert not tops(modules) & {*HEAVY, "resolver", "packaging", "msgspec", "tomllib"}
    assert not [module for module in modules if module.startswith("plugin_lock.commands.")]


@pytest.mark.parametrize("command", ["init", "add", "remove", "lock", "update", "check", "host", "tree", "build"])
def test_help_of_a_command_needs_no_resolver(demo: Demo, command: str) -> None:
    modules = imported(demo, command, "--help")
    assert not tops(modules) & {*HEAVY, "resolver", "packaging", "msgspec", "tomllib"}


@pytest.mark.parametrize("command", ["check", "lock", "tree"])
def test_what_asks_nothing_of_an_index_imports_no_client(locked: Demo, command: str) -> None:
    modules = imported(locked, command)
    assert not tops(modules) & (HEAVY - {"pip"})


VERIFYING = {"pypi_attestations", "sigstore", "pydantic", "cryptography"}


@pytest.mark.parametrize("arguments", ["lock", "update --refresh", "verify", "check --min-level publisher", "tree"])
def test_nothing_that_verifies_signatures_is_imported_unless_that_is_asked_for(demo: Demo, arguments: str) -> None:
    for files in demo.index.projects.values():
        for file in files:
            publish(file)
    assert demo.run("lock").code == 0
    assert not tops(imported(demo, *arguments.split())) & VERIFYING


def test_what_verifies_signatures_is_imported_where_that_is_asked_for(demo: Demo, tmp_path: Path) -> None:
    """Else the test above would show nothing."""
    sigstore = SigstoreInstance()
    for files in demo.index.projects.values():
        for file in files:
            sigstore.publish(file, GITHUB)
    assert demo.run("lock").code == 0
    root = sigstore.write_root(tmp_path / "root.json")
    modules = imported(demo, "check", "--min-level", "attestation", "--trust-root", str(root))
    assert tops(modules) >= VERIFYING
