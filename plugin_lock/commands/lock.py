"""`plugin-lock lock`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lock.errors import Problem
from plugin_lock.global_options import WithGlobalOptions

if TYPE_CHECKING:
    from plugin_lock.invocation import Invocation


@click.command("lock", cls=WithGlobalOptions)
@click.option("--check", "--locked", "check", is_flag=True, help="Write nothing; exit 1 if the lock would change.")
@click.option("--dry-run", is_flag=True, help="Show what would change and write nothing; exit 0.")
@click.option(
    "--accept-changed",
    multiple=True,
    metavar="NAME",
    help="Accept other bytes for this package's files than were locked; repeat it for several.",
)
@click.pass_obj
def command(run: Invocation, accept_changed: tuple[str, ...], *, check: bool, dry_run: bool) -> int:
    """Write plugins.lock, changing as little as can be.

    Decides on one version of everything the plugins need beside what the host ships, for all systems of
    plugins.toml, and writes each file with its hash. Versions that are locked stay unless plugins.toml or the host
    no longer allows them; `plugin-lock update` moves them. Where no choice works the reasons are shown, and
    plugins.lock stays as it was.
    """
    from plugin_lock.lock_summary import show_lock  # noqa: PLC0415 - not for help and completion
    from resolver.operations.locking import lock  # noqa: PLC0415 - not for help and completion

    with run.progress() as progress:
        report = lock(
            run.project(),
            run.surroundings(),
            upgrade="nothing",
            dry_run=check or dry_run,
            accept_changed=accept_changed,
            progress=progress,
        )
    show_lock(report, run)
    if not check or report.status != "would-change":
        return 0
    if not run.json:
        message = "the lock does not follow from plugins.toml and the host as they are now"
        run.terminal.error(Problem(code="outdated", message=message, path=report.path, remedy="run `plugin-lock lock`"))
    return 1
