"""The environment of the rivals: pip and pip-tools at pinned versions, on the Python version that is asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from uv import find_uv_bin

WORK = Path(__file__).resolve().parent.parent / ".work"
PINS = Path(__file__).with_name("rivals.txt")


def uv_program() -> Path:
    """Return the uv that is installed beside plugin-lock."""
    return Path(find_uv_bin())


def plugin_lock_command() -> tuple[str, ...]:
    """Return how to start plugin-lock: as it is installed beside this Python, else out of the checkout."""
    script = Path(sysconfig.get_path("scripts")) / "plugin-lock"
    checkout = WORK.parent
    if script.exists() or not (checkout / "plugin_lock" / "__main__.py").exists():
        return (str(script),)
    return ("/usr/bin/env", f"PYTHONPATH={checkout}", sys.executable, "-m", "plugin_lock")


def find_python(minor: str, given: str | None) -> str:
    """Return an interpreter of a minor version ("3.12"), asked for its version rather than trusted by name.

    Raises SystemExit where the given one, or none found, is of that version.
    """
    folders = os.environ.get("PATH", "").split(os.pathsep)
    found = [shutil.which(f"python{minor}", path=folder) for folder in folders]
    candidates = [given] if given else [sys.executable, *dict.fromkeys(path for path in found if path)]
    for candidate in candidates:
        question = "import sys; print('%d.%d' % sys.version_info[:2])"
        answer = subprocess.run([candidate, "-c", question], capture_output=True, text=True, check=False)
        if answer.stdout.strip() == minor:
            return candidate
    raise SystemExit(f"no Python {minor} among {candidates}; name one with --interpreter, or choose --python")


def usual_minor() -> str:
    """Return 3.12 where there is one, else the minor version of the running Python."""
    if _marker("3.12").exists():
        return "3.12"
    try:
        find_python("3.12", None)
    except SystemExit:
        return "{}.{}".format(*sys.version_info)
    return "3.12"


def rivals_folder(minor: str, given: str | None) -> Path:
    """Return the folder with the rivals' programs, made on first use from rivals.txt."""
    marker = _marker(minor)
    environment = marker.parent
    if not marker.exists() or marker.read_text() != PINS.read_text():
        uv = str(uv_program())
        settings = {**os.environ, "UV_PYTHON_DOWNLOADS": "never"}
        python = find_python(minor, given)
        subprocess.run([uv, "venv", "-q", "--clear", "-p", python, str(environment)], check=True, env=settings)
        install = [uv, "pip", "install", "-q", "--python", str(environment / "bin" / "python"), "-r", str(PINS)]
        subprocess.run(install, check=True, env=settings)
        shutil.copyfile(PINS, marker)
    return environment / "bin"


def _marker(minor: str) -> Path:
    return WORK / f"rivals-{minor}" / "rivals.txt"
