"""Skills for Nerva, and what stands in for its daemon here."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from lock.model import Directory, PluginManifest
from lock.nar import nar_hash
from tests.nix.begun import Begun
from tests.nix.flakes import copy_of_the_checkout, stand_in
from tests.nix.hosts import pkgs
from tests.nix.machine import DISTRIBUTION_PYTHON, LIBRARY, quoted
from tests.nix.module_system import written
from tests.nix.sources import write_tree

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.nix.locks import LockMaker
    from tests.nix.machine import Nix

ADAPTER = str(LIBRARY / "adapters/nerva.nix")

# Answers with what it was given, in a skill's way: JSON in, JSON out.
RUN = """\
#!/usr/bin/env python3
import json, sys
json.dump({"asked": json.load(sys.stdin), "python": sys.executable}, sys.stdout)
"""

# Loads the skills of its configuration and asks each once, as the daemon does; then it ends instead of waiting.
DAEMON = """\
import json, os, subprocess, sys, tomllib
with open(sys.argv[sys.argv.index("--config") + 1], "rb") as file:
    config = tomllib.load(file)
place = config["plugins"]["skills_dir"]
loaded = {}
for name in sorted(os.listdir(place)):
    manifest = os.path.join(place, name, "skill.toml")
    if not os.path.exists(manifest):
        continue
    with open(manifest, "rb") as file:
        skill = tomllib.load(file)
    program = os.path.join(place, name, skill.get("executable", "run"))
    answer = subprocess.run([program], input='{"day": "monday"}', capture_output=True, text=True, check=True, env={})
    loaded[skill["id"]] = {"risk": skill.get("risk", "caution"), "answer": json.loads(answer.stdout)}
json.dump({"config": config, "loaded": loaded}, sys.stdout)
"""


def skill_files(name: str, *, risk: str | None = None, program: str = RUN, executable: str = "run") -> dict[str, str]:
    """Return the files of a skill."""
    lines = [f'id = "{name}"', f'name = "{name}"', 'description = "For tests."']
    lines += [f'risk = "{risk}"'] if risk else []
    lines += [f'executable = "{executable}"'] if executable != "run" else []
    return {"skill.toml": "".join(f"{line}\n" for line in lines), executable: program}


def write_skill(
    folder: Path, name: str, *, risk: str | None = None, program: str = RUN, executable: str = "run"
) -> Path:
    """Write the folder of a skill."""
    files = skill_files(name, risk=risk, program=program, executable=executable)
    return write_tree(folder, files, executable=(executable,))


def lock_skill(
    lock: LockMaker,
    name: str,
    *,
    risk: str | None = None,
    program: str = RUN,
    executable: str = "run",
    needs: Sequence[str] = (),
) -> None:
    """Lock a skill of the project's own folder `skills`."""
    folder = write_skill(lock.path.parent / f"skills/{name}", name, risk=risk, program=program, executable=executable)
    manifest = PluginManifest(file="skill.toml", id=name, executable=executable, risk=risk)
    lock.directory_plugin(name, Directory(path=f"skills/{name}"), nar_hash(folder), needs=needs, manifest=manifest)
    lock.plugins.sort(key=lambda plugin: plugin.name)


def daemon() -> str:
    """Return the program that stands in for `nervad`."""
    return f"#!{DISTRIBUTION_PYTHON}\n{DAEMON}"


def nerva() -> str:
    """Return the expression of a package of Nerva."""
    return (
        f'({pkgs()}.stdenv.mkDerivation {{ name = "nerva"; daemon = {quoted(daemon())}; passAsFile = [ "daemon" ]; '
        'buildCommand = "mkdir -p $out/bin; cp $daemonPath $out/bin/nervad; chmod +x $out/bin/nervad"; })'
    )


def begin_example(nix: Nix, lock: LockMaker, root: Path, nixpkgs: Path) -> Begun:
    """Return the example beside a lock with two skills, with a flake of nixpkgs and one that stands in for Nerva's."""
    lock.systems = ("aarch64-linux", "x86_64-linux")
    lock_skill(lock, "clock", risk="safe")
    lock_skill(lock, "notes")
    lock.write()
    shutil.copytree(LIBRARY / "examples/nerva", lock.path.parent, dirs_exist_ok=True)
    upstream = stand_in(root / "nerva", "nerva")
    (upstream / "nervad").write_text(daemon(), encoding="utf-8")
    (upstream / "nervad").chmod(0o755)
    inputs = {"nixpkgs": nixpkgs, "nerva": upstream, "plugin-lock": copy_of_the_checkout(root / "checkout")}
    return Begun(nix=nix, folder=lock.path.parent, inputs=inputs)


def start_of(kind: str) -> str:
    """Return where a unit says what it runs."""
    return "serviceConfig.ExecStart" if kind == "nixos" else "Service.ExecStart"


def started(nix: Nix, expression: str, kind: str = "nixos", *before: str) -> Any:
    """Run what the service runs, with nothing in its environment, and return what the daemon loaded."""
    command = written(nix, f"{expression}.config.systemd.user.services.nervad.{start_of(kind)}")
    done = subprocess.run(
        [*before, *command.split()],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin"} if before else {},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
