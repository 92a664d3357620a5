"""The search for one set of versions: all targets together, or split where they cannot agree."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace
from packaging.specifiers import SpecifierSet
from resolvelib import ResolutionImpossible, ResolutionTooDeep

from resolver.index.errors import MetadataError
from resolver.search.crawler import Crawler, ask
from resolver.search.demands import Demands
from resolver.search.listing import Listing
from resolver.search.markers import ApplicableTargets
from resolver.search.needs import Demand, Need
from resolver.search.provider import Provider
from resolver.search.references import Met
from resolver.search.resolution import Found, collect, directory_edges, merge
from resolver.search.rounds import Rounds
from resolver.search.verdicts import Clashes, Reason, Unreadable, Verdicts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resolver.index.interface import PackageIndexes
    from resolver.index.model import ProjectPage
    from resolver.progress import Progress
    from resolver.search.references import Reference
    from resolver.search.settings import SearchSettings

MAX_ROUNDS = 200_000
"""How many decisions a search may take before it gives up; real sets take some hundreds."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One plugin entry that cannot be satisfied even alone.

    `nearest` is the version outside what was asked for that would work, where there is one.
    """

    root: Need
    reason: Reason
    nearest: str | None = None


class Conflict(Exception):  # noqa: N818 - a result carried to the explanation, not a fault
    """No choice satisfies everything.

    `failures` are plugins that fail alone; where there are none, `causes` are the requirements that exclude each
    other, each with the chain of requirements that led to it, outermost first.  `systems` are those searched.
    """

    def __init__(
        self,
        *,
        failures: tuple[Failure, ...] = (),
        causes: tuple[tuple[Need, ...], ...] = (),
        systems: tuple[str, ...] = (),
        gave_up: bool = False,
    ) -> None:
        self.failures = failures
        self.causes = causes
        self.systems = systems
        self.gave_up = gave_up
        super().__init__("no choice of versions satisfies every requirement")


class Search:
    """One search: its listings, verdicts and crawler."""

    def __init__(self, settings: SearchSettings, indexes: PackageIndexes, roots: Sequence[Need]) -> None:
        self.settings = settings
        self.applicable = ApplicableTargets(settings.targets)
        self.roots = tuple(roots)
        self._indexes = indexes
        self._index_of = {need.name: need.index for need in roots if need.index is not None}
        self._listings: dict[tuple[str, str, Reference | None], Listing] = {}
        self.demands = Demands(settings, self.applicable, indexes, self._index_of)
        self.met = Met()
        self.verdicts = Verdicts(self.demands, self.listing, self.met)
        self.crawler = Crawler(indexes, self.demands, self.listing_of, self._index_of.get)

    def listing(self, need: Need) -> Listing | None:
        """Return what is listed for a need, waiting for the page; None where no index knows its name."""
        page = ask(self._indexes, need, self._index_of.get(need.name)).result()
        return None if page is None else self.listing_of(page)

    def listing_of(self, page: ProjectPage) -> Listing:
        """Return the one listing of a page."""
        key = (page.index.url, page.name, page.reference)
        listing = self._listings.get(key)
        if listing is None:
            listing = self._listings.setdefault(key, Listing(page, self.settings, self.applicable))
        return listing

    def run(self, roots: Sequence[Need] | None = None) -> Found:
        """Search for all roots, or for some of them; raises `Conflict`."""
        wanted = self.roots if roots is None else tuple(roots)
        with self.crawler:
            while True:
                known = len(self.met)
                try:
                    return self._run(wanted)
                except Conflict:
                    # What one requirement says of where a project is found may be what another one lacked.
                    if self.settings.allow_origins:
                        self._look_for_references(wanted)
                    if len(self.met) == known:
                        raise
                    self.verdicts = Verdicts(self.demands, self.listing, self.met)

    def _look_for_references(self, wanted: Sequence[Need]) -> None:
        """Note what the likeliest candidates of everything that is needed refer to, conflicts or not."""
        pending = list(self._root_demand(wanted).needs)
        seen: set[tuple[object, ...]] = set()
        while pending:
            need = pending.pop()
            key = (need.name, str(need.specifier), need.mask, *sorted(need.extras.items()), need.reference)
            listing = self.listing(need) if key not in seen else None
            seen.add(key)
            if listing is not None:
                for candidate in islice(self.crawler.candidates(listing, need), 1):
                    needs = self.demands.of(candidate).needs
                    self.met.note(needs)
                    pending += needs

    def _run(self, wanted: Sequence[Need]) -> Found:
        demand = self._root_demand(wanted)
        if demand.clashes:
            failures = tuple(Failure(root=clash.need, reason=Clashes(clashes=(clash,))) for clash in demand.clashes)
            raise Conflict(failures=failures, systems=self._systems(wanted))
        for need in demand.needs:
            self.crawler.see(need)
        provider = Provider(self.demands, self.verdicts, self.crawler, self.listing, self.met, demand.needs)
        try:
            state = Rounds(provider).resolve(demand.needs, max_rounds=MAX_ROUNDS)
        except ResolutionImpossible as error:
            self.verdicts.settle()
            dead = tuple(
                Failure(root=need, reason=unmet) for need in demand.needs if (unmet := self.verdicts.unmet(need))
            )
            causes = tuple(
                provider.chain(info.requirement) for info in error.causes if isinstance(info.requirement, Need)
            )
            raise Conflict(failures=dead, causes=causes, systems=self._systems(wanted)) from None
        except ResolutionTooDeep:
            raise Conflict(systems=self._systems(wanted), gave_up=True) from None
        return collect(state.mapping, demand, self.demands, directory_edges(wanted, self.demands))

    def _root_demand(self, roots: Sequence[Need]) -> Demand:
        try:
            return self.demands.of_roots(roots)
        except MetadataError as error:
            failure = Failure(root=roots[0], reason=Unreadable(reason=error.reason))
            raise Conflict(failures=(failure,), systems=self._systems(roots)) from None

    def _systems(self, roots: Sequence[Need]) -> tuple[str, ...]:
        mask = 0
        for need in roots:
            mask |= need.mask
        return self.settings.targets.systems(mask)


class Solution(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What was found, the searches that found it, and the names that had to differ between targets."""

    found: Found
    searches: tuple[Search, ...]
    split: tuple[str, ...] = ()


