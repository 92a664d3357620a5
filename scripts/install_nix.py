"""Put Nix on a Debian machine for the tests, and print the folder that holds its programs.

    python3 scripts/install_nix.py                       the distribution's own nix-bin, installed with apt
    python3 scripts/install_nix.py --newest --prefix DIR Debian's newest nix-bin, unpacked below DIR

`--newest` leaves the system as it is: the newest nix-bin wants a newer libc, so it is unpacked beside the system
with its libraries, from an apt state of its own, and only that one binary is told to use them.  The mirror is
the one in the machine's own apt sources.

Standard library only, Python 3.11.  Exit code 1, with a plain message, where Nix cannot be had.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# Testing has the newest release that has settled; unstable is asked only where testing lacks the package.
NEWEST_SUITES = ("testing", "unstable")
PROGRAMS = ("nix", "nix-build", "nix-instantiate", "nix-store", "nix-hash", "nix-shell", "nix-env", "nix-daemon")


class CannotInstallError(Exception):
    """Nix cannot be put on this machine; the text says why and what to do."""


def run(*command: str, environment: dict[str, str] | None = None) -> str:
    """Run a program and return what it printed; its own words are the error where it fails."""
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env={**os.environ, **(environment or {})}
    )
    if done.returncode != 0:
        tail = "\n  ".join((done.stderr or done.stdout).strip().splitlines()[-8:])
        raise CannotInstallError(f"`{' '.join(command[:3])} …` failed:\n  {tail}")
    return done.stdout


def os_release() -> dict[str, str]:
    """Return the values of os-release(5)."""
    path = Path("/etc/os-release")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {key: value.strip('"') for key, _, value in pairs}


def require_debian() -> dict[str, str]:
    """Return os-release(5) of a Debian machine, refuse any other."""
    release = os_release()
    if release.get("ID") != "debian" or not shutil.which("apt-get"):
        message = (
            f"this is {release.get('PRETTY_NAME', sys.platform)}, not Debian: install Nix as its site "
            "describes and put it on PATH"
        )
        raise CannotInstallError(message)
    return release


def install_from_distribution() -> Path:
    """Install the distribution's nix-bin unless Nix is there already; return its folder."""
    found = shutil.which("nix-build")
    if found:
        return Path(found).parent
    require_debian()
    if os.geteuid() != 0:
        raise CannotInstallError("apt-get needs root: run `apt-get install nix-bin` as root, then try again")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "update", environment=quiet)
    run("apt-get", "install", "--yes", "--no-install-recommends", "nix-bin", environment=quiet)
    found = shutil.which("nix-build")
    if not found:
        raise CannotInstallError("apt-get installed nix-bin, yet nix-build is not on PATH")
    return Path(found).parent


def debian_mirror(codename: str) -> str:
    """Return the address from which this machine takes its own Debian release."""
    targets = run("apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages")
    for line in targets.splitlines():
        release, _, address = line.partition(" ")
        if release == codename and address.startswith(("http://", "https://")):
            return address
    raise CannotInstallError(f"no apt source of this machine serves {codename}: cannot tell which mirror to use")


def apt_options(state: Path, mirror: str, suite: str) -> list[str]:
    """Write an apt state of its own below `state` and return the options that make apt use it."""
    for folder in ("lists/partial", "archives/partial", "preferences.d", "empty"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    (state / "status").touch()
    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    (state / "sources.list").write_text(f"deb [signed-by={keyring}] {mirror} {suite} main\n", encoding="utf-8")
    values = {
        "Dir::Etc::sourcelist": state / "sources.list",
        "Dir::Etc::sourceparts": state / "empty",
        "Dir::Etc::preferencesparts": state / "empty",
        "Dir::State::status": state / "status",
        "Dir::State::lists": state / "lists",
        "Dir::Cache": state,
        "Dir::Cache::archives": state / "archives",
        "Acquire::Languages": "none",
        "APT::Install-Recommends": "false",
        # Without root apt cannot drop to its own user; as root that user cannot write below a private prefix.
        "APT::Sandbox::User": "root",
    }
    return [part for key, value in values.items() for part in ("-o", f"{key}={value}")]


def unpack_newest(prefix: Path, mirror: str) -> Path:
    """Download Debian's newest nix-bin with all it needs, unpack it below `prefix`, return that tree."""
    tree = prefix / "tree"
    with tempfile.TemporaryDirectory(prefix="plugin-lock-apt-") as folder:
        state = Path(folder)
        for suite in NEWEST_SUITES:
            options = apt_options(state, mirror, suite)
            run("apt-get", *options, "update")
            if run("apt-cache", *options, "search", "--names-only", "^nix-bin$").strip():
                break
        else:
            raise CannotInstallError(f"{mirror} has no nix-bin in {' or '.join(NEWEST_SUITES)}")
        # An empty dpkg status makes apt fetch every dependency, libc included; nothing is installed.
        run("apt-get", *options, "install", "--yes", "--download-only", "nix-bin", "patchelf")
        for package in sorted((state / "archives").glob("*.deb")):
            run("dpkg-deb", "--extract", str(package), str(tree))
    return tree


def only(tree: Path, pattern: str) -> Path:
    """Return the one file of `tree` that `pattern` finds."""
    found = sorted(tree.glob(pattern))
    if not found:
        raise CannotInstallError(f"the unpacked packages hold no {pattern}: Debian has moved it")
    return found[0]


def install_newest(prefix: Path) -> Path:
    """Put Debian's newest Nix below `prefix`, beside the system; return the folder of its programs."""
    programs = prefix / "bin"
    if (programs / "nix-build").exists():
        return programs
    release = require_debian()
    codename = release.get("VERSION_CODENAME", "")
    prefix.mkdir(parents=True, exist_ok=True)
    tree = unpack_newest(prefix, debian_mirror(codename))

    # Debian moved the loader from /lib64 to /usr/lib64 when it merged the two; old and new packages may differ.
    loader = only(tree, "**/ld-linux-*.so.[0-9]")
    libraries = sorted({str(found.parent) for found in tree.glob("**/lib*.so.*") if found.is_file()})
    nix = only(tree, "usr/bin/nix")
    with_loader = (str(loader), "--library-path", ":".join(libraries), str(only(tree, "usr/bin/patchelf")))
    # RPATH, not RUNPATH: the libraries' own libraries must come from the tree as well.
    run(*with_loader, "--force-rpath", "--set-rpath", ":".join(libraries), str(nix))
    run(*with_loader, "--set-interpreter", str(loader), str(nix))

    programs.mkdir(exist_ok=True)
    for name in PROGRAMS:
        link = programs / name
        link.unlink(missing_ok=True)
        link.symlink_to(nix)
    run(str(programs / "nix-build"), "--version")
    return programs


def main() -> int:
    """Install, print the folder of the programs, return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--newest", action="store_true", help="Debian's newest Nix, beside the system's own")
    parser.add_argument("--prefix", type=Path, help="where --newest unpacks it")
    arguments = parser.parse_args()
    if arguments.newest and arguments.prefix is None:
        parser.error("--newest needs --prefix")
    try:
        programs = install_newest(arguments.prefix.resolve()) if arguments.newest else install_from_distribution()
    except CannotInstallError as error:
        print(f"install_nix: {error}", file=sys.stderr)
        return 1
    print(programs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
