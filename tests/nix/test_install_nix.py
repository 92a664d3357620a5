"""scripts/install_nix.py says plainly what it cannot do.  (That it installs is seen wherever these tests run Nix.)"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts/install_nix.py"


def run(*arguments: str, path: str) -> subprocess.CompletedProcess[str]:
    """Run the script with a PATH of its own."""
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], check=False, capture_output=True, text=True, env={"PATH": path}
    )


def test_a_machine_that_is_no_debian_is_told_to_install_nix_itself(tmp_path: Path) -> None:
    done = run(path=str(tmp_path))
    assert done.returncode == 1
    assert done.stdout == ""
    assert "not Debian: install Nix as its site describes" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_newest_nix_needs_a_place(tmp_path: Path) -> None:
    done = run("--newest", path=str(tmp_path))
    assert done.returncode == 2
    assert "--newest needs --prefix" in done.stderr


def test_a_nix_that_is_there_is_named_and_left_alone(tmp_path: Path) -> None:
    program = tmp_path / "nix-build"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    done = run(path=str(tmp_path))
    assert (done.returncode, done.stdout) == (0, f"{tmp_path}\n")


def test_a_newest_nix_that_is_there_is_not_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/nix-build").touch()
    done = run("--newest", "--prefix", str(tmp_path), path="")
    assert (done.returncode, done.stdout) == (0, f"{tmp_path}/bin\n")
