"""Record what the contenders ask of the index when they lock the reference sets, for compare.py to replay.

Every contender runs against a local index that fetches what the recording lacks from upstream (the index that pip
uses, or `--index`), until a pass over all of them brings nothing new.  What stands in the recording is never
fetched again: remove the folder to record the index of today.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import rivals
import sets
from contenders import CONTENDERS, Setting, environment, host_pins, prepare
from measure import Server, run, serving
from recording import DEFAULT_FOLDER, Recording

MOST_PASSES = 4


def record_set(name: str, keys: list[str], server: Server, options: argparse.Namespace) -> list[str]:
    """Run the contenders over one set until nothing new is asked for; returns who failed in the last pass."""
    reference, uv = sets.load(name), rivals.uv_program()
    programs = rivals.rivals_folder(options.python, options.interpreter)
    failed: list[str] = []
    for number in range(1, MOST_PASSES + 1):
        new, failed = 0, []
        with tempfile.TemporaryDirectory(prefix="record-") as folder:
            pins = host_pins(reference, uv=uv, python=programs / "python", folder=Path(folder) / "host")
            for key in keys:
                setting = Setting(
                    folder=Path(folder) / key,
                    index=server.index,
                    python=options.python,
                    rivals=programs,
                    uv=uv,
                    plugin_lock=rivals.plugin_lock_command(),
                )
                if not CONTENDERS[key].program(setting).exists():
                    print(f"set {name}, pass {number}: {key} is not available", flush=True)
                    continue
                prepare(key, reference, setting, pins)
                cache = Path(folder) / "cache"
                done = run(
                    CONTENDERS[key].command(setting, "cold"),
                    folder=setting.folder,
                    environment=environment(setting, cache, Path(folder)),
                    limit=options.limit,
                )
                shutil.rmtree(cache, ignore_errors=True)
                counters = server.take_counters()
                new += counters["recorded"]
                print(
                    f"set {name}, pass {number}: {key} exit {done.exit_code}, {done.wall:.1f} s, "
                    f"{counters['requests']} requests, {counters['recorded']} recorded",
                    flush=True,
                )
                if done.exit_code:
                    failed.append(f"{name}: {key}")
                    print("    " + "\n    ".join(done.output.strip().splitlines()[-12:]), flush=True)
        if not new:
            break
    if not failed:
        Recording(options.recording).write(Recording(options.recording).set_path(name, options.python), b"")
    return failed


def main() -> int:
    """Record; exit code 1 where a contender failed to the end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default="S,M,H", help=f"of {','.join(sets.NAMES)} (default: all)")
    parser.add_argument("--contenders", default=",".join(CONTENDERS), help=f"of {', '.join(CONTENDERS)}")
    parser.add_argument("--python", default=rivals.usual_minor(), help="as for compare.py")
    parser.add_argument("--interpreter", help="an interpreter of that version, where it is not on PATH")
    parser.add_argument("--recording", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--index", help="the upstream index (default: the one pip uses)")
    parser.add_argument("--limit", type=float, default=900, help="seconds after which a run is ended")
    options = parser.parse_args()
    upstream = ("--index", options.index) if options.index else ()
    with serving("--record", "--recording", str(options.recording), *upstream) as server:
        failed = [
            failure
            for name in options.sets.split(",")
            for failure in record_set(name, options.contenders.split(","), server, options)
        ]
    if failed:
        print(f"failed to the end: {', '.join(failed)}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
