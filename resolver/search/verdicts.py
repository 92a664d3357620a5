"""Which candidates can never work, whatever else is chosen, and why; remembered, and carried upwards.

A requirement that the host's version does not satisfy kills a candidate for good.  So does a requirement whose every
version is dead or unusable.  Plain backtracking would try all combinations below such a candidate; this memory
makes each of them a look-up, and its reasons are the explanation a person reads.
"""

from __future__ import annotations

from collections import defaultdict
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import msgspec

from lock.grammar import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from packaging.version import Version

    from resolver.index.model import ProjectPage
    from resolver.search.demands import Demands
    from resolver.search.listing import Listing, Rejection
    from resolver.search.needs import Candidate, Clash, Demand, Need
    from resolver.search.references import Met, Reference


class Unmet(msgspec.Struct, frozen=True, kw_only=True):
    """A need that nothing can satisfy: every version it admits, with the reason against it, newest first.

    `missing` is true where no index knows the name; `listed` counts all versions the index has, and where that is
    none `empty` says why.
    """

    need: Need
    tried: tuple[tuple[str, Death | Rejection], ...] = ()
    missing: bool = False
    listed: int = 0
    newest: str | None = None
    empty: str = ""


class Unreadable(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate whose metadata cannot be used."""

    reason: str


class Clashes(msgspec.Struct, frozen=True, kw_only=True):
    """Every requirement of a candidate that the host's versions do not satisfy; never empty."""

    clashes: tuple[Clash, ...]


Reason = Clashes | Unmet | Unreadable


class Death(msgspec.Struct, frozen=True, kw_only=True):
    """Why a candidate can never be used on the targets in `mask`, or not with `extra`."""

    name: str
    version: str
    mask: int
    reason: Reason
    extra: str = ""


class Verdicts:
    """The memory of one search."""

    def __init__(self, demands: Demands, listing: Callable[[Need], Listing | None], met: Met) -> None:
        self._demands = demands
        self._met = met
        self._listing = listing
        self._deaths: dict[tuple[str, Version, Reference | None], list[Death]] = defaultdict(list)
        self._unmet: dict[tuple[object, ...], Unmet] = {}
        self._alive: dict[Candidate, None] = {}

    def known_death(self, page: ProjectPage, version: Version, mask: int, extras: Mapping[str, int]) -> Death | None:
        """Return why a version is known to be dead for these targets and extras."""
        for death in self._deaths.get((page.name, version, page.reference), ()):
            active = extras.get(death.extra, 0) if death.extra else mask
            if active & death.mask:
                return death
        return None

    def death(self, candidate: Candidate) -> Death | None:
        """Return why a candidate is dead, reading what it requires."""
        known = self.known_death(candidate.page, candidate.version, candidate.mask, candidate.extras)
        if known is None:
            demand = self._demands.of(candidate)
            self._met.note(demand.needs)
            known = self._judge(candidate, demand)
            if known is None:
                self._alive[candidate] = None
            else:
                self._deaths[candidate.name, candidate.version, candidate.page.reference].append(known)
        return known

    def settle(self) -> None:
        """Judge again what seemed alive, until no death follows from another.

        A candidate is judged when the search first meets it, often before it is known that nothing below it works.
        """
        changed = True
        while changed:
            changed = False
            for candidate in list(self._alive):
                if self.death(candidate) is not None:
                    del self._alive[candidate]
                    changed = True

    def _judge(self, candidate: Candidate, demand: Demand) -> Death | None:
        reason: Reason
        if demand.unreadable is not None:
            reason, mask, extra = Unreadable(reason=demand.unreadable), candidate.mask, ""
        elif demand.clashes:
            # Those of one extra together: without that extra the candidate may still live.
            extra = _extra_of(demand.clashes[0].need)
            clashes = tuple(clash for clash in demand.clashes if _extra_of(clash.need) == extra)
            reason, mask = Clashes(clashes=clashes), reduce(or_, (clash.mask for clash in clashes))
        else:
            unmet = next(filter(None, map(self.unmet, demand.needs)), None)
            if unmet is None:
                return None
            reason, mask, extra = unmet, unmet.need.mask, _extra_of(unmet.need)
        return Death(name=candidate.name, version=candidate.version_text, mask=mask, reason=reason, extra=extra)

    def unmet(self, need: Need) -> Unmet | None:
        """Return why a need can never be met, as far as is known without reading further metadata."""
        key = (need.name, need.index, need.reference, str(need.specifier), need.mask, *sorted(need.extras.items()))
        if need.reference is None and need.name in self._met:
            # Another requirement says where it is found, and may be chosen or not.
            return None
        known = self._unmet.get(key)
        if known is None:
            known = self._examine(need)
            if known is None:
                return None
            self._unmet[key] = known
        return known

    def _examine(self, need: Need) -> Unmet | None:
        listing = self._listing(need)
        if listing is None:
            return Unmet(need=need, missing=True)
        tried: list[tuple[str, Death | Rejection]] = []
        for listed in listing.matching(need.specifier):
            against = self.against(listing, listed.text, listed.version, need)
            if against is None:
                return None
            tried.append((listed.text, against))
        if not listing.versions:
            return Unmet(need=need, empty=_emptiness(listing.page))
        newest = listing.versions[0].text
        return Unmet(need=need, tried=tuple(tried), listed=len(listing.versions), newest=newest)

    def against(self, listing: Listing, text: str, version: Version, need: Need) -> Death | Rejection | None:
        """Return what speaks against one version for a need, or None."""
        fit = listing.fit_of(text)
        if need.mask & ~fit.mask:
            return next(rejection for rejection in fit.rejections if rejection.mask & need.mask)
        return self.known_death(listing.page, version, need.mask, need.extras)


def _emptiness(page: ProjectPage) -> str:
    """Say why a page has no version at all."""
    if page.status == "quarantined":
        return f"index {page.index.name} has quarantined it: it may be harmful"
    if page.skipped:
        filename, reason = page.skipped[0]
        return f"index {page.index.name} names no file of it that can be used; {quoted(filename)}: {reason}"
    return f"index {page.index.name} names no wheel or source distribution of it"


def _extra_of(need: Need) -> str:
    return need.asker.extra or "" if need.asker.kind == "candidate" else ""
