"""What `verify` found, as text or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_lock.lock_summary import counted

if TYPE_CHECKING:
    from plugin_lock.invocation import Invocation
    from resolver.verification.model import VerifyReport

_NOT_CHECKED = "unknown"


def show_verify(report: VerifyReport, run: Invocation) -> None:
    """Show every finding, what could not be looked at as one line each, and a summary."""
    if run.json:
        from plugin_lock.json_shapes import verify_shape  # noqa: PLC0415 - only runs with --json need it

        run.terminal.json(verify_shape(report))
        return
    for finding in report.findings:
        if finding.outcome != _NOT_CHECKED:
            run.terminal.finding(finding.problem)
    for finding in report.findings:
        if finding.outcome == _NOT_CHECKED:
            run.terminal.warning(finding.problem.message)
    for note in report.notes:
        run.terminal.warning(note)
    told = f"{report.verified} of {counted(report.artifacts, 'artifact')} as locked"
    wrong = sum(finding.outcome != _NOT_CHECKED for finding in report.findings)
    unknown = len(report.findings) - wrong
    parts = [told, *([counted(wrong, "finding")] if wrong else []), *([f"{unknown} not looked at"] if unknown else [])]
    run.terminal.summary(f"{report.path}: {', '.join(parts)}")
