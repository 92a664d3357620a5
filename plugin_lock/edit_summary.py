"""What `add` and `remove` tell: of the lock, or of plugins.toml alone where nothing was locked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_lock.lock_summary import show_lock
from plugin_lock.terminal import Styled

if TYPE_CHECKING:
    from plugin_lock.invocation import Invocation
    from resolver.operations.reports import LockReport


def show_edit(
    report: LockReport | None,
    run: Invocation,
    *,
    path: str,
    added: tuple[str, ...] = (),
    removed: tuple[str, ...] = (),
) -> None:
    """Show the lock's report; without one, what was edited in the plugins.toml at `path`."""
    if report is not None:
        show_lock(report, run)
    elif run.json:
        from plugin_lock.json_shapes import edit_shape  # noqa: PLC0415 - only runs with --json need it

        run.terminal.json(edit_shape(path, added=added, removed=removed))
    else:
        for name in added:
            run.terminal.summary(Styled("Added", "good"), " ", Styled(name, "bold"), f" to {path}")
        for name in removed:
            run.terminal.summary(Styled("Removed", "bad"), " ", Styled(name, "bold"), f" from {path}")
        run.terminal.summary("Nothing is locked yet: run plugin-lock lock")
