"""`plugin-lock check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from lock.errors import LockError
from plugin_lock.global_options import WithGlobalOptions

if TYPE_CHECKING:
    from plugin_lock.invocation import Invocation


@click.command("check", cls=WithGlobalOptions)
@click.pass_obj
def command(run: Invocation) -> int:
    """Check plugins.lock against its rules and plugins.toml.

    Asks no index. Exits 1 where the lock breaks a rule of its format, holds what plugins.toml does not explain, or
    no longer follows from plugins.toml and the host.
    """
    from plugin_lock.lock_summary import counted  # noqa: PLC0415 - not for help and completion
    from resolver.operations.checking import check  # noqa: PLC0415 - not for help and completion

    project = run.project()
    plugins = packages = None
    warnings: tuple[str, ...] = ()
    try:
        report = check(project, run.surroundings())
    except LockError as error:
        # A lock too broken to be read is what this command was asked to find.
        problems = error.problems
    else:
        problems, plugins, packages = report.problems, report.plugins, report.packages
        warnings = report.warnings
    if run.json:
        from plugin_lock.json_shapes import check_shape  # noqa: PLC0415 - only runs with --json need it

        run.terminal.json(check_shape(problems, plugins=plugins, packages=packages, warnings=warnings))
        return 1 if problems else 0
    for problem in problems:
        run.terminal.finding(problem)
    for warning in warnings:
        run.terminal.warning(warning)
    if problems:
        run.terminal.summary(f"{project.lock_path}: {counted(len(problems), 'problem')}")
        return 1
    size = f"{counted(plugins or 0, 'plugin')}, {counted(packages or 0, 'package')}"
    run.terminal.summary(f"{project.lock_path} is in order: {size}")
    return 0
