"""`plugin-lock check`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from lock.errors import LockError
from plugin_lock.global_options import WithGlobalOptions

if TYPE_CHECKING:
    from plugin_lock.invocation import Invocation
    from resolver.operations.levels import Level, PackageLevel


@click.command("check", cls=WithGlobalOptions)
@click.option(
    "--min-level",
    type=click.Choice(["hash", "publisher", "attestation"]),
    help="Want it known who published each package: as the index said, or as verified now.",
)
@click.option(
    "--trust-root",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Verify attestations with this trusted_root.json, not Sigstore's own.",
)
@click.pass_obj
def command(run: Invocation, min_level: Level | None, trust_root: Path | None) -> int:
    """Check plugins.lock against its rules and plugins.toml.

    Asks no index, but for --min-level attestation what the cache does not know. Exits 1 where the lock breaks a rule
    of its format, holds what plugins.toml does not explain, no longer follows from plugins.toml and the host, or has a
    package below the level.
    """
    from plugin_lock.level_text import show_levels  # noqa: PLC0415 - not for help and completion
    from plugin_lock.lock_summary import counted  # noqa: PLC0415 - not for help and completion
    from resolver.operations.checking import check  # noqa: PLC0415 - not for help and completion
    from resolver.operations.levels import MinLevel  # noqa: PLC0415 - not for help and completion

    if trust_root is not None and min_level != "attestation":
        raise click.UsageError("--trust-root goes with --min-level attestation")
    wanted = None if min_level is None else MinLevel(level=min_level, trust_root=trust_root)
    project = run.project()
    plugins = packages = None
    warnings: tuple[str, ...] = ()
    levels: tuple[PackageLevel, ...] | None = None
    try:
        with run.progress() as progress:
            report = check(project, run.surroundings(), wanted, progress)
    except LockError as error:
        # A lock too broken to be read is what this command was asked to find.
        problems = error.problems
    else:
        problems, plugins, packages = report.problems, report.plugins, report.packages
        warnings, levels = report.warnings, report.levels
    if run.json:
        from plugin_lock.json_shapes import check_shape  # noqa: PLC0415 - only runs with --json need it

        shape = check_shape(problems, plugins=plugins, packages=packages, warnings=warnings, levels=levels)
        run.terminal.json(shape)
        return 1 if problems else 0
    for problem in problems:
        run.terminal.finding(problem)
    for warning in warnings:
        run.terminal.warning(warning)
    show_levels(levels or (), run)
    if problems:
        run.terminal.summary(f"{project.lock_path}: {counted(len(problems), 'problem')}")
        return 1
    size = f"{counted(plugins or 0, 'plugin')}, {counted(packages or 0, 'package')}"
    run.terminal.summary(f"{project.lock_path} is in order: {size}")
    return 0
