"""docs/commands.md says what the program does."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from plugin_lock.command_group import COMMANDS, commands
from plugin_lock.json_shapes import build_shape
from resolver.operations.reports import BuildReport
from tests.plugin_lock.conftest import ROOT

if TYPE_CHECKING:
    from tests.plugin_lock.conftest import Demo

TEXT = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
HELP_BLOCKS = dict(re.findall(r"```console\n\$ plugin-lock (.*?)--help\n(.*?)```", TEXT, re.DOTALL))
EXAMPLES = {
    example["schema"]: example for example in map(json.loads, re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL))
}


def words(text: str) -> list[str]:
    """Line ends and columns are the terminal's and click's affair."""
    return text.split()


def test_the_help_of_the_program_is_as_documented(demo: Demo) -> None:
    assert words(demo.run("--help").out) == words(HELP_BLOCKS[""])


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_is_as_documented(demo: Demo, command: str) -> None:
    own, _, everywhere = demo.run(command, "--help").out.partition("Global options:")
    assert words(own) == words(HELP_BLOCKS[f"{command} "])
    assert words(everywhere.partition("Commands:")[0]) == words(
        HELP_BLOCKS[""].partition("Global options:")[2].partition("Commands:")[0]
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_has_the_first_line_of_each_help(name: str) -> None:
    with commands.make_context("plugin-lock", [name]) as context:
        command = commands.get_command(context, name)
        assert command is not None
        assert (command.help or "").splitlines()[0] == COMMANDS[name]


def shape(value: Any) -> Any:
    """Keys in their order; lists by their first element, None for anything else."""
    if isinstance(value, dict):
        return {"keys": list(value), "values": [shape(inner) for inner in value.values()]}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return None


def agree(real: Any, documented: Any) -> bool:
    """Tell whether two shapes have the same keys wherever both have something."""
    if isinstance(real, dict) and isinstance(documented, dict):
        same = real["keys"] == documented["keys"]
        return same and all(map(agree, real["values"], documented["values"]))
    if isinstance(real, list) and isinstance(documented, list):
        return not real or not documented or agree(real[0], documented[0])
    return real is None or documented is None


def assert_documented(document: Any, name: str) -> None:
    assert document["schema"] == f"plugin-lock/{name}/1"
    assert agree(shape(document), shape(EXAMPLES[document["schema"]])), document


def test_each_command_writes_the_documented_json(demo: Demo) -> None:
    assert_documented(demo.run("check", "--json").json, "check")
    first = demo.run("lock", "--json")
    assert first.err == ""
    assert_documented(first.json, "lock")
    (held,) = first.json["held_back"]
    (documented,) = EXAMPLES["plugin-lock/lock/1"]["held_back"]
    assert {**held, "reason": documented["reason"]} == documented
    assert_documented(demo.run("add", "beta-plugin>=1", "--no-lock", "--json").json, "edit")
    problems = demo.run("check", "--json")
    assert problems.code == 1
    assert_documented(problems.json, "check")
    assert problems.json["problems"]
    assert_documented(demo.run("lock", "--check", "--json").json, "lock")
    assert_documented(demo.run("update", "--json").json, "lock")
    assert_documented(demo.run("tree", "--json").json, "tree")
    assert_documented(demo.run("verify", "--json").json, "verify")
    assert_documented(demo.run("host", "--json").json, "host")
    assert_documented(demo.run("remove", "beta-plugin", "--json").json, "lock")
    assert_documented(demo.run("init", "--host", "x", "--python", "3.12", "--json").json, "error")
    assert_documented(demo.run("init", "--vendor", "nix/plugin-lock", "--json").json, "vendor")
    assert_documented(demo.run("init", "--host", "x", "--python", "3.12", "--json", "--force").json, "init")


def test_a_build_is_documented() -> None:
    report = BuildReport(store_path="/nix/store/x", link=None, nix="Nix", entry_points=(("g", "n", "v"),))
    assert_documented(build_shape(report), "build")


def test_every_documented_shape_is_tested() -> None:
    names = ("error", "lock", "edit", "init", "vendor", "check", "verify", "audit", "host", "tree", "build")
    assert EXAMPLES.keys() == {f"plugin-lock/{name}/1" for name in names}


def test_json_is_the_same_under_every_hash_seed(locked: Demo) -> None:
    outputs = {
        locked.process(command, "--json", environ={"PYTHONHASHSEED": seed}).out
        for command in ("tree",)
        for seed in ("0", "1", "2")
    }
    assert len(outputs) == 1
