"""What a candidate requires, split into what the index must give, what the host gives, and what it cannot give."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from resolver.index.errors import MetadataError
from resolver.index.parsed import requirement as parsed_requirement
from resolver.manifest.shown import Refused
from resolver.search import references
from resolver.search.collector import Collector, without_marker
from resolver.search.markers import ApplicableTargets, version
from resolver.search.needs import Asker, Candidate, Demand, Need

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.markers import Marker

    from resolver.hosts.model import Provided
    from resolver.index.interface import PackageIndexes
    from resolver.index.model import CoreMetadata, ProjectFile, ProjectPage
    from resolver.search.references import Reference
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
        key = (
            *(candidate.name, candidate.version_text, candidate.page.reference, candidate.mask),
            *sorted(candidate.extras.items()),
        )
        demand = self._known.get(key)
        if demand is None:
            demand = self._compute(candidate, wait=wait)
            self._known[key] = demand
        return demand

    def of_roots(self, needs: Iterable[Need], *, wait: bool = True) -> Demand:
        """Return what the plugin entries themselves require of index and host."""
        collector = Collector(self, wait=wait)
        for need in needs:
            collector.add(need)
        return collector.demand()

    def _compute(self, candidate: Candidate, *, wait: bool) -> Demand:
        masks: dict[ProjectFile, int] = defaultdict(int)
        for bit, file in candidate.files.items():
            masks[file] |= 1 << bit
        collector = Collector(self, wait=wait)
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
        reference = self._reference(name, replaced.url) if replaced.url is not None else None
        if replaced is not requirement:
            mask &= self._applicable.marker(replaced.marker)
        extras = {str(canonicalize_name(e)): mask for e in sorted(replaced.extras or requirement.extras)}
        return Need(
            name=name,
            specifier=replaced.specifier,
            mask=mask,
            extras=extras,
            reference=reference,
            asker=Asker(
                kind="candidate",
                name=candidate.name,
                version=candidate.version_text,
                text=without_marker(replaced) + (f" @ {reference}" if reference is not None else ""),
                extra=extra,
                overridden=original if replaced is not requirement else None,
            ),
        )

    def _reference(self, name: str, address: str) -> Reference:
        """Return the reference that a requirement holds; raises `MetadataError` where it is not to be followed."""
        try:
            reference = references.read(address)
        except Refused as refused:
            raise MetadataError(
                f"it requires {name} from an address, which is not followed: {refused.message}"
            ) from None
        if not self._settings.follows_references:
            raise MetadataError(
                f"it requires {name} from {reference}, and for what sources are built with no address is followed"
            )
        if not references.allowed(reference, self._settings.allow_origins):
            raise MetadataError(
                f"it requires {name} from {reference}, which is followed only where plugins.toml says so: "
                f"{references.remedy(reference)}"
            )
        return reference

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


def _parse(text: str, provided: Provided) -> Requirement:
    try:
        return parsed_requirement(text)
    except InvalidRequirement as error:
        raise MetadataError(f"the host's {provided.name} has an unreadable requirement {text!r}") from error


def _mentions_extra(marker: Marker | None) -> bool:
    return marker is not None and "extra" in str(marker)
