"""What `--json` writes: one document a run, each with a versioned `schema`; described in docs/commands.md.

Keys stand in the order in which they are written here.  A key may be added within a version; none is renamed,
removed or given another meaning without a new one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lock.errors import Problem
    from resolver.advisories.model import AuditReport, Finding, Subject
    from resolver.operations.levels import PackageLevel
    from resolver.operations.reports import BuildReport, HostReport, LockReport, TreeNode
    from resolver.operations.vendoring import VendorReport
    from resolver.verification.model import VerifyReport

Shape = dict[str, Any]


def schema(name: str, version: int = 1) -> str:
    """Return the word by which a program knows what it reads."""
    return f"plugin-lock/{name}/{version}"


def error_shape(exit_code: int, problems: Iterable[Problem]) -> Shape:
    """Describe why a run did not do what was asked."""
    return {"schema": schema("error"), "exit_code": exit_code, "problems": [_problem(p) for p in problems]}


def lock_shape(report: LockReport) -> Shape:
    """Describe what `lock`, `update`, `add` or `remove` did to plugins.lock."""
    return {
        "schema": schema("lock"),
        "status": report.status,
        "path": report.path,
        "systems": list(report.lock.systems) if report.lock else None,
        "plugins": len(report.lock.plugins) if report.lock else None,
        "packages": report.packages,
        "changes": [
            {"name": change.name, "old": change.old, "new": change.new, "plugin": change.is_plugin}
            for change in report.changes
        ],
        "held_back": [
            {
                "name": held.name,
                "version": held.version,
                "newest": held.newest,
                "because": held.because,
                "reason": held.reason,
                "plugin": held.is_plugin,
            }
            for held in report.held_back
        ],
        "split": list(report.split),
        "events": [{"code": event.code, "name": event.name, "message": event.message} for event in report.events],
        "warnings": list(report.warnings),
    }


def edit_shape(path: str, *, added: Iterable[str] = (), removed: Iterable[str] = ()) -> Shape:
    """Describe an edit of plugins.toml that was not locked (`--no-lock`)."""
    return {"schema": schema("edit"), "path": path, "added": list(added), "removed": list(removed)}


def init_shape(path: str) -> Shape:
    """Describe a plugins.toml that was written."""
    return {"schema": schema("init"), "path": path}


def vendor_shape(report: VendorReport) -> Shape:
    """Describe what became of a copy of the Nix library."""
    return {
        "schema": schema("vendor"),
        "status": report.status,
        "folder": report.folder,
        "version": report.version,
        "files": report.files,
    }


def check_shape(
    problems: Iterable[Problem],
    *,
    plugins: int | None,
    packages: int | None,
    warnings: Iterable[str] = (),
    levels: Iterable[PackageLevel] | None = None,
) -> Shape:
    """Describe what `check` found; the counts are None for a lock that cannot be read, `levels` if none was wanted."""
    found = [_problem(problem) for problem in problems]
    return {
        "schema": schema("check"),
        "status": "problems" if found else "ok",
        "plugins": plugins,
        "packages": packages,
        "problems": found,
        "warnings": list(warnings),
        "levels": None
        if levels is None
        else [
            {
                "name": package.name,
                "version": package.version,
                "level": package.level,
                "publishers": list(package.publishers),
                "build": package.is_build,
                "excused": package.excused,
            }
            for package in levels
        ],
    }


def host_shape(report: HostReport) -> Shape:
    """Describe what the host ships."""
    return {
        "schema": schema("host"),
        "name": report.name,
        "version": report.version,
        "python": report.python,
        "source": report.source,
        "systems": list(report.systems),
        "provided": [
            {"name": row.name, "versions": {system: row.versions[system] for system in sorted(row.versions)}}
            for row in report.provided
        ],
        "warnings": list(report.warnings),
    }


def tree_shape(path: str, roots: Iterable[TreeNode], *, system: str | None, inverted: str | None) -> Shape:
    """Describe a tree; `system` is null where it stands for all, `inverted` where its roots are plugins."""
    return {
        "schema": schema("tree"),
        "path": path,
        "system": system,
        "inverted": inverted,
        "roots": [_node(root) for root in roots],
    }


def build_shape(report: BuildReport) -> Shape:
    """Describe what Nix built."""
    return {
        "schema": schema("build"),
        "store_path": report.store_path,
        "link": report.link,
        "nix": report.nix,
        "entry_points": [{"group": group, "name": name, "value": value} for group, name, value in report.entry_points],
    }


def verify_shape(report: VerifyReport) -> Shape:
    """Describe what is no longer as it was locked."""
    return {
        "schema": schema("verify"),
        "status": {0: "ok", 1: "findings", 2: "unknown", 3: "failed"}[report.exit_code],
        "path": report.path,
        "artifacts": report.artifacts,
        "verified": report.verified,
        "findings": [
            {
                "outcome": finding.outcome,
                "name": finding.name,
                "version": finding.version,
                "artifact": finding.artifact,
                "problem": _problem(finding.problem),
            }
            for finding in report.findings
        ],
        "notes": list(report.notes),
    }


def audit_shape(report: AuditReport) -> Shape:
    """Describe what is known about what is locked."""
    return {
        "schema": schema("audit"),
        "status": report.status,
        "path": report.path,
        "source": report.source,
        "audited": report.audited,
        "findings": [_finding(finding) for finding in report.findings],
        "ignored": [
            {**_finding(each), "reason": each.ignored.reason, "until": each.ignored.until.isoformat()}
            for each in report.ignored
            if each.ignored is not None
        ],
        "unknown": [{**_subject(each.subject), "reason": each.reason} for each in report.unknown],
        "warnings": list(report.warnings),
    }


def _finding(finding: Finding) -> Shape:
    return {
        "id": finding.id,
        "aliases": list(finding.aliases),
        **_subject(finding.subject),
        "summary": finding.summary,
        "severity": {"rating": finding.rating, "vectors": list(finding.vectors)},
        "fixed": list(finding.fixed),
        "update": {"names": list(finding.update), "version": finding.reachable} if finding.reachable else None,
    }


def _subject(subject: Subject) -> Shape:
    return {
        "name": subject.release.name,
        "version": subject.release.version,
        "kinds": list(subject.kinds),
        "systems": list(subject.systems),
        "through": [{"plugin": path.plugin, "path": list(path.names)} for path in subject.paths],
    }


def _problem(problem: Problem) -> Shape:
    return {
        "code": problem.code,
        "message": problem.message,
        "path": problem.path,
        "line": problem.line,
        "key": problem.key,
        "remedy": problem.remedy,
    }


def _node(node: TreeNode) -> Shape:
    return {
        "name": node.name,
        "version": node.version,
        "provided": node.provided,
        "repeated": node.repeated,
        "systems": list(node.systems),
        "children": [_node(child) for child in node.children],
    }
