"""Provenance objects (PEP 740) as indexes serve them; the signatures in them are none."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from tests.wheels import sha256_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.servers.index_server import ServedFile

GITHUB = {"kind": "GitHub", "repository": "octo/weather", "workflow": "release.yml", "environment": "pypi"}
GITLAB = {"kind": "GitLab", "repository": "octo/weather", "workflow_filepath": ".gitlab-ci.yml"}
STATEMENT = "https://in-toto.io/Statement/v1"


def statement(name: str, sha256: str, **changed: Any) -> dict[str, Any]:
    """The in-toto statement that a file was published."""
    return {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": sha256}}],
        "predicateType": "https://index.example/attestations/publish/v1",
        "predicate": None,
        **changed,
    }


def attestation(said: Mapping[str, Any]) -> dict[str, Any]:
    """An attestation whose signature nobody could verify."""
    return {
        "version": 1,
        "verification_material": {"certificate": "AAAA", "transparency_entries": [{}]},
        "envelope": {"statement": base64.b64encode(json.dumps(said).encode()).decode(), "signature": "AAAA"},
    }


def provenance(
    name: str, sha256: str, publishers: Sequence[Mapping[str, Any]] = (GITHUB,), **changed: Any
) -> dict[str, Any]:
    """The provenance of a file, one attestation for each publisher; further values replace those of the statement."""
    return {
        "version": 1,
        "attestation_bundles": [
            {"publisher": dict(publisher), "attestations": [attestation(statement(name, sha256, **changed))]}
            for publisher in publishers
        ],
    }


def publish(file: ServedFile, *publishers: Mapping[str, Any]) -> ServedFile:
    """Have a served file attested by these publishers (none given: by `GITHUB`)."""
    said = provenance(file.name, sha256_of(file.data), publishers or (GITHUB,))
    file.provenance = json.dumps(said).encode()
    return file
