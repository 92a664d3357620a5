"""Cowboy: its module's own options take the skills, tools and bridges of a lock."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lock.model import PluginManifest, Vcs
from lock.nar import nar_hash
from tests.nix.cowboy import (
    BRIDGE,
    PARTS,
    SERVICE,
    SKILL,
    TOOL,
    WITH_AGENTS,
    lock_bridge,
    lock_weather,
    machine,
    of_cowboy,
)
from tests.nix.hosts import environment
from tests.nix.machine import quoted
from tests.nix.module_system import lock_folder, written
from tests.nix.nerva import lock_skill
from tests.nix.sources import write_tree
from tests.nix.test_linking import CLOSED, can_close_the_network

if TYPE_CHECKING:
    from tests.nix.locks import LockMaker
    from tests.nix.machine import Nix

pytestmark = pytest.mark.nix


def built(nix: Nix, packages: str) -> Path:
    """Build a package."""
    (path,) = nix.build(packages)
    return path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__struct_fields__}


# --- tools


def test_a_tools_command_is_a_program_of_the_locked_plugin_and_keeps_its_placeholders(
    nix: Nix, lock: LockMaker
) -> None:
    lock_weather(lock)
    schema = '{ type = "object"; properties.place.type = "string"; }'
    config = f'tools.weather = {{ {TOOL} schema = {schema}; sandbox = "strict"; }};'
    tool = f"{of_cowboy(lock, config)}.tools.weather"
    found = nix.evaluate(f"{{ inherit ({tool}) description sandbox schema; }}")
    assert found == {
        "description": "The weather.",
        "sandbox": "strict",
        "schema": {"type": "object", "properties": {"place": {"type": "string"}}},
    }
    command = written(nix, f"{tool}.command")
    program, _, arguments = command.partition(" ")
    assert arguments == "--place {place}"
    package = built(nix, f"{tool}.package")
    assert program == f"{package}/bin/weather-now"
    assert program.startswith(str(nix.root / "store"))


def test_a_program_runs_with_its_own_packages_and_nothing_in_its_environment(nix: Nix, lock: LockMaker) -> None:
    lock_weather(lock)
    tool = f"{of_cowboy(lock, f'tools.weather = {{ {TOOL} }};')}.tools.weather"
    program = built(nix, f"{tool}.package") / "bin/weather-now"
    done = subprocess.run([program, "--place", "here"], check=True, capture_output=True, text=True, env={})
    assert json.loads(done.stdout) == {"arguments": ["--place", "here"], "word": "rain", "child": "rain"}


def test_a_program_of_a_plugin_runs_with_the_network_closed(nix: Nix, lock: LockMaker) -> None:
    if not can_close_the_network():
        pytest.skip("unshare cannot close the network here")
    lock_weather(lock)
    unit = f"{machine(lock, f'services.weather-station = {{ {SERVICE} }};')}.config.systemd.services.weather-station"
    # All that the unit runs, and nothing before it.
    assert nix.evaluate(
        f'builtins.filter (name: builtins.match "Exec.*" name != null) (builtins.attrNames {unit}.serviceConfig)'
    ) == ["ExecStart"]
    started = written(nix, f"{unit}.serviceConfig.ExecStart")
    done = subprocess.run(
        [*CLOSED, *started.split()], check=False, capture_output=True, text=True, env={"PATH": "/usr/bin"}
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["arguments"] == ["--port", "4000"]


@pytest.mark.parametrize("command", ["curl {url}", "/bin/sh -c {script}", "weather-now\t{place}", " weather-now", ""])
def test_a_command_that_is_no_program_of_the_plugin_is_refused(nix: Nix, lock: LockMaker, command: str) -> None:
    lock_weather(lock)
    tool = f'tools.weather = {{ plugin = "weather-plugin"; description = "x"; command = {quoted(command)}; }};'
    message = nix.refusal(f"{of_cowboy(lock, tool)}.tools.weather.command")
    assert "is no program of weather-plugin, which has weather-now, weatherd" in message


def test_the_executable_of_a_plugin_folder_is_a_tool(nix: Nix, lock: LockMaker) -> None:
    lock_skill(lock, "notes", executable="bin/main.py")
    config = 'tools.notes = { plugin = "notes"; description = "x"; command = "bin/main.py {words}"; };'
    tool = f"{of_cowboy(lock, config)}.tools.notes"
    folder = built(nix, f"{tool}.package")
    assert written(nix, f"{tool}.command") == f"{folder}/bin/main.py {{words}}"


def test_a_folder_without_a_program_is_no_tool(nix: Nix, lock: LockMaker) -> None:
    lock_folder(lock, "notes")
    config = 'tools.notes = { plugin = "notes"; description = "x"; command = "run"; };'
    message = nix.refusal(f"{of_cowboy(lock, config)}.tools.notes.command")
    assert "`run` is no program of notes, which has none" in message


@pytest.mark.parametrize(("registry", "text"), [("tools", TOOL), ("skills", SKILL), ("services", SERVICE)])
def test_a_plugin_that_is_not_locked_is_named(nix: Nix, lock: LockMaker, registry: str, text: str) -> None:
    lock_bridge(lock)
    expression = machine(lock, f"{registry}.weather = {{ {text} }};", WITH_AGENTS)
    message = nix.refusal(f"let inherit ({expression}) config; in [ config.warnings config.systemd.services ]")
    assert f"{registry}.weather: weather-plugin is no plugin of this machine, which has chat-plugin" in message
    assert "plugin-lock add weather-plugin" in message


def test_a_sandbox_that_cowboy_does_not_know_is_refused(nix: Nix, lock: LockMaker) -> None:
    lock_weather(lock)
    config = f'tools.weather = {{ {TOOL} sandbox = "open"; }};'
    message = nix.refusal(f"{of_cowboy(lock, config)}.tools.weather.sandbox")
    assert "programs.plugin-lock.cowboy.tools.weather.sandbox" in message


def test_a_plugin_that_needs_the_hosts_own_packages_is_refused(nix: Nix, lock: LockMaker) -> None:
    lock_weather(lock)
    lock.provided["shared"] = {lock.systems[0]: "1.0"}
    package = lock.packages[0]
    lock.packages[0] = type(package)(**{**_fields(package), "provided": ("shared",)})
    tool = f"tools.weather = {{ {TOOL} }};"
    message = nix.refusal(f"{of_cowboy(lock, tool)}.tools.weather.command")
    assert "the lock relies on its shared" in message
    # With the host's environment at hand they are found.
    given = machine(lock, tool, WITH_AGENTS, entry=f"environment = {environment()};")
    (program,) = nix.build(f"{given}.config.services.cowboy.tools.weather.package")
    assert names(program / "bin") == ["weather-now", "weatherd"]


# --- skills


def test_a_skill_has_its_prompt_and_the_programs_of_its_plugin_and_nothing_else_of_it(
    nix: Nix, lock: LockMaker
) -> None:
    lock_weather(lock)
    more = 'additionalTools = [ "bash" ]; tags = [ "sky" ]; autoLoad = true; interpreter = "weather-python";'
    skill = f"{of_cowboy(lock, f'skills.weather = {{ {SKILL} {more} }};')}.skills.weather"
    found = nix.evaluate(f'builtins.removeAttrs {skill} [ "requires" ]')
    assert found == {
        "description": "The weather.",
        "prompt": None,
        "promptText": "Look out.",
        "additionalTools": ["bash"],
        "tags": ["sky"],
        "autoLoad": True,
    }
    assert nix.evaluate(f"builtins.length {skill}.requires") == 1
    required = built(nix, f"builtins.head {skill}.requires")
    # Two environments in one profile would be in each other's way; a folder of programs is not.
    assert names(required) == ["bin"]
    assert names(required / "bin") == ["weather-now", "weather-python", "weatherd"]
    code = "import forecast, sys; print(forecast.WORD, sys.argv[1:])"
    done = subprocess.run(
        [str(required / "bin/weather-python"), "-c", code, "a b"], check=True, capture_output=True, text=True, env={}
    )
    assert done.stdout == "rain ['a b']\n"


def test_further_packages_of_a_skill_stand_beside_its_own(nix: Nix, lock: LockMaker) -> None:
    lock_weather(lock)
    skill = f"skills.weather = {{ {SKILL} requires = [ ({environment()}) ]; }};"
    required = f"map (package: package.name) {of_cowboy(lock, skill)}.skills.weather.requires"
    assert nix.evaluate(required) == ["weather-plugin-programs", "host-env"]


def test_a_prompt_may_be_a_file_of_the_machine_or_of_the_plugin(nix: Nix, lock: LockMaker) -> None:
    lock_weather(lock)
    lock_folder(lock, "notes")
    prompt = lock.path.parent / "prompt.md"
    prompt.write_text("Look up.", encoding="utf-8")
    start = 'plugin = "weather-plugin"; description = "x";'
    config = (
        f"skills.own = {{ {start} prompt = {quoted(prompt)}; }};"
        f' skills.packaged = {{ {start} promptFile = "weather_prompts/weather.md"; }};'
        ' skills.noted = { plugin = "notes"; description = "x"; promptFile = "name.txt"; };'
    )
    skills = f"{of_cowboy(lock, config)}.skills"
    assert nix.evaluate(f"toString {skills}.own.prompt") == str(prompt)
    packaged = Path(written(nix, f"{skills}.packaged.prompt"))
    assert packaged.read_text(encoding="utf-8") == "# Weather\n"
    # Readable while evaluating, with import from derivation forbidden.
    text = nix.evaluate(
        f"builtins.readFile {skills}.noted.prompt",
        "--read-write-mode",
        "--option",
        "allow-import-from-derivation",
        "false",
    )
    assert text == "notes"
    assert nix.evaluate(f"{skills}.noted.requires") == []


def test_a_prompt_of_a_foreign_folder_is_never_read_through_a_link(nix: Nix, lock: LockMaker) -> None:
    folder = write_tree(lock.path.parent / "elsewhere", {"plugin.yaml": "name: notes\n"})
    (folder / "prompt.md").symlink_to(lock.path.parent / "secret.txt")
    (lock.path.parent / "secret.txt").write_text("a secret", encoding="utf-8")
    source = Vcs(url="https://git.example/notes.git", commit_id="0" * 40)
    lock.directory_plugin("notes", source, nar_hash(folder), manifest=PluginManifest(file="plugin.yaml", id="notes"))
    # What Nix itself fetches while evaluating is a path in the store.
    fetched = f'arguments.fetchGit = _: "${{builtins.path {{ path = {quoted(folder)}; name = "source"; }}}}";'
    config = 'skills.notes = { plugin = "notes"; description = "x"; promptFile = "prompt.md"; };'
    prompt = f"{machine(lock, config, WITH_AGENTS, entry=fetched)}.config.services.cowboy.skills.notes.prompt"
    assert nix.evaluate(prompt).endswith("-notes-prompt.md")
    done = nix.try_build(
        f'derivation {{ name = "x"; system = builtins.currentSystem; builder = "/bin/sh"; prompt = {prompt}; }}'
    )
    assert done.code != 0
    assert "the link prompt.md leads to" in done.err
    assert "a secret" not in done.err


@pytest.mark.parametrize(
    ("prompts", "words"),
    [
        ("", "set exactly one of `prompt`, `promptFile` and `promptText`"),
        ('promptText = "x"; promptFile = "a.md";', "set exactly one of `prompt`, `promptFile` and `promptText`"),
        ('promptFile = "../a.md";', "promptFile: ../a.md leads out of the plugin"),
        ('promptFile = "a/../../b.md";', "promptFile: a/../../b.md leads out of the plugin"),
        ('promptFile = "/etc/passwd";', "promptFile: /etc/passwd leads out of the plugin"),
        ('promptText = "x"; interpreter = "weather-now";', "weather-plugin has a program weather-now"),
    ],
)
def test_a_skill_that_is_not_whole_is_refused(nix: Nix, lock: LockMaker, prompts: str, words: str) -> None:
    lock_weather(lock)
    config = f'skills.weather = {{ plugin = "weather-plugin"; description = "x"; {prompts} }};'
    message = nix.refusal(f"{machine(lock, config)}.config.warnings")
    assert "programs.plugin-lock.cowboy.skills.weather" in message
    assert words in message


def test_a_prompt_that_the_package_does_not_have_fails_the_build_with_its_name(nix: Nix, lock: LockMaker) -> None:
    lock_weather(lock)
    config = 'skills.weather = { plugin = "weather-plugin"; description = "x"; promptFile = "no such.md"; };'
    skills = f"{of_cowboy(lock, config)}.skills"
    done = nix.try_build(
        'derivation { name = "x"; system = builtins.currentSystem; builder = "/bin/sh"; '
        f"prompt = {skills}.weather.prompt; }}"
    )
    assert done.code != 0
    assert "skills.weather.promptFile: weather-plugin has no file no such.md" in done.err


# --- bridges


def test_a_bridge_has_its_three_programs_and_what_the_machine_says_of_it(nix: Nix, lock: LockMaker) -> None:
    lock_bridge(lock)
    more = 'icon = "💬"; approval = { required = true; notify_channel = "ops"; };'
    expression = machine(lock, f"bridges.chat = {{ {BRIDGE} {more} }};", WITH_AGENTS)
    found = nix.evaluate(f'builtins.removeAttrs {expression}.config.services.cowboy.bridges.chat [ "pkg" ]')
    assert found == {
        "env": "/run/agenix/chat",
        "user": "broker",
        "icon": "💬",
        "approval": {"required": True, "notify_channel": "ops"},
    }
    for part in PARTS:
        unit = f"{expression}.config.systemd.services.cowboy-bridge-chat-{part}.serviceConfig"
        program = written(nix, f"{unit}.ExecStart")
        done = subprocess.run([program], check=True, capture_output=True, text=True, env={})
        assert done.stdout == f"chat-{part}\n"
        assert nix.evaluate(f"{unit}.EnvironmentFile") == "/run/agenix/chat"


@pytest.mark.parametrize("parts", [PARTS[:2], PARTS[1:], ()], ids=["outbox", "ping", "all"])
def test_a_bridge_without_one_of_its_programs_is_refused(nix: Nix, lock: LockMaker, parts: tuple[str, ...]) -> None:
    lock_bridge(lock, parts)
    missing = ", ".join(f"chat-{part}" for part in PARTS if part not in parts)
    message = nix.refusal(f"{of_cowboy(lock, f'bridges.chat = {{ {BRIDGE} }};')}.bridges.chat.pkg.name")
    assert f"bridges.chat: chat-plugin has no console script {missing}, which Cowboy starts" in message
    assert "plugin-lock update chat-plugin" in message


def test_a_bridge_is_called_as_its_programs_are(nix: Nix, lock: LockMaker) -> None:
    lock_bridge(lock)
    message = nix.refusal(f"{of_cowboy(lock, f'bridges.talk = {{ {BRIDGE} }};')}.bridges.talk.pkg.name")
    assert "no console script talk-ping, talk-ingest, talk-outbox" in message


@pytest.mark.parametrize("where", ['"secrets.env"', '"${./secrets.env}"', '"${builtins.storeDir}/x"'])
def test_a_file_of_secrets_that_is_no_path_of_the_machine_is_refused(nix: Nix, lock: LockMaker, where: str) -> None:
    lock_bridge(lock)
    (lock.path.parent / "secrets.env").write_text("TOKEN=x", encoding="utf-8")
    (lock.path.parent / "machine.nix").write_text(
        f'{{ programs.plugin-lock.cowboy.bridges.chat = {{ plugin = "chat-plugin"; env = {where}; }}; }}',
        encoding="utf-8",
    )
    message = nix.refusal(f"{machine(lock, '', WITH_AGENTS, str(lock.path.parent / 'machine.nix'))}.config.warnings")
    assert "bridges.chat.env" in message
    assert "is not an absolute path outside of the store" in message


def test_a_program_that_the_wheel_does_not_have_fails_the_build_with_its_name(nix: Nix, lock: LockMaker) -> None:
    # As a lock that was edited by hand would have it.
    lock_bridge(lock, PARTS[:2])
    package = lock.packages[0]
    artifact = package.artifacts[0]
    scripts = tuple(sorted(f"chat-{part}" for part in PARTS))
    edited = type(artifact)(**{**_fields(artifact), "console_scripts": scripts})
    lock.packages[0] = type(package)(**{**_fields(package), "artifacts": (edited,)})
    done = nix.try_build(f"{of_cowboy(lock, f'bridges.chat = {{ {BRIDGE} }};')}.bridges.chat.pkg")
    assert done.code != 0
    assert "plugin chat-plugin has no program chat-outbox, which the lock lists" in done.err
