"""`plugin-lock init`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lock.systems import SYSTEMS
from plugin_lock.global_options import WithGlobalOptions

if TYPE_CHECKING:
    from plugin_lock.invocation import Invocation


@click.command("init", cls=WithGlobalOptions)
@click.option("--host", required=True, metavar="NAME", help="The host's name: the distribution that loads plugins.")
@click.option("--python", required=True, metavar="X.Y", help="The version of Python the host runs on.")
@click.option(
    "--host-lock",
    metavar="PATH",
    help="What the host ships: its uv.lock, pylock.toml, requirements.txt or plugins.lock.",
)
@click.option(
    "--system",
    "systems",
    multiple=True,
    type=click.Choice(sorted(SYSTEMS)),
    default=("aarch64-linux", "x86_64-linux"),
    metavar="SYSTEM",
    help="A Nix system to lock for; repeat it for several. Without it: aarch64-linux and x86_64-linux.",
)
@click.option("--force", is_flag=True, help="Replace a plugins.toml that is there.")
@click.pass_obj
def command(
    run: Invocation, host: str, python: str, host_lock: str | None, systems: tuple[str, ...], *, force: bool
) -> int:
    """Write a plugins.toml to begin with.

    The file explains itself in comments. One that is there already is left alone, unless --force is given. It is
    written into the current folder, or into the one that --project names.
    """
    from resolver.operations.editing import init  # noqa: PLC0415 - not for help and completion

    if run.manifest is not None:
        raise click.UsageError("init writes plugins.toml into a folder: name it with --project, not --manifest")
    systems = tuple(dict.fromkeys(systems))
    path = init(run.directory, host=host, python=python, lock=host_lock, systems=systems, force=force)
    if run.json:
        from plugin_lock.json_shapes import init_shape  # noqa: PLC0415 - only runs with --json need it

        run.terminal.json(init_shape(str(path)))
        return 0
    run.terminal.summary(f"Wrote {path}")
    run.terminal.summary("Next: plugin-lock add NAME")
    return 0
