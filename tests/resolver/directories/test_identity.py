from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from lock.model import PluginManifest
from resolver.directories.identity import duplicates, folder_name, notices
from resolver.directories.manifest import ReadManifest
from resolver.manifest.model import GitSource, PathSource, UrlSource

if TYPE_CHECKING:
    from resolver.manifest.model import DirectSource


MASKS = dict.fromkeys(("a", "b", "rtk", "x", "p", "q"), 3)


def manifest(identity: str, kind: Literal["hermes", "skill"] = "hermes", **said: tuple[str, ...]) -> ReadManifest:
    return ReadManifest(
        kind=kind,
        path=f"{identity}/manifest",
        manifest=PluginManifest(file="manifest", id=identity, **said),  # type: ignore[arg-type]
        python=None,
    )


@pytest.mark.attack(18)
def test_two_skills_with_one_id_are_refused_and_both_are_named() -> None:
    (problem,) = duplicates({"b": manifest("clock", "skill"), "a": manifest("clock", "skill")}, MASKS)
    assert str(problem) == (
        'clock/manifest: a and b are skills with the id "clock"; the host would take whichever it finds first\n'
        "  help: leave one of them out: plugin-lock remove b"
    )


@pytest.mark.attack(18)
def test_two_hermes_plugins_with_one_name_are_refused() -> None:
    (problem,) = duplicates({"a": manifest("Weather"), "b": manifest("weather")}, MASKS)
    assert 'a and b are plugins with the name "Weather" and "weather"' in problem.message


@pytest.mark.attack(18)
def test_a_directory_plugin_named_as_an_entry_point_is_refused() -> None:
    (problem,) = duplicates({"a": manifest("weather")}, MASKS, {"rtk": ["weather", "weather"], "x": ["other"]})
    assert problem.message.startswith('a and rtk are plugins with the name "weather";')


def test_different_ids_are_no_duplicates() -> None:
    assert duplicates({"a": manifest("x"), "b": manifest("y")}, MASKS, {"p": ["same"], "q": ["same"]}) == ()


def test_one_id_on_different_targets_is_no_duplicate() -> None:
    plugins = {"a": manifest("x"), "b": manifest("x"), "c": manifest("x")}
    assert duplicates({"a": plugins["a"], "b": plugins["b"]}, {"a": 1, "b": 2}) == ()
    (problem,) = duplicates(plugins, {"a": 1, "b": 2, "c": 2})
    assert problem.message.startswith("b and c are")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (GitSource(url="https://example.org/user/hermes-notes.git"), "hermes-notes"),
        (GitSource(url="git@example.org:notes.git"), "notes"),
        (GitSource(url="https://example.org/user/all", subdirectory="plugins/notes"), "notes"),
        (UrlSource(url="https://example.org/notes-1.0.tar.gz"), "notes-1.0"),
        (PathSource(path="plugins/notes/"), "notes"),
    ],
)
def test_the_folder_is_named_as_upstreams_installer_names_it(source: DirectSource, expected: str) -> None:
    assert folder_name(source) == expected


def test_a_plugin_that_is_needed_and_not_here_is_a_notice() -> None:
    plugins = {
        "a": manifest("x", requires_plugins=("Some_Plugin", "by-entry", "y", "image_gen/openai")),
        "b": manifest("y"),
    }
    assert list(notices(plugins, ["a", "b", "some-plugin"], ["by_entry"])) == [
        "a needs the plugin image_gen/openai, which is not in plugins.toml; the host must bring it along"
    ]


def test_programs_of_the_system_are_shown() -> None:
    assert list(notices({"a": manifest("x", external_dependencies=("brv", "curl"))}, ["a"])) == [
        "a needs programs that are not locked and must be installed: brv, curl"
    ]
