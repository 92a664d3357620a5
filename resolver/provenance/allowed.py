"""Who alone may publish a distribution (`[policy.publishers]`), held against who did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.errors import Problem
from lock.identities import matches, shown_identity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lock.options import Publisher


def refusals(
    label: str,
    name: str,
    allowed: Iterable[Publisher],
    *,
    identities: Iterable[Mapping[str, str]],
    unattested: Iterable[str],
    path: str,
) -> Iterator[Problem]:
    """Yield what is wrong with the publishers of one distribution, `label` in messages; `path` is that of plugins.toml.

    `identities` are all that published its files, `unattested` the files that nobody is known to have published.
    """
    allowed = tuple(allowed)
    wanted = " or ".join(shown_identity(publisher.identity) for publisher in allowed)
    key = f"policy.publishers.{name}"
    for file in unattested:
        yield Problem(
            code="publisher",
            message=f"nobody is known to have published {file}; only {wanted} may publish {label}",
            path=path,
            key=key,
            remedy="take a version that is attested, or an index that serves attestations (PEP 740);"
            " or take the publishers out of [policy]",
        )
    for identity in identities:
        if not any(matches(identity, publisher.identity) for publisher in allowed):
            yield Problem(
                code="publisher",
                message=f"{label} was published by {shown_identity(identity)}; only {wanted} may",
                path=path,
                key=key,
                remedy="ask its maintainers whether it moved; if it did, add that publisher to [policy.publishers]"
                " with the reason",
            )
