"""What a source calls itself, beside what it was taken for."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lock.errors import LockError
from resolver.sources.self_description import contradictions, sdist_version
from resolver.sources.static_metadata import StaticMetadata
from resolver.sources.trees import MAX_READ

NAME, VERSION = "some-thing", "1.2"


def texts(folder: Path, pkg_info: bytes | None = None, *, is_sdist: bool = True, **known: Any) -> list[str]:
    if pkg_info is not None:
        (folder / "PKG-INFO").write_bytes(pkg_info)
    found = contradictions(
        StaticMetadata(**known), folder, top=folder, source="x", name=NAME, version=VERSION, is_sdist=is_sdist
    )
    assert [one.expected for one in found] == [NAME if one.of_name else VERSION for one in found]
    return [one.text for one in found]


@pytest.mark.parametrize(
    "pkg_info",
    [
        b"Name: some-thing\nVersion: 1.2\n",
        b"Name: Some_Thing\r\nVersion: 1.2.0\r\n",
        b"Name: some.thing\nVersion: v1.2\n\nName: other\n",
        b"Name: some-thing\nVersion: 1.2\nAuthor: J\xf6rg\n",
        b"",
    ],
)
def test_other_spellings_and_texts_after_the_head_are_no_contradiction(tmp_path: Path, pkg_info: bytes) -> None:
    assert texts(tmp_path, pkg_info, name="Some.Thing", version="1.2") == []


@pytest.mark.parametrize(
    ("pkg_info", "told"),
    [
        (b"Name: other\nVersion: 1.2\n", ['its PKG-INFO names the distribution "other"']),
        (b"Name: some-thing\nversion: 2\n", ['its PKG-INFO gives the version "2"']),
        (b"Name: some-thing\nVersion: 1.2\nVersion: 2\n", ['its PKG-INFO gives the version "2"']),
        (b"Name: some-th\xefng\n", ['its PKG-INFO names the distribution "some-th\\\\xefng"']),
        (b"Name: \x1b[31m\n", ['its PKG-INFO names the distribution "\\u001b[31m"']),
        (b"Name:\nVersion:\n", ['its PKG-INFO names the distribution ""', 'its PKG-INFO gives the version ""']),
    ],
)
def test_what_pkg_info_says_otherwise_is_told_and_shown_escaped(
    tmp_path: Path, pkg_info: bytes, told: list[str]
) -> None:
    assert texts(tmp_path, pkg_info) == told


def test_what_stands_in_both_files_is_told_once_and_what_differs_apart(tmp_path: Path) -> None:
    pkg_info = b"Name: other\nVersion: 2\n"
    assert texts(tmp_path, pkg_info, name="other", version="3") == [
        'its PKG-INFO names the distribution "other"',
        'its PKG-INFO gives the version "2"',
        'it gives the version "3"',
    ]


def test_pkg_info_in_a_repository_is_not_looked_at(tmp_path: Path) -> None:
    assert texts(tmp_path, b"Name: other\n", is_sdist=False) == []
    assert texts(tmp_path, is_sdist=False, name="other") == ['it names the distribution "other"']


def test_a_pkg_info_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LockError, match="PKG-INFO"):
        texts(tmp_path, b"x" * (MAX_READ + 1))


@pytest.mark.parametrize(
    ("filename", "version"),
    [
        ("some_thing-1.2.tar.gz", "1.2"),
        ("some-thing-1.2.zip", "1.2"),
        ("v1.2.tar.gz", None),
        ("other-1.2.tar.gz", None),
        ("some-thing-main.tar.gz", None),
        ("some_thing-1.2-py3-none-any.whl", None),
        ("some-thing-1.2.tar.bz2", None),
    ],
)
def test_an_archive_is_an_sdist_by_its_name_and_its_pkg_info(
    tmp_path: Path, filename: str, version: str | None
) -> None:
    assert sdist_version(filename, NAME, tmp_path, top=tmp_path, source="x") is None
    (tmp_path / "PKG-INFO").write_bytes(b"")
    assert sdist_version(filename, NAME, tmp_path, top=tmp_path, source="x") == version


@given(st.binary(max_size=200) | st.text(max_size=60).map(lambda text: f"Name: {text}\nVersion: {text}\n".encode()))
def test_whatever_pkg_info_holds_the_answer_is_plain_text(pkg_info: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert all(text.isprintable() for text in texts(Path(folder), pkg_info))
