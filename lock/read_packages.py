"""Reading `[[packages]]` and build packages: PEP 751's keys, and plugin-lock's beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.model import Artifact, Package, Wheel
from lock.read_sources import read_build, read_sha256, read_source
from lock.stated import StatedPackage

if TYPE_CHECKING:
    from lock.tables import Table


def read_package(table: Table) -> tuple[Package, StatedPackage]:
    """Read one entry, and what it says that follows from others."""
    dependencies = tuple(_dependency(entry) for entry in table.tables("dependencies"))
    tool = table.table("tool")
    own = tool.table("plugin-lock")
    edges = own.optional_table("edge-systems")
    package = Package(
        name=table.text("name"),
        version=table.text("version"),
        requires_python=table.optional_text("requires-python"),
        index=table.optional_text("index"),
        dependencies=tuple(dict.fromkeys(name for name, _ in dependencies)),
        provided=own.texts("provided"),
        edge_systems={} if edges is None else {name: edges.texts(name) for name in edges.names()},
        wheels=tuple(_wheel(entry) for entry in table.tables("wheels")),
        source=read_source(table),
        attestation_identities=tuple(read_identity(entry) for entry in table.tables("attestation-identities")),
        artifacts=tuple(_artifact(entry) for entry in own.tables("artifacts")),
    )
    stated = StatedPackage(marker=table.optional_text("marker"), dependencies=dependencies)
    for known in (own, tool, table):
        known.finish()
    return package, stated


def read_identity(table: Table) -> dict[str, str]:
    """Read a publisher, whose keys are those of its kind."""
    table.text("kind")
    return {name: table.text(name) for name in table.names()}


def _dependency(table: Table) -> tuple[str, str | None]:
    entry = table.text("name"), table.optional_text("version")
    table.finish()
    return entry


def _wheel(table: Table) -> Wheel:
    wheel = Wheel(
        name=table.text("name"),
        url=table.text("url"),
        size=table.integer("size"),
        sha256=read_sha256(table),
    )
    table.finish()
    return wheel


def _artifact(table: Table) -> Artifact:
    build = table.optional_table("build")
    artifact = Artifact(
        name=table.text("name"),
        systems=table.texts("systems"),
        modules=table.texts("modules"),
        startup_files=table.texts("startup-files"),
        console_scripts=table.texts("console-scripts"),
        native=table.flag("native"),
        libraries=table.texts("libraries"),
        license=table.optional_text("license"),
        uploaded=table.optional_text("uploaded"),
        nar_hash=table.optional_text("nar-hash"),
        submodules=table.flag("submodules"),
        attested=table.flag("attested"),
        build=None if build is None else read_build(build),
    )
    table.finish()
    return artifact
