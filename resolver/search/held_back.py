"""Which packages were locked below their newest version because of the host, a policy or another plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from resolver.operations.reports import HeldBack
from resolver.search.explain import clashes_text
from resolver.search.needs import Candidate, Need
from resolver.search.verdicts import Clashes, Death, Unmet

if TYPE_CHECKING:
    from resolver.search.listing import ListedVersion, Rejection
    from resolver.search.resolution import Found, ResolvedPackage
    from resolver.search.search import Search, Solution

Because = Literal["host", "policy", "plugin"]

# A version that was withdrawn, or that nobody asked to try, is not one a package is held back from.
_NOT_NEWER = {"yanked", "prerelease", "no-hash"}
_POLICY = {"constraint", "not-built", "too-new", "no-upload-time", "quarantined"}


def held_back(solution: Solution) -> tuple[HeldBack, ...]:
    """Return every package that has a newer usable version which something excludes, plugins first."""
    found: dict[tuple[str, str], HeldBack] = {}
    needs = _needs_by_name(solution.found)
    for search in solution.searches:
        search.verdicts.settle()
        plugins = {need.name for need in search.roots if need.asker.file is None}
        for package in solution.found.packages:
            asked = needs.get(package.name, [])
            entry = _examine(search, solution.found, package, asked, is_plugin=package.name in plugins)
            if entry is not None:
                found.setdefault((package.name, package.version_text), entry)
    return tuple(sorted(found.values(), key=lambda entry: (not entry.is_plugin, entry.name, entry.version)))


def _needs_by_name(found: Found) -> dict[str, list[Need]]:
    needs: dict[str, list[Need]] = {}
    for need in found.roots:
        needs.setdefault(need.name, []).append(need)
    for package in found.packages:
        for need in package.needs:
            needs.setdefault(need.name, []).append(need)
    return needs


def _examine(
    search: Search, found: Found, package: ResolvedPackage, needs: list[Need], *, is_plugin: bool
) -> HeldBack | None:
    listing = search.listing_of(package.page)
    kept = package.version in listing.preferred
    if kept and not is_plugin:
        # Older versions that a lock keeps are what `update` is for; only plugins are worth asking the index about.
        return None
    for listed in listing.versions:
        if listed.version <= package.version:
            return None
        refusals = [r for r in listing.fit(listed).rejections if r.mask & package.mask]
        unasked = listed.version.is_prerelease and listing.prereleases != "equal" and not package.version.is_prerelease
        if unasked or any(refusal.code in _NOT_NEWER for refusal in refusals):
            continue
        verdict = _why_not(search, found, package, listed, needs, refusals)
        if verdict is None:
            return None
        because, reason = verdict
        return HeldBack(
            name=package.name,
            version=package.version_text,
            newest=listed.text,
            because=because,
            reason=reason,
            is_plugin=is_plugin,
        )
    return None


def _why_not(
    search: Search,
    found: Found,
    package: ResolvedPackage,
    listed: ListedVersion,
    needs: list[Need],
    refusals: list[Rejection],
) -> tuple[Because, str] | None:
    excluding = [need for need in needs if not need.specifier.contains(listed.version, prereleases=True)]
    if any(need.asker.is_person for need in excluding):
        return None
    if refusals:
        return "policy" if refusals[0].code in _POLICY else "host", refusals[0].detail
    extras: dict[str, int] = {}
    for need in needs:
        extras.update({extra: extras.get(extra, 0) | mask for extra, mask in need.extras.items()})
    death = search.verdicts.known_death(package.page, listed.version, package.mask, extras)
    if death is not None:
        return _of_death(search, death)
    if excluding:
        need = excluding[0]
        return "plugin", f"{need.asker} requires {need.asker.text}"
    return _of_choice(search, found, package, listed, extras)


def _of_death(search: Search, death: Death) -> tuple[Because, str]:
    """Follow a death to its root: the host's version, or a version that no index has."""
    steps = []
    reason: object = death.reason
    while isinstance(reason, Unmet):
        need = reason.need
        steps.append(f"{need.asker} requires {need.asker.text}")
        inner = reason.tried[0][1] if reason.tried else None
        if not isinstance(inner, Death):
            steps.append(inner.detail if inner is not None else "which no index has")
            return "plugin", ", ".join(steps)
        reason = inner.reason
    if isinstance(reason, Clashes):
        steps.append(f"{reason.clashes[0].need.asker} {clashes_text(reason, search.settings.host)}")
        return "host", ", ".join(steps)
    return "plugin", f"{death.name} {death.version}: {reason.reason}"  # type: ignore[attr-defined]  # Unreadable


def _of_choice(
    search: Search, found: Found, package: ResolvedPackage, listed: ListedVersion, extras: dict[str, int]
) -> tuple[Because, str] | None:
    """Find the requirement of the newer version that the other choices do not meet."""
    fit = search.listing_of(package.page).fit(listed)
    newer = Candidate(
        name=package.name,
        version=listed.version,
        version_text=listed.text,
        mask=package.mask,
        extras=extras,
        page=package.page,
        files={bit: file for bit, file in fit.files.items() if package.mask >> bit & 1},
    )
    if any(file.kind != "wheel" for file in newer.files.values()):
        # What a source requires only a build may tell, and none is run for a version that nobody takes.
        return None
    death = search.verdicts.death(newer)
    if death is not None:
        return _of_death(search, death)
    chosen = {other.name: other for other in found.packages if other.mask & package.mask}
    for need in search.demands.of(newer).needs:
        other = chosen.get(need.name)
        if other is not None and not need.specifier.contains(other.version, prereleases=True):
            return "plugin", f"{newer} requires {need.asker.text}, and {other.name} {other.version_text} was chosen"
    return None
