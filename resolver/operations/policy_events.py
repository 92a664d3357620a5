"""What a change of plugins.toml lets in that the lock before it did not: events that a reviewer should see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.identities import matches, shown_identity
from resolver.manifest.exclude_newer import cutoff
from resolver.operations.reports import PolicyEvent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from lock.model import Lock
    from lock.options import Policy, ResolutionOptions

_ALLOWED = {
    "allow-build": "may now be built, which runs its code",
    "allow-modules": "may now bring modules that something else brings as well",
    "allow-origins": "may now be where requirements of dependencies lead",
    "allow-startup-code": "may now run code whenever an interpreter starts",
    "allow-unattested": "may now be published by nobody known",
}
_PRERELEASES = ("disallow", "explicit", "if-necessary", "allow")


def policy_events(
    old: Lock | None, policy: Policy, resolution: ResolutionOptions, now: datetime
) -> tuple[PolicyEvent, ...]:
    """Return in which ways plugins.toml admits more than it did for the old lock; a first lock has no events.

    `now` is what spans such as `P7D` count from.  An exception that is gone, or a longer cooldown, is no event.
    """
    if old is None:
        return ()
    found = [
        *_exceptions(old.policy, policy),
        *_publishers(old.policy, policy),
        *_resolution(old.resolution, resolution, now),
    ]
    return tuple(sorted(found, key=lambda event: (event.code, event.name)))


def _exceptions(old: Policy, new: Policy) -> Iterator[PolicyEvent]:
    for kind, what in _ALLOWED.items():
        field = kind.replace("-", "_")
        before: Mapping[str, str] = getattr(old, field)
        after: Mapping[str, str] = getattr(new, field)
        for subject, reason in after.items():
            if subject not in before:
                yield PolicyEvent(code=kind, name=subject, message=f"{subject} {what}: {reason}")
            elif before[subject] != reason:
                message = f"the reason for which {subject} is excepted changed to: {reason}"
                yield PolicyEvent(code="reason", name=subject, message=message)


def _publishers(old: Policy, new: Policy) -> Iterator[PolicyEvent]:
    """Tell who may now publish what others alone could; that some alone may now is no event."""
    for name, before in old.publishers.items():
        if name not in new.publishers:
            yield PolicyEvent(code="publishers", name=name, message=f"{name} may now be published by anybody")
            continue
        for publisher in new.publishers[name]:
            if not any(matches(publisher.identity, known.identity) for known in before):
                who = shown_identity(publisher.identity)
                message = f"{name} may now be published by {who}: {publisher.reason}"
                yield PolicyEvent(code="publishers", name=name, message=message)


def _resolution(old: ResolutionOptions, new: ResolutionOptions, now: datetime) -> Iterator[PolicyEvent]:
    if old.exclude_newer is not None and _admits_newer(old.exclude_newer, new.exclude_newer, now):
        became = f"was shortened from {old.exclude_newer} to {new.exclude_newer}"
        message = f"exclude-newer {became if new.exclude_newer else f'({old.exclude_newer}) was taken out'}"
        yield PolicyEvent(code="exclude-newer", name="exclude-newer", message=message)
    if _PRERELEASES.index(new.prereleases) > _PRERELEASES.index(old.prereleases):
        message = f"prereleases went from {old.prereleases!r} to {new.prereleases!r}"
        yield PolicyEvent(code="prereleases", name="prereleases", message=message)
    before = {(override.package, override.requirement) for override in old.overrides}
    for override in new.overrides:
        if (override.package, override.requirement) not in before:
            whose = f"what {override.package} requires" if override.package else "what anybody requires"
            message = f"{override.requirement} now takes the place of {whose}: {override.reason}"
            yield PolicyEvent(code="override", name=override.requirement, message=message)


def _admits_newer(old: str, new: str | None, now: datetime) -> bool:
    return new is None or cutoff(new, now) > cutoff(old, now)
