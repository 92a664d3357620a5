"""Built environments as the tests look at them."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.nix.machine import DISTRIBUTION_PYTHON, Nix, standalone

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nix.locks import LockMaker


def run_in(environment: Path, lock: LockMaker, program: str) -> str:
    """Run a program in the distribution's Python with an environment on its path."""
    done = subprocess.run(
        [str(DISTRIBUTION_PYTHON), "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(environment / f"lib/python{lock.python}/site-packages")},
    )
    return done.stdout


def build_environment(nix: Nix, lock: LockMaker) -> Path:
    """Build the environment twice, and return it."""
    expression = f"let built = {standalone(lock.write())}; in [ built.environment ] ++ built.pythonPackages"
    paths = nix.build(expression)
    again = nix.try_build(expression, "--check")
    assert again.code == 0, again.err
    return paths[0]
