"""Rule 6 for publishers: attested artifacts have them, and only what an index serves does (PEP 740)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.grammar import shown
from lock.rules.artifacts import every_package
from lock.rules.spelling import TOOL

if TYPE_CHECKING:
    from lock.findings import Findings
    from lock.model import Lock, Package
    from lock.toml_lines import KeyPath

IDENTITIES = "attestation-identities"


def check(lock: Lock, findings: Findings) -> None:
    """Check every package, and that no entry of the policy names nobody."""
    for key, package in every_package(lock):
        _package(package, key, findings)
    for name, allowed in lock.policy.publishers.items():
        if not allowed:
            message = f"the policy: {shown(name)} may be published by nobody"
            findings.add("rule-6-publisher", message, (*TOOL, "policy", "publishers", name))


def _package(package: Package, key: KeyPath, findings: Findings) -> None:
    label = shown(package.name)
    attested = [number for number, artifact in enumerate(package.artifacts) if artifact.attested]
    if package.attestation_identities and not attested:
        message = f"{label}: it has publishers, and none of its artifacts is attested"
        findings.add("rule-6-publisher", message, (*key, IDENTITIES))
    if attested and not package.attestation_identities:
        message = f"{label}: {shown(package.artifacts[attested[0]].name)} is attested, and by no publisher"
        findings.add("rule-6-publisher", message, (*key, *TOOL, "artifacts", attested[0], "attested"))
    if package.attestation_identities and package.index is None:
        message = f"{label}: it has publishers, and comes from no index that could name them"
        findings.add("rule-6-publisher", message, (*key, IDENTITIES))
