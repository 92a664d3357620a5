"""A tree is a package or a directory plugin; where it is both or neither a person is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lock.errors import InputError
from resolver.sources.recognise import Recognised, recognise

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Literal

BUILD = "[build-system]\nrequires = []\n"
PROJECT = "[project]\nname = 'x'\n"


def seen(folder: Path, files: dict[str, str], asked: Literal["package", "directory"] | None = None) -> Recognised:
    for name, text in files.items():
        (folder / name).write_text(text)
    return recognise(folder, top=folder, source="https://host.example/x", asked=asked)


def unclear(folder: Path, files: dict[str, str], asked: Literal["package", "directory"] | None = None) -> str:
    with pytest.raises(InputError) as raised:
        seen(folder, files, asked)
    return str(raised.value).removeprefix("https://host.example/x: ")


@pytest.mark.parametrize(
    "files",
    [{"pyproject.toml": BUILD}, {"pyproject.toml": PROJECT}, {"setup.py": ""}, {"setup.py": "", "plugin.json": ""}],
)
def test_what_can_be_built_is_a_package(tmp_path: Path, files: dict[str, str]) -> None:
    assert seen(tmp_path, files) == Recognised(kind="package")


@pytest.mark.parametrize("manifest", ["plugin.yaml", "plugin.yml", "skill.toml"])
@pytest.mark.parametrize("more", [{}, {"pyproject.toml": PROJECT}, {"pyproject.toml": "[tool.x]\n"}])
def test_what_has_a_manifest_is_a_directory_plugin(tmp_path: Path, manifest: str, more: dict[str, str]) -> None:
    assert seen(tmp_path, {manifest: "", **more}) == Recognised(kind="directory", manifest=manifest)


@pytest.mark.parametrize("files", [{"pyproject.toml": BUILD}, {"setup.py": ""}])
def test_what_is_both_asks_for_the_kind(tmp_path: Path, files: dict[str, str]) -> None:
    files = {**files, "plugin.yaml": ""}
    assert unclear(tmp_path, files) == (
        "it is a package and a directory plugin: it can be built, and has plugin.yaml\n"
        '  help: write kind = "package" or kind = "directory" in plugins.toml'
    )
    assert seen(tmp_path, files, "package") == Recognised(kind="package")
    assert seen(tmp_path, files, "directory") == Recognised(kind="directory", manifest="plugin.yaml")


def test_what_is_neither_names_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "plugin.yaml").mkdir()
    assert unclear(tmp_path, {"pyproject.toml": "[tool.x]\n"}) == (
        "it is neither a package nor a directory plugin: it has none of pyproject.toml, setup.py, plugin.yaml, "
        "plugin.yml, skill.toml at its root\n"
        "  help: name the folder that holds it: subdirectory = …; or correct the address or `kind`"
    )


def test_what_is_not_what_was_asked_for_is_refused(tmp_path: Path) -> None:
    assert unclear(tmp_path, {}, "directory").startswith(
        "it is no directory plugin: it has none of plugin.yaml, plugin.yml, skill.toml at its root\n"
    )
    assert unclear(tmp_path, {"plugin.yaml": ""}, "package").startswith(
        "it is no package: it has neither pyproject.toml nor setup.py at its root\n"
    )


def test_two_manifests_are_refused(tmp_path: Path) -> None:
    message = "it has plugin.yaml and skill.toml, and a directory plugin has one of them\n"
    assert unclear(tmp_path, {"plugin.yaml": "", "skill.toml": ""}).startswith(message)
