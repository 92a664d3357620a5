"""The global options stand before a command's name or after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plugin_lock.command_group import COMMANDS, commands
from plugin_lock.invocation import Invocation

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugin_lock.conftest import Demo


def parsed(before: list[str], name: str, after: list[str]) -> Invocation:
    invocation = Invocation()
    with commands.make_context("plugin-lock", [*before, name], obj=invocation) as context:
        command = commands.get_command(context, name)
        assert command is not None
        command.make_context(name, after, parent=context)
    return invocation


@pytest.mark.parametrize("command", ["lock", "check", "tree", "host", "build", "update"])
def test_before_and_after_the_command_are_the_same(command: str, tmp_path: Path) -> None:
    options = ["--json", "--quiet", "--offline", "--color", "never", "--cache-dir", str(tmp_path)]
    options += ["--project", str(tmp_path), "--manifest", str(tmp_path / "plugins.toml")]
    expected = Invocation(
        json=True,
        quiet=True,
        offline=True,
        color="never",
        cache_dir=tmp_path,
        project_directory=tmp_path,
        manifest=tmp_path / "plugins.toml",
    )
    assert parsed(options, command, []) == parsed([], command, options) == expected


def test_the_last_one_counts() -> None:
    assert parsed(["--color", "always"], "lock", ["--color", "never"]).color == "never"
    assert parsed(["--color", "always"], "lock", []).color == "always"


@pytest.mark.parametrize("options", [("--quiet", "--verbose"), ("--offline", "--refresh")])
def test_contradictions_are_refused_wherever_they_stand(demo: Demo, options: tuple[str, str]) -> None:
    one, other = options
    for arguments in ((one, other, "lock"), (one, "lock", other), ("lock", one, other)):
        ran = demo.run(*arguments)
        assert ran.code == 2
        assert f"{one} and {other} contradict each other" in ran.err


def test_every_command_takes_them() -> None:
    names = {parameter.name for parameter in commands.params if parameter.name != "help"} - {"version"}
    with commands.make_context("plugin-lock", ["lock"]) as context:
        for name in COMMANDS:
            command = commands.get_command(context, name)
            assert command is not None
            assert names <= {parameter.name for parameter in command.params}


def test_a_project_elsewhere_is_found_from_a_folder_below(locked: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    below = locked.folder / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(locked.folder.parent)
    assert locked.run("check", "--project", "project/a/b").code == 0
    assert locked.run("check", "--manifest", "project/plugins.toml").code == 0


def test_offline_uses_the_cache_only(demo: Demo) -> None:
    ran = demo.run("lock", "--offline")
    assert ran.code != 0
    assert demo.index.requests == []


def test_the_cache_is_kept_where_it_is_said(demo: Demo, tmp_path: Path) -> None:
    assert demo.run("lock", "--cache-dir", str(tmp_path / "here")).code == 0
    assert any((tmp_path / "here").iterdir())


@pytest.mark.parametrize(
    ("arguments", "nearest"),
    [
        (("chekc",), "'check'"),
        (("udpate",), "'update'"),
        (("Lock",), "'lock'"),
        (("lock", "--offlin"), "'--offline'"),
        (("tree", "--dept", "1"), "'--depth'"),
    ],
)
def test_the_nearest_known_name_is_offered(demo: Demo, arguments: tuple[str, ...], nearest: str) -> None:
    ran = demo.run(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert "Did you mean" in ran.err
    assert nearest in ran.err
    assert "--help`" in ran.err


def test_a_name_near_nothing_gets_the_whole_list(demo: Demo) -> None:
    assert f"The commands are {', '.join(COMMANDS)}." in demo.run("zzzzzz").err
