"""Provenance objects: whose they are, and what is refused."""

from __future__ import annotations

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.provenance.parsing import MAX_ATTESTATIONS, MAX_BUNDLES, ProvenanceError, identities, parse
from tests.provenances import GITHUB, GITLAB, attestation, provenance, statement

NAME = "weather-1.0-py3-none-any.whl"
SHA256 = "ab" * 32


def read(content: Any) -> list[dict[str, str]]:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return [dict(identity) for identity in identities(parse(text, NAME, SHA256))]


def test_publishers_are_sorted_and_each_stands_once() -> None:
    assert read(provenance(NAME, SHA256, (GITLAB, GITHUB, GITLAB))) == [GITHUB, GITLAB]


def test_what_identifies_nobody_is_left_out() -> None:
    publisher = {**GITHUB, "environment": None, "claims": {"sub": "repo:octo/weather", "run": 7}, "note": "", "n": 1}
    assert read(provenance(NAME, SHA256, (publisher,))) == [
        {"kind": "GitHub", "repository": "octo/weather", "workflow": "release.yml"}
    ]


def test_a_kind_that_is_not_known_is_kept_as_it_is() -> None:
    publisher = {"kind": "Forge of 2030", "team": "weather"}
    assert read(provenance(NAME, SHA256, (publisher,))) == [publisher]


def test_nobody_may_have_published_a_file() -> None:
    assert read({"version": 1, "attestation_bundles": []}) == []


def test_the_name_before_upload_is_the_same_file() -> None:
    said = provenance("Weather-1.0.0-py3-none-any.whl", SHA256)
    assert parse(json.dumps(said).encode(), "weather-1.0-py3-none-any.whl", SHA256)


def _bundle(**changed: Any) -> dict[str, Any]:
    bundle = provenance(NAME, SHA256)["attestation_bundles"][0]
    return {"version": 1, "attestation_bundles": [{**bundle, **changed}]}


def _attested(**changed: Any) -> dict[str, Any]:
    return _bundle(attestations=[{**attestation(statement(NAME, SHA256)), **changed}])


def _enveloped(encoded: str) -> dict[str, Any]:
    return _attested(envelope={"statement": encoded, "signature": "AAAA"})


REFUSED = {
    "other-bytes": (
        provenance(NAME, "cd" * 32),
        f"an attestation is of other bytes: it says sha256 '{'cd' * 32}', and the file has {SHA256}",
    ),
    "other-file": (
        provenance("weather-1.1-py3-none-any.whl", SHA256),
        "an attestation is of 'weather-1.1-py3-none-any.whl', and not of this file",
    ),
    "other-project": (
        provenance("whether-1.0-py3-none-any.whl", SHA256),
        "an attestation is of 'whether-1.0-py3-none-any.whl', and not of this file",
    ),
    "no-file-name": (provenance("../x", SHA256), "an attestation is of '../x', and not of this file"),
    "no-digest": (
        provenance(NAME, SHA256, subject=[{"name": NAME, "digest": {"md5": "00"}}]),
        f"an attestation is of other bytes: it says sha256 'nothing', and the file has {SHA256}",
    ),
    "two-subjects": (
        provenance(NAME, SHA256, subject=[{"name": NAME, "digest": {"sha256": SHA256}}] * 2),
        "a statement is about 2 files instead of one",
    ),
    "no-subject": (provenance(NAME, SHA256, subject=[]), "a statement is about 0 files instead of one"),
    "other-statement": (
        provenance(NAME, SHA256, _type="https://in-toto.example/Link/v1"),
        "a statement is of the type 'https://in-toto.example/Link/v1', not in-toto's v1",
    ),
    "of-tomorrow": ({"version": 2}, "it is of version 2, and only 1 is known here"),
    "attestation-of-tomorrow": (_attested(version=2), "an attestation is of version 2, and only 1 is known here"),
    "no-attestations": (_bundle(attestations=[]), "it names a publisher without any attestation"),
    "no-kind": (_bundle(publisher={"repository": "octo/weather"}), "a publisher has no kind"),
    "kind-is-a-number": (_bundle(publisher={"kind": 1}), "a publisher has no kind"),
    "odd-key": (
        _bundle(publisher={"kind": "GitHub", "${repository}": "octo/weather"}),
        "the publisher's key '${repository}' is not a key of a publisher (letters, digits, `_` and `-`)",
    ),
    "escape-codes": (
        _bundle(publisher={"kind": "GitHub", "repository": "octo/\x1b[31mweather"}),
        "the publisher's repository 'octo/\\x1b[31mweather' is not one line of printable text",
    ),
    "bidirectional": (
        _bundle(publisher={"kind": "GitHub", "repository": "octo/\u202eweather"}),
        "the publisher's repository 'octo/\\u202eweather' is not one line of printable text",
    ),
    "too-many-publishers": (
        provenance(NAME, SHA256, [GITHUB] * (MAX_BUNDLES + 1)),
        f"it has {MAX_BUNDLES + 1} publishers, and no more than {MAX_BUNDLES} are read",
    ),
    "too-many-attestations": (
        _bundle(attestations=[attestation(statement(NAME, SHA256))] * (MAX_ATTESTATIONS + 1)),
        f"a publisher has {MAX_ATTESTATIONS + 1} attestations, and no more than {MAX_ATTESTATIONS} are read",
    ),
    "no-base64": (_enveloped("no base64"), "a statement is not base64"),
    "no-json-inside": (
        _enveloped(base64.b64encode(b"{").decode()),
        "a statement cannot be understood: Input data was truncated",
    ),
    "no-json": (b"<html>", "its JSON cannot be understood: JSON is malformed: invalid character (byte 0)"),
    "cut-off": (
        json.dumps(provenance(NAME, SHA256)).encode()[:-9],
        "its JSON cannot be understood: Input data was truncated",
    ),
    "not-utf-8": (b'{"version": 1, "attestation_bundles": "\xff"}', "its JSON cannot be understood: "),
    "nested": (b'{"version": 1, "attestation_bundles": ' + b"[" * 100_000, "its JSON cannot be understood: "),
}


ATTACKS = {
    "escape-codes": 20,
    "bidirectional": 20,
    "nested": 15,
    "too-many-publishers": 15,
    "too-many-attestations": 15,
}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(*case, id=name, marks=[pytest.mark.attack(ATTACKS[name])] if name in ATTACKS else [])
        for name, case in REFUSED.items()
    ],
)
def test_what_cannot_be_believed_is_refused(content: Any, message: str) -> None:
    with pytest.raises(ProvenanceError) as caught:
        read(content)
    assert str(caught.value).startswith(message)


def test_an_object_of_tomorrow_says_so() -> None:
    with pytest.raises(ProvenanceError) as caught:
        read({"version": 2})
    assert caught.value.newer


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.data())
def test_whatever_is_changed_gives_publishers_or_an_error(data: st.DataObject) -> None:
    document = provenance(NAME, SHA256)
    places: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for key, inner in items:
            places.append((value, key))
            walk(inner)

    walk(document)
    holder, key = data.draw(st.sampled_from(places))
    holder[key] = data.draw(JSON)
    with contextlib.suppress(ProvenanceError):
        read(document)


@given(st.binary(max_size=100))
def test_any_bytes_give_an_error(text: bytes) -> None:
    with pytest.raises(ProvenanceError):
        parse(text, NAME, SHA256)
