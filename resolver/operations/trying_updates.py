"""Whether `update` would get rid of what `audit` found: tried by resolving, with nothing fetched or written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from lock.errors import ResolutionError
from resolver.advisories.model import Release
from resolver.operations.locking import lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from resolver.advisories.model import AdvisorySource, Finding
    from resolver.operations.project import Project, Surroundings
    from resolver.progress import Progress


def with_updates(
    findings: tuple[Finding, ...],
    source: AdvisorySource,
    project: Project,
    surroundings: Surroundings,
    progress: Progress,
) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Return the findings with the fixed version that an update reaches, and what should be said besides.

    First the packages alone may move, then also the plugins they are there for.  A version counts as fixed where the
    source knows of none of the finding's names there.
    """
    warnings: list[str] = []
    done: dict[int, Finding] = {}
    for with_plugins in (False, True):
        left = {
            place: finding
            for place, finding in enumerate(findings)
            if place not in done and "package" in finding.subject.kinds
        }
        names = sorted({name for finding in left.values() for name in _names(finding, with_plugins=with_plugins)})
        if not names:
            break
        try:
            report = lock(project, surroundings, progress=progress, upgrade=tuple(names), dry_run=True)
        except ResolutionError as error:
            first = error.problems[0].message.split("\n", 1)[0]
            warnings.append(f"no update could be tried, because what is locked no longer goes together: {first}")
            break
        new = {change.name: change.new for change in report.changes if change.new and "," not in change.new}
        persistent = _persistent(left.values(), new, source)
        for place, finding in left.items():
            version = new.get(finding.subject.release.name)
            if version is not None and not persistent.get(finding.subject.release.name, set()) & _ids(finding):
                update = _names(finding, with_plugins=with_plugins)
                done[place] = replace(finding, reachable=version, update=update)
    return tuple(done.get(place, finding) for place, finding in enumerate(findings)), tuple(warnings)


def _names(finding: Finding, *, with_plugins: bool) -> tuple[str, ...]:
    plugins = (path.plugin for path in finding.subject.paths) if with_plugins else ()
    return tuple(sorted({finding.subject.release.name, *plugins}))


def _ids(finding: Finding) -> set[str]:
    return {finding.id, *finding.aliases}


def _persistent(findings: Iterable[Finding], new: Mapping[str, str], source: AdvisorySource) -> dict[str, set[str]]:
    """Return the names of the advisories that the new versions have, by distribution.

    A version that the source cannot tell of has all the old one had.
    """
    releases = {}
    for finding in findings:
        name = finding.subject.release.name
        if name in new:
            releases[name] = Release(name, new[name], finding.subject.release.index)
    answers = source.ask(sorted(releases.values(), key=lambda release: release.name))
    known: dict[str, set[str]] = {name: set() for name in releases}
    for finding in findings:
        name = finding.subject.release.name
        if name in releases and releases[name] in answers.unknown:
            known[name] |= _ids(finding)
    for name, release in releases.items():
        for advisory in answers.advisories.get(release, ()):
            known[name] |= {advisory.id, *advisory.aliases}
    return known
