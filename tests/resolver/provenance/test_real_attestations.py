"""Attestations that real publishers gave, verified with the keys that sigstore's library brings."""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from typing import TYPE_CHECKING

import pytest

from resolver.index.cache import Cache
from resolver.index.client import IndexClient
from resolver.index.configuration import configured
from resolver.provenance.parsing import identities, parse
from resolver.provenance.signatures import SignatureError, Signatures

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.network

VERSION = "0.0.30"
ATTESTED = "pypi_attestations-0.0.19.tar.gz"
PUBLISHER = {"kind": "GitHub", "repository": "trailofbits/pypi-attestations", "workflow": "release.yml"}


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the library's own source distribution has for its tests: releases, and their provenance."""
    folder = tmp_path_factory.mktemp("assets")
    with IndexClient(configured((), os.environ).indexes, cache=Cache(folder / "cache")) as client:
        page = client.page("pypi-attestations").result()
        assert page is not None
        sdist = next(file for file in page.versions[VERSION] if file.kind == "sdist")
        path = client.download(page, sdist, lambda _: None).result()
        with tarfile.open(path) as archive:
            for member in archive:
                if "/test/assets/" in member.name and member.isfile():
                    content = archive.extractfile(member)
                    assert content is not None
                    (folder / member.name.rpartition("/")[2]).write_bytes(content.read())
    return folder


@pytest.fixture
def text(assets: Path) -> bytes:
    return (assets / f"{ATTESTED}.provenance").read_bytes()


@pytest.fixture
def sha256(assets: Path) -> str:
    return hashlib.sha256((assets / ATTESTED).read_bytes()).hexdigest()


def test_a_real_release_is_what_its_publisher_attests(text: bytes, sha256: str) -> None:
    found = parse(text, ATTESTED, sha256)
    assert list(identities(found)) == [PUBLISHER]
    Signatures(None).verify(found, ATTESTED, sha256)


def test_it_is_not_what_another_attests(text: bytes, sha256: str) -> None:
    document = json.loads(text)
    document["attestation_bundles"][0]["publisher"]["repository"] = "mallory/pypi-attestations"
    found = parse(json.dumps(document).encode(), ATTESTED, sha256)
    with pytest.raises(SignatureError, match="does not match"):
        Signatures(None).verify(found, ATTESTED, sha256)
