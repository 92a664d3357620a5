from __future__ import annotations

import os
import shutil
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lock.errors import InputError
from lock.findings import Findings
from lock.model import Directory, PluginManifest, PluginTree
from lock.rules import source_spelling
from resolver.directories.files import MAX_MANIFEST
from resolver.directories.manifest import manifest_file, registers
from resolver.directories.reading import read_plugin
from tests.resolver.directories.trees import DATA, HERMES, SKILL, completed, plant, read, refusal

if TYPE_CHECKING:
    from pathlib import Path

    from lock.errors import Problem

WRONG: list[dict[str, Any]] = tomllib.loads((DATA / "wrong.toml").read_text())["case"]


@pytest.mark.attack(19)
def test_a_hermes_plugin_is_read_without_being_run() -> None:
    plugin = read(DATA / "weather")
    assert plugin.read.kind == "hermes"
    assert plugin.read.manifest == PluginManifest(
        file="plugin.yaml",
        id="weather",
        version="1.10",
        tools=("weather_forecast", "weather_now"),
        hooks=("on_session_start",),
        requires_env=("WEATHER_API_KEY", "WEATHER_CITY"),
        external_dependencies=("curl",),
        requires_host="<1,>=0.17",
        requires_plugins=("image_gen/openai", "places"),
    )


def test_a_memory_provider_needs_no_register() -> None:
    plugin = read(DATA / "memory")
    assert (plugin.read.manifest.id, plugin.read.manifest.hooks) == ("my_memory", ("prefetch",))


@pytest.mark.parametrize(
    "hooks",
    [
        "[pre_tool_call, on_session_end]",
        "[{name: pre_tool_call, description: it asks}, on_session_end]",
        "{pre_tool_call: [{command: ./ask.sh}], on_session_end: null}",
    ],
)
def test_hooks_that_no_host_reads_may_have_any_of_their_usual_forms(tmp_path: Path, hooks: str) -> None:
    plant(tmp_path, {**HERMES, "plugin.yaml": f"name: x\nprovides_hooks: [post_llm_call]\nhooks: {hooks}\n"})
    assert read(tmp_path).read.manifest.hooks == ("on_session_end", "post_llm_call", "pre_tool_call")


def test_a_hook_that_is_no_name_is_refused_in_a_table_as_well(tmp_path: Path) -> None:
    plant(tmp_path, {**HERMES, "plugin.yaml": 'name: x\nhooks:\n  ok: 1\n  "no name": 2\n'})
    (said,) = refusal(tmp_path)
    assert said.startswith("plugin.yaml:4: hooks.'no name': \"no name\" cannot be a name here")


def test_a_plugin_without_a_name_is_known_by_its_folder() -> None:
    plugin = read(DATA / "catalogue")
    assert (plugin.read.manifest.id, plugin.read.manifest.requires_host) == ("folder", ">=0.19")


@pytest.mark.parametrize("name", ["weather", "memory", "catalogue"])
def test_what_is_read_may_stand_in_a_lock(name: str) -> None:
    assert refused_by_the_lock(read(DATA / name).read.manifest) == []


def test_a_skill_is_read(tmp_path: Path) -> None:
    tree = shutil.copytree(DATA / "skill", tmp_path / "skill")
    (tree / "run").chmod(0o755)
    assert read(tree).read.manifest == PluginManifest(
        file="skill.toml", id="say-time", executable="run", risk="caution"
    )


@pytest.mark.attack(18)
def test_a_program_outside_of_the_folder_is_refused(tmp_path: Path) -> None:
    skill = "id = 'x'\nname = 'x'\ndescription = 'x'\nexecutable = '/bin/sh'\n"
    assert refusal(plant(tmp_path, {"skill.toml": skill})) == [
        'skill.toml:4: executable: "/bin/sh" is a program outside of the plugin\'s folder'
    ]


