"""What the demonstration and the tests stand on: a virtual environment in .venv, and Nix where it can be had.

Standard library only, Python 3.11 or later.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "scripts" / "requirements.txt"
WORK = ROOT / ".work"

OLDEST_PYTHON = (3, 11)

# Says what the environment was made from; while that is unchanged there is nothing to install.
_STAMP = VENV / "made-from.txt"
_TAIL_LINES = 25


class SetupError(Exception):
    """Something that must be there cannot be had; the text says what, and what to do."""


def say(text: str) -> None:
    """Print a line of progress at once, also into a pipe, so that it stands before what the step itself prints."""
    print(text, flush=True)


def heading(text: str) -> None:
    """Print the name of the step that begins."""
    say(f"\n==> {text}")


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the process environment without what would make Python import from elsewhere, plus `extra`."""
    foreign = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
    kept = {name: value for name, value in os.environ.items() if name not in foreign}
    return {**kept, **(extra or {})}


def run(*command: str | Path, extra: Mapping[str, str] | None = None) -> int:
    """Run a program in the repository with its output shown; return its exit code."""
    return subprocess.run(command, cwd=ROOT, env=clean_environment(extra), check=False).returncode


def quietly(*command: str | Path, extra: Mapping[str, str] | None = None) -> str:
    """Run a program in the repository and return what it wrote to stdout.

    Raises:
        SetupError: it failed; the text ends with the last lines of its own words.
    """
    done = subprocess.run(command, cwd=ROOT, env=clean_environment(extra), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        words = (done.stdout + done.stderr).strip().splitlines()[-_TAIL_LINES:]
        shown = " ".join(str(part) for part in command[:6])
        raise SetupError("\n    ".join([f"`{shown} ...` failed:", *words]))
    return done.stdout


def prepare() -> None:
    """Make .venv with the project and its pinned dependencies, unless it is there already.

    Raises:
        SetupError: it cannot be made on this machine.
    """
    if sys.version_info < OLDEST_PYTHON:
        found = ".".join(map(str, sys.version_info[:3]))
        raise SetupError(f"Python {found} is too old: run this script with Python 3.11 or later")
    if PYTHON.exists() and _stamp_is_current():
        say(f"The environment in {VENV.name} is up to date.")
        return
    started = time.monotonic()
    if not _works():
        _make_venv()
    say(f"Installing the pinned dependencies into {VENV.name} ...")
    pip = (PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet")
    quietly(*pip, "--require-hashes", "--requirement", REQUIREMENTS)
    say("Installing the project itself ...")
    # The build backend is among the pinned dependencies, so nothing more is fetched.
    quietly(*pip, "--no-deps", "--no-build-isolation", "--editable", ROOT)
    _STAMP.write_text(_made_from(), encoding="utf-8")
    say(f"Done in {time.monotonic() - started:.0f} s.")


def _works() -> bool:
    check = "import pip, sys; sys.exit(sys.version_info < (3, 11))"
    return PYTHON.exists() and subprocess.run([PYTHON, "-c", check], check=False).returncode == 0


def _make_venv() -> None:
    if not _has_ensurepip():
        _install_ensurepip()
    say(f"Making a virtual environment in {VENV.name} with Python {'.'.join(map(str, sys.version_info[:3]))} ...")
    quietly(sys.executable, "-m", "venv", "--clear", VENV)


def _has_ensurepip() -> bool:
    # Debian ships `venv` without `ensurepip`, and then fails only after half the work.
    check = [sys.executable, "-c", "import ensurepip; ensurepip.version()"]
    return subprocess.run(check, capture_output=True, check=False).returncode == 0


def _install_ensurepip() -> None:
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if not shutil.which("apt-get"):
        raise SetupError(f"{sys.executable} comes without the module ensurepip: install it, then run this again")
    if os.geteuid() != 0:
        raise SetupError(
            f"{sys.executable} comes without pip: run `apt-get install {package}` as root, then this again"
        )
    install_debian_package(package)


def install_debian_package(package: str) -> None:
    """Install a package of Debian, which takes root."""
    say(f"Installing {package} with apt-get ...")
    noninteractive = {"DEBIAN_FRONTEND": "noninteractive"}
    quietly("apt-get", "update", extra=noninteractive)
    quietly("apt-get", "install", "--yes", "--no-install-recommends", package, extra=noninteractive)


def _made_from() -> str:
    inputs = (REQUIREMENTS, ROOT / "pyproject.toml")
    digests = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(ROOT)}" for path in inputs]
    return "\n".join([*digests, str(ROOT), sys.version, ""])


def _stamp_is_current() -> bool:
    return _STAMP.is_file() and _STAMP.read_text(encoding="utf-8") == _made_from()


def nix() -> Path:
    """Return the folder of the machine's Nix, installing the distribution's where that can be done.

    Raises:
        SetupError: there is no Nix and it cannot be installed.
    """
    found = shutil.which("nix-build")
    return Path(found).parent if found else _install_nix()


def newest_nix() -> Path:
    """Return the folder of the newest Nix that the distribution has, unpacked below .work beside the machine's own.

    Raises:
        SetupError: it cannot be had.
    """
    return _install_nix("--newest", "--prefix", WORK / "nix")


def _install_nix(*options: str | Path) -> Path:
    printed = quietly(sys.executable, ROOT / "scripts" / "install_nix.py", *options)
    return Path(printed.strip().splitlines()[-1])


def nix_variables(programs: Path) -> dict[str, str]:
    """Return the variables under which `programs` is the Nix that is found, and works for root without a set-up."""
    variables = {"PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    # A bare nix-bin has neither a daemon nor the group of build users that root's builds would be given to.
    if os.geteuid() == 0 and not Path("/nix/var/nix/daemon-socket/socket").exists():
        own = os.environ.get("NIX_CONFIG", "")
        variables["NIX_CONFIG"] = f"build-users-group =\n{own}"
    return variables


if __name__ == "__main__":
    try:
        prepare()
    except SetupError as error:
        sys.exit(f"error: {error}")
