"""Attestations verified against a Sigstore of the tests' own."""

from __future__ import annotations

import base64
import contextlib
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lock.errors import InputError
from resolver.provenance.parsing import ProvenanceError, parse
from resolver.provenance.signatures import SignatureError, Signatures
from tests.provenances import GITHUB, GITLAB, statement
from tests.sigstore_instance import SigstoreInstance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NAME = "weather-1.0-py3-none-any.whl"
SHA256 = "ab" * 32


@pytest.fixture(scope="module")
def sigstore() -> SigstoreInstance:
    return SigstoreInstance()


@pytest.fixture(scope="module")
def root(sigstore: SigstoreInstance, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sigstore.write_root(tmp_path_factory.mktemp("sigstore") / "trusted_root.json")


def verify(root: Path, *bundles: Any) -> None:
    text = json.dumps({"version": 1, "attestation_bundles": bundles}).encode()
    Signatures(root).verify(parse(text, NAME, SHA256), NAME, SHA256)


@pytest.mark.parametrize("publisher", [GITHUB, GITLAB], ids=["github", "gitlab"])
def test_an_attestation_of_its_publisher_holds(
    sigstore: SigstoreInstance, root: Path, publisher: dict[str, str]
) -> None:
    verify(root, sigstore.bundle(NAME, SHA256, publisher))


def test_all_of_several_must_hold(sigstore: SigstoreInstance, root: Path) -> None:
    good = sigstore.bundle(NAME, SHA256, GITHUB)
    bad = {**sigstore.bundle(NAME, SHA256, GITLAB), "publisher": {**GITLAB, "repository": "octo/other"}}
    verify(root, good, sigstore.bundle(NAME, SHA256, GITLAB))
    with pytest.raises(SignatureError):
        verify(root, good, bad)


def _material(bundle: Any) -> Any:
    return bundle["attestations"][0]["verification_material"]


def _entry(bundle: Any) -> Any:
    return _material(bundle)["transparency_entries"][0]


def _flipped(text: str) -> str:
    data = bytearray(base64.b64decode(text))
    data[len(data) // 2] ^= 1
    return base64.b64encode(bytes(data)).decode()


def _another_statement(bundle: Any) -> None:
    said = json.dumps(statement(NAME, SHA256, more="x")).encode()
    bundle["attestations"][0]["envelope"]["statement"] = base64.b64encode(said).decode()


def _another_signature(bundle: Any) -> None:
    envelope = bundle["attestations"][0]["envelope"]
    envelope["signature"] = _flipped(envelope["signature"])


def _another_promise(bundle: Any) -> None:
    promise = _entry(bundle)["inclusionPromise"]
    promise["signedEntryTimestamp"] = _flipped(promise["signedEntryTimestamp"])


DONE: dict[str, tuple[Callable[[Any], object], str]] = {
    "another repository": (
        lambda bundle: bundle["publisher"].update(repository="mallory/weather"),
        "Certificate's OIDCSourceRepositoryURI does not match",
    ),
    "another workflow": (
        lambda bundle: bundle["publisher"].update(workflow="other.yml"),
        "Certificate's Build Config URI",
    ),
    "another forge": (
        lambda bundle: bundle.update(publisher=GITLAB),
        "Certificate's OIDCIssuerV2 does not match",
    ),
    "a forge nobody knows": (
        lambda bundle: bundle.update(publisher={"kind": "Forge of 2030"}),
        "publishers of the kind Forge of 2030 cannot be verified here",
    ),
    "another statement": (_another_statement, "DSSE: invalid signature"),
    "another signature": (_another_signature, ""),
    "another certificate": (
        lambda bundle: _material(bundle).update(certificate=_flipped(_material(bundle)["certificate"])),
        "",
    ),
    "no certificate": (lambda bundle: _material(bundle).update(certificate="AAAA"), "invalid X.509 certificate"),
    "another promise": (_another_promise, "invalid log entry: "),
    "no log entry": (
        lambda bundle: _material(bundle).update(transparency_entries=[]),
        "an attestation lacks what its signature could be verified with",
    ),
    "an empty log entry": (
        lambda bundle: _material(bundle).update(transparency_entries=[{}]),
        "invalid transparency log entry",
    ),
    "no proof": (lambda bundle: _entry(bundle).pop("inclusionProof"), ""),
    "no promise": (lambda bundle: _entry(bundle).pop("inclusionPromise"), ""),
    "another time": (lambda bundle: _entry(bundle).update(integratedTime="4000000000"), ""),
}


@pytest.mark.parametrize(("change", "reason"), DONE.values(), ids=DONE)
def test_what_was_changed_does_not_hold(
    sigstore: SigstoreInstance, root: Path, change: Callable[[Any], object], reason: str
) -> None:
    bundle = sigstore.bundle(NAME, SHA256, GITHUB)
    change(bundle)
    with pytest.raises(SignatureError) as caught:
        verify(root, bundle)
    assert str(caught.value).startswith(reason)
    assert "\n" not in str(caught.value)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_is_changed_holds_or_does_not(sigstore: SigstoreInstance, root: Path, data: st.DataObject) -> None:
    bundle = sigstore.bundle(NAME, SHA256, GITHUB)
    holder, key = data.draw(st.sampled_from(list(_places(bundle))))
    value = holder[key]
    others = [None, 1, -1, 2**70, "", [], {}, "AAAA", "é", f"{value}A", str(value)[:-2]]
    holder[key] = data.draw(st.sampled_from(others))
    with contextlib.suppress(SignatureError, ProvenanceError):
        verify(root, bundle)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from _places(inner)


def test_an_attestation_that_says_something_else_does_not_hold(sigstore: SigstoreInstance, root: Path) -> None:
    with pytest.raises(SignatureError) as caught:
        verify(root, sigstore.bundle(NAME, SHA256, GITHUB, predicateType="https://index.example/withdrawn/v1"))
    message = "an attestation is of the type 'https://index.example/withdrawn/v1', which is not known"
    assert str(caught.value) == message


def test_another_instance_is_not_trusted(root: Path) -> None:
    with pytest.raises(SignatureError) as caught:
        verify(root, SigstoreInstance().bundle(NAME, SHA256, GITHUB))
    assert str(caught.value).startswith("failed to build timestamp certificate chain")


def test_the_public_instance_does_not_know_ours(
    sigstore: SigstoreInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    text = json.dumps({"version": 1, "attestation_bundles": [sigstore.bundle(NAME, SHA256, GITHUB)]}).encode()
    with pytest.raises(SignatureError):
        Signatures(None).verify(parse(text, NAME, SHA256), NAME, SHA256)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("content", [None, "", "{}", '{"mediaType": "x"}', "[]"], ids=str)
def test_what_is_no_root_of_trust_is_refused(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "trusted_root.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        Signatures(path)
    (problem,) = caught.value.problems
    assert (problem.code, problem.path) == ("trust-root", str(path))
    assert problem.message.startswith("there is no root of trust to verify attestations with: ")


def test_without_the_extra_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    monkeypatch.setitem(sys.modules, "pypi_attestations", None)
    with pytest.raises(InputError) as caught:
        Signatures(root)
    assert str(caught.value) == (
        "attestations cannot be verified: pypi_attestations is not installed\n"
        "  help: install plugin-lock[attestations], or ask for --min-level publisher"
    )
