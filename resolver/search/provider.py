"""What resolvelib asks while it searches: candidates, what they require, and which name to decide next."""

from __future__ import annotations

from functools import partial, reduce
from operator import and_
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace
from resolvelib import AbstractProvider

from resolver.search.needs import Candidate, Need

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

    from packaging.specifiers import SpecifierSet
    from packaging.version import Version
    from resolvelib.structs import RequirementInformation

    from resolver.index.model import ProjectPage
    from resolver.search.crawler import Crawler
    from resolver.search.demands import Demands
    from resolver.search.listing import Listing
    from resolver.search.references import Met, Reference
    from resolver.search.verdicts import Death, Verdicts


class Impossible(msgspec.Struct, frozen=True, eq=False):
    """The requirement of a dead candidate: nothing ever satisfies it, so resolvelib passes the candidate over."""

    death: Death


Asked = Need | Impossible


class Provider(AbstractProvider[Asked, Candidate, str]):
    """Speaks to resolvelib (see its AbstractProvider) in terms of needs, candidates and targets."""

    def __init__(
        self,
        demands: Demands,
        verdicts: Verdicts,
        crawler: Crawler,
        listing: Callable[[Need], Listing | None],
        met: Met,
        roots: Iterable[Need],
    ) -> None:
        self._demands = demands
        self._verdicts = verdicts
        self._crawler = crawler
        self._listing = listing
        self._references = met
        self._met: dict[tuple[Need, Candidate], bool] = {}
        self._answers: dict[Candidate, tuple[Asked, ...]] = {}
        self._exact: dict[Asked, bool] = {}
        self._depths: dict[str, int] = {}
        self._first_asked: dict[str, Need] = {need.name: need for need in roots}

    def identify(self, requirement_or_candidate: Asked | Candidate) -> str:
        """Return the normalized name; a dead candidate's requirement has one that no project can have."""
        if isinstance(requirement_or_candidate, Impossible):
            return f"!{requirement_or_candidate.death.name}"
        return requirement_or_candidate.name

    def narrow_requirement_selection(
        self,
        identifiers: Iterable[str],
        resolutions: Mapping[str, Candidate],  # noqa: ARG002 - resolvelib passes it by name
        candidates: Mapping[str, Iterator[Candidate]],  # noqa: ARG002 - likewise
        information: Mapping[str, Iterator[RequirementInformation[Asked, Candidate]]],
        backtrack_causes: Sequence[RequirementInformation[Asked, Candidate]],
    ) -> Iterable[str]:
        """Return the one name to decide next: asked for one by one, preferences cost twice as much."""
        failed = self._names(backtrack_causes)
        return [min(identifiers, key=lambda name: self._preference(name, information[name], failed))]

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, Candidate],  # noqa: ARG002 - resolvelib passes it by name
        candidates: Mapping[str, Iterator[Candidate]],  # noqa: ARG002 - likewise
        information: Mapping[str, Iterator[RequirementInformation[Asked, Candidate]]],
        backtrack_causes: Sequence[RequirementInformation[Asked, Candidate]],
    ) -> tuple[bool, bool, int, str]:
        """Decide first what has just failed, then what is pinned exactly, then what is nearest to the plugins."""
        return self._preference(identifier, information[identifier], self._names(backtrack_causes))

    def _preference(
        self, name: str, information: Iterable[RequirementInformation[Asked, Candidate]], failed: Container[str]
    ) -> tuple[bool, bool, int, str]:
        exact = False
        for asked, _ in information:
            known = self._exact.get(asked)
            if known is None:
                known = self._exact[asked] = isinstance(asked, Need) and _is_exact(asked.specifier)
            exact = exact or known
        return name not in failed, not exact, self._depths.get(name, 0), name

    def _names(self, causes: Iterable[RequirementInformation[Asked, Candidate]]) -> set[str]:
        names = set()
        for info in causes:
            names.add(self.identify(info.requirement))
            if info.parent is not None:
                names.add(info.parent.name)
        return names

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[Asked]],
        incompatibilities: Mapping[str, Iterator[Candidate]],
    ) -> Callable[[], Iterable[Candidate]]:
        """Return the candidates that meet all needs on a name, best first, computed as they are asked for."""
        needs = [asked for asked in requirements[identifier] if isinstance(asked, Need)]
        places = {need.reference.place for need in needs if need.reference is not None}
        if not needs or len(places) > 1:
            return lambda: ()
        refused = {(candidate.page.reference, candidate.version) for candidate in incompatibilities[identifier]}
        joined = join(needs)

        def matches() -> Iterator[Candidate]:
            found = False
            elsewhere = self._elsewhere(joined)
            for wanted in (joined, elsewhere):
                listing = self._listing(wanted) if wanted is not None and not found else None
                if listing is None or wanted is None:
                    continue
                if wanted.reference is not None and not wanted.reference.admits(listing.page):
                    # plugins.toml takes the plugin of that name from another place.
                    continue
                # Asked before a candidate is made: of a long page nearly all may be known to be dead.
                open_still = partial(self._is_open, listing.page, wanted, refused)
                yield from self._crawler.candidates(listing, wanted, open_still)
                found = elsewhere is not None and any(True for _ in self._crawler.candidates(listing, wanted))

        return matches

    def _is_open(
        self, page: ProjectPage, need: Need, refused: Container[tuple[Reference | None, Version]], version: Version
    ) -> bool:
        if (page.reference, version) in refused:
            return False
        return self._verdicts.known_death(page, version, need.mask, need.extras) is None

    def _elsewhere(self, need: Need) -> Need | None:
        """Return the same need where another requirement says the project is found; None where there is no such place.

        The index's own versions come first: only where it has none that fits is that place looked at.
        """
        place = self._references.only(need.name) if need.reference is None else None
        return None if place is None else replace(need, reference=place)

    def is_satisfied_by(self, requirement: Asked, candidate: Candidate) -> bool:
        """Tell whether a candidate meets a need: version, every target, every extra on its targets."""
        if isinstance(requirement, Impossible):
            return False
        # resolvelib asks of every pin in every round.
        pair = (requirement, candidate)
        met = self._met.get(pair)
        if met is None:
            met = self._met[pair] = (
                (requirement.reference is None or requirement.reference.admits(candidate.page))
                and not requirement.mask & ~candidate.mask
                and all(not mask & ~candidate.extras.get(extra, 0) for extra, mask in requirement.extras.items())
                and requirement.specifier.contains(candidate.version, prereleases=True)
            )
        return met

    def get_dependencies(self, candidate: Candidate) -> Iterable[Asked]:
        """Return what a candidate requires of the index, or one impossible requirement if it is dead.

        resolvelib asks again while it backtracks and compares names, so the first answer stays even where the
        candidate is found dead later.
        """
        answer = self._answers.get(candidate)
        if answer is None:
            answer = self._answers[candidate] = tuple(self._requirements(candidate))
        return answer

    def _requirements(self, candidate: Candidate) -> Iterable[Asked]:
        death = self._verdicts.death(candidate)
        if death is not None:
            self._crawler.look_ahead(candidate)
            return [Impossible(death)]
        demand = self._demands.of(candidate)
        depth = self._depths.get(candidate.name, 0) + 1
        for need in demand.needs:
            self._depths[need.name] = min(depth, self._depths.get(need.name, depth))
            self._first_asked.setdefault(need.name, need)
            self._crawler.see(need)
        return demand.needs

    def chain(self, need: Need) -> tuple[Need, ...]:
        """Return the requirements that led from a plugin entry to this one, outermost first."""
        links = [need]
        names = {need.name}
        while links[-1].asker.kind != "plugin" and links[-1].asker.name not in names:
            names.add(links[-1].asker.name)
            above = self._first_asked.get(links[-1].asker.name)
            if above is None:
                break
            links.append(above)
        return tuple(reversed(links))


def _is_exact(specifiers: SpecifierSet) -> bool:
    return any(specifier.operator in {"==", "==="} and not specifier.version.endswith(".*") for specifier in specifiers)


def join(needs: Sequence[Need]) -> Need:
    """Return one need that asks for all that these (on one name) ask for."""
    first = needs[0]
    if len(needs) == 1:
        return first
    extras: dict[str, int] = {}
    mask = 0
    for need in needs:
        mask |= need.mask
        for extra, asked in need.extras.items():
            extras[extra] = extras.get(extra, 0) | asked
    specifiers: dict[str, SpecifierSet] = {str(need.specifier): need.specifier for need in needs}
    return Need(
        name=first.name,
        specifier=reduce(and_, (specifiers[text] for text in sorted(specifiers))),
        mask=mask,
        extras=extras,
        asker=first.asker,
        index=next((need.index for need in needs if need.index), None),
        reference=next((need.reference for need in needs if need.reference), None),
    )
