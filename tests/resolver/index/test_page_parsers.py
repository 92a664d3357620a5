"""Whatever a server sends, the parsers give a page or say in words what is wrong with it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lock.errors import WorldError
from resolver.index import html_page, json_page
from resolver.index.model import Index
from resolver.index.page_digest import Digest, PageError
from resolver.index.page_files import FilesByVersion

INDEX = Index(name="corp", url="https://index.example/simple/")
BASE = "https://index.example/simple/thing/"

names = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["thing-1.0-py3-none-any.whl", "thing-1.0.tar.gz", "thing-1.0.0.zip", "other-1.tar.gz"]),
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=12))
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2)
)
KEYS = ["filename", "url", "hashes", "yanked", "size", "upload-time", "core-metadata", "requires-python", "provenance"]
entries = st.fixed_dictionaries(
    {"filename": names, "url": st.one_of(names, st.just("thing-1.0-py3-none-any.whl"))},
    optional=dict.fromkeys(KEYS[2:], values),
)


def use(digest: Digest) -> None:
    """Look at everything a page holds; what is wrong with a file is a `WorldError` and nothing else."""
    files = FilesByVersion("thing", INDEX, digest)
    for version in files:
        try:
            for file in files[version]:
                assert file.url.startswith("https://index.example/")
                assert file.sha256 is None or len(file.sha256) == 64
        except WorldError as error:
            assert error.problems[0].message.startswith("index corp (https://index.example/simple/): ")  # noqa: PT017 - either is right


@given(st.binary(max_size=400))
def test_any_bytes_as_json_are_a_page_or_an_error(text: bytes) -> None:
    with_error = None
    try:
        use(json_page.read("thing", BASE, text))
    except PageError as error:
        with_error = str(error)
    assert with_error is None or with_error


@settings(deadline=None)
@given(st.lists(st.one_of(entries, values), max_size=5), values)
def test_any_json_as_files_is_a_page_or_an_error(files: list[Any], meta: Any) -> None:
    text = json.dumps({"meta": {"api-version": "1.0", "tracks": []}, "files": files, "project-status": meta})
    try:
        use(json_page.read("thing", BASE, text.encode("utf-8", "surrogatepass")))
    except PageError:
        return


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_as_html_are_a_page_or_an_error(text: bytes) -> None:
    try:
        use(html_page.read("thing", BASE, text))
    except PageError:
        return


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["href", "data-yanked", "data-upload-time", "data-core-metadata"]), names)),
    st.text(max_size=20),
)
def test_any_attributes_in_html_are_a_page_or_an_error(attributes: list[tuple[str, str]], base: str) -> None:
    text = " ".join(f'{key}="{value}"' for key, value in attributes)
    page = f'<base href="{base}"><a {text}>x</a><a href="thing-1.0.tar.gz" {text}>y</a>'
    try:
        use(html_page.read("thing", BASE, page.encode("utf-8", "surrogatepass")))
    except PageError:
        return


@pytest.mark.parametrize("version", ["2.0", "0.9", "1", "", "\u0661.\u0660"])
def test_an_odd_api_version_is_an_error_in_both_forms(version: str) -> None:
    with pytest.raises(PageError):
        json_page.read("thing", BASE, json.dumps({"meta": {"api-version": version}, "files": []}).encode())
    with pytest.raises(PageError):
        html_page.read("thing", BASE, f'<meta name="pypi:repository-version" content="{version}">'.encode())


@pytest.mark.parametrize("href", ["https://[/thing-1.0.tar.gz#sha256=x", "//[::1/x", "https://[x]/"])
def test_a_link_that_is_no_address_is_no_file_of_the_project(href: str) -> None:
    text = f'<a href="{href}">x</a><a href="/thing-2.0.tar.gz">thing-2.0.tar.gz</a>'.encode()
    digest = html_page.read("thing", "https://index.example/simple/thing/", text)
    assert [version for version, _, _ in digest.header.versions] == ["2.0"]
