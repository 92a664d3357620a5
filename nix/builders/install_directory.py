"""Put a directory plugin, the working folder, at `$out`; runs inside a Nix build.

Everything stays as it is, but for links that would lead nowhere, which end the build, and the first lines of Python
programs, which name the interpreter that has the plugin's packages.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import sys
from pathlib import Path

# `#!/usr/bin/env python3 -u`, `#!/usr/bin/env -S python3 -u`, `#!/usr/local/bin/python3.12`
SHEBANG = re.compile(
    rb"#![ \t]*(?:\S*/env[ \t]+(?:-S[ \t]*)?(?:\S*/)?|\S*/)python[0-9.]*(?P<arguments>[ \t][^\n]*)?(?=\r?\n|$)"
)


def refuse(problem: str) -> None:
    """End the build over what the plugin's folder holds."""
    sys.exit(f"plugin-lock: plugin {os.environ['pname']}: {problem}; mend it where the plugin is made, and lock again")


def check(folder: Path, manifest: str, executable: str) -> None:
    """Stop at a folder that no host could load."""
    if not (folder / manifest).is_file():
        refuse(f"its folder has no {manifest} at its root")
    if executable and not (folder / executable).is_file():
        refuse(f"its program {executable} is not in its folder")
    for parent, folders, files in os.walk(folder):
        for name in folders + files:
            path = Path(parent, name)
            if path.is_symlink() and not path.resolve().is_relative_to(folder):
                refuse(f"the link {path.relative_to(folder)} leads to {path.readlink()}, out of its folder")


def name_interpreter(program: Path, interpreter: str) -> None:
    """Replace the first line of an executable Python script."""
    content = program.read_bytes()
    shebang = SHEBANG.match(content)
    if shebang is not None:
        line = b"#!" + interpreter.encode() + (shebang["arguments"] or b"").rstrip()
        program.write_bytes(line + content[shebang.end() :])


def main() -> None:
    """Install the plugin that the build's variables describe."""
    folder = Path.cwd().resolve()
    out = Path(os.environ["out"])
    check(folder, os.environ["manifestFile"], os.environ["executable"])
    shutil.copytree(folder, out, symlinks=True)
    for parent, _, files in os.walk(out):
        for name in files:
            file = Path(parent, name)
            if not file.is_symlink() and file.stat().st_mode & stat.S_IXUSR:
                name_interpreter(file, os.environ["pythonInterpreter"])


if __name__ == "__main__":
    main()
