"""`plugin-lock init`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lock.systems import SYSTEMS
from plugin_lock.global_options import WithGlobalOptions

if TYPE_CHECKING:
    from plugin_lock.invocation import Invocation


@click.command("init", cls=WithGlobalOptions)
@click.option(
    "--host", metavar="NAME", help="The host's name: the distribution that loads plugins. Required without --vendor."
)
@click.option("--python", metavar="X.Y", help="The version of Python the host runs on. Required without --vendor.")
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
@click.option(
    "--vendor",
    metavar="DIR",
    help="Copy the Nix library into this folder, or bring the copy there up to date, and do nothing else.",
)
@click.option("--force", is_flag=True, help="Replace a plugins.toml, or an edited copy, that is there.")
@click.pass_obj
def command(
    run: Invocation,
    host: str | None,
    python: str | None,
    host_lock: str | None,
    systems: tuple[str, ...],
    vendor: str | None,
    *,
    force: bool,
) -> int:
    """Write a plugins.toml to begin with.

    The file explains itself in comments. One that is there already is left alone, unless --force is given. It is
    written into the current folder, or into the one that --project names.

    With --vendor the Nix library comes into your own repository instead; `check` tells when that copy is old or was
    edited.
    """
    from resolver.operations.editing import init  # noqa: PLC0415 - not for help and completion

    if run.manifest is not None:
        raise click.UsageError("init writes plugins.toml into a folder: name it with --project, not --manifest")
    if vendor is not None:
        if host or python or host_lock:
            raise click.UsageError("--vendor goes with none of --host, --python and --host-lock")
        return _vendor(run, vendor, force=force)
    if host is None or python is None:
        raise click.UsageError(f"Missing option '--{'host' if host is None else 'python'}'.")
    systems = tuple(dict.fromkeys(systems))
    path = init(run.directory, host=host, python=python, lock=host_lock, systems=systems, force=force)
    if run.json:
        from plugin_lock.json_shapes import init_shape  # noqa: PLC0415 - only runs with --json need it

        run.terminal.json(init_shape(str(path)))
        return 0
    run.terminal.summary(f"Wrote {path}")
    run.terminal.summary("Next: plugin-lock add NAME")
    return 0


def _vendor(run: Invocation, folder: str, *, force: bool) -> int:
    from resolver.operations.vendoring import vendor  # noqa: PLC0415 - not for help and completion

    report = vendor(run.directory, folder, force=force)
    if run.json:
        from plugin_lock.json_shapes import vendor_shape  # noqa: PLC0415 - only runs with --json need it

        run.terminal.json(vendor_shape(report))
        return 0
    told = {"written": "Wrote", "updated": "Updated", "current": "Already current:"}[report.status]
    run.terminal.summary(f"{told} {report.folder}: the Nix library of plugin-lock {report.version}")
    return 0
