"""Install one wheel into `$out`; runs inside a Nix build.

Arguments: the folder that holds `installer`, and, where the wheel was just built, the folder it lies in.  Else it is
`src` and its true name `wheelName`.

What it writes depends on the wheel and the interpreter alone: no record of where the wheel lay, no times, byte-code
that refers to its source by hash and is taken as it is (PEP 552), as a store path never changes.
"""

from __future__ import annotations

import compileall
import os
import py_compile
import shutil
import sys
import tempfile
from pathlib import Path, PurePosixPath


def refuse_escapes(names: list[str], wheel: str) -> None:
    """Stop at a wheel whose members would land outside of their folder."""
    for name in names:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            sys.exit(f"plugin-lock: {wheel} holds {name!r}, which leads out of its folder; report it to its author")


def install(wheel: Path, out: Path, site_packages: str, interpreter: str) -> None:
    """Unpack `wheel` below `out` with RECORD, INSTALLER and scripts (Binary distribution format)."""
    from installer import install as install_wheel  # noqa: PLC0415 - its folder is on the path only now
    from installer.destinations import SchemeDictionaryDestination  # noqa: PLC0415 - as above
    from installer.sources import WheelFile  # noqa: PLC0415 - as above

    libraries = str(out / site_packages)
    # Given in full: Debian's Python would put `--prefix` into local/…/dist-packages.
    scheme = {
        "purelib": libraries,
        "platlib": libraries,
        "scripts": str(out / "bin"),
        "headers": str(out / "include"),
        "data": str(out),
    }
    destination = SchemeDictionaryDestination(scheme, interpreter=interpreter, script_kind="posix")
    with WheelFile.open(wheel) as source:
        refuse_escapes([record[0] for record, _, _ in source.get_contents()], wheel.name)
        install_wheel(source=source, destination=destination, additional_metadata={"INSTALLER": b"plugin-lock\n"})


def sort_record(libraries: Path) -> None:
    """Put the rows of RECORD in order: a backend may add files to its wheel as a folder happened to list them.

    `installer` does so itself since 1.0.
    """
    for record in libraries.glob("*.dist-info/RECORD"):
        rows = record.read_text(encoding="utf-8").splitlines(keepends=True)
        record.write_text("".join(sorted(rows)), encoding="utf-8")


def make_executable(scripts: Path) -> None:
    """Set the executable bits that a wheel made on another system lacks (Binary distribution format)."""
    for script in scripts.iterdir() if scripts.is_dir() else ():
        script.chmod(0o755)


def compile_modules(folder: Path) -> None:
    """Write byte-code; a file that is no valid Python (templates, tests of parsers) is left without."""
    compileall.compile_dir(
        folder,
        maxlevels=100,
        quiet=2,
        workers=1,
        # The name inside the byte-code is set right when it is loaded; so equal modules of two packages stay equal.
        stripdir=str(folder),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )


def main() -> None:
    """Install the wheel that the build's variables name."""
    sys.path.insert(0, sys.argv[1])
    out = Path(os.environ["out"])
    site_packages = os.environ["sitePackages"]
    interpreter = os.environ["pythonInterpreter"]
    if len(sys.argv) > 2:
        (wheel,) = Path(sys.argv[2]).glob("*.whl")
        install(wheel, out, site_packages, interpreter)
        sort_record(out / site_packages)
    else:
        with tempfile.TemporaryDirectory() as folder:
            # The base name of a store path is no wheel's name: it carries a hash, and may have been shortened.
            wheel = Path(folder) / os.environ["wheelName"]
            shutil.copyfile(os.environ["src"], wheel)
            install(wheel, out, site_packages, interpreter)
    make_executable(out / "bin")
    if (out / site_packages).is_dir():
        compile_modules(out / site_packages)


if __name__ == "__main__":
    main()
