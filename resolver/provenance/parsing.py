"""Reading a provenance object (PEP 740, "Provenance objects"): publishers, and what their attestations are of.

What is read here is the index's word.  Only `resolver.provenance.signatures` asks whether it is true; that every
statement is about this very file is checked here already, since a wrong one needs no cryptography to be told.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import msgspec
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename

from lock.grammar import IDENTITY_KEY, LONGEST_TEXT, quoted
from lock.identities import KIND, identity_key, ordered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_BUNDLES = 32
"""The most publishers that one file may have."""

MAX_ATTESTATIONS = 32
"""The most attestations that one publisher may give of one file."""

_STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
# Claims of the run that published a file: they differ from release to release, and identify nobody.
_NOT_IDENTITY = frozenset({"claims"})


class ProvenanceError(ValueError):
    """A provenance object that cannot be used; the text completes "the provenance of … cannot be used: "."""

    def __init__(self, reason: str, *, newer: bool = False) -> None:
        self.newer = newer
        super().__init__(reason)


class Attestations(msgspec.Struct, frozen=True, kw_only=True):
    """What one publisher attests of a file.  `identity` as plugins.lock records it.

    `publisher` and the `attestations` are JSON, as they came.
    """

    identity: Mapping[str, str]
    publisher: bytes
    attestations: tuple[bytes, ...]


class _Envelope(msgspec.Struct):
    statement: str
    signature: str


class _Attestation(msgspec.Struct):
    version: int
    envelope: _Envelope
    verification_material: msgspec.Raw


class _Bundle(msgspec.Struct):
    publisher: msgspec.Raw
    attestations: list[msgspec.Raw]


class _Versioned(msgspec.Struct):
    version: int


class _Provenance(msgspec.Struct):
    attestation_bundles: list[_Bundle]


class _Subject(msgspec.Struct):
    name: str
    digest: dict[str, str]


class _Statement(msgspec.Struct, rename={"type": "_type", "predicate_type": "predicateType"}):
    type: str
    predicate_type: str
    subject: list[_Subject]


_VERSIONED = msgspec.json.Decoder(_Versioned)
_PROVENANCE = msgspec.json.Decoder(_Provenance)
_ATTESTATION = msgspec.json.Decoder(_Attestation)
_STATEMENT = msgspec.json.Decoder(_Statement)
_PUBLISHER = msgspec.json.Decoder(dict[str, Any])


def parse(text: bytes, filename: str, sha256: str) -> tuple[Attestations, ...]:
    """Return who attests a file and what, sorted by publisher; `sha256` is that of the file's bytes, as hex digits.

    Raises `ProvenanceError`.
    """
    try:
        version = _VERSIONED.decode(text).version
        if version != 1:
            raise ProvenanceError(f"it is of version {version}, and only 1 is known here", newer=version > 1)
        bundles = _PROVENANCE.decode(text).attestation_bundles
        if len(bundles) > MAX_BUNDLES:
            raise ProvenanceError(f"it has {len(bundles)} publishers, and no more than {MAX_BUNDLES} are read")
        found = [_bundle(bundle, filename, sha256) for bundle in bundles]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProvenanceError(f"its JSON cannot be understood: {error}") from None
    return tuple(sorted(found, key=lambda each: (identity_key(each.identity), each.attestations)))


def _bundle(bundle: _Bundle, filename: str, sha256: str) -> Attestations:
    identity = _identity(_PUBLISHER.decode(bundle.publisher))
    count = len(bundle.attestations)
    if not count:
        raise ProvenanceError("it names a publisher without any attestation")
    if count > MAX_ATTESTATIONS:
        raise ProvenanceError(f"a publisher has {count} attestations, and no more than {MAX_ATTESTATIONS} are read")
    for raw in bundle.attestations:
        attestation = _ATTESTATION.decode(raw)
        if attestation.version != 1:
            message = f"an attestation is of version {attestation.version}, and only 1 is known here"
            raise ProvenanceError(message, newer=attestation.version > 1)
        check_statement(_decoded(attestation.envelope.statement), filename, sha256)
    return Attestations(
        identity=identity, publisher=bytes(bundle.publisher), attestations=tuple(map(bytes, bundle.attestations))
    )


def _identity(publisher: Mapping[str, Any]) -> dict[str, str]:
    """Return the keys that say who it is: texts, as given; an index writes null or "" for what a kind leaves open."""
    identity = {
        key: value for key, value in publisher.items() if isinstance(value, str) and value and key not in _NOT_IDENTITY
    }
    if KIND not in identity:
        raise ProvenanceError("a publisher has no kind")
    for key, value in identity.items():
        if not IDENTITY_KEY.fits(key):
            raise ProvenanceError(f"the publisher's key {quoted(key)} is not {IDENTITY_KEY.says}")
        if len(value) > LONGEST_TEXT or not value.isprintable():
            raise ProvenanceError(f"the publisher's {key} {quoted(value)} is not one line of printable text")
    return ordered(identity)


def _decoded(statement: str) -> bytes:
    try:
        return base64.b64decode(statement, validate=True)
    except ValueError:  # of another length, or not ASCII at all
        raise ProvenanceError("a statement is not base64") from None


def check_statement(text: bytes, filename: str, sha256: str) -> str:
    """Return the predicate type of a statement (in-toto v1, JSON) about this one file.

    Raises `ProvenanceError` for a statement about anything else.
    """
    try:
        statement = _STATEMENT.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProvenanceError(f"a statement cannot be understood: {error}") from None
    if statement.type != _STATEMENT_TYPE:
        raise ProvenanceError(f"a statement is of the type {quoted(statement.type)}, not in-toto's v1")
    if len(statement.subject) != 1:
        raise ProvenanceError(f"a statement is about {len(statement.subject)} files instead of one")
    (subject,) = statement.subject
    if subject.name != filename and not _is_same_file(subject.name, filename):
        raise ProvenanceError(f"an attestation is of {quoted(subject.name)}, and not of this file")
    if subject.digest.get("sha256") != sha256:
        said = quoted(subject.digest.get("sha256", "nothing"))
        raise ProvenanceError(f"an attestation is of other bytes: it says sha256 {said}, and the file has {sha256}")
    return statement.predicate_type


def _is_same_file(name: str, filename: str) -> bool:
    """Tell whether two file names mean one distribution: publishers may spell the name as it was before upload."""
    try:
        if filename.endswith(".whl"):
            return parse_wheel_filename(name) == parse_wheel_filename(filename)
        return parse_sdist_filename(name) == parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return False


def identities(found: tuple[Attestations, ...]) -> Iterator[Mapping[str, str]]:
    """Yield each publisher once, sorted."""
    yield from {identity_key(each.identity): each.identity for each in found}.values()
