from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from resolver.index.file_names import NamedVersion, UnusableNameError, version_in


@pytest.mark.parametrize(
    ("filename", "project", "expected"),
    [
        ("rich-13.0.0-py3-none-any.whl", "rich", NamedVersion("wheel", "13.0.0")),
        ("Foo.Bar_Baz-1.0-py2.py3-none-any.whl", "foo-bar-baz", NamedVersion("wheel", "1.0")),
        ("foo-1.0-1build-cp312-cp312-manylinux_2_28_x86_64.whl", "foo", NamedVersion("wheel", "1.0")),
        ("foo-1.0+cu118-cp312-cp312-linux_x86_64.whl", "foo", NamedVersion("wheel", "1.0+cu118")),
        ("foo-1!2.0-py3-none-any.whl", "foo", NamedVersion("wheel", "1!2.0")),
        ("foo-1.0.tar.gz", "foo", NamedVersion("sdist", "1.0")),
        ("foo-1.0.zip", "foo", NamedVersion("sdist", "1.0")),
        ("foo_bar-1.0.tar.gz", "foo-bar", NamedVersion("sdist", "1.0")),
        ("foo-bar-1.0.tar.gz", "foo-bar", NamedVersion("sdist", "1.0")),
        ("Foo.Bar-1.0-1.tar.gz", "foo-bar", NamedVersion("sdist", "1.0-1")),
        ("foo-1.0-py3.9.egg", "foo", None),
        ("foo-1.0.win32.exe", "foo", None),
        ("foo-1.0.tar.bz2", "foo", None),
        ("foo-1.0-py3-none-any.whl.metadata", "foo", None),
    ],
)
def test_kind_and_version_are_read_from_a_file_name(filename: str, project: str, expected: NamedVersion | None) -> None:
    assert version_in(filename, project) == expected


@pytest.mark.parametrize(
    ("filename", "reason"),
    [
        ("other-1.0-py3-none-any.whl", "it belongs to another project"),
        ("foo-2-1.0.tar.gz", "what follows the project's name is not a version"),
        ("foobar-1.0.tar.gz", "it belongs to another project"),
        ("foo-latest-py3-none-any.whl", "'latest' is not a version"),
        ("foo-1.0-none-any.whl", "it is not named as a wheel has to be"),
        ("foo-1.0-x1-py3-none-any.whl", "it is not named as a wheel has to be"),
        ("foo-1.0-py3--any.whl", "it is not named as a wheel has to be"),
        ("foo-1.0-py3-none-any\n.whl", "it is not named as a wheel has to be"),
        ("../foo-1.0-py3-none-any.whl", "it is not named as a wheel has to be"),
        ("foo-1.0-${x}-none-any.whl", "it is not named as a wheel has to be"),
        ("foo-1.0/../x.tar.gz", "the file name holds characters that have no place in one"),
        ("foo-1.0\u202e.zip", "the file name holds characters that have no place in one"),
        ("README.txt", "neither a wheel nor a source archive"),
    ],
)
def test_an_unusable_file_name_gives_its_reason(filename: str, reason: str) -> None:
    with pytest.raises(UnusableNameError) as caught:
        version_in(filename, "foo")
    assert str(caught.value) == reason


@given(st.text(max_size=40), st.sampled_from(["", ".whl", ".tar.gz", ".zip", ".egg"]))
def test_any_text_is_read_or_refused_by_name(stem: str, ending: str) -> None:
    try:
        named = version_in(stem + ending, "foo")
    except UnusableNameError:
        return
    assert named is None or Version(named.version)
