"""The comparison as Markdown: medians, peaks and requests per mode, and how plugin-lock stands to each rival."""

from __future__ import annotations

import sys
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

OURS = "plugin-lock"
# The way of using uv that does the same work, by scope; what locks the running system only stands beside one system.
UV_OF_SCOPE = {
    "1 system": "uv-compile-1",
    "the running system": "uv-compile-1",
    "2 systems": "uv-lock-2",
    "every system": "uv-lock",
}


def progress(text: str) -> None:
    """Tell how far the runs are, on stderr."""
    print(text, file=sys.stderr, flush=True)


def table(name: str, round_trip: str, rows: Sequence[dict[str, Any]], modes: Sequence[str]) -> str:
    """Return the tables of one set: figures, then ratios of plugin-lock, then what went wrong."""
    lines = [f"### Set {name}, round trip {round_trip} ms", ""]
    lines += ["Median wall s (times uv at the same scope; processor s; peak MB; requests).", ""]
    lines += [f"| tool | for | packages | {' | '.join(modes)} |", f"|---|---|---|{'---|' * len(modes)}"]
    by_key = {row["contender"]: row for row in rows}
    for row in rows:
        uv = by_key.get(UV_OF_SCOPE[row["scope"]])
        cells = [row["note"] or _cell(row, uv, mode) for mode in modes]
        lines.append(f"| {row['label']} | {row['scope']} | {row['packages'] or '-'} | {' | '.join(cells)} |")
    lines += ["", *_ratios(rows, modes), *_faults(rows)]
    return "\n".join(lines)


def has_faults(rows: Sequence[dict[str, Any]]) -> bool:
    """Say whether a contender failed or asked for something that is not recorded."""
    return bool(_faults(rows))


def _seconds(row: dict[str, Any] | None, mode: str) -> float | None:
    runs = row["modes"].get(mode, []) if row else []
    if not runs or any(run["exit_code"] for run in runs):
        return None
    return float(median(run["wall"] for run in runs))


def _cell(row: dict[str, Any], uv: dict[str, Any] | None, mode: str) -> str:
    seconds = _seconds(row, mode)
    if seconds is None:
        return "failed" if row["modes"].get(mode) else "-"
    runs, base = row["modes"][mode], _seconds(uv, mode)
    ratio = "" if base is None or row is uv else f"{seconds / base:.2f}x; "
    processor, peak, requests = (median(run[key] for run in runs) for key in ("processor", "peak", "requests"))
    return f"{seconds:.2f} ({ratio}{processor:.2f}; {peak:.0f}; {requests:.0f})"


def _ratios(rows: Sequence[dict[str, Any]], modes: Sequence[str]) -> list[str]:
    ours = [row for row in rows if row["label"].startswith(OURS) and row["modes"]]
    theirs = [row for row in rows if not row["label"].startswith(OURS) and row["modes"]]
    if not ours or not theirs:
        return []
    lines = ["Times the rival's wall time is plugin-lock's (above 1: plugin-lock is faster).", ""]
    lines += [f"| plugin-lock | rival | {' | '.join(modes)} |", f"|---|---|{'---|' * len(modes)}"]
    for row in ours:
        for rival in theirs:
            cells = []
            for mode in modes:
                seconds, other = _seconds(row, mode), _seconds(rival, mode)
                cells.append("-" if seconds is None or other is None else f"{other / seconds:.2f}")
            pair = f"{row['label']}, {row['scope']} | {rival['label']}, {rival['scope']}"
            lines.append(f"| {pair} | {' | '.join(cells)} |")
    return [*lines, ""]


def _faults(rows: Sequence[dict[str, Any]]) -> list[str]:
    lines = []
    for row in rows:
        title = f"{row['label']} ({row['scope']})"
        if row["note"].startswith("exit"):
            lines.append(f"- {title}: {row['note']}")
        for mode, runs in row["modes"].items():
            codes = sorted({run["exit_code"] for run in runs} - {0})
            missing = sorted({path for run in runs for path in run["missing"]})
            if codes:
                lines.append(f"- {title}, {mode}: exit {', '.join(map(str, codes))}")
            if missing:
                lines.append(f"- {title}, {mode}: {len(missing)} not recorded, such as {missing[0]}")
    return [*lines, ""] if lines else []
