"""`plugin-lock verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plugin_lock.global_options import WithGlobalOptions

if TYPE_CHECKING:
    from plugin_lock.invocation import Invocation


@click.command("verify", cls=WithGlobalOptions)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--mirror", metavar="URL", help="Take the files from this Simple API: the bytes count, not the address.")
@click.pass_obj
def command(run: Invocation, names: tuple[str, ...], mirror: str | None) -> int:
    """Fetch everything that is locked again, and compare.

    Compares the bytes of each file, the hash of each git commit and folder, what is inside, and what indexes and
    repositories say of it now; NAMEs limit that to some packages and plugins. With --offline files are looked for in
    the cache and in the Nix store. Exits 1 where anything changed, is gone, or was withdrawn, 2 where something could
    not be told, 3 where the network failed. Changes nothing.
    """
    from plugin_lock.verify_text import show_verify  # noqa: PLC0415 - not for help and completion
    from resolver.operations.verifying import VerifyRequest, verify  # noqa: PLC0415 - not for help and completion

    if mirror is not None and run.offline:
        raise click.UsageError("--mirror and --offline contradict each other")
    request = VerifyRequest(names=names, mirror=mirror)
    with run.progress() as progress:
        report = verify(run.project(), run.surroundings(), request, progress)
    show_verify(report, run)
    return report.exit_code
