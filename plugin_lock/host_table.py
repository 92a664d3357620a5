"""The table of what a host provides: one version where all systems agree, else one column a system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_lock.escaping import escaped
from plugin_lock.terminal import Styled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resolver.operations.reports import HostReport, ProvidedRow

ABSENT = "-"


def host_lines(report: HostReport) -> Iterator[tuple[str | Styled, ...]]:
    """Yield the table's lines, columns aligned; no line at all where nothing is provided."""
    if not report.provided:
        return
    agreed = all(_agreed(row, report.systems) for row in report.provided)
    columns = ("version",) if agreed else report.systems
    rows = [_cells(row, report.systems, agreed=agreed) for row in report.provided]
    # Widths are those of the text that will be seen, which is the escaped one.
    widths = [max(len(escaped(cell)) + 2 for cell in column) for column in zip(("name", *columns), *rows, strict=True)]
    widths[-1] = 0
    yield tuple(_padded(cell, width, "bold") for cell, width in zip(("name", *columns), widths, strict=True))
    for name, *versions in rows:
        yield (
            _padded(name, widths[0], "named"),
            *(_padded(version, width) for version, width in zip(versions, widths[1:], strict=True)),
        )


def _agreed(row: ProvidedRow, systems: tuple[str, ...]) -> bool:
    return len({row.versions.get(system) for system in systems}) == 1


def _cells(row: ProvidedRow, systems: tuple[str, ...], *, agreed: bool) -> tuple[str, ...]:
    shown = systems[:1] if agreed else systems
    return row.name, *(row.versions.get(system, ABSENT) for system in shown)


def _padded(cell: str, width: int, style: str | None = None) -> str | Styled:
    text = escaped(cell).ljust(width)
    if style == "bold":
        return Styled(text, "bold")
    return Styled(text, "named") if style == "named" else text
