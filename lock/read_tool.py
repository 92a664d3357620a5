"""Reading `[tool.plugin-lock]`: the host, targets, indexes and options of a lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.model import Host, IndexRecord, Source, TargetRecord
from lock.options import Override, Policy, Publisher, ResolutionOptions
from lock.read_packages import read_identity
from lock.read_plugins import by_system

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lock.tables import Table


def read_target(table: Table) -> TargetRecord:
    """Read one of `[[tool.plugin-lock.targets]]`."""
    target = TargetRecord(system=table.text("system"), platform=table.text("platform"))
    table.finish()
    return target


def read_index(table: Table) -> IndexRecord:
    """Read one of `[[tool.plugin-lock.indexes]]`."""
    index = IndexRecord(url=table.text("url"), files=table.texts("files"))
    table.finish()
    return index


def read_resolution(table: Table | None) -> ResolutionOptions:
    """Read `[tool.plugin-lock.resolution]`, which is absent where all is default."""
    if table is None:
        return ResolutionOptions()
    options = ResolutionOptions(
        exclude_newer=table.optional_text("exclude-newer"),
        prereleases=table.text("prereleases") if table.has("prereleases") else "if-necessary",
        constraints=table.texts("constraints"),
        overrides=tuple(_override(entry) for entry in table.tables("overrides")),
    )
    table.finish()
    return options


def read_policy(table: Table | None) -> Policy:
    """Read `[tool.plugin-lock.policy]`, which is absent where nothing is allowed."""
    if table is None:
        return Policy()
    policy = Policy(
        allow_build=_reasons(table, "allow-build"),
        allow_startup_code=_reasons(table, "allow-startup-code"),
        allow_modules=_reasons(table, "allow-modules"),
        allow_origins=_reasons(table, "allow-origins"),
        allow_unattested=_reasons(table, "allow-unattested"),
        publishers=_publishers(table.optional_table("publishers")),
    )
    table.finish()
    return policy


def _reasons(table: Table, key: str) -> dict[str, str]:
    reasons = table.optional_table(key)
    return {} if reasons is None else {name: reasons.text(name) for name in reasons.names()}


def _publishers(table: Table | None) -> dict[str, tuple[Publisher, ...]]:
    if table is None:
        return {}
    return {name: tuple(map(_publisher, table.tables(name))) for name in table.names()}


def _publisher(table: Table) -> Publisher:
    identity = read_identity(table)
    return Publisher(
        identity={key: value for key, value in identity.items() if key != "reason"}, reason=table.text("reason")
    )


def _override(table: Table) -> Override:
    override = Override(
        requirement=table.text("requirement"),
        reason=table.text("reason"),
        package=table.optional_text("package"),
    )
    table.finish()
    return override


def read_host(table: Table, systems: Sequence[str]) -> Host:
    """Read `[tool.plugin-lock.host]`; `systems` are those of the targets."""
    provided = table.optional_table("provided")
    host = Host(
        name=table.text("name"),
        python=table.text("python"),
        source=_source(table.table("source")),
        version=table.optional_text("version"),
        entry_points=table.texts("entry-points"),
        extras=table.texts("extras"),
        dependency_groups=table.texts("dependency-groups"),
        provided={}
        if provided is None
        else {name: by_system(provided.text_or_texts(name), systems) for name in provided.names()},
    )
    table.finish()
    return host


def _source(table: Table) -> Source:
    source = Source(
        kind=table.text("kind"),
        location=table.optional_text("location"),
        flake_input=table.optional_text("flake-input"),
        url=table.optional_text("url"),
        revision=table.optional_text("revision"),
    )
    table.finish()
    return source