def solve(settings: SearchSettings, indexes: PackageIndexes, roots: Sequence[Need], progress: Progress) -> Solution:
    """Find versions for all plugins on all targets; raises `Conflict` with every reason found.

    Where the targets cannot agree each is searched apart, preferring what the ones before it chose.
    """
    search = Search(settings, indexes, roots)
    progress.stage("resolving")
    try:
        return Solution(found=search.run(), searches=(search,))
    except Conflict as conflict:
        if len(settings.targets.targets) > 1:
            split = _solve_apart(settings, indexes, roots)
            if isinstance(split, Solution):
                return split
            conflict = split if not conflict.failures else conflict
        raise _explained(search, conflict) from None


def _solve_apart(settings: SearchSettings, indexes: PackageIndexes, roots: Sequence[Need]) -> Solution | Conflict:
    parts: list[Found] = []
    searches: list[Search] = []
    preferred = dict(settings.preferred)
    for bit in range(len(settings.targets.targets)):
        own = [_restrict(need, 1 << bit) for need in roots if need.mask >> bit & 1]
        if not own:
            continue
        search = Search(replace(settings, preferred=preferred), indexes, own)
        try:
            found = search.run()
        except Conflict as conflict:
            return conflict
        searches.append(search)
        parts.append(found)
        for package in found.packages:
            preferred[package.name] = (package.version_text, *preferred.get(package.name, ()))
    merged = merge(parts)
    names = [package.name for package in merged.packages]
    return Solution(
        found=merged,
        searches=tuple(searches),
        split=tuple(sorted({name for name in names if names.count(name) > 1})),
    )


def _restrict(need: Need, mask: int) -> Need:
    return replace(need, mask=need.mask & mask, extras={e: m & mask for e, m in need.extras.items() if m & mask})


def _explained(search: Search, conflict: Conflict) -> Conflict:
    """Try each plugin alone, so that all that fail are named at once, with the nearest version that would work."""
    failures: dict[tuple[str, str, str], Failure] = {}
    for failure in conflict.failures:
        failures[_whose(failure.root)] = failure
    for need in search.roots:
        if _whose(need) not in failures:
            try:
                search.run([need])
            except Conflict as alone:
                for failure in alone.failures:
                    failures[_whose(failure.root)] = failure
    return Conflict(
        failures=tuple(replace(failure, nearest=_nearest(search, failure)) for _, failure in sorted(failures.items())),
        causes=conflict.causes,
        systems=conflict.systems,
        gave_up=conflict.gave_up,
    )


def _whose(root: Need) -> tuple[str, str, str]:
    """Tell roots apart: a directory plugin has several, and two of them may ask for one name."""
    return root.asker.name, root.name, root.asker.text


def _nearest(search: Search, failure: Failure) -> str | None:
    """Return the newest version that would work if plugins.toml did not limit the versions."""
    root = failure.root
    if not str(root.specifier) or root.asker.kind != "plugin":
        return None
    free = replace(root, specifier=SpecifierSet())
    try:
        found = search.run([free])
    except Conflict:
        return None
    return next((package.version_text for package in found.packages if package.name == root.name), None)
