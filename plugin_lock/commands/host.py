"""`plugin-lock host`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plugin_lock.global_options import WithGlobalOptions

if TYPE_CHECKING:
    from plugin_lock.invocation import Invocation


@click.command("host", cls=WithGlobalOptions)
@click.pass_obj
def command(run: Invocation) -> int:
    """Show what the host provides.

    Lists the distributions that the host of plugins.toml ships, with their versions; these are given, and no plugin
    brings its own copy of them. Only a host that is a requirement is asked of an index.
    """
    from plugin_lock.host_table import host_lines  # noqa: PLC0415 - not for help and completion
    from plugin_lock.lock_summary import counted  # noqa: PLC0415 - not for help and completion
    from resolver.operations.hosting import host  # noqa: PLC0415 - not for help and completion

    with run.progress() as progress:
        report = host(run.project(), run.surroundings(), progress)
    if run.json:
        from plugin_lock.json_shapes import host_shape  # noqa: PLC0415 - only runs with --json need it

        run.terminal.json(host_shape(report))
        return 0
    for line in host_lines(report):
        run.terminal.result(*line)
    for warning in report.warnings:
        run.terminal.warning(warning)
    version = f" {report.version}" if report.version else ""
    run.terminal.note(
        f"{report.name}{version} (Python {report.python}) provides {counted(len(report.provided), 'package')}"
        f" for {', '.join(report.systems)}, read from {report.source}"
    )
    return 0
