"""`build`: runs Nix on the lock and tells which entry points the environment holds."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from lock.errors import InputError, Problem, WorldError
from lock.grammar import shown
from resolver.inspection.libraries import nix_folder
from resolver.manifest.shown import did_you_mean
from resolver.operations.reports import BuildReport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lock.model import Lock
    from resolver.operations.project import Project, Surroundings
    from resolver.progress import Progress

SANDBOX_PATHS = "/usr /lib /lib64 /bin"
"""What a build sees of the distribution where there is no nixpkgs; elsewhere Nix itself brings everything."""

SHOWN_LINES = 40
"""How many of the last lines of a failed build are shown."""


def build(
    project: Project,
    surroundings: Surroundings,
    *,
    progress: Progress,
    system: str | None = None,
    plugins: tuple[str, ...] = (),
    nixpkgs: Path | None = None,
    out_link: Path | None = None,
) -> BuildReport:
    """Build the plugin environment of a lock, or of some of its plugins.

    With `nixpkgs` (a nixpkgs tree) its interpreter is used; without it the distribution's own Python, which must have
    the lock's minor version.  `out_link` is made a link to the result, and keeps it from Nix's garbage collection.

    Raises `LockError` for a lock that cannot be read, `InputError` for what cannot be asked, and `WorldError` where
    Nix is absent or the build fails, with the end of Nix's own output.
    """
    lock = project.required_lock()
    plugins = _locked(lock, plugins)
    nix = _nix_build(surroundings.environ)
    arguments = {"lock": str(project.lock_path.resolve())}
    if system:
        _require_system(lock, system)
        arguments["system"] = system
    if plugins:
        arguments["plugins"] = json.dumps(plugins)
    options: list[str] = []
    if nixpkgs is not None:
        arguments["nixpkgs"] = str(nixpkgs.resolve())
    else:
        arguments |= _distribution_python(lock)
        options = _standalone_options()
    command = [nix, str(nix_folder() / "build.nix"), "-A", "environment", *options]
    for name, value in arguments.items():
        command += ["--argstr", name, value]
    command += ["--out-link", str(out_link)] if out_link is not None else ["--no-out-link"]
    progress.stage("building")
    store_path = _run(command, surroundings.environ)
    return BuildReport(
        store_path=store_path,
        link=str(out_link) if out_link is not None else None,
        nix=nix,
        entry_points=_entry_points(Path(store_path), lock),
    )


def _nix_build(environ: Mapping[str, str]) -> str:
    found = shutil.which("nix-build", path=environ.get("PATH"))
    if found is None:
        raise WorldError(
            Problem(
                code="no-nix",
                message="there is no nix-build on PATH",
                remedy="install Nix (on Debian: apt-get install nix-bin), or use the lock without it",
            )
        )
    return found


def _require_system(lock: Lock, system: str) -> None:
    if system not in lock.systems:
        raise InputError(
            Problem(
                code="unknown-system",
                message=f"the lock was not made for {system}",
                remedy=f"choose one of {', '.join(lock.systems)}, or add it to [targets].systems and lock again",
            )
        )


def _locked(lock: Lock, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the plugins as they are locked; raises `InputError` with each name that is not."""
    locked = [plugin.name for plugin in lock.plugins]
    unknown = [name for name in names if canonicalize_name(name) not in locked]
    if unknown:
        raise InputError(
            *(
                Problem(
                    code="unknown-plugin",
                    message=f"{shown(name)} is not a plugin of the lock",
                    remedy=did_you_mean(name, locked, "plugins"),
                )
                for name in unknown
            )
        )
    return tuple(canonicalize_name(name) for name in names)


def _distribution_python(lock: Lock) -> dict[str, str]:
    """Return the arguments that name the distribution's Python and the wheel installer that goes into the sandbox."""
    minor = ".".join(lock.host.python.split(".")[:2])
    found = shutil.which(f"python{minor}", path="/usr/bin:/bin")
    if found is None:
        raise InputError(
            Problem(
                code="no-interpreter",
                message=f"the lock is for Python {minor}, and this distribution has no /usr/bin/python{minor}",
                remedy="give a nixpkgs tree with --nixpkgs, which brings every interpreter",
            )
        )
    asked = [found, "-I", "-c", "import platform; print(platform.python_version())"]
    version = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603 - fixed words
    spec = importlib.util.find_spec("installer")
    if spec is None or spec.origin is None:
        raise WorldError(
            Problem(
                code="installation-incomplete",
                message="the library `installer` is missing",
                remedy="install plugin-lock again",
            )
        )
    return {"interpreter": found, "version": version, "installer": str(Path(spec.origin).resolve().parents[1])}


def _standalone_options() -> list[str]:
    """Return the settings for a build on the distribution's own Python: sandboxed or not at all, no cache asked."""
    settings = {
        "sandbox": "true",
        # Where namespaces are refused the default is to build without a sandbox, and to say nothing.
        "sandbox-fallback": "false",
        "sandbox-paths": SANDBOX_PATHS,
        "substituters": "",
    }
    if os.geteuid() == 0 and not _has_build_users():
        settings["build-users-group"] = ""
    return [word for name, value in settings.items() for word in ("--option", name, value)]


def _has_build_users() -> bool:
    import grp  # noqa: PLC0415 - only root without a daemon asks

    try:
        return bool(grp.getgrnam("nixbld").gr_mem)
    except KeyError:
        return False


def _run(command: list[str], environ: Mapping[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 - a list of words, no shell
        command, check=False, capture_output=True, text=True, errors="backslashreplace", env=dict(environ)
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        raise WorldError(
            Problem(
                code="build-failed",
                message="\n  ".join(["Nix could not build the environment:", *lines[-SHOWN_LINES:]]),
                remedy="a hash mismatch means that a file changed after it was locked; else read the lines above",
            )
        )
    return done.stdout.strip().splitlines()[-1]


def _entry_points(environment: Path, lock: Lock) -> tuple[tuple[str, str, str], ...]:
    """Return group, name and value of every entry point of the host's groups that importlib.metadata finds."""
    folders = [str(folder) for folder in sorted(environment.glob("lib/python*/site-packages"))]
    found = {
        (entry.group, entry.name, entry.value)
        for distribution in distributions(path=folders)
        for entry in distribution.entry_points
        if entry.group in lock.host.entry_points
    }
    return tuple(sorted(found))
