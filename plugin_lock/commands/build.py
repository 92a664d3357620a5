"""`plugin-lock build`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lock.systems import SYSTEMS
from plugin_lock.global_options import WithGlobalOptions
from plugin_lock.plugin_names import complete_plugins

if TYPE_CHECKING:
    from plugin_lock.invocation import Invocation


@click.command("build", cls=WithGlobalOptions)
@click.argument("plugins", nargs=-1, metavar="[PLUGIN]...", shell_complete=complete_plugins)
@click.option(
    "--system",
    type=click.Choice(sorted(SYSTEMS)),
    metavar="SYSTEM",
    help="Build for this Nix system, not for the one that runs.",
)
@click.option(
    "--nixpkgs",
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH",
    help="Take packages from this copy of nixpkgs.",
)
@click.option(
    "--out-link",
    "-o",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Make a link to the result, which keeps it from being collected as garbage.",
)
@click.pass_obj
def command(
    run: Invocation, plugins: tuple[str, ...], system: str | None, nixpkgs: Path | None, out_link: Path | None
) -> int:
    """Build the plugin environment with Nix.

    Builds the environment of all plugins of plugins.lock, or of the named ones. Its store path goes to stdout, the
    entry points found in it to stderr.
    """
    from resolver.operations.building import build  # noqa: PLC0415 - not for help and completion

    with run.progress() as progress:
        report = build(
            run.project(),
            run.surroundings(),
            system=system,
            plugins=plugins,
            nixpkgs=nixpkgs,
            out_link=out_link,
            progress=progress,
        )
    if run.json:
        from plugin_lock.json_shapes import build_shape  # noqa: PLC0415 - only runs with --json need it

        run.terminal.json(build_shape(report))
        return 0
    run.terminal.result(report.store_path)
    if report.link is not None:
        run.terminal.note(f"linked from {report.link}")
    for group, name, value in report.entry_points:
        run.terminal.note(f"{group}: {name} = {value}")
    if not report.entry_points:
        run.terminal.warning("the environment holds no entry points")
    return 0
