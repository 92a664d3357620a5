"""Make a virtual environment of a host's own environment and the plugins', by links; runs inside a Nix build.

Its site-packages hold a link to each entry of the host's, and one `.pth` file that is read last and names the plugins'
site-packages.  Lines of a `.pth` file go to the end of `sys.path` (the documentation of `site`), so whatever the host
ships is found first, by `import` as by `importlib.metadata`, and by every process that the host starts.
"""

from __future__ import annotations

import configparser
import importlib.metadata
import os
import re
import sys
from pathlib import Path
from typing import NoReturn

# `site` reads the files of a folder in the order of their names.
PATH_FILE = "~plugin-lock.pth"
CUSTOMIZATIONS = ("sitecustomize", "usercustomize")
MODULE = r"[^\W\d]\w*(?:\.[^\W\d]\w*)*"
OBJECT_REFERENCE = re.compile(rf"(?P<module>{MODULE})\s*:\s*(?P<attribute>{MODULE})\s*(?:\[.*\])?")
PYTHON_NAME = re.compile(r"python(?:[0-9]+(?:\.[0-9]+)?)?")

SCRIPT = """\
#!{interpreter}
import sys

from {module} import {imported}

if __name__ == "__main__":
    sys.exit({attribute}())
"""


def refuse(problem: str, remedy: str) -> NoReturn:
    """End the build."""
    sys.exit(f"plugin-lock: {problem}\n  help: {remedy}")


class Host:
    """The environment that is extended."""

    def __init__(self, root: Path, site_packages: str) -> None:
        self.root = root
        self.packages = root / site_packages
        if not self.packages.is_dir():
            refuse(
                f"the host's environment {root} has no {site_packages}",
                "pass the environment that the host's programs run in, and a lock for its version of Python",
            )

    def home(self, interpreter: Path) -> Path:
        """Return the folder of the interpreter below the environment; it must be the one plugins are installed for."""
        configuration = self.root / "pyvenv.cfg"
        if not configuration.is_file():
            return interpreter.parent
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string("[venv]\n" + configuration.read_text(encoding="utf-8"))
        if parser.getboolean("venv", "include-system-site-packages", fallback=False):
            refuse(
                f"the host's environment {self.root} sees packages outside of itself",
                "make it without `include-system-site-packages`; what else is there cannot be known",
            )
        own = self.root / "bin/python3"
        if own.exists() and own.resolve() != interpreter.resolve():
            refuse(
                f"the host runs on {own.resolve()}, and its plugins are for {interpreter.resolve()}",
                "pass the host's own interpreter as `python`",
            )
        return Path(parser.get("venv", "home", fallback=str(interpreter.parent)))

    def console_scripts(self) -> dict[str, str]:
        """Return what the programs of the host's distributions call, by name."""
        return {
            point.name: point.value
            for distribution in importlib.metadata.distributions(path=[str(self.packages)])
            for point in distribution.entry_points
            if point.group == "console_scripts"
        }


def link_all(source: Path, destination: Path, inner: tuple[str, ...], skipped: frozenset[str]) -> None:
    """Link what a folder holds; the folders on the way `inner` are made, and filled in turn but for the last."""
    destination.mkdir(exist_ok=True)
    for entry in sorted(source.iterdir()):
        if entry.name in skipped:
            continue
        if inner and entry.name == inner[0]:
            if len(inner) > 1:
                link_all(entry, destination / entry.name, inner[1:], frozenset())
        else:
            # `lib64 -> lib` leads to the new `lib`.
            beside = entry.is_symlink() and len(entry.readlink().parts) == 1
            (destination / entry.name).symlink_to(entry.readlink() if beside else entry)


def path_lines(plugins: Path, startup: list[str]) -> list[str]:
    """Return the lines that put the plugins on the path, and run what of theirs the lock lists and nothing else."""
    lines = [str(plugins)]
    for entry in sorted(plugins.iterdir()):
        module = entry.name.partition(".")[0]
        if module in CUSTOMIZATIONS and not any(file.partition("/")[0] == entry.name for file in startup):
            refuse(
                f"a plugin brings {entry.name}, which would run at each start and is not in the lock",
                "run `plugin-lock lock`",
            )
        if entry.suffix == ".pth" and entry.name in startup:
            lines.append(f"import site; site.addpackage({str(plugins)!r}, {entry.name!r}, None)")
    return lines


def write_site_packages(host: Host, packages: Path, plugins: Path, startup: list[str]) -> None:
    """Fill site-packages."""
    packages.mkdir(parents=True)
    for entry in sorted(host.packages.iterdir()):
        (packages / entry.name).symlink_to(entry)
    # They name functions, not files, so that they can lie anywhere (PEP 829).
    for name in startup:
        if name.endswith(".start"):
            (packages / name).symlink_to(plugins / name)
    last = max((entry.name for entry in host.packages.glob("*.pth")), default="")
    if last >= PATH_FILE:
        refuse(f"the host's {last} would be read after {PATH_FILE}", "rename it where the host is made")
    lines = path_lines(plugins, startup)
    (packages / PATH_FILE).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def write_programs(host: Host, out: Path, interpreter: Path) -> None:
    """Make the host's programs run in the new environment; those that do not run in the old one are linked."""
    programs = out / "bin"
    programs.mkdir()
    for name in ("python", "python3", interpreter.name):
        if not (programs / name).is_symlink():
            (programs / name).symlink_to(interpreter)
    scripts = host.console_scripts()
    old, new = str(host.root).encode(), str(out).encode()
    folder = host.root / "bin"
    for program in sorted(folder.iterdir()) if folder.is_dir() else ():
        target = programs / program.name
        if PYTHON_NAME.fullmatch(program.name):
            continue
        content = program.read_bytes() if program.is_file() else b""
        reference = OBJECT_REFERENCE.fullmatch(scripts.get(program.name, "").strip())
        if old in content and b"\0" not in content:
            target.write_bytes(content.replace(old, new))
            target.chmod(program.stat().st_mode | 0o200)
        elif reference is not None:
            attribute = reference["attribute"]
            text = SCRIPT.format(
                interpreter=programs / "python",
                module=reference["module"],
                imported=attribute.partition(".")[0],
                attribute=attribute,
            )
            target.write_text(text, encoding="utf-8")
            target.chmod(0o755)
        else:
            target.symlink_to(program)


def main() -> None:
    """Make the environment that the build's variables describe."""
    out = Path(os.environ["out"])
    site_packages = os.environ["sitePackages"]
    interpreter = Path(os.environ["pythonInterpreter"])
    plugins = Path(os.environ["pluginPackages"])
    startup = Path(os.environ["startupPath"]).read_text(encoding="utf-8").splitlines()
    host = Host(Path(os.environ["hostEnvironment"]), site_packages)
    home = host.home(interpreter)
    ours = frozenset({"bin", "pyvenv.cfg", "nix-support"})
    link_all(host.root, out, Path(site_packages).parts, ours)
    (out / "pyvenv.cfg").write_text(f"home = {home}\ninclude-system-site-packages = false\n", encoding="utf-8")
    write_site_packages(host, out / site_packages, plugins, startup)
    write_programs(host, out, interpreter)


if __name__ == "__main__":
    main()
