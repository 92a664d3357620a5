"""Sorting what something requires: what the index must give, what the host gives, and what it cannot give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion

from resolver.search.markers import version
from resolver.search.needs import UNKNOWN_VERSION, Asker, Clash, Demand, Edge, Need

if TYPE_CHECKING:
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    from resolver.hosts.model import Provided
    from resolver.search.demands import Demands


class Collector:
    """Sorts needs into index needs, host edges and clashes."""

    def __init__(self, demands: Demands, *, wait: bool) -> None:
        self._demands = demands
        self._wait = wait
        self._needs: list[Need] = []
        self._edges: dict[str, int] = {}
        self._clashes: list[Clash] = []
        self._extras_seen: set[tuple[str, str, int]] = set()

    def add(self, need: Need) -> None:
        """Sort one need in, by what the host ships."""
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
                    reference=need.reference,
                )
            )
        if on_host:
            self._add_provided(need, on_host)

    def _add_provided(self, need: Need, on_host: int) -> None:
        unversioned = self._demands.unversioned_mask(need.name, on_host)
        if unversioned and str(need.specifier):
            self._clashes.append(Clash(need=need, provided=UNKNOWN_VERSION, origin="", mask=unversioned))
        if on_host & ~unversioned:
            self._edges[need.name] = self._edges.get(need.name, 0) | on_host & ~unversioned
        for provided, mask in self._demands.provided_groups(need.name, on_host):
            # What a reference leads to is not known to be what the host ships.
            if need.reference is not None or not _admits(need.specifier, provided.version):
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
                        text=without_marker(requirement),
                        extra=extra,
                        place=str(need.asker),
                    ),
                )
            )

    def demand(self) -> Demand:
        """Return everything that was sorted in."""
        edges = tuple(Edge(name=name, mask=mask) for name, mask in sorted(self._edges.items()))
        return Demand(needs=tuple(self._needs), edges=edges, clashes=tuple(self._clashes))


def _admits(specifier: SpecifierSet, text: str) -> bool:
    try:
        return specifier.contains(version(text), prereleases=True)
    except InvalidVersion:
        return not str(specifier)


def without_marker(requirement: Requirement) -> str:
    """Return a requirement as written, but for its marker and its address."""
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return f"{requirement.name}{extras}{requirement.specifier}"
