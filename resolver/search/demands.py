"""What a candidate requires, split into what the index must give, what the host gives, and what it cannot give."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from resolver.index.errors import MetadataError
from resolver.index.parsed import requirement as parsed_requirement
from resolver.search.markers import ApplicableTargets, version
from resolver.search.needs import Asker, Candidate, Clash, Demand, Edge, Need

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.markers import Marker
    from packaging.specifiers import SpecifierSet

    from resolver.hosts.model import Provided
    from resolver.index.interface import PackageIndexes
    from resolver.index.model import CoreMetadata, ProjectFile, ProjectPage
    from resolver.search.settings import SearchSettings


class NotYetKnown(Exception):  # noqa: N818 - a signal to the crawler, not an error
    """Something that has not arrived is needed to answer; raised only where the caller must not wait."""


class Demands:
    """Computes demands; every answer is kept, for candidates are asked about often."""

    def __init__(
        self,
        settings: SearchSettings,
        applicable: ApplicableTargets,
        indexes: PackageIndexes,
        index_of: Mapping[str, str],
    ) -> None:
        self._settings = settings
        self._applicable = applicable
        self._indexes = indexes
        self._index_of = index_of
        self._provided_masks: dict[str, int] = {}
        self._known: dict[tuple[object, ...], Demand] = {}
        self._overridden = {canonicalize_name(o.requirement.name) for o in settings.overrides}

    def provided_mask(self, name: str) -> int:
        """Return the targets on which the host ships a name."""
        mask = self._provided_masks.get(name)
        if mask is None:
            mask = 0
            for bit, target in enumerate(self._applicable.targets.targets):
                if self._settings.host.ships(target.system, name):
                    mask |= 1 << bit
            self._provided_masks[name] = mask
        return mask

    def of(self, candidate: Candidate, *, wait: bool = True) -> Demand:
        """Return what a candidate requires; with `wait` false raise `NotYetKnown` rather than block."""
        key = (candidate.name, candidate.version_text, candidate.mask, *sorted(candidate.extras.items()))
        demand = self._known.get(key)
        if demand is None:
            demand = self._compute(candidate, wait=wait)
            self._known[key] = demand
        return demand

    def of_roots(self, needs: Iterable[Need], *, wait: bool = True) -> Demand:
        """Return what the plugin entries themselves require of index and host."""
        collector = _Collector(self, wait=wait)
        for need in needs:
            collector.add(need)
        return collector.demand()

    def _compute(self, candidate: Candidate, *, wait: bool) -> Demand:
        masks: dict[ProjectFile, int] = defaultdict(int)
        for bit, file in candidate.files.items():
            masks[file] |= 1 << bit
        collector = _Collector(self, wait=wait)
        try:
            read = [(self._metadata(candidate.page, file, wait=wait), mask) for file, mask in masks.items()]
            for metadata, mask in read:
                if self._applicable.requires_python(str(metadata.requires_python or "")) & mask != mask:
                    return Demand(unreadable=f"it requires Python {metadata.requires_python}")
            for need in self._needs(candidate, read):
                collector.add(need)
        except MetadataError as error:
            return Demand(unreadable=error.reason)
        return collector.demand()

    def _metadata(self, page: ProjectPage, file: ProjectFile, *, wait: bool) -> CoreMetadata:
        future = self._indexes.metadata(page, file)
        if not wait and not future.done():
            raise NotYetKnown
        return future.result()

    def _needs(self, candidate: Candidate, read: list[tuple[CoreMetadata, int]]) -> Iterable[Need]:
        extras = self._all_extras(candidate, read)
        for metadata, mask in read:
            for requirement in metadata.requires_dist:
                name = canonicalize_name(requirement.name)
                if name == candidate.name:
                    continue
                base = self._applicable.marker(requirement.marker) & mask
                if base:
                    yield self._need(candidate, name, requirement, base, None)
                for extra, asked in extras.items():
                    only = self._applicable.marker(requirement.marker, extra) & mask & asked & ~base
                    if only:
                        yield self._need(candidate, name, requirement, only, extra)

    def _all_extras(self, candidate: Candidate, read: list[tuple[CoreMetadata, int]]) -> dict[str, int]:
        """Return the candidate's extras with those that its requirements on itself switch on."""
        extras = dict(candidate.extras)
        own = [
            (requirement, mask)
            for metadata, mask in read
            for requirement in metadata.requires_dist
            if canonicalize_name(requirement.name) == candidate.name
        ]
        changed = bool(own)
        while changed:
            changed = False
            for requirement, mask in own:
                active = self._applicable.marker(requirement.marker) & mask
                for extra, asked in list(extras.items()):
                    active |= self._applicable.marker(requirement.marker, extra) & mask & asked
                if not active:
                    continue
                if not requirement.specifier.contains(candidate.version, prereleases=True):
                    raise MetadataError(f"it requires itself at another version ({requirement})")
                for extra in requirement.extras:
                    name = canonicalize_name(extra)
                    grown = extras.get(name, 0) | active
                    changed = changed or grown != extras.get(name, 0)
                    extras[name] = grown
        return extras

    def _need(self, candidate: Candidate, name: str, requirement: Requirement, mask: int, extra: str | None) -> Need:
        original = str(requirement)
        replaced = self._override(candidate.name, name, requirement)
        if replaced.url is not None:
            raise MetadataError(f"it requires {name} from an address ({requirement.name} @ …), which is not followed")
        if replaced is not requirement:
            mask &= self._applicable.marker(replaced.marker)
        extras = {str(canonicalize_name(e)): mask for e in sorted(replaced.extras or requirement.extras)}
        return Need(
            name=name,
            specifier=replaced.specifier,
            mask=mask,
            extras=extras,
            asker=Asker(
                kind="candidate",
                name=candidate.name,
                version=candidate.version_text,
                text=_without_marker(replaced),
                extra=extra,
                overridden=original if replaced is not requirement else None,
            ),
        )

    def _override(self, package: str, name: str, requirement: Requirement) -> Requirement:
        if name not in self._overridden:
            return requirement
        for override in self._settings.overrides:
            if canonicalize_name(override.requirement.name) == name and override.package in {None, package}:
                return override.requirement
        return requirement

    def extra_of_provided(
        self, provided: Provided, extra: str, mask: int, *, wait: bool
    ) -> list[tuple[Requirement, int]]:
        """Return what an extra of a provided distribution adds, with the targets, reading the index if need be."""
        known = provided.extras.get(extra)
        if known is not None:
            requirements = [_parse(text, provided) for text in known]
        else:
            metadata = self._provided_metadata(provided, wait=wait)
            requirements = [r for r in metadata.requires_dist if _mentions_extra(r.marker)]
        found = []
        for requirement in requirements:
            active = self._applicable.marker(requirement.marker, extra) & mask
            if active and canonicalize_name(requirement.name) != provided.name:
                found.append((requirement, active))
            elif active:
                for inner in sorted(requirement.extras):
                    if canonicalize_name(inner) != extra:
                        found += self.extra_of_provided(provided, canonicalize_name(inner), active, wait=wait)
        return found

    def _provided_metadata(self, provided: Provided, *, wait: bool) -> CoreMetadata:
        future = self._indexes.page(provided.name, self._index_of.get(provided.name))
        if not wait and not future.done():
            raise NotYetKnown
        page = future.result()
        if page is not None:
            for text, files in page.versions.items():
                wheels = [file for file in files if file.kind == "wheel"]
                if wheels and version(text) == version(provided.version):
                    return self._metadata(page, wheels[0], wait=wait)
        raise MetadataError(
            f"it asks for an extra of the host's {provided.name} {provided.version},"
            " whose requirements no index can tell"
        )

    def unversioned_mask(self, name: str, mask: int) -> int:
        """Return those of the targets in `mask` on which the host ships a name at a version nobody wrote down."""
        return sum(
            1 << bit
            for bit, target in enumerate(self._applicable.targets.targets)
            if mask >> bit & 1 and self._settings.host.on(target.system, name) is None
        )

    def provided_groups(self, name: str, mask: int) -> list[tuple[Provided, int]]:
        """Return the host's distributions of a name on the targets in `mask`, joined where they are the same."""
        groups: dict[tuple[str, str], tuple[Provided, int]] = {}
        for bit, target in enumerate(self._applicable.targets.targets):
            provided = self._settings.host.on(target.system, name) if mask >> bit & 1 else None
            if provided is not None:
                first, seen = groups.get((provided.version, provided.origin), (provided, 0))
                groups[(provided.version, provided.origin)] = (first, seen | 1 << bit)
        return list(groups.values())


