"""`plugin-lock tree`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lock.systems import SYSTEMS
from plugin_lock.global_options import WithGlobalOptions
from plugin_lock.plugin_names import complete_packages, complete_plugins

if TYPE_CHECKING:
    from plugin_lock.invocation import Invocation


@click.command("tree", cls=WithGlobalOptions)
@click.argument("plugins", nargs=-1, metavar="[PLUGIN]...", shell_complete=complete_plugins)
@click.option(
    "--system",
    type=click.Choice(sorted(SYSTEMS)),
    metavar="SYSTEM",
    help="Show one Nix system only, such as x86_64-linux.",
)
@click.option(
    "--invert",
    metavar="NAME",
    shell_complete=complete_packages,
    help="Show what needs NAME, a locked or a provided package.",
)
@click.option("--depth", type=click.IntRange(min=0), metavar="N", help="Show N levels below the plugins.")
@click.pass_obj
def command(
    run: Invocation, plugins: tuple[str, ...], system: str | None, invert: str | None, depth: int | None
) -> int:
    """Show what each plugin needs.

    Reads plugins.lock alone. What the host provides is marked (provided); what was shown further up is marked (*)
    and not opened again.
    """
    from plugin_lock.tree_text import ASCII, LINES, has_repeats, tree_lines  # noqa: PLC0415 - not for help and completion
    from resolver.operations.tree import tree  # noqa: PLC0415 - not for help and completion

    if invert is not None and plugins:
        raise click.UsageError("name plugins, or a package with --invert, not both")
    project = run.project()
    roots = tree(project.required_lock(), system=system, plugins=plugins, inverted=invert, depth=depth)
    if run.json:
        from plugin_lock.json_shapes import tree_shape  # noqa: PLC0415 - only runs with --json need it

        run.terminal.json(tree_shape(str(project.lock_path), roots, system=system, inverted=invert))
        return 0
    strokes = LINES if run.terminal.can_show("".join(LINES)) else ASCII
    for line in tree_lines(roots, strokes):
        run.terminal.result(*line)
    if has_repeats(roots):
        run.terminal.note("(*) shown further up")
    return 0