@pytest.mark.parametrize("case", WRONG, ids=[case["name"] for case in WRONG])
def test_a_broken_plugin_is_refused_with_file_and_line(case: dict[str, Any], tmp_path: Path) -> None:
    said = refusal(plant(tmp_path, completed(case["files"])))
    assert said == case["says"]


@pytest.mark.parametrize("name", ["plugin.yaml", "plugin.yml", "skill.toml"])
def test_a_manifest_makes_a_folder_a_directory_plugin(name: str, tmp_path: Path) -> None:
    assert manifest_file(tmp_path) is None
    (tmp_path / name).touch()
    assert manifest_file(tmp_path) == name


def test_the_first_of_two_hermes_manifests_is_read(tmp_path: Path) -> None:
    assert read(plant(tmp_path, {**HERMES, "plugin.yml": "name: other\n"})).read.manifest.id == "x"


def test_an_executable_without_its_bit_is_refused(tmp_path: Path) -> None:
    (plant(tmp_path, SKILL) / "run").chmod(0o644)
    assert refusal(tmp_path) == ["skill.toml:1: executable: run is not executable"]


def test_an_executable_may_lie_deeper(tmp_path: Path) -> None:
    text = SKILL["skill.toml"] + "executable = './bin/run'\n"
    assert read(plant(tmp_path, {"skill.toml": text, "bin/run": ""})).read.manifest.executable == "bin/run"


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("/bin/sh", "run: it is a link that leads out of the plugin's folder"),
        ("../outside", "run: it is a link that leads out of the plugin's folder"),
        ("nowhere", "run: it is a link that leads nowhere"),
        ("run", "run: it is a link that leads nowhere"),
        (".", "run: it is not a regular file"),
    ],
)
def test_an_executable_that_is_a_link_out_of_the_folder_is_refused(target: str, said: str, tmp_path: Path) -> None:
    plant(tmp_path, {"outside": "", "tree/skill.toml": SKILL["skill.toml"]})
    (tmp_path / "tree" / "run").symlink_to(target)
    assert refusal(tmp_path / "tree") == [f"skill.toml:1: executable: {said}"]


def test_a_link_inside_the_folder_is_followed(tmp_path: Path) -> None:
    plant(tmp_path, {"skill.toml": SKILL["skill.toml"], "bin/run": ""})
    (tmp_path / "run").symlink_to("bin/run")
    assert read(tmp_path).read.manifest.executable == "run"


@pytest.mark.parametrize("name", ["plugin.yaml", "__init__.py", "pyproject.toml"])
def test_no_file_is_read_through_a_link_out_of_the_folder(name: str, tmp_path: Path) -> None:
    plant(tmp_path / "tree", HERMES)
    (tmp_path / "tree" / name).unlink(missing_ok=True)
    (tmp_path / "secret").write_text("top: secret\n")
    (tmp_path / "tree" / name).symlink_to("../secret")
    assert refusal(tmp_path / "tree") == [f"{name}: it is a link that leads out of the plugin's folder"]


def test_a_pipe_in_place_of_a_manifest_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "plugin.yaml")
    assert refusal(tmp_path) == ["plugin.yaml: it is not a regular file"]


@pytest.mark.attack(15)
def test_a_manifest_that_is_too_large_is_refused(tmp_path: Path) -> None:
    plant(tmp_path, {**HERMES, "plugin.yaml": "name: x\n" + "#" * MAX_MANIFEST})
    assert refusal(tmp_path) == ["plugin.yaml: it is larger than 64 KiB"]


@pytest.mark.attack(15)
def test_a_manifest_that_is_too_deep_is_refused(tmp_path: Path) -> None:
    plant(tmp_path, {**HERMES, "plugin.yaml": "name: x\nconfig:\n " + "[" * 30_000})
    assert refusal(tmp_path) == ["plugin.yaml:3: lists and tables lie more than 20 deep in each other"]


