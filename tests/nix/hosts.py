"""Hosts made for tests: Python environments and packages as their authors would build them, in Nix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.nix.machine import DISTRIBUTION_PYTHON, INSTALLER, LIBRARY, SYSTEM, distribution_version, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

# Prints what a process of the host finds, and what a child that it starts finds.
PROGRAM = """\
import importlib.metadata, json, os, subprocess, sys

def found():
    import shared
    return {
        "shared": shared.WHOSE,
        "version": importlib.metadata.version("shared"),
        "plugins": sorted(point.name for point in importlib.metadata.entry_points(group="example_host.plugins")),
        "loaded": sorted(point.load()() for point in importlib.metadata.entry_points(group="example_host.plugins")),
        "started": os.environ.get("STARTED", ""),
        "variable": os.environ.get("HOST_VARIABLE", ""),
        "path": os.environ.get("PATH", ""),
    }

def main():
    result = found()
    if sys.argv[1:] != ["child"]:
        code = "import host_app, sys; sys.argv = ['x', 'child']; host_app.main()"
        child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        result["child"] = json.loads(child.stdout)
    result["program"] = os.path.basename(sys.argv[0])
    print(json.dumps(result))
"""

METADATA = "Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
HOST_FILES = {
    "host_app.py": PROGRAM,
    "host_app-1.0.dist-info/METADATA": METADATA.format(name="host-app", version="1.0"),
    "host_app-1.0.dist-info/entry_points.txt": "[console_scripts]\nhost-app = host_app:main\n",
    "shared.py": "WHOSE = 'host'\n",
    "shared-1.0.dist-info/METADATA": METADATA.format(name="shared", version="1.0"),
}


def pkgs() -> str:
    """Return the expression of the stand-in for nixpkgs."""
    given = {
        "interpreter": str(DISTRIBUTION_PYTHON),
        "version": distribution_version(),
        "installer": INSTALLER,
        "system": SYSTEM,
    }
    written = "".join(f"{name} = {quoted(value)}; " for name, value in given.items())
    return f"(import {LIBRARY}/standalone {{ {written}}})"


def environment(files: Mapping[str, str] | None = None, *, script: str = "venv") -> str:
    """Return the expression of a host's environment: a virtual environment with files in its site-packages.

    `script` says how its program starts: `venv`, with the environment's interpreter in its first line; `long`, as
    installers do where that line would be too long; or `wrapper`, of a form of its own.
    """
    minor = ".".join(distribution_version().split(".")[:2])
    place = f"$out/lib/python{minor}/site-packages"
    commands = [f"{DISTRIBUTION_PYTHON} -I -m venv --without-pip $out"]
    for number, path in enumerate(files or HOST_FILES):
        commands += [f'mkdir -p "$(dirname {place}/{path})"', f'printf %s "$file{number}" > {place}/{path}']
    body = "import sys\nfrom host_app import main\nsys.exit(main())\n"
    start = {
        "venv": "#!@out@/bin/python\n",
        "long": "#!/bin/sh\n'''exec' \"@out@/bin/python\" \"$0\" \"$@\"\n' '''\n",
        "wrapper": "#!/bin/sh\nexec /somewhere/else\n",
    }[script]
    commands += ['printf %s "$program" | sed "s|@out@|$out|" > $out/bin/host-app', "chmod +x $out/bin/host-app"]
    commands += ["mkdir -p $out/share/host", "echo data > $out/share/host/data.txt"]
    attributes = f"program = {quoted(start + body)}; " + "".join(
        f"file{n} = {quoted(text)}; " for n, text in enumerate((files or HOST_FILES).values())
    )
    command = "\n".join(commands).replace("${", "''${")
    return f"({pkgs()}.stdenv.mkDerivation {{ name = \"host-env\"; {attributes} buildCommand = ''\n{command}\n''; }})"
