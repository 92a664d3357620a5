"""Verifying attestations (PEP 740, "Attestation verification") with the keys of Sigstore, without a network.

The optional pypi-attestations does the work: each signature is by a certificate that Sigstore issued to this very
publisher, and stands in a transparency log.  It is slow to import, and imported by nobody else.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lock.errors import InputError, Problem
from lock.grammar import quoted
from resolver.provenance.parsing import ProvenanceError, check_statement

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sigstore.verify import Verifier

    from resolver.provenance.parsing import Attestations

EXTRA = "plugin-lock[attestations]"
_PAYLOAD_TYPE = "application/vnd.in-toto+json"


class SignatureError(ValueError):
    """An attestation that is not what it claims to be; the text is the reason."""


class Signatures:
    """Verifies attestations against one root of trust: Sigstore's own, or that of a `trusted_root.json`.

    Raises `InputError` where the extra is not installed, or the file is no root of trust.
    """

    def __init__(self, trust_root: Path | None) -> None:
        try:
            import pypi_attestations  # noqa: F401, PLC0415 - an optional extra, and half a second
        except ImportError as error:
            message = f"attestations cannot be verified: {error.name or 'pypi_attestations'} is not installed"
            remedy = f"install {EXTRA}, or ask for --min-level publisher"
            raise InputError(Problem(code="no-extra", message=message, remedy=remedy)) from None
        # It warns on stderr that it works offline, as it was asked to.
        logging.getLogger("sigstore").addHandler(logging.NullHandler())
        self._verifier = _verifier(trust_root)

    def verify(self, found: Iterable[Attestations], filename: str, sha256: str) -> None:
        """Verify every attestation of a file; raises `SignatureError` at the first that does not hold."""
        from cryptography.x509 import ExtensionNotFound  # noqa: PLC0415 - see above
        from pyasn1.error import PyAsn1Error  # noqa: PLC0415
        from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415
        from pypi_attestations import Attestation, AttestationError, AttestationType, Publisher  # noqa: PLC0415
        from sigstore.errors import Error  # noqa: PLC0415

        publishers: TypeAdapter[Publisher] = TypeAdapter(Publisher)
        for each in found:
            kind = each.identity["kind"]
            try:
                publisher = publishers.validate_json(each.publisher)
            except ValidationError:
                raise SignatureError(f"publishers of the kind {kind} cannot be verified here") from None
            # What the library holds a certificate against is the only part of a publisher that it keeps to itself.
            policy = publisher._as_policy()  # noqa: SLF001 - see above
            for raw in each.attestations:
                try:
                    bundle = Attestation.model_validate_json(raw).to_bundle()
                    payload_type, payload = self._verifier.verify_dsse(bundle, policy)
                except ValidationError:
                    raise SignatureError("an attestation lacks what its signature could be verified with") from None
                except (AttestationError, Error, ExtensionNotFound, PyAsn1Error, ValueError) as error:
                    raise SignatureError(_one_line(error)) from None
                if payload_type != _PAYLOAD_TYPE:
                    raise SignatureError(f"an attestation is signed as {payload_type[:80]!r}, not as a statement")
                try:
                    predicate = check_statement(payload, filename, sha256)
                except ProvenanceError as error:
                    raise SignatureError(str(error)) from None
                # Of another type it may say anything, that the file must not be used included.
                if predicate not in {known.value for known in AttestationType}:
                    raise SignatureError(f"an attestation is of the type {quoted(predicate)}, which is not known")


def _verifier(trust_root: Path | None) -> Verifier:
    from sigstore.errors import Error  # noqa: PLC0415 - see above
    from sigstore.models import ClientTrustConfig, TrustedRoot  # noqa: PLC0415
    from sigstore.verify import Verifier  # noqa: PLC0415

    try:
        if trust_root is not None:
            return Verifier(trusted_root=TrustedRoot.from_file(str(trust_root)))
        return Verifier(trusted_root=ClientTrustConfig.production(offline=True).trusted_root)
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except (Error, ValueError) as error:
        reason = _one_line(error)
    raise InputError(
        Problem(
            code="trust-root",
            message=f"there is no root of trust to verify attestations with: {reason}",
            path=str(trust_root) if trust_root is not None else None,
            remedy="give a trusted_root.json of Sigstore with --trust-root",
        )
    )


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text.removeprefix("Verification failed: ")