def test_a_manifest_that_is_not_utf_8_is_refused_with_the_line(tmp_path: Path) -> None:
    plant(tmp_path, {**HERMES, "plugin.yaml": b"name: x\nversion: \xff\n"})
    assert refusal(tmp_path) == ["plugin.yaml:2: it is not UTF-8"]


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    plant(tmp_path, {**HERMES, "plugin.yaml": b"\xef\xbb\xbfname: x\r\nversion: 2\r\n"})
    assert read(tmp_path).read.manifest.version == "2"


def test_a_plugin_without_a_module_is_refused(tmp_path: Path) -> None:
    assert refusal(plant(tmp_path, {"plugin.yaml": "name: x\n"})) == [
        "plugin.yaml:1: there is no __init__.py beside it, so the host cannot load it"
    ]


def test_a_folder_name_that_is_none_cannot_stand_in(tmp_path: Path) -> None:
    plant(tmp_path, {**HERMES, "plugin.yaml": "version: 1\n"})
    with pytest.raises(InputError, match=r"the folder's name .* cannot be a name here"):
        read_plugin(tmp_path, shown="x", fallback_id="..")


@pytest.mark.parametrize(
    "source",
    [
        "def register(ctx): ...",
        "async def register(ctx): ...",
        "from .plugin import (\n  setup,\n  register,\n)",
        "from .plugin import *",
        "from .plugin import (*)",
        "register = make()",
        "def __getattr__(name): ...",
        "type X[T: = broken '''\ndef register(ctx): ...",
    ],
)
def test_register_is_found_in_every_way_to_define_it(source: str) -> None:
    assert registers(source)


@pytest.mark.parametrize("source", ["", "'register'", "# register", "x.register()", "registered = 1", "a * b"])
def test_register_is_not_found_where_it_is_only_spoken_of(source: str) -> None:
    assert not registers(source)


FILES = st.sampled_from(["plugin.yaml", "skill.toml", "pyproject.toml", "__init__.py"])
FRAGMENTS = st.lists(
    st.sampled_from(
        [
            "name: ",
            "id = ",
            "x",
            "\n",
            "- ",
            "  ",
            "[",
            "]",
            "{",
            "}",
            ": ",
            "&a ",
            "*a",
            "<<: ",
            "!!python/name:os ",
            "|",
            ">",
            "'",
            '"',
            "? ",
            "%YAML 1.1\n",
            "---\n",
            "\\U99999999",
            "[project]\n",
            "dependencies = ",
            "pip_dependencies: ",
            "requires_env: ",
            "1.0",
            "null",
            "2001-01-01",
            "\u2028",
            "\u202e",
            "\t",
            "\x85",
            "${x}",
            "..",
            "~",
            "=",
            "executable = ",
            "a @ file:///x",
        ]
    ),
    max_size=40,
).map("".join)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=FILES, content=st.one_of(st.binary(max_size=200), FRAGMENTS.map(str.encode)))
def test_no_content_of_any_file_escapes_as_anything_but_our_own_error(
    name: str, content: bytes, tmp_path: Path
) -> None:
    for old in tmp_path.iterdir():
        old.unlink()
    plant(tmp_path, {**(SKILL if name == "skill.toml" else HERMES), name: content})
    for problem in problems(tmp_path):
        assert problem.path
        assert problem.remedy


def problems(tree: Path) -> tuple[Problem, ...]:
    """What is wrong with a plugin; what is found right must be fit for plugins.lock."""
    try:
        manifest = read(tree).read.manifest
    except InputError as error:
        return error.problems
    assert refused_by_the_lock(manifest) == []
    return ()


def refused_by_the_lock(manifest: PluginManifest) -> list[Problem]:
    """What the rules of plugins.lock find wrong with a manifest."""
    findings = Findings(path=None, text=None)
    source = Directory(path="plugins/x")
    nar_hash = "sha256-" + "A" * 43 + "="
    tree = PluginTree(source=source, nar_hash=nar_hash, manifest=manifest)
    source_spelling.tree(tree, "x", (), findings)
    return findings.problems
