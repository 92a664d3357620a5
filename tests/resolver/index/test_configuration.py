from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from pip._internal.models.index import PyPI

from lock.errors import InputError
from resolver.index.configuration import configured, default_index
from resolver.index.credentials import Credentials
from resolver.index.model import Index
from resolver.manifest.model import IndexConfig, Place

if TYPE_CHECKING:
    from pathlib import Path

PLACE = Place(path="plugins.toml", line=7, key="index[0].url")
PYPI = Index(name="default", url=f"{PyPI.simple_url}/", files=(f"https://{PyPI.file_storage_domain}",))


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def default(home: Path, **environ: str) -> Index:
    return default_index({"HOME": str(home)} | environ, system=home / "etc")[0]


def test_the_default_is_pypi_where_nothing_is_configured(tmp_path: Path) -> None:
    assert default_index({"HOME": str(tmp_path)}, system=tmp_path) == (PYPI, None)


def test_the_places_of_configuration_win_in_the_documented_order(tmp_path: Path) -> None:
    places = [
        ("PLUGIN_LOCK_DEFAULT_INDEX", "https://1.example/"),
        ("UV_DEFAULT_INDEX", "https://2.example/"),
        ("UV_INDEX_URL", "https://3.example/"),
        (".config/uv/uv.toml", 'index-url = "https://4.example/"'),
        ("PIP_INDEX_URL", "https://5.example/"),
        (".config/pip/pip.conf", "[global]\nindex-url = https://6.example/\n"),
        (".pip/pip.conf", "[global]\nindex_url = https://7.example/\n"),
        ("etc/pip.conf", "[global]\nindex-url = https://8.example/\n"),
    ]
    environ = {name: value for name, value in places if name.isupper()}
    for name, value in places:
        if not name.isupper():
            write(tmp_path / name, value)
    for number, (name, _) in enumerate(places, start=1):
        assert default(tmp_path, **environ).url == f"https://{number}.example/"
        environ.pop(name, None)
        (tmp_path / name).unlink(missing_ok=True)
    assert default(tmp_path) == PYPI


def test_uv_may_name_its_default_in_a_table(tmp_path: Path) -> None:
    write(
        tmp_path / "xdg" / "uv" / "uv.toml",
        '[[index]]\nurl = "https://other.example/"\n[[index]]\nurl = "https://main.example/simple"\ndefault = true\n',
    )
    assert default(tmp_path, XDG_CONFIG_HOME=str(tmp_path / "xdg")).url == "https://main.example/simple/"


def test_uv_s_named_form_of_an_index_is_understood(tmp_path: Path) -> None:
    assert default(tmp_path, UV_DEFAULT_INDEX="corp=https://index.example/a=b/").url == "https://index.example/a=b/"


def test_configuration_files_may_be_named_or_switched_off(tmp_path: Path) -> None:
    write(tmp_path / ".config/pip/pip.conf", "[global]\nindex-url = https://pip.example/\n")
    write(tmp_path / ".config/uv/uv.toml", 'index-url = "https://uv.example/"')
    write(tmp_path / "mine.conf", "[global]\nindex-url = https://mine.example/\n")
    assert default(tmp_path, UV_NO_CONFIG="1").url == "https://pip.example/"
    assert default(tmp_path, UV_NO_CONFIG="1", PIP_CONFIG_FILE=os.devnull) == PYPI
    assert default(tmp_path, UV_NO_CONFIG="1", PIP_CONFIG_FILE=str(tmp_path / "mine.conf")).url == (
        "https://mine.example/"
    )


def test_credentials_in_a_configured_address_are_split_off(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "PIP_INDEX_URL": "https://ada:p%40ss@index.example/simple"}
    index, credentials = default_index(environ, system=tmp_path)
    assert index == Index(name="default", url="https://index.example/simple/")
    assert credentials == Credentials("ada", "p@ss")
    assert configured([], environ, system=tmp_path).credentials == {"default": Credentials("ada", "p@ss")}


def test_pypi_by_any_configuration_keeps_the_origin_of_its_files(tmp_path: Path) -> None:
    assert default(tmp_path, PIP_INDEX_URL=PyPI.simple_url) == PYPI


@pytest.mark.parametrize(
    "url",
    [
        "file:///srv/simple",
        "http://index.example/simple/",
        "/srv/simple",
        "https://",
        "https://index.example/?x=1",
        "http://[",
        "ftp://ada:hunter2@index.example/",
    ],
)
def test_an_address_that_cannot_be_used_is_an_error_without_its_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError) as caught:
        default(tmp_path, PIP_INDEX_URL=url)
    (problem,) = caught.value.problems
    assert (problem.code, problem.path) == ("index-address", "PIP_INDEX_URL")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".config/pip/pip.conf", "index-url = https://ada:hunter2@index.example/\n"),
        (".config/uv/uv.toml", 'index-url = "https://ada:hunter2@index.example/'),
    ],
)
def test_a_configuration_file_that_cannot_be_read_is_named_without_its_content(
    tmp_path: Path, name: str, text: str
) -> None:
    write(tmp_path / name, text)
    with pytest.raises(InputError) as caught:
        default(tmp_path)
    assert caught.value.problems[0].path == str(tmp_path / name)
    assert "hunter2" not in str(caught.value)


def test_the_indexes_of_plugins_toml_stand_for_the_default(tmp_path: Path) -> None:
    corp = IndexConfig(name="corp", url="https://corp.example/simple", files=("https://files.example/",), place=PLACE)
    found = configured([corp], {"HOME": str(tmp_path)}, system=tmp_path)
    assert found.indexes == (Index(name="corp", url="https://corp.example/simple/", files=("https://files.example",)),)


def test_only_explicit_indexes_keep_the_default_in_front(tmp_path: Path) -> None:
    corp = IndexConfig(name="corp", url="https://corp.example/simple/", explicit=True, place=PLACE)
    found = configured([corp], {"HOME": str(tmp_path)}, system=tmp_path)
    assert [(index.name, index.explicit) for index in found.indexes] == [("default", False), ("corp", True)]


def test_a_password_in_plugins_toml_is_an_error_with_its_line(tmp_path: Path) -> None:
    corp = IndexConfig(name="corp", url="https://ada:hunter2@corp.example/simple/", place=PLACE)
    with pytest.raises(InputError) as caught:
        configured([corp], {"HOME": str(tmp_path)}, system=tmp_path)
    (problem,) = caught.value.problems
    assert (problem.path, problem.line, problem.key) == ("plugins.toml", 7, "index[0].url")
    assert "hunter2" not in str(caught.value)


def test_a_file_origin_that_is_none_is_an_error(tmp_path: Path) -> None:
    corp = IndexConfig(name="corp", url="https://corp.example/", files=("files.example",), place=PLACE)
    with pytest.raises(InputError, match=r"'files\.example' in the `files` of index corp is not the https address"):
        configured([corp], {"HOME": str(tmp_path)}, system=tmp_path)
