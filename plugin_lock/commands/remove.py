"""`plugin-lock remove`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plugin_lock.global_options import WithGlobalOptions
from plugin_lock.plugin_names import complete_plugins

if TYPE_CHECKING:
    from plugin_lock.invocation import Invocation


@click.command("remove", cls=WithGlobalOptions)
@click.argument("names", nargs=-1, required=True, metavar="NAME...", shell_complete=complete_plugins)
@click.option("--no-lock", is_flag=True, help="Edit plugins.toml only.")
@click.option("--dry-run", is_flag=True, help="Show what would change and write nothing.")
@click.pass_obj
def command(run: Invocation, names: tuple[str, ...], *, no_lock: bool, dry_run: bool) -> int:
    """Remove plugins from plugins.toml and from the lock.

    What only they needed leaves plugins.lock with them; everything else stays at its version.
    """
    from plugin_lock.edit_summary import show_edit  # noqa: PLC0415 - not for help and completion
    from resolver.operations.editing import remove  # noqa: PLC0415 - not for help and completion

    if no_lock and dry_run:
        raise click.UsageError("--no-lock and --dry-run together leave nothing to do")
    project = run.project()
    with run.progress() as progress:
        report = remove(
            project, names, surroundings=run.surroundings(), lock=not no_lock, dry_run=dry_run, progress=progress
        )
    show_edit(report, run, path=str(project.manifest_path), removed=names)
    return 0
