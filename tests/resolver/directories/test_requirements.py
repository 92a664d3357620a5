from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from lock.model import PluginManifest
from resolver.directories.reading import read_plugin
from resolver.directories.requirements import host_problem, host_warning
from tests.resolver.directories.trees import DATA, HERMES, plant, read

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = {**HERMES, "plugin.yaml": "name: x\npip_dependencies: [of-manifest]\n"}


def names(tree: Path, given: tuple[Requirement, ...] | None = None) -> tuple[list[str], str | None]:
    python = read_plugin(tree, shown="", fallback_id="x", dependencies=given).python
    return [requirement.name for requirement in python.requirements], python.origin


def test_plugins_toml_wins_over_the_plugins_own_files(tmp_path: Path) -> None:
    plant(tmp_path, {**MANIFEST, "pyproject.toml": "[project]\ndependencies = ['of-project']\n"})
    assert names(tmp_path, (Requirement("given"),)) == (["given"], "plugins.toml")
    assert names(tmp_path, ()) == ([], "plugins.toml")


@pytest.mark.parametrize(
    ("project", "expected"), [("dependencies = ['b', 'a', 'b']", ["b", "a"]), ("dependencies = []", []), ("", [])]
)
def test_a_project_wins_over_the_manifest_even_if_it_needs_nothing(
    project: str, expected: list[str], tmp_path: Path
) -> None:
    plant(tmp_path, {**MANIFEST, "pyproject.toml": f"[project]\n{project}\n"})
    assert names(tmp_path) == (expected, "pyproject.toml")


def test_a_pyproject_that_only_configures_tools_leaves_the_word_to_the_manifest(tmp_path: Path) -> None:
    plant(tmp_path, {**MANIFEST, "pyproject.toml": "[tool.ruff]\nline-length = 120\n"})
    assert names(tmp_path) == (["of-manifest"], "plugin.yaml")


def test_both_keys_of_a_manifest_count_together() -> None:
    assert names(DATA / "memory") == (["pydantic", "orjson", "sqlite-utils"], "plugin.yml")


def test_a_plugin_that_says_nothing_needs_nothing(tmp_path: Path) -> None:
    assert names(plant(tmp_path, HERMES)) == ([], None)


def test_the_versions_of_python_hold_whoever_gives_the_requirements() -> None:
    python = read_plugin(DATA / "weather", shown="w", fallback_id="x", dependencies=()).python
    assert (python.requires_python, python.requires_python_path, python.requires_python_line) == (
        ">=3.11",
        "w/pyproject.toml",
        4,
    )


def test_requirements_that_only_a_build_knows_may_be_given_in_plugins_toml(tmp_path: Path) -> None:
    plant(tmp_path, {**HERMES, "pyproject.toml": "[project]\ndynamic = ['dependencies']\n"})
    assert names(tmp_path, (Requirement("given"),)) == (["given"], "plugins.toml")


def needing(versions: str | None) -> PluginManifest:
    return PluginManifest(file="plugin.yaml", id="weather", requires_host=versions)


@pytest.mark.parametrize(
    ("versions", "host"), [(">=0.17,<1", "0.17.0"), (">=0.19", "0.19.0rc1"), (None, "1"), ("==0.19", "0.19.0")]
)
def test_a_host_that_the_manifest_admits_is_no_problem(versions: str | None, host: str) -> None:
    assert host_problem("weather", needing(versions), "plugin.yaml", "hermes-agent", host) is None
    assert host_warning("weather", needing(versions), "hermes-agent", host) is None


def test_a_host_that_the_manifest_excludes_is_a_problem() -> None:
    problem = host_problem("weather", needing("<1,>=0.19"), "weather/plugin.yaml", "hermes-agent", "0.17.0")
    assert str(problem) == (
        "weather/plugin.yaml: weather requires hermes-agent <1,>=0.19, but the host is hermes-agent 0.17.0\n"
        "  help: use a revision of weather for hermes-agent 0.17.0, or a hermes-agent <1,>=0.19"
    )


@pytest.mark.parametrize("host", [None, "of today"])
def test_a_host_of_unknown_version_is_a_warning(host: str | None) -> None:
    assert host_problem("weather", needing(">=1"), "plugin.yaml", "hermes-agent", host) is None
    assert host_warning("weather", needing(">=1"), "hermes-agent", host) == (
        "weather requires hermes-agent >=1, and which version the host has is not known"
    )


def test_an_environment_marker_is_kept() -> None:
    assert [str(requirement) for requirement in read(DATA / "weather").python.requirements] == [
        "httpx>=0.27",
        'uvloop; platform_machine == "x86_64"',
    ]
