"""`plugin-lock update`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plugin_lock.global_options import WithGlobalOptions
from plugin_lock.plugin_names import complete_plugins

if TYPE_CHECKING:
    from plugin_lock.invocation import Invocation


@click.command("update", cls=WithGlobalOptions)
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=complete_plugins)
@click.option("--dry-run", is_flag=True, help="Show what would change and write nothing.")
@click.option(
    "--accept-changed",
    multiple=True,
    metavar="NAME",
    help="Accept other bytes for this package's files than were locked; repeat it for several.",
)
@click.pass_obj
def command(run: Invocation, names: tuple[str, ...], accept_changed: tuple[str, ...], *, dry_run: bool) -> int:
    """Lock the newest versions of all plugins, or of some.

    With NAMEs, only those plugins or packages and what only they need may move.
    """
    from plugin_lock.lock_summary import show_lock  # noqa: PLC0415 - not for help and completion
    from resolver.operations.locking import lock  # noqa: PLC0415 - not for help and completion

    with run.progress() as progress:
        report = lock(
            run.project(),
            run.surroundings(),
            upgrade=names or "everything",
            dry_run=dry_run,
            accept_changed=accept_changed,
            progress=progress,
        )
    show_lock(report, run)
    return 0
