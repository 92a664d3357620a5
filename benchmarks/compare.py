"""Resolve the reference sets with plugin-lock and its rivals, in turn, against a replayed index; print a table.

cold: empty cache.  warm: full cache, every page is asked for again and answered 304.  hot: the cache is still fresh.
noop: the lock is there and current.  Sets that are not recorded yet are recorded first, by record.py.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import report
import rivals
import sets
from contenders import CONTENDERS, Mode, Setting, environment, host_pins, prepare
from measure import Run, Server, run, serving
from recording import DEFAULT_FOLDER, Recording

if TYPE_CHECKING:
    from collections.abc import Iterable

RECORD = Path(__file__).with_name("record.py")
# Pages live as long as on the usual index.
FRESH = 600
# Hot first, while what filled the caches is fresh.
ORDER: tuple[Mode, ...] = ("hot", "noop", "warm", "cold")


@dataclass(slots=True, kw_only=True)
class Row:
    """What a contender did with a set: per mode the measured runs, and what is to be said about it."""

    contender: str
    label: str
    scope: str
    packages: int | None = None
    note: str = ""
    modes: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


class Bench:
    """The runs of one set against one pair of servers: pages that stay fresh, and pages to be revalidated."""

    def __init__(self, options: argparse.Namespace, reference: sets.ReferenceSet, servers: dict[str, Server]) -> None:
        self.options = options
        self.reference = reference
        self.servers = servers
        self.folder = Path(tempfile.mkdtemp(prefix="bench-"))
        self.uv = rivals.uv_program()
        self.programs = rivals.rivals_folder(options.python, options.interpreter)
        python = self.programs / "python"
        self.pins = host_pins(reference, uv=self.uv, python=python, folder=self.folder / "host")

    def close(self) -> None:
        """Remove all that the runs left."""
        shutil.rmtree(self.folder)

    def rows(self, keys: Iterable[str], modes: Iterable[Mode]) -> list[Row]:
        """Run every contender in every mode, interleaved; the first, unmeasured run of each shows that it works."""
        rows = [Row(contender=key, label=CONTENDERS[key].label, scope=CONTENDERS[key].scope) for key in keys]
        for lifetime in ("fresh", "stale"):
            wanted = [mode for mode in ORDER if mode in modes and (mode == "warm") == (lifetime == "stale")]
            if not wanted:
                continue
            for row in rows:
                self._try(row, lifetime)
            for mode in wanted:
                if mode == "noop":
                    self._make_current(rows)
                for number in range(self.options.runs):
                    for row in rows:
                        if not row.note:
                            self._measure(row, mode, lifetime)
                    report.progress(f"set {self.reference.name}: {mode} {number + 1}/{self.options.runs}")
        return rows

    def _setting(self, key: str, lifetime: str) -> Setting:
        return Setting(
            folder=self.folder / lifetime / key,
            index=self.servers[lifetime].index,
            python=self.options.python,
            rivals=self.programs,
            uv=self.uv,
            plugin_lock=rivals.plugin_lock_command(),
        )

    def _try(self, row: Row, lifetime: str) -> None:
        """Fill the cache of a contender and see that it works; the row's note says why not."""
        contender, setting = CONTENDERS[row.contender], self._setting(row.contender, lifetime)
        if row.note:
            return
        if not contender.program(setting).exists():
            row.note = "not available"
            return
        prepare(row.contender, self.reference, setting, self.pins)
        tried, _ = self._run(row, "hot", lifetime, self._cache(row, lifetime))
        if tried.exit_code == 0:
            row.packages = contender.count(setting.folder / contender.output, tried.output)
        else:
            row.note = f"exit {tried.exit_code}"
            last = "\n    ".join(tried.output.strip().splitlines()[-self.options.lines :])
            report.progress(f"set {self.reference.name}: {row.label} ({row.scope}) failed:\n    {last}")

    def _make_current(self, rows: list[Row]) -> None:
        for row in rows:
            if not row.note:
                self._run(row, "noop", "fresh", self._cache(row, "fresh"))

    def _cache(self, row: Row, lifetime: str) -> Path:
        return self.folder / f"cache-{lifetime}" / row.contender

    def _measure(self, row: Row, mode: Mode, lifetime: str) -> None:
        cache = self._cache(row, lifetime) if mode != "cold" else self.folder / "cache-cold"
        measured, counters = self._run(row, mode, lifetime, cache)
        if mode == "cold":
            shutil.rmtree(cache, ignore_errors=True)
        entry = {**asdict(measured), **counters}
        # What a run printed is of interest only where it failed.
        if measured.exit_code == 0:
            del entry["output"]
        row.modes.setdefault(mode, []).append(entry)

    def _run(self, row: Row, mode: Mode, lifetime: str, cache: Path) -> tuple[Run, dict[str, Any]]:
        contender, setting = CONTENDERS[row.contender], self._setting(row.contender, lifetime)
        if mode != "noop":
            (setting.folder / contender.output).unlink(missing_ok=True)
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        server = self.servers[lifetime]
        server.take_counters()
        measured = run(
            contender.command(setting, mode),
            folder=setting.folder,
            environment=environment(setting, cache, home),
            limit=self.options.limit,
        )
        return measured, server.take_counters()


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default="S,M", help=f"of {','.join(sets.NAMES)} (default: S,M)")
    parser.add_argument("--modes", default=",".join(get_args(Mode)), help="default: all")
    parser.add_argument("--contenders", default=",".join(CONTENDERS), help=f"of {', '.join(CONTENDERS)}")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--round-trip", default="0", help="artificial latency in ms, several with commas")
    parser.add_argument("--python", default=rivals.usual_minor(), help="the minor version (default: %(default)s)")
    parser.add_argument("--interpreter", help="an interpreter of that version, where it is not on PATH")
    parser.add_argument("--recording", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--limit", type=float, default=300, help="seconds after which a run is ended")
    parser.add_argument("--lines", type=int, default=12, help="lines shown of what a failed run printed")
    parser.add_argument("--json", type=Path, help="also write every run to this file")
    options = parser.parse_args()
    options.sets = _choices(parser, options.sets, sets.NAMES)
    options.modes = _choices(parser, options.modes, get_args(Mode))
    options.contenders = _choices(parser, options.contenders, CONTENDERS)
    return options


def record_what_lacks(options: argparse.Namespace) -> None:
    """Record the chosen sets that are not recorded for this Python version."""
    recording = Recording(options.recording)
    lacking = [name for name in options.sets if not recording.set_path(name, options.python).exists()]
    if not lacking:
        return
    report.progress(f"recording {', '.join(lacking)} from the index (once; this takes minutes)")
    command = [sys.executable, str(RECORD), "--sets", ",".join(lacking), "--python", options.python]
    command += ["--recording", str(options.recording)]
    if options.interpreter:
        command += ["--interpreter", options.interpreter]
    # A contender that failed shows itself in the comparison.
    subprocess.run(command, check=False, stdout=sys.stderr)


def _choices(parser: argparse.ArgumentParser, text: str, known: Iterable[str]) -> list[str]:
    chosen = text.split(",")
    if unknown := set(chosen) - set(known):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known are {', '.join(known)}")
    return chosen


def main() -> int:
    """Run the comparison; exit code 1 where a contender that is available failed or asked for what is not recorded."""
    options = arguments()
    record_what_lacks(options)
    results: list[dict[str, Any]] = []
    faults = False
    for round_trip in options.round_trip.split(","):
        common = ("--recording", str(options.recording), "--round-trip", round_trip)
        with serving(*common, "--max-age", str(FRESH)) as fresh, serving(*common, "--max-age", "0") as stale:
            for name in options.sets:
                bench = Bench(options, sets.load(name), {"fresh": fresh, "stale": stale})
                try:
                    rows = [asdict(row) for row in bench.rows(options.contenders, options.modes)]
                finally:
                    bench.close()
                print(report.table(name, round_trip, rows, options.modes), flush=True)
                faults = faults or report.has_faults(rows)
                load = os.getloadavg()[0]
                print(f"Load average at the end: {load:.1f} on {os.cpu_count()} processors.\n", flush=True)
                results.append({"set": name, "round-trip": float(round_trip), "load": load, "rows": rows})
    if options.json:
        machine = {"python": platform.python_version(), "machine": platform.machine(), "system": sys.platform}
        document = {"machine": machine, "runs": options.runs, "results": results}
        options.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return int(faults)


if __name__ == "__main__":
    sys.exit(main())
