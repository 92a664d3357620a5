"""`plugin-lock audit`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from plugin_lock.global_options import WithGlobalOptions

if TYPE_CHECKING:
    from plugin_lock.invocation import Invocation
    from resolver.operations.auditing import Service

EXIT_CODES = {"findings": 1, "unknown": 2, "none": 0}


@click.command("audit", cls=WithGlobalOptions)
@click.option("--host", is_flag=True, help="Ask also about the host's versions that the lock relies on.")
@click.option(
    "--database",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Use this folder or zip file of OSV records and no network.",
)
@click.option(
    "--service",
    type=click.Choice(("index", "osv")),
    help="Ask each package's own index (the default), or an OSV service about all of them.",
)
@click.option("--service-url", metavar="URL", help="Ask the OSV service at this address.")
@click.option("--try-update", is_flag=True, help="Resolve whether update reaches fixed versions; write nothing.")
@click.pass_obj
def command(
    run: Invocation,
    service: str | None,
    service_url: str | None,
    database: Path | None,
    *,
    host: bool,
    try_update: bool,
) -> int:
    """Report known vulnerabilities of what is locked.

    Looks at all packages of plugins.lock and at what they are built with. Exits 1 where there are any that
    plugins.toml does not ignore, 2 where there are none but not everything could be told.
    """
    from plugin_lock.audit_text import show_audit  # noqa: PLC0415 - not for help and completion
    from resolver.operations.auditing import AuditRequest, audit  # noqa: PLC0415 - not for help and completion

    if database is not None and (service is not None or service_url is not None):
        raise click.UsageError("--database excludes --service and --service-url")
    if service_url is not None and service == "index":
        raise click.UsageError("--service-url is that of an OSV service, and --service index asks none")
    chosen = "osv" if service_url is not None else service or "index"
    request = AuditRequest(
        host=host,
        database=database,
        service=cast("Service", chosen),
        service_url=service_url,
        try_update=try_update,
    )
    with run.progress() as progress:
        report = audit(run.project(), run.surroundings(), request, progress)
    show_audit(report, run)
    return EXIT_CODES[report.status]
