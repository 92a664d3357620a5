"""What `lock`, `update`, `add` and `remove` tell about a lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_lock.terminal import Styled

if TYPE_CHECKING:
    from plugin_lock.invocation import Invocation
    from resolver.operations.reports import Change, HeldBack, LockReport

_BY = {"host": "the host", "policy": "a policy", "plugin": "another plugin"}


def show_lock(report: LockReport, run: Invocation) -> None:
    """Show a report: changes, counts, what is held back and split on stdout; warnings on stderr."""
    if run.json:
        from plugin_lock.json_shapes import lock_shape  # noqa: PLC0415 - only runs with --json need it

        run.terminal.json(lock_shape(report))
        return
    terminal = run.terminal
    is_first = bool(report.changes) and all(change.old is None for change in report.changes)
    for change in report.changes:
        # The first lock would list itself whole.
        if change.is_plugin or run.verbose or not is_first:
            terminal.summary(*_change_line(change, planned=report.status == "would-change", arrow=_arrow(run)))
    terminal.summary(_counts(report))
    if report.held_back:
        terminal.summary()
        terminal.summary(Styled("Held back:", "bold"))
        for held in sorted(report.held_back, key=lambda held: (not held.is_plugin, held.name)):
            _show_held_back(held, run)
    if report.split:
        terminal.summary()
        terminal.summary(Styled("Different between systems:", "bold"))
        for name in report.split:
            terminal.summary("  ", name, _split_versions(report, name))
    for event in report.events:
        terminal.result(Styled(f"{event.about}:", "warned"), " ", event.message)
    for warning in report.warnings:
        terminal.warning(warning)


def counted(number: int, thing: str) -> str:
    """Return `1 plugin`, `2 plugins`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _change_line(change: Change, *, planned: bool, arrow: str) -> tuple[str | Styled, ...]:
    name = Styled(change.name, "bold" if change.is_plugin else "named")
    if change.old is None:
        return Styled("Would add" if planned else "Added", "good"), " ", name, f" v{change.new}"
    if change.new is None:
        return Styled("Would remove" if planned else "Removed", "bad"), " ", name, f" v{change.old}"
    if change.old == change.new:
        return Styled("Would change" if planned else "Changed", "changed"), " ", name, f" v{change.old} (other files)"
    verb = Styled("Would update" if planned else "Updated", "changed")
    return verb, " ", name, f" v{change.old} {arrow} v{change.new}"


def _arrow(run: Invocation) -> str:
    return "→" if run.terminal.can_show("→") else "->"


def _counts(report: LockReport) -> str:
    if report.lock is None and report.status == "current":
        return f"{report.path} would not change"
    if report.lock is None or report.status == "would-change":
        return f"{report.path} would change; nothing was written ({_changes(report)})"
    size = f"{counted(len(report.lock.plugins), 'plugin')}, {counted(report.packages, 'package')}"
    systems = ", ".join(report.lock.systems)
    if report.status == "current":
        return f"{report.path} is up to date: {size} for {systems}"
    return f"Locked {size} for {systems} ({_changes(report)})"


def _changes(report: LockReport) -> str:
    added = sum(change.old is None for change in report.changes)
    removed = sum(change.new is None for change in report.changes)
    counts = {"added": added, "updated": len(report.changes) - added - removed, "removed": removed}
    return ", ".join(f"{number} {word}" for word, number in counts.items() if number) or "no version changed"


def _show_held_back(held: HeldBack, run: Invocation) -> None:
    first, *rest = held.reason.split("\n")
    name = Styled(held.name, "bold" if held.is_plugin else "named")
    run.terminal.summary(
        "  ", name, f" {held.version} (newest {held.newest}): held back by {_BY[held.because]}: ", first
    )
    for line in rest:
        run.terminal.summary("    ", line.lstrip(" "))


def _split_versions(report: LockReport, name: str) -> str:
    packages = report.lock.packages if report.lock else ()
    versions = [f"{p.version} on {', '.join(p.systems)}" for p in packages if p.name == name]
    return f": {'; '.join(versions)}" if versions else ""
