"""The table of libraries that the Nix side can provide, and where it is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lock.errors import WorldError
from resolver.inspection import libraries

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder this package would be installed into."""
    monkeypatch.setattr(libraries, "__file__", str(tmp_path / "resolver" / "inspection" / "libraries.py"))
    libraries.library_table.cache_clear()
    yield tmp_path
    libraries.library_table.cache_clear()


def put(folder: Path, text: str = '{"libraries": {"libz.so.1": "zlib"}, "system": [], "driver": []}') -> Path:
    folder.mkdir(parents=True)
    (folder / "libraries.json").write_text(text, encoding="utf-8")
    return folder


def test_the_table_covers_the_c_library_and_what_nixpkgs_has() -> None:
    table = libraries.library_table()
    assert table.covers("libc.so.6")
    assert table.covers("libstdc++.so.6")
    assert not table.covers("libnobody-has-this.so.9")


def test_an_installed_wheel_carries_the_table_inside_of_plugin_lock(installed: Path) -> None:
    # A folder `nix` beside the packages belongs to someone else there.
    put(installed / "nix")
    inside = put(installed / "plugin_lock" / "nix")
    assert libraries.nix_folder() == inside


def test_a_checkout_has_the_table_beside_the_packages(installed: Path) -> None:
    folder = put(installed / "nix")
    assert libraries.nix_folder() == folder
    assert libraries.library_table().covers("libz.so.1")


def test_an_installation_without_the_table_is_not_whole(installed: Path) -> None:
    with pytest.raises(WorldError, match="install plugin-lock again"):
        libraries.library_table()


def test_a_table_that_cannot_be_understood_is_told(installed: Path) -> None:
    put(installed / "nix", '{"libraries": []}')
    with pytest.raises(WorldError, match=r"libraries\.json: cannot be understood: "):
        libraries.library_table()
