"""Shell completion knows commands, options and the names in the project's files."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from click.shell_completion import ShellComplete

from plugin_lock.command_group import COMMANDS, commands
from plugin_lock.invocation import Invocation

if TYPE_CHECKING:
    from tests.plugin_lock.conftest import Demo


def completed(*arguments: str) -> list[str]:
    *before, incomplete = arguments
    completion = ShellComplete(commands, {"obj": Invocation()}, "plugin-lock", "_PLUGIN_LOCK_COMPLETE")
    return [item.value for item in completion.get_completions(before, incomplete)]


def test_commands_are_completed() -> None:
    assert completed("") == list(COMMANDS)
    assert completed("up") == ["update"]


def test_options_are_completed_before_and_after_the_command() -> None:
    assert completed("--off") == ["--offline"]
    assert completed("lock", "--off") == ["--offline"]
    assert completed("tree", "--system", "aarch64-d") == ["aarch64-darwin"]
    assert completed("completions", "") == ["bash", "zsh", "fish"]


@pytest.mark.parametrize("command", ["update", "remove", "tree", "build"])
def test_plugins_are_completed_from_plugins_toml(demo: Demo, command: str) -> None:
    text = demo.manifest.read_text()
    demo.manifest.write_text(text.replace("[[index]]", 'another = "*"\n"not a\\nname" = "*"\n\n[[index]]'))
    assert completed(command, "") == ["alpha-plugin", "another"]
    assert completed(command, "an") == ["another"]
    assert completed(command, "another", "") == ["alpha-plugin"]


def test_packages_are_completed_from_the_lock(locked: Demo) -> None:
    assert completed("tree", "--invert", "s") == ["shared"]


def test_the_project_may_be_elsewhere(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert completed("update", "") == []
    assert completed("--project", str(demo.folder), "update", "") == ["alpha-plugin"]
    assert completed("update", "--manifest", str(demo.manifest), "") == ["alpha-plugin"]


@pytest.mark.parametrize("content", [b"", b"[plugins", b"\xff", b"plugins = 1"])
def test_a_file_that_cannot_be_read_completes_nothing(demo: Demo, content: bytes) -> None:
    demo.manifest.write_bytes(content)
    assert completed("update", "") == []


def test_completion_asks_no_index(locked: Demo) -> None:
    locked.index.requests.clear()
    completed("update", "")
    assert locked.index.requests == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_scripts_call_the_program(demo: Demo, shell: str) -> None:
    ran = demo.run("completions", shell)
    assert ran.code == 0
    assert f"_PLUGIN_LOCK_COMPLETE={shell}_complete" in ran.out


def test_a_script_has_no_json_form(demo: Demo) -> None:
    assert demo.run("completions", "bash", "--json").json["problems"][0]["code"] == "usage"


def test_the_protocol_of_the_scripts_is_spoken(demo: Demo) -> None:
    environ = {"_PLUGIN_LOCK_COMPLETE": "bash_complete", "COMP_WORDS": "plugin-lock update al", "COMP_CWORD": "2"}
    ran = demo.process(environ=environ)
    assert (ran.code, ran.out, ran.err) == (0, "plain,alpha-plugin\n", "")


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_bash_accepts_its_script(demo: Demo) -> None:
    script = demo.run("completions", "bash").out
    checked = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
