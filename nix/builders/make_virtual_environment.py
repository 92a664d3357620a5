"""Make a virtual environment that holds some installed packages and nothing else; runs inside a Nix build.

Arguments: the interpreter, the folder to make, and the packages: trees with site-packages and `bin`, or bare
site-packages.  It is a virtual environment (PEP 405) so that what the interpreter has besides, such as a distribution's
own packages, is out of reach, for child processes as well.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

PYTHON_SHEBANG = re.compile(rb"#!.*python[0-9.]*[^/\n]*\n")


def site_packages(root: Path, inner: str) -> Path:
    """Return the site-packages below `root`, or `root` itself where it is such a folder."""
    return root / inner if (root / inner).is_dir() else root


def make_interpreter(interpreter: str, folder: Path) -> None:
    """Make the environment's own names of the interpreter, and the file by which it knows that it is in one."""
    bin_folder = folder / "bin"
    bin_folder.mkdir(parents=True)
    for name in ("python", "python3"):
        (bin_folder / name).symlink_to(interpreter)
    home = Path(interpreter).parent
    (folder / "pyvenv.cfg").write_text(f"home = {home}\ninclude-system-site-packages = false\n", encoding="utf-8")


def add_scripts(package: Path, folder: Path) -> None:
    """Make the programs of a package available; those in Python run in the environment."""
    programs = package / "bin"
    for program in sorted(programs.iterdir()) if programs.is_dir() else ():
        target = folder / "bin" / program.name
        if target.is_symlink() or target.exists():
            continue  # the first package wins, as it does on a path
        content = program.read_bytes() if program.is_file() else b""
        shebang = PYTHON_SHEBANG.match(content)
        if shebang is None:
            target.symlink_to(program)
        else:
            target.write_bytes(f"#!{folder}/bin/python\n".encode() + content[shebang.end() :])
            target.chmod(0o755)


def main() -> None:
    """Make the environment that the arguments describe."""
    interpreter, destination, *packages = sys.argv[1:]
    folder = Path(destination)
    inner = os.environ["sitePackages"]
    make_interpreter(interpreter, folder)
    (folder / inner).mkdir(parents=True)
    # `addsitedir` rather than bare paths: start-up files of the packages themselves are to be read.
    lines = [f"import site; site.addsitedir({str(site_packages(Path(package), inner))!r})" for package in packages]
    (folder / inner / "packages.pth").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    for package in packages:
        add_scripts(Path(package), folder)


if __name__ == "__main__":
    main()
