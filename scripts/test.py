"""Every check and every test of this repository.

    python3 scripts/test.py [--require-nix] [--no-nix] [--no-checks] [pytest's own options]

Tests that run real Nix are run with the machine's Nix (installed on Debian as root where it is missing) and with the
newest that Debian has; tests that need the real package index are run when it answers.  What is left out is said.
Needs Python 3.11 or later.  The exit code is that of the first step that fails.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import environment
from environment import SetupError, heading, say

if TYPE_CHECKING:
    from pathlib import Path

PROGRAMS = environment.VENV / "bin"
CHECKS: tuple[tuple[str | Path, ...], ...] = (
    (PROGRAMS / "ruff", "check"),
    (PROGRAMS / "ruff", "format", "--check"),
    (PROGRAMS / "mypy",),
)

# The index is the one pip knows, asked as pip would ask it; any answer but an error will do.
_ASK_INDEX = """
import os, ssl, urllib.request
from pip._internal.models.index import PyPI
context = ssl.create_default_context(cafile=os.environ.get("PIP_CERT") or None)
urllib.request.urlopen(PyPI.simple_url + "/pip/", timeout=15, context=context).close()
"""


def check() -> int:
    """Run the linter, the formatter's check and the type checker; return the first exit code that is not 0."""
    first = 0
    for command in CHECKS:
        heading(" ".join(str(part).rpartition("/")[2] for part in command))
        code = environment.run(*command)
        if code != 0:
            say(f"failed with exit code {code}; the other steps run all the same")
        first = first or code
    return first


def nix_variables() -> dict[str, str]:
    """Return the variables that name both versions of Nix to the tests; say what cannot be had."""
    heading("Finding Nix")
    variables: dict[str, str] = {}
    try:
        programs = environment.nix()
    except SetupError as error:
        say(f"Left out: the tests that run Nix.\n  {error}")
        return variables
    variables |= environment.nix_variables(programs)
    _say_version("this machine's", programs)
    try:
        newest = environment.newest_nix()
    except SetupError as error:
        say(f"Left out: running them with the newest Nix as well.\n  {error}")
        return variables
    variables["PLUGIN_LOCK_NEWEST_NIX"] = str(newest)
    _say_version("Debian's newest", newest)
    return variables


def provide_sshd() -> None:
    """Install the server that tests of git over ssh start, where that can be done; they are left out without it."""
    if shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        environment.install_debian_package("openssh-server")
    else:
        say("Left out: the tests of git over ssh, for want of openssh-server.")


def _say_version(whose: str, programs: Path) -> None:
    version = environment.quietly(programs / "nix-build", "--version").strip()
    say(f"{whose}: {version}, in {programs}")


def index_answers() -> bool:
    """Ask the default package index for one page."""
    command: list[str | Path] = [environment.PYTHON, "-c", _ASK_INDEX]
    return (
        subprocess.run(command, env=environment.clean_environment(), capture_output=True, check=False).returncode == 0
    )


def pytest_options(arguments: argparse.Namespace, rest: list[str]) -> list[str]:
    """Return the command line for pytest."""
    # One file's tests share fixtures that are dear to make, so each file stays with one worker.
    options = ["-p", "scripts.nix_report", "-n", "auto", "--dist", "loadfile"]
    if arguments.require_nix:
        options.append("--require-nix")
    left_out = []
    if arguments.no_nix:
        left_out.append("not nix")
    if not index_answers():
        say("Left out: the tests that need the real package index, which does not answer.")
        left_out.append("not network")
    if left_out:
        options += ["-m", " and ".join(left_out)]
    return [*options, *rest]


def main() -> int:
    """Run the steps one after another; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    parser.add_argument("--require-nix", action="store_true", help="fail if a test was left out for want of Nix")
    parser.add_argument("--no-nix", action="store_true", help="leave out the tests that run Nix")
    parser.add_argument("--no-checks", action="store_true", help="only the tests: no linter, no type checker")
    arguments, rest = parser.parse_known_args()
    if arguments.require_nix and arguments.no_nix:
        parser.error("--require-nix and --no-nix exclude each other")

    heading("Setting up")
    environment.prepare()
    provide_sshd()
    code = 0 if arguments.no_checks else check()
    variables = {} if arguments.no_nix else nix_variables()
    heading("pytest")
    options = pytest_options(arguments, rest)
    tests = environment.run(environment.PYTHON, "-m", "pytest", *options, extra=variables)
    return code or tests


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SetupError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(3)
    except KeyboardInterrupt:
        sys.exit(130)
