"""Link many installed packages into one tree at `$out`; runs inside a Nix build.

A folder that one package alone has becomes one link; a folder that several share is made, and filled in turn.  The
same path from two packages is an error, unless both hold the same bytes.
"""

from __future__ import annotations

import filecmp
import os
import sys
from pathlib import Path

# Bookkeeping of Nix, of no use in the merged tree.
NIX_SUPPORT = "nix-support"

LAUNCHER = """\
#!{interpreter}
# Runs {script} with the plugins' packages{beside}.
import runpy
import site

for folder in {folders!r}:
    site.addsitedir(folder)
runpy.run_path({script!r}, run_name="__main__")
"""


def merge(sources: list[Path], destination: Path, real: set[Path], collisions: list[str]) -> None:
    """Fill `destination` with links to what the folders `sources` hold; the folders in `real` become no links."""
    destination.mkdir(parents=True, exist_ok=True)
    owners: dict[str, list[Path]] = {}
    for source in sources:
        for entry in sorted(source.iterdir()):
            if entry.name != NIX_SUPPORT:
                owners.setdefault(entry.name, []).append(entry)
    for name, entries in sorted(owners.items()):
        target = destination / name
        folders = [entry for entry in entries if entry.is_dir()]
        if len(entries) == 1 and target not in real:
            target.symlink_to(entries[0])
        elif len(folders) == len(entries):
            merge(folders, target, real, collisions)
        else:
            first, *others = entries
            collisions += [f"{first}\n    {other}" for other in others if not same(first, other)]
            target.symlink_to(first)


def same(left: Path, right: Path) -> bool:
    """Tell whether two files hold the same bytes, as empty `__init__.py` files of shared namespaces do."""
    return left.is_file() and right.is_file() and filecmp.cmp(left, right, shallow=False)


def host_site_packages(site_packages: str) -> str:
    """Return the host's site-packages, or nothing: `hostPackages` is that folder or a tree that holds it."""
    host = os.environ["hostPackages"]
    inner = Path(host) / site_packages
    return str(inner) if host and inner.is_dir() else host


def write_launchers(binaries: list[Path], out: Path, site_packages: str) -> None:
    """Make each Python script of the tree find the packages beside it; other programs are linked as they are."""
    host = host_site_packages(site_packages)
    # The host first: a plugin never replaces what the host ships.
    folders = [folder for folder in (host, str(out / site_packages)) if folder]
    for link in binaries:
        script = link.resolve()
        with script.open("rb") as file:
            first_line = file.readline(256)
        if not (first_line.startswith(b"#!") and b"python" in first_line):
            continue
        link.unlink()
        text = LAUNCHER.format(
            interpreter=os.environ["pythonInterpreter"],
            script=str(script),
            folders=folders,
            beside=" and the host's" if host else "",
        )
        link.write_text(text, encoding="utf-8")
        link.chmod(0o755)


def link_directories(lines: list[str], out: Path) -> None:
    """Link each plugin folder, given as its name and path, below `share/plugins`."""
    for line in lines:
        name, path = line.split(" ", 1)
        link = out / "share/plugins" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        if link.is_symlink():
            sys.exit(f"plugin-lock: a package brings {link.relative_to(out)}, the place of the plugin {name}")
        link.symlink_to(path)


def lines_of(variable: str) -> list[str]:
    """Return the lines of an attribute that is passed as a file."""
    return [line for line in Path(os.environ[f"{variable}Path"]).read_text(encoding="utf-8").splitlines() if line]


def main() -> None:
    """Build the tree that the build's variables describe."""
    out = Path(os.environ["out"])
    site_packages = os.environ["sitePackages"]
    packages = [Path(line) for line in lines_of("packageList")]
    directories = lines_of("directoryList")
    (out / site_packages).mkdir(parents=True)
    (out / "bin").mkdir()

    below_out = [out / "bin", out / site_packages, *(out / site_packages).parents]
    if directories:
        below_out += [out / "share", out / "share/plugins"]
    collisions: list[str] = []
    merge(packages, out, set(below_out), collisions)
    if collisions:
        sys.exit(
            "plugin-lock: packages hold the same files with different content:\n  "
            + "\n  ".join(collisions)
            + "\n  help: leave one of the plugins out (`plugin-lock why NAME` tells which needs it), or drop the "
            "file with `overrides`"
        )
    link_directories(directories, out)
    write_launchers(sorted((out / "bin").iterdir()), out, site_packages)


if __name__ == "__main__":
    main()
