"""The main job on this repository's own plugins.toml: lock it, show the lock, build it with Nix, list what was found.

    python3 scripts/demo.py [--no-nix]

Needs Python 3.11 or later and the network.  The exit code is that of the first step that fails.
"""

from __future__ import annotations

import argparse
import sys

import environment
from environment import SetupError, heading, say

COMMAND = environment.VENV / "bin" / "plugin-lock"


def main() -> int:
    """Run the steps one after another; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--no-nix", action="store_true", help="lock and show, build nothing")
    arguments = parser.parse_args()

    heading("Setting up")
    environment.prepare()

    for command, title in (("lock", "Locking plugins.toml"), ("tree", "What was locked")):
        heading(f"{title}: plugin-lock {command}")
        code = environment.run(COMMAND, command)
        if code != 0:
            return code

    if arguments.no_nix:
        say("\nLeft out, as --no-nix asks: building the plugin environment and listing its entry points.")
        return 0
    heading("Building the plugin environment with Nix: plugin-lock build")
    try:
        programs = environment.nix()
    except SetupError as error:
        say("Left out: building the plugin environment and listing its entry points, for want of Nix.")
        say(f"  {error}")
        return 0
    # It says itself which entry points it found in what it built.
    return environment.run(COMMAND, "build", extra=environment.nix_variables(programs))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(3)
    except KeyboardInterrupt:
        sys.exit(130)
