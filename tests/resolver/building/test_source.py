from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from lock.errors import ResolutionError
from resolver.building.source import SourceTree, asked_requirement, build_system_of

if TYPE_CHECKING:
    from pathlib import Path


def source(folder: Path, subdirectory: str | None = None, **files: str) -> SourceTree:
    tree = SourceTree(name="plug", version="1.0", root=folder, identity="sha256-x", subdirectory=subdirectory)
    tree.project.mkdir(exist_ok=True)
    for name, text in files.items():
        (tree.project / name).write_text(text, encoding="utf-8")
    return tree


@pytest.mark.parametrize("subdirectory", [None, "part"])
def test_a_source_with_setup_py_alone_is_built_with_setuptools(tmp_path: Path, subdirectory: str | None) -> None:
    system = build_system_of(source(tmp_path, subdirectory, **{"setup.py": ""}))
    assert system.backend == "setuptools.build_meta:__legacy__"
    assert [str(requirement) for requirement in system.requires] == ["setuptools>=40.8.0"]


def test_a_folder_that_holds_no_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ResolutionError, match=r"plug 1\.0 cannot be used: it holds neither pyproject\.toml nor setup\.py"
    ):
        build_system_of(source(tmp_path))


def test_a_build_requirement_with_an_address_is_not_followed(tmp_path: Path) -> None:
    table = '[build-system]\nrequires = ["tool @ https://user:hunter2@example.org/tool.zip"]\n'
    with pytest.raises(ResolutionError) as caught:
        build_system_of(source(tmp_path, **{"pyproject.toml": table}))
    assert "it is built with tool from an address, which is not followed" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tool >>= 1", "its backend asks for 'tool >>= 1', which is not valid (PEP 508)"),
        ("tool @ https://example.org/tool.zip", "it is built with tool from an address, which is not followed"),
        ("x" * 1000 + "!", "x…', which is not valid"),
    ],
)
def test_what_a_backend_asks_for_must_be_a_requirement_on_a_name(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ResolutionError, match=re.escape(expected)):
        asked_requirement(source(tmp_path), text)
