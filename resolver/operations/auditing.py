"""`audit`: known vulnerabilities of what plugins.lock holds, from an index, a service or a given database."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec.structs import replace

from lock.errors import InputError, Problem
from resolver.advisories.merging import merged
from resolver.advisories.model import AuditReport, Ignored, Unknown
from resolver.advisories.subjects import subjects
from resolver.index.configuration import configured
from resolver.manifest.reader import load

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from resolver.advisories.model import AdvisorySource, Finding
    from resolver.index.configuration import ConfiguredIndexes
    from resolver.manifest.model import IgnoredAdvisory
    from resolver.operations.project import Project, Surroundings
    from resolver.progress import Progress

Service = Literal["index", "osv"]


class AuditRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to ask, and where.

    `host`: also about the host's versions that the lock relies on.  `database` excludes the services.  `service_url`
    is that of an OSV service.  `try_update`: resolve, without writing, whether `update` reaches fixed versions.
    """

    host: bool = False
    database: Path | None = None
    service: Service = "index"
    service_url: str | None = None
    try_update: bool = False


def audit(project: Project, surroundings: Surroundings, request: AuditRequest, progress: Progress) -> AuditReport:
    """Return what is known about the releases of a lock, and what of it plugins.toml ignores today.

    Raises `LockError` for a lock that cannot be read, `InputError` for wrong settings or a damaged database, and
    `WorldError` where an index or a service fails: a part of the answer is no answer.
    """
    manifest = load(project.manifest_path)
    lock = project.required_lock()
    found = configured(manifest.indexes, surroundings.environ)
    asked = subjects(
        lock, host=request.host, host_index=next(index.url for index in found.indexes if not index.explicit)
    )
    by_release = {subject.release: subject for subject in asked}
    with _source(request, found, surroundings) as source:
        progress.stage("looking for known vulnerabilities", len(asked))
        answers = source.ask(list(by_release))
        progress.step(source.text, len(asked))
        everything = tuple(
            finding
            for release, subject in by_release.items()
            for finding in merged(subject, answers.advisories.get(release, ()))
        )
        findings, ignored, warnings = _ignored(everything, manifest.policy.ignore_advisories, surroundings)
        unknown = tuple(
            Unknown(subject=subject, reason=answers.unknown[release])
            for release, subject in by_release.items()
            if release in answers.unknown
        )
        if not unknown:
            warnings += _idle(everything, manifest.policy.ignore_advisories, host=request.host)
        if request.try_update:
            from resolver.operations.trying_updates import with_updates  # noqa: PLC0415 - a search is slow to import

            findings, tried = with_updates(findings, source, project, surroundings, progress)
            warnings += tried
    return AuditReport(
        path=str(project.lock_path),
        source=source.text,
        audited=len(asked),
        tried=request.try_update,
        findings=findings,
        ignored=ignored,
        unknown=unknown,
        warnings=warnings,
    )


@contextmanager
def _source(request: AuditRequest, found: ConfiguredIndexes, surroundings: Surroundings) -> Iterator[AdvisorySource]:
    """Open the place that a request names."""
    if request.database is not None:
        from resolver.advisories.database import Database  # noqa: PLC0415 - one kind of source is used in a run

        yield Database(request.database)
        return
    if surroundings.offline:
        message = "known vulnerabilities have to be asked for, and nothing may be asked for while offline"
        remedy = "run it without --offline, or give a database with --database"
        raise InputError(Problem(code="offline", message=message, remedy=remedy))
    from resolver.advisories.asking import questioner  # noqa: PLC0415 - as above

    if request.service == "index":
        from resolver.advisories.index_data import IndexData  # noqa: PLC0415 - as above

        with questioner(surroundings.environ, found.credentials) as ready:
            yield IndexData(found.indexes, ready)
        return
    from resolver.advisories import osv_service  # noqa: PLC0415 - as above

    index, embedded = osv_service.service_index(*_address(request, surroundings))
    # Variables that hold the credentials of an index are meant for that index, whatever its name.
    environ = {
        name: value
        for name, value in surroundings.environ.items()
        if not name.startswith(("PLUGIN_LOCK_INDEX_", "UV_INDEX_"))
    }
    with questioner(environ, embedded) as ready:
        yield osv_service.OsvService(index, ready)


def _address(request: AuditRequest, surroundings: Surroundings) -> tuple[str, str]:
    """Return the address of the OSV service, and who named it."""
    from resolver.advisories.osv_service import ADDRESS_VARIABLE, default_address  # noqa: PLC0415 - as above

    if request.service_url:
        return request.service_url, "--service-url"
    if surroundings.environ.get(ADDRESS_VARIABLE):
        return surroundings.environ[ADDRESS_VARIABLE], ADDRESS_VARIABLE
    known = default_address()
    if known is not None:
        return known, "pip-audit"
    raise InputError(
        Problem(
            code="service-address",
            message="no address of an OSV service is known",
            remedy=f"name it with --service-url or in {ADDRESS_VARIABLE}, or install pip-audit beside plugin-lock, "
            "which knows the public service's",
        )
    )


def _ignored(
    findings: Iterable[Finding], agreements: Iterable[IgnoredAdvisory], surroundings: Surroundings
) -> tuple[tuple[Finding, ...], tuple[Finding, ...], tuple[str, ...]]:
    """Return what counts, what does not, and what should be said of agreements that have ended."""
    today = surroundings.now.astimezone(UTC).date()
    counting: list[Finding] = []
    ignored: list[Finding] = []
    warnings: dict[str, None] = {}
    by_id = {agreement.id.upper(): agreement for agreement in agreements}
    for finding in findings:
        names = {name.upper() for name in (finding.id, *finding.aliases)}
        # Where two agreements meet in one finding, the one that lasts longer is in force.
        agreed = max(
            (by_id[name] for name in names & by_id.keys()), key=lambda each: (each.until, each.id), default=None
        )
        if agreed is None:
            counting.append(finding)
        elif today <= agreed.until:
            ignored.append(replace(finding, ignored=Ignored(reason=agreed.reason, until=agreed.until)))
        else:
            counting.append(finding)
            place = f"{agreed.place.path}:{agreed.place.line}"
            warnings[f"{place}: {agreed.id} was ignored until {agreed.until.isoformat()} and counts again"] = None
    return tuple(counting), tuple(ignored), tuple(warnings)


def _idle(findings: Iterable[Finding], agreements: Iterable[IgnoredAdvisory], *, host: bool) -> tuple[str, ...]:
    """Say which agreements concern nothing."""
    names = {name.upper() for finding in findings for name in (finding.id, *finding.aliases)}
    what = "nothing that is locked or relied on" if host else "nothing that is locked"
    advice = "remove it" if host else "remove it, unless it is for the host (--host)"
    return tuple(
        f"{agreement.place.path}:{agreement.place.line}: {agreement.id} is ignored, and {what} has it: {advice}"
        for agreement in agreements
        if agreement.id.upper() not in names
    )
