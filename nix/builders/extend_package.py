"""Put a host's package at `$out` with its programs running in another environment; runs inside a Nix build.

Wrappers, units and desktop files that name the host's environment or programs name the extended ones instead.  All
else is links.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import NoReturn

# Where files stand that start programs.
STARTING = ("bin", "sbin", "libexec", "lib/systemd", "etc/xdg", "share/applications", "share/dbus-1", "share/systemd")
SETTERS = "libexec/plugin-lock"
ELF = b"\x7fELF"

WRAPPER = """\
#!{shell}
{lines}exec {program} "$@"
"""


def refuse(problem: str, remedy: str) -> NoReturn:
    """End the build."""
    sys.exit(f"plugin-lock: {problem}\n  help: {remedy}")


def is_inside(relative: str) -> bool:
    """Tell whether files below this path of a package are looked at."""
    return any(relative == place or relative.startswith(f"{place}/") for place in STARTING)


class Rewriter:
    """Replaces paths of the host in the files of a package that start programs.

    `replaced` are those of the paths that were found.
    """

    def __init__(self, package: Path, replacements: dict[str, str]) -> None:
        self.package = package
        self.replacements = {old.encode(): new.encode() for old, new in replacements.items()}
        self.replaced = set[str]()

    def leads_inside(self, relative: str) -> bool:
        """Tell whether files that start programs may lie below this path of the package."""
        ways = (place for place in STARTING if place.startswith(f"{relative}/"))
        return is_inside(relative) or any((self.package / place).is_dir() for place in ways)

    def rewritten(self, file: Path) -> bytes | None:
        """Return a file with the paths replaced, or nothing where it names none."""
        content = file.read_bytes()
        result = content
        for old, new in self.replacements.items():
            if old not in content:
                continue
            if b"\0" in content and (len(old) != len(new) or not content.startswith(ELF)):
                refuse(
                    f"{file} is not text, and names {old.decode()}, which cannot be replaced in it",
                    "wrap the host with makeWrapper instead of makeBinaryWrapper, or pass its environment as `package`",
                )
            result = result.replace(old, new)
            self.replaced.add(old.decode())
        return None if result == content else result

    def copy(self, destination: Path, relative: str = "") -> None:
        """Put the package, or a folder of it, at its place."""
        destination.mkdir()
        for entry in sorted((self.package / relative).iterdir()):
            path = f"{relative}/{entry.name}" if relative else entry.name
            target = destination / entry.name
            if path == "nix-support":
                continue
            if entry.is_dir() and self.leads_inside(path):
                self.copy(target, path)
                continue
            content = self.rewritten(entry) if entry.is_file() and is_inside(path) else None
            if content is None:
                target.symlink_to(entry)
            else:
                target.write_bytes(content)
                shutil.copymode(entry, target)
                target.chmod(target.stat().st_mode | 0o200)


def setting_lines(variables: dict[str, str], search_path: str) -> str:
    """Return the shell lines that set what is not set, and that add to the end of PATH."""
    lines = [
        f'[ -n "${{{name}+set}}" ] || export {name}={shlex.quote(value)}\n' for name, value in sorted(variables.items())
    ]
    if search_path:
        lines.append(f'export PATH="${{PATH:+$PATH:}}"{shlex.quote(search_path)}\n')
    return "".join(lines)


def wrap(out: Path, lines: str) -> None:
    """Start each program through a wrapper of the same name, so that it sees the name it has."""
    setters = out / SETTERS
    setters.mkdir(parents=True)
    for program in sorted((out / "bin").iterdir()):
        if re.fullmatch(r"python[0-9.]*", program.name) or program.name.startswith("."):
            continue
        inner = setters / program.name
        program.rename(inner)
        text = WRAPPER.format(shell=os.environ["shell"], lines=lines, program=shlex.quote(str(inner)))
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)


def main() -> None:
    """Make the package that the build's variables describe."""
    out = Path(os.environ["out"])
    package, environment, extended = (os.environ[name] for name in ("package", "environment", "extended"))
    variables = json.loads(Path(os.environ["variablesPath"]).read_text(encoding="utf-8"))
    if package == environment:
        Rewriter(Path(extended), {}).copy(out)
    else:
        rewriter = Rewriter(Path(package), {environment: extended, f"{package}/bin/": f"{out}/bin/"})
        rewriter.copy(out)
        if environment not in rewriter.replaced:
            refuse(
                f"no program of {package} names {environment}",
                "pass as `environment` the Python environment that the programs of `package` run in",
            )
    lines = setting_lines(variables, os.environ["searchPath"])
    if lines:
        wrap(out, lines)


if __name__ == "__main__":
    main()
