"""What a command does not need is not imported."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.plugin_lock.conftest import Demo

CODE = """\
import json, sys
from plugin_lock.main import run
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