class _Collector:
    """Sorts needs into index needs, host edges and clashes."""

    def __init__(self, demands: Demands, *, wait: bool) -> None:
        self._demands = demands
        self._wait = wait
        self._needs: list[Need] = []
        self._edges: dict[str, int] = {}
        self._clashes: list[Clash] = []
        self._extras_seen: set[tuple[str, str, int]] = set()

    def add(self, need: Need) -> None:
        on_host = need.mask & self._demands.provided_mask(need.name)
        rest = need.mask & ~on_host
        if rest:
            extras = {extra: mask & rest for extra, mask in need.extras.items() if mask & rest}
            self._needs.append(
                Need(
                    name=need.name,
                    specifier=need.specifier,
                    mask=rest,
                    asker=need.asker,
                    extras=extras,
                    index=need.index,
                )
            )
        if on_host:
            self._add_provided(need, on_host)

    def _add_provided(self, need: Need, on_host: int) -> None:
        unversioned = self._demands.unversioned_mask(need.name, on_host)
        if unversioned and str(need.specifier):
            self._clashes.append(Clash(need=need, provided="at an unknown version", origin="", mask=unversioned))
        if on_host & ~unversioned:
            self._edges[need.name] = self._edges.get(need.name, 0) | on_host & ~unversioned
        for provided, mask in self._demands.provided_groups(need.name, on_host):
            if not _admits(need.specifier, provided.version):
                self._clashes.append(Clash(need=need, provided=provided.version, origin=provided.origin, mask=mask))
                continue
            for extra, asked in sorted(need.extras.items()):
                self._add_extra(provided, extra, asked & mask, need)

    def _add_extra(self, provided: Provided, extra: str, mask: int, need: Need) -> None:
        key = (provided.name, extra, mask)
        if not mask or key in self._extras_seen:
            return
        self._extras_seen.add(key)
        for requirement, active in self._demands.extra_of_provided(provided, extra, mask, wait=self._wait):
            self.add(
                Need(
                    name=canonicalize_name(requirement.name),
                    specifier=requirement.specifier,
                    mask=active,
                    extras={canonicalize_name(e): active for e in sorted(requirement.extras)},
                    asker=Asker(
                        kind="provided-extra",
                        name=provided.name,
                        version=provided.version,
                        text=_without_marker(requirement),
                        extra=extra,
                        place=str(need.asker),
                    ),
                )
            )

    def demand(self) -> Demand:
        edges = tuple(Edge(name=name, mask=mask) for name, mask in sorted(self._edges.items()))
        return Demand(needs=tuple(self._needs), edges=edges, clashes=tuple(self._clashes))


def _admits(specifier: SpecifierSet, text: str) -> bool:
    try:
        return specifier.contains(version(text), prereleases=True)
    except InvalidVersion:
        return not str(specifier)


def _parse(text: str, provided: Provided) -> Requirement:
    try:
        return parsed_requirement(text)
    except InvalidRequirement as error:
        raise MetadataError(f"the host's {provided.name} has an unreadable requirement {text!r}") from error


def _mentions_extra(marker: Marker | None) -> bool:
    return marker is not None and "extra" in str(marker)


def _without_marker(requirement: Requirement) -> str:
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return f"{requirement.name}{extras}{requirement.specifier}"
