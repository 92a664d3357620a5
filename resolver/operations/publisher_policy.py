"""Publishers of locked packages, held against `[policy]` and against the lock before; without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.errors import LockError, Problem
from lock.identities import identity_key, matches, published_by, shown_identity
from resolver.operations.reports import PolicyEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lock.model import Lock, Package
    from lock.options import Policy
    from resolver.manifest.model import Manifest, PolicyConfig

    Identities = tuple[Mapping[str, str], ...]

LOST = "publisher-lost"
CHANGED = "publisher-changed"


def refuse_publishers(lock: Lock, manifest: Manifest) -> None:
    """Refuse a lock with packages that others published than the policy names.  Raises `LockError`."""
    problems = tuple(refusals(lock, manifest.policy, manifest.path))
    if problems:
        raise LockError(*problems)


def refusals(lock: Lock, policy: PolicyConfig, path: str) -> Iterator[Problem]:
    """Find the packages whose publishers are not those that the policy names; `path` is that of plugins.toml."""
    for package in (*lock.packages, *lock.build_packages):
        allowed = policy.publishers.get(package.name)
        if allowed is None:
            continue
        label = f"{package.name} {package.version}"
        wanted = " or ".join(shown_identity(publisher.identity) for publisher in allowed)
        for artifact in package.artifacts:
            if not artifact.attested:
                yield Problem(
                    code="publisher",
                    message=f"nobody is known to have published {artifact.name}; only {wanted} may publish {label}",
                    path=path,
                    key=f"policy.publishers.{package.name}",
                    remedy="take a version that is attested, or an index that serves attestations (PEP 740);"
                    " or take the publishers out of [policy]",
                )
        for identity in package.attestation_identities:
            if not any(matches(identity, publisher.identity) for publisher in allowed):
                yield Problem(
                    code="publisher",
                    message=f"{label} was published by {shown_identity(identity)}; only {wanted} may",
                    path=path,
                    key=f"policy.publishers.{package.name}",
                    remedy="ask its maintainers whether it moved; if it did, add that publisher to [policy.publishers]"
                    " with the reason",
                )


def publisher_events(old: Lock | None, new: Lock) -> Iterator[PolicyEvent]:
    """Tell which packages are published by others than before, or by nobody known any more.

    A project may move between organisations: that is for a reviewer to see, and no error.
    """
    if old is None:
        return
    before = _by_name((*old.packages, *old.build_packages))
    for name, packages in sorted(_by_name((*new.packages, *new.build_packages)).items()):
        was, now = _publishers(before.get(name, ())), _publishers(packages)
        if not was:
            continue
        reason = _agreed(new.policy, name, is_known=bool(now))
        agreed = f" (agreed to: {reason})" if reason is not None else ""
        lost = _unattested(packages)
        if lost and not _unattested(before[name]):
            message = f"nobody is known to have published {', '.join(lost)}; before it was {published_by(was)}{agreed}"
            yield PolicyEvent(code=LOST, name=name, message=message, about="publisher")
        if now and now != was:
            message = f"{name} is now published by {published_by(now)}; before it was {published_by(was)}{agreed}"
            yield PolicyEvent(code=CHANGED, name=name, message=message, about="publisher")


def _agreed(policy: Policy, name: str, *, is_known: bool) -> str | None:
    """Return why a reviewer agreed to the publishers of now; what does not fit the policy is never locked."""
    if not is_known:
        return policy.allow_unattested.get(name)
    allowed = policy.publishers.get(name)
    return None if allowed is None else "; ".join(dict.fromkeys(publisher.reason for publisher in allowed))


def _by_name(packages: Iterable[Package]) -> dict[str, list[Package]]:
    found: dict[str, list[Package]] = {}
    for package in packages:
        found.setdefault(package.name, []).append(package)
    return found


def _publishers(packages: Iterable[Package]) -> Identities:
    found = {identity_key(identity): identity for package in packages for identity in package.attestation_identities}
    return tuple(found[key] for key in sorted(found))


def _unattested(packages: Iterable[Package]) -> list[str]:
    return [artifact.name for package in packages for artifact in package.artifacts if not artifact.attested]
