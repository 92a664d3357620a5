"""What a source says of itself is read without running it, or the reason is told why that cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.sources import pyproject, static_metadata, trees
from resolver.sources.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = """\
[project]
name = "Some_Plugin"
version = "1.02"
dependencies = ["httpx>=0.27", "tomli ; python_version < '3.11'", "x @ https://host.example/x.zip"]
requires-python = ">=3.9"
dynamic = ["readme"]
[project.optional-dependencies]
Fast_Mode = ["orjson", "uvloop ; sys_platform == 'linux' or sys_platform == 'darwin'"]
none = []
"""
PKG_INFO = """\
Metadata-Version: 2.2
Name: some-plugin
Version: 1.2
Requires-Dist: httpx>=0.27
Requires-Dist: orjson; extra == "fast"
Provides-Extra: fast
Requires-Python: >=3.9
Dynamic: License-File

A description.
"""


def read(folder: Path, *, is_sdist: bool = False, **files: str) -> static_metadata.StaticMetadata:
    for name, text in files.items():
        (folder / {"pyproject": "pyproject.toml", "pkg_info": "PKG-INFO"}[name]).write_text(text)
    return static_metadata.read(folder, top=folder, source="x", is_sdist=is_sdist)


def reason(folder: Path, *, is_sdist: bool = False, **files: str) -> str | None:
    found = read(folder, is_sdist=is_sdist, **files)
    assert found.metadata is None
    return found.reason


def test_a_static_project_table_is_the_metadata(tmp_path: Path) -> None:
    metadata = read(tmp_path, pyproject=PROJECT).metadata
    assert metadata is not None
    assert (metadata.name, metadata.version, str(metadata.requires_python)) == ("Some_Plugin", "1.2", ">=3.9")
    assert metadata.provides_extra == ("fast-mode", "none")
    assert [str(one) for one in metadata.requires_dist] == [
        "httpx>=0.27",
        'tomli; python_version < "3.11"',
        "x @ https://host.example/x.zip",
        'orjson; extra == "fast-mode"',
        'uvloop; (sys_platform == "linux" or sys_platform == "darwin") and extra == "fast-mode"',
    ]


@pytest.mark.parametrize("key", ["version", "dependencies", "optional-dependencies", "requires-python"])
def test_what_is_dynamic_and_needed_asks_for_a_build(tmp_path: Path, key: str) -> None:
    text = f'[project]\nname = "x"\nversion = "1"\ndynamic = ["{key}"]\n'
    assert reason(tmp_path, pyproject=text) == f"its pyproject.toml says that {key} is dynamic"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[build-system]\nrequires = []\n", "its pyproject.toml has no [project]"),
        ("project = 1\n", "its pyproject.toml has no [project]"),
        ('[project]\nname = "x"\n', "its [project] has no version"),
        ('[project]\nversion = "1"\n', "its [project] has no name"),
        ('[project]\nname = "x"\nversion = 1\n', "the version of its [project] is no text"),
        (
            '[project]\nname = "x"\nversion = "one"\n',
            "its [project] is not valid (PEP 621): \"Invalid version: 'one'\"",
        ),
        (
            '[project]\nname = "x"\nversion = "1"\ndependencies = "y"\n',
            "its [project] is not valid (PEP 621): dependencies is no array of strings",
        ),
        (
            '[project]\nname = "x"\nversion = "1"\n[project.optional-dependencies]\ne = ["no good"]\n',
            "its [project] is not valid (PEP 621): the requirement 'no good'",
        ),
        (
            '[project]\nname = "x"\nversion = "1"\n[tool.poetry.dependencies]\nhttpx = "^1"\n',
            "its dependencies stand in [tool.poetry], which is no static metadata",
        ),
        ('[tool.poetry]\nname = "x"\nversion = "1"\n', "its pyproject.toml has no [project]"),
    ],
)
def test_a_project_table_that_does_not_tell_asks_for_a_build(tmp_path: Path, text: str, expected: str) -> None:
    assert reason(tmp_path, pyproject=text) == expected


def test_name_and_version_are_known_even_where_a_build_is_needed(tmp_path: Path) -> None:
    found = read(tmp_path, pyproject='[project]\nname = "x"\nversion = "1"\ndynamic = ["dependencies"]\n')
    assert (found.metadata, found.name, found.version) == (None, "x", "1")
    found = read(tmp_path, pyproject='[project]\nname = "x"\ndynamic = ["version"]\n')
    assert (found.name, found.version) == ("x", None)


def test_a_poetry_project_with_standard_dependencies_is_static(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\nversion = "1"\ndependencies = []\n[tool.poetry.dependencies]\nhttpx = "^1"\n'
    assert read(tmp_path, pyproject=text).metadata is not None


def test_the_pkg_info_of_an_sdist_is_the_metadata(tmp_path: Path) -> None:
    metadata = read(tmp_path, pkg_info=PKG_INFO, is_sdist=True).metadata
    assert metadata is not None
    assert (metadata.name, metadata.version, metadata.provides_extra) == ("some-plugin", "1.2", ("fast",))
    assert [str(one) for one in metadata.requires_dist] == ["httpx>=0.27", 'orjson; extra == "fast"']


def test_a_pkg_info_in_a_repository_does_not_count(tmp_path: Path) -> None:
    assert reason(tmp_path, pkg_info=PKG_INFO) == "its pyproject.toml has no [project]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PKG_INFO.replace("2.2", "2.1"), "its PKG-INFO has metadata version 2.1, before 2.2"),
        (PKG_INFO.replace("License-File", "Requires-Dist"), "its PKG-INFO says that Requires-Dist is dynamic"),
        (PKG_INFO.replace("License-File", "requires-python"), "its PKG-INFO says that Requires-Python is dynamic"),
        (PKG_INFO.replace("License-File", "Provides-Extra"), "its PKG-INFO says that Provides-Extra is dynamic"),
        (PKG_INFO.replace("2.2", "two"), "its PKG-INFO cannot be read"),
        (PKG_INFO.replace("Version: 1.2", "Version: one"), "its PKG-INFO cannot be used: "),
        (PKG_INFO.replace("httpx>=0.27", "no good"), "its PKG-INFO cannot be used: "),
        ("", "its PKG-INFO cannot be used: "),
    ],
)
def test_a_pkg_info_that_does_not_tell_leaves_it_to_pyproject(tmp_path: Path, text: str, expected: str) -> None:
    said = reason(tmp_path, pkg_info=text, is_sdist=True)
    assert said is not None
    assert said.startswith(expected)
    assert said.endswith("; its pyproject.toml has no [project]")
    assert read(tmp_path, pyproject=PROJECT, is_sdist=True).metadata is not None


def test_an_sdist_with_neither_says_both(tmp_path: Path) -> None:
    assert reason(tmp_path, is_sdist=True) == "it has no PKG-INFO; its pyproject.toml has no [project]"


# -- pyproject.toml ----------------------------------------------------------------------------------------------


def system(folder: Path, text: str | None) -> pyproject.BuildSystem:
    if text is not None:
        (folder / "pyproject.toml").write_text(text)
    return pyproject.build_system(folder, top=folder, source="x")


def wrong(folder: Path, text: str) -> str:
    with pytest.raises(SourceError) as raised:
        system(folder, text)
    return raised.value.problems[0].message


@pytest.mark.parametrize("text", [None, "", "[project]\nname = 'x'\n"])
def test_a_source_that_does_not_say_how_is_built_by_setuptools(tmp_path: Path, text: str | None) -> None:
    found = system(tmp_path, text)
    assert [str(one) for one in found.requires] == ["setuptools>=40.8.0"]
    assert (found.backend, found.backend_path) == ("setuptools.build_meta:__legacy__", ())


def test_the_build_system_is_read(tmp_path: Path) -> None:
    (tmp_path / "backend").mkdir()
    text = '[build-system]\nrequires = ["flit_core>=3"]\nbuild-backend = "a.b:c.d"\nbackend-path = ["./backend", "."]\n'
    found = system(tmp_path, text)
    assert [str(one) for one in found.requires] == ["flit_core>=3"]
    assert (found.backend, found.backend_path) == ("a.b:c.d", ("backend", "."))
    assert system(tmp_path, "[build-system]\nrequires = []\n").backend == pyproject.DEFAULT_BACKEND


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[build-system]\n", "pyproject.toml has a [build-system] without requires (PEP 518)"),
        ("build-system = 1\n", "pyproject.toml has a build-system that is no table"),
        ('[build-system]\nrequires = "x"\n', "pyproject.toml has build-system.requires that is no array of strings"),
        (
            '[build-system]\nrequires = ["no good"]\n',
            "pyproject.toml has the build requirement 'no good', which is not valid (PEP 508)",
        ),
        (
            '[build-system]\nrequires = []\nbuild-backend = "os; import x"\n',
            "pyproject.toml names the build backend 'os; import x', which is no module or module:object",
        ),
        (
            '[build-system]\nrequires = []\nbackend-path = ["."]\n',
            "pyproject.toml has a backend-path and no build-backend (PEP 517)",
        ),
        (
            '[build-system]\nrequires = []\nbuild-backend = "b"\nbackend-path = ["../evil"]\n',
            "pyproject.toml has the backend-path '../evil', which leads out of the source (PEP 517)",
        ),
        (
            '[build-system]\nrequires = []\nbuild-backend = "b"\nbackend-path = ["/evil"]\n',
            "pyproject.toml has the backend-path '/evil', which leads out of the source (PEP 517)",
        ),
        (
            '[build-system]\nrequires = []\nbuild-backend = "b"\nbackend-path = ["gone"]\n',
            "pyproject.toml has the backend-path 'gone', and there is no such folder",
        ),
        ("x = [", "pyproject.toml is not TOML: Invalid value (at end of document)"),
        (f"x = {'[' * 5000}", "pyproject.toml is nested too deeply, or holds impossible numbers"),
        (f"x = {'9' * 5000}", "pyproject.toml is nested too deeply, or holds impossible numbers"),
    ],
)
def test_a_build_system_that_breaks_the_standards_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert wrong(tmp_path, text) == message


def test_a_backend_path_through_a_link_out_of_the_source_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "backend").symlink_to("..")
    text = '[build-system]\nrequires = []\nbuild-backend = "b"\nbackend-path = ["backend"]\n'
    assert "leads out of the source" in wrong(folder, text)


def test_a_backend_path_that_links_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "backend").symlink_to("backend")
    text = '[build-system]\nrequires = []\nbuild-backend = "b"\nbackend-path = ["backend"]\n'
    assert wrong(tmp_path, text) == "pyproject.toml has the backend-path 'backend', and there is no such folder"


def test_a_pyproject_that_links_out_of_the_tree_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x = 1")
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "pyproject.toml").symlink_to("../secret")
    with pytest.raises(SourceError, match=r"'pyproject\.toml' is a symbolic link that leads out of the tree"):
        pyproject.tables(folder, top=folder, source="x")
    (folder / "pyproject.toml").unlink()
    (folder / "pyproject.toml").symlink_to("pyproject.toml")
    assert pyproject.tables(folder, top=folder, source="x") is None


def test_a_pyproject_that_is_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "MAX_READ", 10)
    assert wrong(tmp_path, "# 345678901") == "'pyproject.toml' is longer than 10 bytes"


@given(
    st.binary(max_size=200)
    | st.sampled_from([PROJECT, PKG_INFO]).flatmap(
        lambda text: st.tuples(st.integers(0, len(text)), st.binary(max_size=6)).map(
            lambda cut: text.encode()[: cut[0]] + cut[1] + text.encode()[cut[0] :]
        )
    )
)
def test_any_bytes_are_metadata_or_a_reason_or_our_error(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("any")
    for name in ("pyproject.toml", "PKG-INFO"):
        (folder / name).write_bytes(data)
    try:
        found = static_metadata.read(folder, top=folder, source="x", is_sdist=True)
        pyproject.build_system(folder, top=folder, source="x")
    except SourceError:
        return
    assert (found.metadata is None) == (found.reason is not None)
