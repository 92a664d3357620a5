"""Publishers of locked packages, held against `[policy]` and against the lock before; without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.errors import LockError
from lock.identities import identity_key, published_by
from resolver.operations.reports import PolicyEvent
from resolver.provenance import allowed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lock.errors import Problem
    from lock.model import Lock, Package
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
        named = policy.publishers.get(package.name)
        if named is None:
            continue
        yield from allowed.refusals(
            f"{package.name} {package.version}",
            package.name,
            named,
            identities=package.attestation_identities,
            unattested=_unattested((package,)),
            path=path,
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
        lost = _unattested(packages)
        if lost and not (now and _unattested(before[name])):
            agreed = _agreed(new.policy.allow_unattested.get(name))
            message = f"nobody is known to have published {', '.join(lost)}; before it was {published_by(was)}{agreed}"
            yield PolicyEvent(code=LOST, name=name, message=message, about="publisher")
        if now and now != was:
            # What does not fit the policy is never locked.
            reasons = dict.fromkeys(publisher.reason for publisher in new.policy.publishers.get(name, ()))
            agreed = _agreed("; ".join(reasons))
            message = f"{name} is now published by {published_by(now)}; before it was {published_by(was)}{agreed}"
            yield PolicyEvent(code=CHANGED, name=name, message=message, about="publisher")


def _agreed(reason: str | None) -> str:
    return f" (agreed to: {reason})" if reason else ""


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
