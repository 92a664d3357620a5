"""Machines with Cowboy's module, or what stands in for it here, and the plugins that a lock has for it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.nix.machine import LIBRARY, quoted
from tests.nix.module_system import MODULE_SYSTEM, evaluated

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nix.locks import LockMaker

ADAPTER = str(LIBRARY / "adapters/cowboy.nix")

WITH_AGENTS = f"import {MODULE_SYSTEM}/cowboy.nix {{ }}"
WITHOUT_AGENTS = f"import {MODULE_SYSTEM}/cowboy.nix {{ withAgents = false; }}"

SITUATIONS = {"no-cowboy": (), "agents": (WITH_AGENTS,), "no-agents": (WITHOUT_AGENTS,)}
"""The three in which a plugin of Cowboy must evaluate, as the modules that a machine has besides."""

TOOL = 'plugin = "weather-plugin"; description = "The weather."; command = "weather-now --place {place}";'
SKILL = 'plugin = "weather-plugin"; description = "The weather."; promptText = "Look out.";'
BRIDGE = 'plugin = "chat-plugin"; env = "/run/agenix/chat";'
SERVICE = 'plugin = "weather-plugin"; description = "Weather station"; command = "weatherd --port 4000";'

PARTS = ("ping", "ingest", "outbox")

# Says what it was given and where its own packages come from.
PROGRAM = """\
import json, subprocess, sys
import forecast

def main():
    command = [sys.executable, "-c", "import forecast; print(forecast.WORD)"]
    child = subprocess.run(command, capture_output=True, text=True)
    print(json.dumps({"arguments": sys.argv[1:], "word": forecast.WORD, "child": child.stdout.strip()}))
"""


def copy_example(folder: Path) -> Path:
    """Put the example beside a lock, and return its configuration."""
    shutil.copytree(LIBRARY / "examples/cowboy", folder, dirs_exist_ok=True)
    return folder / "configuration.nix"


def lock_weather(lock: LockMaker) -> None:
    """Lock a plugin with a program that needs another package, and a prompt among its files."""
    lock.package("forecast", files={"forecast.py": "WORD = 'rain'\n"})
    lock.plugin(
        "weather-plugin",
        needs=["forecast"],
        files={
            "weather_plugin.py": PROGRAM + "\ndef register(): ...\n",
            "weather_prompts/weather.md": "# Weather\n",
        },
        entry_points={"console_scripts": {"weather-now": "weather_plugin:main", "weatherd": "weather_plugin:main"}},
    )


def lock_bridge(lock: LockMaker, parts: tuple[str, ...] = PARTS) -> None:
    """Lock a plugin with the programs of the bridge `chat`."""
    scripts = {f"chat-{part}": "chat_plugin:main" for part in parts}
    files = {"chat_plugin.py": "import sys\n\ndef main():\n    print(sys.argv[0].rpartition('/')[2])\n"}
    lock.plugin("chat-plugin", files=files, value="chat_plugin:main", entry_points={"console_scripts": scripts})


def machine(lock: LockMaker, config: str, *modules: str, entry: str = "") -> str:
    """Return the expression of a machine with the lock, what it makes of the plugins, and modules besides."""
    lock.write()
    text = (
        f"{{ programs.plugin-lock.hosts.cowboy = {{ lock = {quoted(lock.path)}; {entry} }}; "
        f"programs.plugin-lock.cowboy = {{ {config} }}; }}"
    )
    return evaluated(text, ADAPTER, *modules)


def of_cowboy(lock: LockMaker, config: str) -> str:
    """Return the expression of what reaches Cowboy's options on a machine with agents."""
    return f"{machine(lock, config, WITH_AGENTS)}.config.services.cowboy"
