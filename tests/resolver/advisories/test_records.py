from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.advisories.model import Release
from resolver.advisories.reading import LONGEST_SUMMARY, advisory, summary
from resolver.advisories.records import MAX_RECORD_BYTES, RecordError, decode
from tests.osv_records import osv_record

RELEASE = Release("some-package", "1.0", None)


def encoded(**keys: object) -> bytes:
    return json.dumps(osv_record("GHSA-1", "some-package", {"introduced": "0"}, {"fixed": "2.0"}) | keys).encode()


def test_a_record_says_whom_it_concerns() -> None:
    vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"
    said = advisory(
        decode(
            encoded(
                aliases=["CVE-2", "GHSA-1", "CVE-1"],
                severity=[{"type": "CVSS_V3", "score": vector}],
                database_specific={"severity": "HIGH", "cwe_ids": []},
                references=[{"type": "WEB", "url": "https://advisories.example/1"}],
            )
        ),
        RELEASE,
    )
    assert said is not None
    assert (said.id, said.aliases, said.summary) == ("GHSA-1", ("CVE-1", "CVE-2"), "what GHSA-1 is about")
    assert (said.rating, said.vectors, [str(fixed) for fixed in said.fixed]) == ("HIGH", (vector,), ["2.0"])


@pytest.mark.parametrize("spelling", ["some-package", "Some_Package", "some.package"])
def test_names_are_compared_in_normal_form(spelling: str) -> None:
    assert advisory(decode(json.dumps(osv_record("X-1", spelling, {"introduced": "0"})).encode()), RELEASE) is not None


def test_another_ecosystem_or_package_is_not_concerned() -> None:
    record = osv_record("X-1", "some-package", {"introduced": "0"})
    record["affected"][0]["package"]["ecosystem"] = "npm"
    assert advisory(decode(json.dumps(record).encode()), RELEASE) is None
    other = json.dumps(osv_record("X-1", "another", {"introduced": "0"})).encode()
    assert advisory(decode(other), RELEASE) is None


def test_a_withdrawn_record_counts_for_nothing() -> None:
    assert advisory(decode(encoded(withdrawn="2026-01-01T00:00:00Z")), RELEASE) is None
    assert advisory(decode(encoded(withdrawn="2026-01-01T00:00:00Z")), RELEASE, matched=True) is None


@pytest.mark.parametrize("said", [None, 7, "HIGH", {"severity": 7}, {"severity": "\u001b[31m"}, {"severity": ["HIGH"]}])
def test_what_a_database_adds_for_itself_may_be_anything(said: object) -> None:
    assert decode(encoded(database_specific=said)).rating is None


BAD = {
    "no JSON": (b"<html>", "no OSV record"),
    "nothing": (b"", "no OSV record"),
    "an array": (b"[]", "no OSV record"),
    "no id": (b"{}", "no OSV record"),
    "an id of another type": (encoded(id=7), "no OSV record"),
    "an id that leads elsewhere": (encoded(id="../../secrets"), "no OSV record"),
    "an id that paints": (encoded(id="GHSA-\u001b[31m"), "no OSV record"),
    "affected of another type": (encoded(affected={}), "no OSV record"),
    "versions of another type": (encoded(affected=[{"versions": [1]}]), "no OSV record"),
    "a newer schema": (encoded(schema_version="2.0.0"), "newer version of the OSV schema"),
    "depth": (b'{"id":"A-1","x":' + b"[" * 200_000 + b"]" * 200_000 + b"}", "nested too deeply"),
    "size": (b" " * (MAX_RECORD_BYTES + 1), "larger than"),
    "not UTF-8": (b'{"id":"A-\xff"}', "no OSV record|not UTF-8"),
}


@pytest.mark.parametrize(("content", "reason"), BAD.values(), ids=BAD.keys())
def test_a_text_that_is_no_record_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(RecordError, match=reason):
        decode(content)


@given(st.binary())
def test_any_bytes_are_a_record_or_refused(content: bytes) -> None:
    with pytest.raises(RecordError):
        decode(content)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_any_value_of_a_key_is_understood_or_refused(value: object) -> None:
    for key in ("aliases", "summary", "details", "affected", "severity", "withdrawn", "schema_version"):
        try:
            decode(encoded(**{key: value}))
        except RecordError:
            continue


@given(st.text(), st.text())
def test_a_summary_is_one_short_line(short: str, details: str) -> None:
    text = summary(short, details)
    assert len(text) <= LONGEST_SUMMARY
    assert text == " ".join(text.split())


def test_a_record_without_summary_shows_the_first_line_of_its_details() -> None:
    assert summary(None, "\n# \n\nThe first   line.\nThe second.") == "The first line."
    assert summary(None, None) == ""
    assert summary("x " * 1000, None).endswith("x…")
