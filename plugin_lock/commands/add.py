"""`plugin-lock add`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plugin_lock.global_options import WithGlobalOptions

if TYPE_CHECKING:
    from plugin_lock.invocation import Invocation


@click.command("add", cls=WithGlobalOptions)
@click.argument("requirements", nargs=-1, required=True, metavar="REQUIREMENT...")
@click.option("--index", metavar="NAME", help="Take them from this [[index]] of plugins.toml.")
@click.option("--no-lock", is_flag=True, help="Edit plugins.toml only.")
@click.option("--dry-run", is_flag=True, help="Show what would change and write nothing.")
@click.pass_obj
def command(run: Invocation, requirements: tuple[str, ...], index: str | None, *, no_lock: bool, dry_run: bool) -> int:
    """Add plugins to plugins.toml and lock them.

    A REQUIREMENT is a name with or without a version ('rtk-hermes', 'rtk-hermes>=1.2', 'name[extra]'), an address
    ('git+https://git.example/plugin@v1.2', 'name @ https://files.example/name-1.0.tar.gz'), a folder of the project
    ('./plugins/notes') or an entry of a plugin catalogue. A plugin that is there already is changed. Comments and
    order of plugins.toml are kept. Where the plugins cannot be locked, neither file is touched.
    """
    from plugin_lock.edit_summary import show_edit  # noqa: PLC0415 - not for help and completion
    from resolver.operations.editing import add, names_of  # noqa: PLC0415 - not for help and completion

    if no_lock and dry_run:
        raise click.UsageError("--no-lock and --dry-run together leave nothing to do")
    project = run.project()
    with run.progress() as progress:
        report = add(
            project,
            requirements,
            index=index,
            surroundings=run.surroundings(),
            lock=not no_lock,
            dry_run=dry_run,
            progress=progress,
        )
    show_edit(report, run, path=str(project.manifest_path), added=names_of(requirements))
    return 0
