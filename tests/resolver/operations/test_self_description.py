"""Source distributions that call themselves otherwise than their file, or plugins.toml, does."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from lock.errors import ResolutionError
from tests.resolver.building.sources import project
from tests.resolver.verification.locked_projects import looked, messages
from tests.sdists import tar_bytes
from tests.servers.index_server import IndexServer, ServedFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.projects import Workshop

RIGHT = "Metadata-Version: 1.0\nName: Mine\nVersion: 1.2.0\n"
PYPROJECT = '\n[project]\nname = "{name}"\nversion = "1.2"\ndynamic = ["dependencies"]\n'


@pytest.fixture
def mine(workshop: Workshop) -> Workshop:
    """A project that may build `mine`, and serves none yet."""
    workshop.python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    workshop.plugins.clear()
    workshop.settings = '[policy]\nallow-build = { mine = "tested" }'
    workshop.server.add_wheel("tool", "1.0")
    return workshop


def sdist(pkg_info: str | None, *, pyproject: str = "", version: str = "1.2") -> bytes:
    files = project("mine", version, built_with=["tool"])
    files["pyproject.toml"] += pyproject
    if pkg_info is not None:
        files["PKG-INFO"] = pkg_info
    return tar_bytes({f"mine-1.2/{path}": content for path, content in files.items()})


def on_index(workshop: Workshop, data: bytes, name: str = "mine-1.2.tar.gz") -> None:
    workshop.server.add("mine", ServedFile(name=name, data=data))
    workshop.plugins["mine"] = '"*"'


def by_address(workshop: Workshop, data: bytes, name: str = "mine-1.2.tar.gz") -> None:
    file = workshop.server.add("archives", ServedFile(name=name, data=data))
    workshop.plugins["mine"] = f'{{ url = "{workshop.server.origin}{workshop.server.file_url("archives", file)}" }}'


@pytest.mark.attack(17)
@pytest.mark.parametrize("serve", [on_index, by_address])
@pytest.mark.parametrize(
    ("pkg_info", "told"),
    [
        ("Metadata-Version: 1.0\nName: yours\nVersion: 1.2\n", ['its PKG-INFO names the distribution "yours"']),
        ("Metadata-Version: 1.1\nName: mine\nVersion: 1.3\n", ['its PKG-INFO gives the version "1.3"']),
        ("Metadata-Version: 2.1\nName: mine\nVersion: next\n", ['its PKG-INFO gives the version "next"']),
        ("Metadata-Version: 2.2\nName: mine\nVersion: 1.3\n", ['its PKG-INFO gives the version "1.3"']),
        (
            "Metadata-Version: 2.2\nDynamic: Requires-Dist\nName: mine\nVersion: 1.3\n",
            ['its PKG-INFO gives the version "1.3"'],
        ),
        (f"{RIGHT}Name: yours\n", ['its PKG-INFO names the distribution "yours"']),
        (
            "Metadata-Version: 1.0\nName: yours\nVersion: 1.3\n",
            ['its PKG-INFO names the distribution "yours"', 'its PKG-INFO gives the version "1.3"'],
        ),
    ],
)
def test_an_sdist_whose_pkg_info_calls_it_otherwise_is_refused(
    mine: Workshop, serve: Callable[[Workshop, bytes], None], pkg_info: str, told: list[str]
) -> None:
    serve(mine, sdist(pkg_info))
    with pytest.raises(ResolutionError) as caught:
        mine.lock()
    for text in told:
        assert text in str(caught.value)
    assert not mine.lock_path.exists()


@pytest.mark.parametrize("serve", [on_index, by_address])
def test_an_old_pkg_info_that_agrees_is_no_reason_to_refuse(
    mine: Workshop, serve: Callable[[Workshop, bytes], None]
) -> None:
    serve(mine, sdist(RIGHT))
    mine.lock()
    assert mine.versions() == {"mine": "1.2"}
    assert messages(looked(mine)) == []


@pytest.mark.attack(17)
@pytest.mark.parametrize("serve", [on_index, by_address])
def test_a_pyproject_that_needs_a_build_must_name_the_project_too(
    mine: Workshop, serve: Callable[[Workshop, bytes], None]
) -> None:
    serve(mine, sdist(RIGHT, pyproject=PYPROJECT.format(name="yours")))
    with pytest.raises(ResolutionError, match='it names the distribution "yours"'):
        mine.lock()


def test_a_version_with_another_name_inside_gives_way_to_the_one_before_and_that_is_told(mine: Workshop) -> None:
    on_index(mine, sdist("Metadata-Version: 1.0\nName: yours\nVersion: 1.2\n"))
    mine.server.add_wheel("mine", "1.0")
    (held,) = mine.lock().held_back
    assert mine.versions() == {"mine": "1.0"}
    assert held.reason == 'mine 1.2: its PKG-INFO names the distribution "yours", and its file name mine'


@pytest.mark.attack(17)
def test_an_archive_that_is_an_sdist_must_become_the_version_in_its_name(mine: Workshop) -> None:
    by_address(mine, sdist(RIGHT, version="1.3"))
    with pytest.raises(ResolutionError, match=r"names another version, '1\.3'"):
        mine.lock()


@pytest.mark.parametrize(
    ("pkg_info", "name"), [(None, "mine-1.2.tar.gz"), (RIGHT, "v1.2.tar.gz"), (RIGHT, "mine-main.tar.gz")]
)
def test_an_archive_that_is_no_sdist_may_be_called_anything(mine: Workshop, pkg_info: str | None, name: str) -> None:
    by_address(mine, sdist(pkg_info, version="1.3"), name)
    mine.lock()
    assert mine.versions() == {"mine": "1.3"}
    assert messages(looked(mine)) == []


@pytest.mark.attack(17)
def test_what_a_source_is_built_with_must_be_what_it_says_as_well(mine: Workshop, server: IndexServer) -> None:
    mine.settings = '[policy]\nallow-build = { mine = "tested", tool = "tested" }'
    server.projects["tool"].clear()
    files = {**project("tool", "1.0"), "PKG-INFO": "Metadata-Version: 1.0\nName: other-tool\nVersion: 1.0\n"}
    data = tar_bytes({f"tool-1.0/{path}": content for path, content in files.items()})
    server.add("tool", ServedFile(name="tool-1.0.tar.gz", data=data))
    on_index(mine, sdist(RIGHT))
    with pytest.raises(ResolutionError, match='its PKG-INFO names the distribution "other-tool"'):
        mine.lock()
