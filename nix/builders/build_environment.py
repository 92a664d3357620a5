"""Link many installed packages into one tree at `$out`; runs inside a Nix build.

A folder that one package alone has becomes one link; a folder that several share is made, and filled in turn.  The
same path from two packages is an error, unless both hold the same bytes, or it does not matter which is found: a file
at the top of site-packages that nobody can import (`README.md`), a folder that wheels bring by mistake (`tests`), or a
module or program that `[policy].allow-modules` lets a package bring beside another, whose file is then taken.
"""

from __future__ import annotations

import filecmp
import os
import sys
from pathlib import Path

# Bookkeeping of Nix, of no use in the merged tree.
NIX_SUPPORT = "nix-support"

# What wheels bring by mistake, next to their own package; the resolver tells of it, and does not refuse it either.
STRAY = frozenset(
    {"benchmark", "benchmarks", "doc", "docs", "example", "examples", "sample", "samples", "script", "scripts"}
    | {"test", "testing", "tests"}
)
# What an interpreter reads at the top of site-packages, as a module or when it starts.
IMPORTED = (".py", ".pyc", ".so", ".pth", ".start")

LAUNCHER = """\
#!{interpreter}
# Runs {script} with the plugins' packages{beside}.
import runpy
import site

for folder in {folders!r}:
    site.addsitedir(folder)
runpy.run_path({script!r}, run_name="__main__")
"""


class Tree:
    """The merged tree: where its site-packages are, and which packages stand back where two hold one file."""

    def __init__(self, out: Path, site_packages: str, yielding: list[Path]) -> None:
        self.out = out
        self.site_packages = out / site_packages
        self.yielding = yielding
        self.collisions: list[str] = []

    def choose(self, target: Path, entries: list[Path]) -> Path:
        """Return whose file is taken where several packages hold one; notes a collision that matters."""
        first, *others = self.without_yielding(entries)
        different = [entry for entry in others if not same(first, entry)]
        if different and self.is_harmless(target):
            path = target.relative_to(self.out)
            sys.stderr.write(f"plugin-lock: {path} is that of {first}, and {len(different)} more have another\n")
        else:
            self.collisions += [f"{first}\n    {other}" for other in different]
        return first

    def without_yielding(self, entries: list[Path]) -> list[Path]:
        """Leave out the files of packages that stand back, where others are left."""
        own = [entry for entry in entries if not any(entry.is_relative_to(package) for package in self.yielding)]
        return own or entries

    def is_harmless(self, target: Path) -> bool:
        """Tell whether nothing depends on whose file this is, since nobody imports it."""
        if not target.is_relative_to(self.site_packages):
            return False
        top, *below = target.relative_to(self.site_packages).parts
        return top in STRAY if below else top.partition(".")[0] in STRAY or not top.endswith(IMPORTED)


def merge(sources: list[Path], destination: Path, real: set[Path], tree: Tree) -> None:
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
            merge(folders, target, real, tree)
        else:
            target.symlink_to(tree.choose(target, entries))


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
    tree = Tree(out, site_packages, [Path(line) for line in lines_of("yieldingList")])
    merge(packages, out, set(below_out), tree)
    if tree.collisions:
        sys.exit(
            "plugin-lock: packages hold the same files with different content:\n  "
            + "\n  ".join(tree.collisions)
            + "\n  help: leave one of the plugins out (`plugin-lock why NAME` tells which needs it), or drop the "
            "file with `overrides`"
        )
    link_directories(directories, out)
    write_launchers(sorted((out / "bin").iterdir()), out, site_packages)


if __name__ == "__main__":
    main()
