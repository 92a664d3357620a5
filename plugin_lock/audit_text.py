"""What `audit` tells: findings and a summary on stdout, what cannot be told and warnings on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_lock.lock_summary import counted
from plugin_lock.terminal import Styled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plugin_lock.invocation import Invocation
    from resolver.advisories.model import AuditReport, Finding, Subject

_KINDS = {"build": "to build with", "package": "", "provided": "provided by the host"}
SHOWN_PATHS = 3
"""How many of the plugins that lead to a package are shown; --json has them all."""
SHOWN_RELEASES = 5
"""How many releases of which nothing can be told are named; --verbose and --json have them all."""


def show_audit(report: AuditReport, run: Invocation) -> None:
    """Show a report as text or JSON."""
    if run.json:
        from plugin_lock.json_shapes import audit_shape  # noqa: PLC0415 - only runs with --json need it

        run.terminal.json(audit_shape(report))
        return
    terminal = run.terminal
    for finding in report.findings:
        for line in _lines(finding, report, arrow=" → " if terminal.can_show("→") else " > "):
            terminal.result(*line)
    for reason, names in _unknown(report, run).items():
        terminal.warning(f"nothing can be told of {', '.join(names)}: {reason}")
    for finding in report.ignored:
        if finding.ignored is not None:
            release = finding.subject.release
            until = finding.ignored.until.isoformat()
            terminal.note(
                f"{release.name} {release.version}: {finding.id} is ignored until {until}: ", finding.ignored.reason
            )
    for warning in report.warnings:
        terminal.warning(warning)
    if report.unknown:
        terminal.note(Styled("help:", "good"), " ask an OSV service (--service osv), or give a database (--database)")
    terminal.summary(_summary(report))


def _unknown(report: AuditReport, run: Invocation) -> dict[str, list[str]]:
    """Return the releases of which nothing can be told by reason; without --verbose the first few and a count."""
    reasons: dict[str, list[str]] = {}
    for unknown in report.unknown:
        release = unknown.subject.release
        reasons.setdefault(unknown.reason, []).append(f"{release.name} {release.version}")
    if run.verbose:
        return reasons
    return {
        reason: names[:SHOWN_RELEASES]
        + ([f"and {counted(len(names) - SHOWN_RELEASES, 'other')}"] if names[SHOWN_RELEASES:] else [])
        for reason, names in reasons.items()
    }


def _lines(finding: Finding, report: AuditReport, *, arrow: str) -> Iterator[tuple[str | Styled, ...]]:
    release = finding.subject.release
    aliases = f" ({', '.join(finding.aliases)})" if finding.aliases else ""
    rating = f" {finding.rating}" if finding.rating else ""
    yield Styled(release.name, "bold"), f" {release.version}: ", Styled(finding.id, "bad"), f"{aliases}{rating}"
    if finding.summary:
        yield "  ", finding.summary
    for vector in finding.vectors:
        yield "  ", vector
    where = _where(finding.subject)
    if where:
        yield "  ", where
    for path in finding.subject.paths[:SHOWN_PATHS]:
        yield "  through ", arrow.join(path.names)
    if len(finding.subject.paths) > SHOWN_PATHS:
        yield "  and through ", counted(len(finding.subject.paths) - SHOWN_PATHS, "other plugin")
    yield "  ", Styled("help:", "good"), " ", _help(finding, tried=report.tried)


def _where(subject: Subject) -> str:
    kinds = ", ".join(_KINDS[kind] for kind in subject.kinds if _KINDS[kind])
    return ", ".join((*((kinds,) if kinds else ()), *subject.systems))


def _help(finding: Finding, *, tried: bool) -> str:
    if finding.reachable is not None:
        return f"plugin-lock update {' '.join(finding.update)} goes to {finding.reachable}, which is fixed"
    if not finding.fixed:
        return "no fixed version is known: remove what needs it, or look at it and ignore it with a reason"
    fixed = f"fixed in {', '.join(finding.fixed)}"
    if finding.subject.kinds == ("provided",):
        return f"{fixed}; the host ships it, so the host has to be updated"
    if tried and "package" in finding.subject.kinds:
        return f"{fixed}, which no update reaches beside this host and these plugins"
    return fixed


def _summary(report: AuditReport) -> str:
    looked = f"{report.path}: {counted(report.audited, 'release')} looked up in {report.source}"
    ignored = f", {len(report.ignored)} ignored" if report.ignored else ""
    count = len(report.findings)
    known = counted(count, "known vulnerability") if count == 1 else f"{count or 'no'} known vulnerabilities"
    cannot = f"; nothing can be told of {len(report.unknown)}" if report.unknown else ""
    return f"{looked}: {known}{ignored}{cannot}"
