"""One file of a page, by its name."""

from __future__ import annotations

import pytest

from resolver.index.model import Index, ProjectFile, ProjectPage
from resolver.index.offered import offered


def file(filename: str, version: str) -> ProjectFile:
    kind = "wheel" if filename.endswith(".whl") else "sdist"
    return ProjectFile(
        filename=filename, url=f"https://index.example/{filename}", kind=kind, version=version, sha256="0" * 64
    )


WHEEL = file("some_thing-1.0-py3-none-any.whl", "1.0")
SDIST = file("some-thing-1.0.0.tar.gz", "1.0.0")
PAGE = ProjectPage(
    name="some-thing", index=Index(name="x", url="https://index.example/simple/"), versions={"1.0": (SDIST, WHEEL)}
)


@pytest.mark.parametrize("known", [WHEEL, SDIST])
def test_a_file_is_found_under_any_spelling_of_its_version(known: ProjectFile) -> None:
    assert offered(PAGE, known.filename) is known


@pytest.mark.parametrize(
    "name",
    [
        "some_thing-1.1-py3-none-any.whl",
        "some_thing-1.0-py2-none-any.whl",
        "other-1.0-py3-none-any.whl",
        "some_thing-1.0.exe",
        "",
    ],
)
def test_what_the_page_does_not_list_is_not_found(name: str) -> None:
    assert offered(PAGE, name) is None


def test_nothing_is_found_where_there_is_no_page() -> None:
    assert offered(None, WHEEL.filename) is None
