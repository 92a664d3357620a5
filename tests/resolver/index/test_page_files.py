from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from lock.errors import WorldError
from resolver.index import page_files
from resolver.index.model import Index

INDEX = Index(name="corp", url="https://index.example/simple/", files=("https://files.example",))
NAME = "thing-1.0.tar.gz"
PARTS = st.sampled_from(
    ["/", "..", ".", "a", "b-1", "%2F", "%20", "?x=1", "#sha256=aa", ";v=1", "//", "@", ":", "\\", "é", " ", "packages"]
)
PATHS = st.lists(PARTS, max_size=5).map("".join)
STARTS = st.sampled_from(
    [
        "https://index.example/",
        "https://files.example/",
        "https://files.example:443/",
        "https://other.example/",
        "https://u:p@files.example/",
        "http://files.example/",
        "HTTPS://FILES.example/",
        "//files.example/",
        "/",
        "../",
        "",
    ]
)
ENDS = st.sampled_from([NAME, f"/{NAME}", f"x{NAME}", f"/{NAME}#sha256=aa", f"/{NAME}/", "/thing-1.0%2Etar.gz"])
URLS = st.tuples(STARTS, PATHS, ENDS).map("".join)
BASES = st.sampled_from(
    ["https://index.example/simple/thing/", "https://index.example", "https://u:p@index.example/x/"]
)


@given(BASES, URLS)
def test_a_plain_address_is_read_as_if_it_were_taken_apart(base: str, url: str) -> None:
    plain = page_files._PlainAddresses(INDEX, base)
    quick = plain.file(url, NAME)
    entry = msgspec.convert({"filename": NAME, "url": url}, page_files._Entry)
    try:
        slow: str | None = page_files._file_url("thing", INDEX, base, entry)
    except WorldError:
        slow = None
    if quick is not None:
        assert quick == slow


def test_usual_addresses_are_plain() -> None:
    base = "https://index.example/simple/thing/"
    plain = page_files._PlainAddresses(INDEX, base)
    assert plain.file(f"https://files.example/packages/ab/{NAME}", NAME) == f"https://files.example/packages/ab/{NAME}"
    assert plain.file(f"/packages/ab/{NAME}", NAME) == f"https://index.example/packages/ab/{NAME}"
