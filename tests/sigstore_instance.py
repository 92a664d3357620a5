"""A Sigstore of the tests' own: an authority that certifies publishers, and two logs; its root of trust is a file.

What it signs is verified by the same code as what Sigstore's public instance signs, whose keys nobody here has.
Structures: RFC 6962 (signed certificate timestamps, Merkle trees), Rekor's `dsse` entries, signed notes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pypi_attestations import AttestationType

from tests.provenances import statement
from tests.wheels import sha256_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.servers.index_server import ServedFile

SIGNED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_ISSUERS = {
    "GitHub": ("https://token.actions.githubusercontent.com", "https://github.com"),
    "GitLab": ("https://gitlab.com", "https://gitlab.com"),
}
_CLAIM = "1.3.6.1.4.1.57264.1."
_PAYLOAD_TYPE = "application/vnd.in-toto+json"
_ORIGIN = "log.example"


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _sign(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def _public(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _key_id(key: ec.EllipticCurvePrivateKey) -> bytes:
    return hashlib.sha256(_public(key)).digest()


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    size = bytes([length]) if length < 0x80 else bytes([0x82]) + length.to_bytes(2, "big")
    return bytes([tag]) + size + content


class SigstoreInstance:
    """Attests files in the name of any publisher; `trusted_root` is what whoever verifies must be given."""

    def __init__(self) -> None:
        self._authority = ec.generate_private_key(ec.SECP256R1())
        self._certificates = ec.generate_private_key(ec.SECP256R1())
        self._entries = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority.example")])
        self._root = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._authority.public_key())
            .serial_number(1)
            .not_valid_before(SIGNED - timedelta(days=1000))
            .not_valid_after(SIGNED + timedelta(days=10_000))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(authority=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._authority.public_key()), critical=False)
            .sign(self._authority, hashes.SHA256())
        )

    def write_root(self, path: Path) -> Path:
        """Write the `trusted_root.json` of this instance."""
        start = {"start": "2020-01-01T00:00:00Z"}
        root = {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [_log("https://log.example", self._entries, start)],
            "certificateAuthorities": [
                {
                    "subject": {"organization": "example", "commonName": "authority.example"},
                    "uri": "https://authority.example",
                    "certChain": {
                        "certificates": [{"rawBytes": _b64(self._root.public_bytes(serialization.Encoding.DER))}]
                    },
                    "validFor": start,
                }
            ],
            "ctlogs": [_log("https://certificates.example", self._certificates, start)],
            "timestampAuthorities": [],
        }
        path.write_text(json.dumps(root), encoding="utf-8")
        return path

    def publish(self, file: ServedFile, publisher: Mapping[str, str], **changed: Any) -> ServedFile:
        """Have a served file attested; further values replace those of the statement."""
        bundle = self.bundle(file.name, sha256_of(file.data), publisher, **changed)
        file.provenance = json.dumps({"version": 1, "attestation_bundles": [bundle]}).encode()
        return file

    def bundle(self, name: str, sha256: str, publisher: Mapping[str, str], **changed: Any) -> dict[str, Any]:
        """Attest a file, as its publisher would (PEP 740)."""
        said = json.dumps(
            statement(name, sha256, **{"predicateType": AttestationType.PYPI_PUBLISH_V1, **changed})
        ).encode()
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._certificate(key, publisher)
        signature = _sign(key, b" ".join([b"DSSEv1", *_counted(_PAYLOAD_TYPE.encode()), *_counted(said)]))
        return {
            "publisher": dict(publisher),
            "attestations": [
                {
                    "version": 1,
                    "verification_material": {
                        "certificate": _b64(certificate.public_bytes(serialization.Encoding.DER)),
                        "transparency_entries": [self._entry(said, signature, certificate)],
                    },
                    "envelope": {"statement": _b64(said), "signature": _b64(signature)},
                }
            ],
        }

    def _certificate(self, key: ec.EllipticCurvePrivateKey, publisher: Mapping[str, str]) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self._root.subject)
            .public_key(key.public_key())
            .serial_number(2)
            .not_valid_before(SIGNED)
            .not_valid_after(SIGNED + timedelta(minutes=10))
            .add_extension(_key_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._authority.public_key()), critical=False
            )
            .add_extension(
                x509.SubjectAlternativeName([x509.UniformResourceIdentifier("https://publisher.example/x")]),
                critical=True,
            )
        )
        for number, text in _claims(publisher).items():
            oid = x509.ObjectIdentifier(f"{_CLAIM}{number}")
            builder = builder.add_extension(x509.UnrecognizedExtension(oid, _der(0x0C, text.encode())), critical=False)
        unlogged = builder.sign(self._authority, hashes.SHA256())
        timestamps = x509.UnrecognizedExtension(
            x509.oid.ExtensionOID.PRECERT_SIGNED_CERTIFICATE_TIMESTAMPS, self._timestamps(unlogged)
        )
        return builder.add_extension(timestamps, critical=False).sign(self._authority, hashes.SHA256())

    def _timestamps(self, unlogged: x509.Certificate) -> bytes:
        """The extension's value: one timestamp of the certificate without it (RFC 6962, 3.2 and 3.3)."""
        moment = int(SIGNED.timestamp() * 1000)
        body = unlogged.tbs_certificate_bytes
        signed = struct.pack("!BBQH", 0, 0, moment, 1) + _key_id(self._authority) + len(body).to_bytes(3, "big") + body
        signature = _sign(self._certificates, signed + b"\0\0")
        timestamp = b"\0" + _key_id(self._certificates) + struct.pack("!Q", moment) + b"\0\0"
        timestamp += bytes([4, 3]) + len(signature).to_bytes(2, "big") + signature
        each = len(timestamp).to_bytes(2, "big") + timestamp
        return _der(0x04, len(each).to_bytes(2, "big") + each)

    def _entry(self, said: bytes, signature: bytes, certificate: x509.Certificate) -> dict[str, Any]:
        """The only entry of a transparency log that has no other."""
        body = json.dumps(
            {
                "apiVersion": "0.0.1",
                "kind": "dsse",
                "spec": {
                    "envelopeHash": {"algorithm": "sha256", "value": "00" * 32},
                    "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(said).hexdigest()},
                    "signatures": [
                        {
                            "signature": _b64(signature),
                            "verifier": _b64(certificate.public_bytes(serialization.Encoding.PEM)),
                        }
                    ],
                },
            }
        ).encode()
        integrated = int(SIGNED.timestamp()) + 60
        log_id = _key_id(self._entries)
        promised = json.dumps(
            {"body": _b64(body), "integratedTime": integrated, "logID": log_id.hex(), "logIndex": 0},
            separators=(",", ":"),
        )
        root = hashlib.sha256(b"\0" + body).digest()
        note = f"{_ORIGIN}\n1\n{_b64(root)}\n"
        line = _b64(log_id[:4] + _sign(self._entries, note.encode()))
        return {
            "logIndex": "0",
            "logId": {"keyId": _b64(log_id)},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(integrated),
            "inclusionPromise": {"signedEntryTimestamp": _b64(_sign(self._entries, promised.encode()))},
            "inclusionProof": {
                "logIndex": "0",
                "treeSize": "1",
                "rootHash": _b64(root),
                "hashes": [],
                "checkpoint": {"envelope": f"{note}\n\u2014 {_ORIGIN} {line}\n"},
            },
            "canonicalizedBody": _b64(body),
        }


def _counted(data: bytes) -> tuple[bytes, bytes]:
    """Length and content, as DSSE encodes what is signed."""
    return str(len(data)).encode(), data


def _claims(publisher: Mapping[str, str]) -> dict[int, str]:
    """What a certificate says of the run of a forge that asked for it, by the number of the claim."""
    issuer, forge = _ISSUERS[publisher["kind"]]
    repository = f"{forge}/{publisher['repository']}"
    build = (
        f"{repository}/.github/workflows/{publisher['workflow']}"
        if publisher["kind"] == "GitHub"
        else f"{repository}//{publisher['workflow_filepath']}"
    )
    ref = "refs/tags/v1"
    return {8: issuer, 12: repository, 13: "0" * 40, 14: ref, 18: f"{build}@{ref}"}


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _log(url: str, key: ec.EllipticCurvePrivateKey, valid: Mapping[str, str]) -> dict[str, Any]:
    return {
        "baseUrl": url,
        "hashAlgorithm": "SHA2_256",
        "publicKey": {
            "rawBytes": _b64(_public(key)),
            "keyDetails": "PKIX_ECDSA_P256_SHA_256",
            "validFor": dict(valid),
        },
        "logId": {"keyId": _b64(_key_id(key))},
    }
