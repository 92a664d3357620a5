"""Runs all targets in turn under atheris: `make fuzz MINUTES=60`, or `python -m tests.fuzz --minutes 60`.

What is learnt is kept in `.work/fuzz`: the corpus of each target, inputs that broke one, and the figures.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz import seeds, targets

ROOT = Path(__file__).parents[2]
SECONDS_PER_INPUT = 20
MEGABYTES = 2048
LONGEST_INPUT = 1 << 16
WORDS = 400

_EXECUTED = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_PROGRESS = re.compile(r"cov: (\d+) ft: (\d+) corp: (\d+)")
_WORD = re.compile(rb"[A-Za-z][A-Za-z0-9_.-]{2,31}")


@dataclass
class Figures:
    """What has been done to one target, over all rounds; `coverage` counts branches as libFuzzer does."""

    target: str
    seconds: float = 0.0
    executions: int = 0
    coverage: int = 0
    features: int = 0
    corpus: int = 0
    crashes: int = 0


def main() -> int:
    """Return 0 where nothing broke, 1 where something did, 2 where it cannot be run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=15.0, help="for all targets together")
    parser.add_argument("--rounds", type=int, default=2, help="how often each target gets its turn")
    parser.add_argument("--folder", type=Path, default=ROOT / ".work" / "fuzz")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(targets.ALL)}; all by default")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.targets if name not in targets.ALL]
    if unknown:
        parser.error(f"there is no target {unknown[0]!r}")
    if find_spec("atheris") is None:
        print("atheris is not installed; `make fuzz` installs it, where there is one for this Python", file=sys.stderr)
        return 2
    names = arguments.targets or list(targets.ALL)
    figures = {name: Figures(target=name) for name in names}
    seconds = arguments.minutes * 60 / len(names) / arguments.rounds
    for _ in range(arguments.rounds):
        for name in names:
            _take_turn(figures[name], arguments.folder / name, seconds)
            (arguments.folder / "figures.json").write_text(json.dumps([asdict(each) for each in figures.values()]))
    print(table(list(figures.values())))
    return 1 if any(each.crashes for each in figures.values()) else 0


def _take_turn(figures: Figures, folder: Path, seconds: float) -> None:
    corpus, broken = folder / "corpus", folder / "broken"
    for each in (corpus, broken):
        each.mkdir(parents=True, exist_ok=True)
    start = seeds.of(figures.target)
    for number, seed in enumerate(start):
        (corpus / f"seed-{number}").write_bytes(seed)
    (folder / "words").write_text(_dictionary(start))
    before = len(list(broken.iterdir()))
    began = time.monotonic()
    run = subprocess.run(
        [
            *(sys.executable, "-m", "tests.fuzz.under_atheris", figures.target, str(corpus)),
            f"-max_total_time={max(1, round(seconds))}",
            f"-timeout={SECONDS_PER_INPUT}",
            f"-rss_limit_mb={MEGABYTES}",
            f"-max_len={LONGEST_INPUT}",
            f"-dict={folder / 'words'}",
            f"-artifact_prefix={broken}/",
            "-print_final_stats=1",
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    figures.seconds += time.monotonic() - began
    executed = _EXECUTED.search(run.stdout)
    figures.executions += int(executed[1]) if executed else 0
    for coverage, features, inputs in _PROGRESS.findall(run.stdout)[-1:]:
        figures.coverage, figures.features, figures.corpus = int(coverage), int(features), int(inputs)
    found = len(list(broken.iterdir())) - before
    if run.returncode != 0 or found:
        figures.crashes += max(1, found)
        (folder / "last-failure.txt").write_text(run.stdout[-20_000:])
        print(f"{figures.target}: broken, see {folder / 'last-failure.txt'}", file=sys.stderr, flush=True)


def _dictionary(start: list[bytes]) -> str:
    words = sorted({word.decode() for seed in start for word in _WORD.findall(seed)})
    return "".join(f'"{word}"\n' for word in words[:: len(words) // WORDS + 1])


def table(figures: list[Figures]) -> str:
    """Return the figures as Markdown."""
    rows = ["| target | reads | minutes | executions | branches | crashes |", "|---|---|---:|---:|---:|---:|"]
    for each in figures:
        reads = targets.ALL[each.target].reads
        rows.append(
            f"| `{each.target}` | {reads} | {each.seconds / 60:.1f} | {each.executions:,} | {each.coverage:,} "
            f"| {each.crashes} |"
        )
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
