"""Hold a plugin environment against the host it is for; runs inside a Nix build, exits with every finding.

The checks are those of nix/checks.nix.  The environment comes before the host's packages and its `.pth` files are
not read, as with PYTHONPATH: that is how hosts are given plugins, and the harder case.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import site
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

LONGEST_TRACE = 12
"""How many lines of an import's own error are shown."""


def site_packages(root: str) -> str:
    """Return the site-packages below `root`, or `root` itself where it is such a folder."""
    inner = Path(root) / os.environ["sitePackages"]
    return str(inner) if inner.is_dir() else root


def normalized(name: str) -> str:
    """Return a distribution's name as PEP 503 has it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def distributions(folder: str) -> dict[str, str]:
    """Return the version of every distribution in a folder, by normalized name."""
    if not folder:
        return {}
    found = importlib.metadata.distributions(path=[folder])
    return {normalized(distribution.metadata["Name"]): distribution.version for distribution in found}


def check_entry_points(expected: Any, environment: str, host: str) -> list[str]:
    """Find and load every expected entry point, each in a process of its own."""
    found = {
        (point.group, point.name, point.value.replace(" ", ""))
        for distribution in importlib.metadata.distributions(path=[environment])
        for point in distribution.entry_points
    }
    problems = []
    present = []
    for point in expected:
        if (point["group"], point["name"], point["value"].replace(" ", "")) in found:
            present.append(point)
        else:
            problems.append(f"{titled(point)} is in the lock, but no distribution of the environment has it")
    with ThreadPoolExecutor(max_workers=int(os.environ.get("NIX_BUILD_CORES") or 0) or os.cpu_count()) as pool:
        problems += [text for text in pool.map(lambda point: load(point, environment, host), present) if text]
    return problems


def titled(point: dict[str, str]) -> str:
    """Name an entry point as a person would look for it."""
    return f"plugin {point['plugin']}: entry point {point['name']} = {point['value']} of {point['group']}"


def load(point: dict[str, str], environment: str, host: str) -> str | None:
    """Load one entry point in a fresh interpreter; return what went wrong."""
    command = [
        os.environ["pythonInterpreter"],
        "-I",
        "-S",
        "-B",
        __file__,
        "load",
        environment,
        host,
        json.dumps(point),
    ]
    # The command is this very file; nothing of it comes from outside the build.
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    if done.returncode == 0:
        return None
    lines = done.stderr.strip().splitlines()[-LONGEST_TRACE:] or [f"exit code {done.returncode}"]
    return "\n      ".join([f"{titled(point)} does not load:", *lines])


def load_here(environment: str, host: str, point: dict[str, str]) -> None:
    """Load an entry point in this process, with the paths a host would have."""
    if host:
        site.addsitedir(host)
    sys.path.insert(0, environment)
    importlib.metadata.EntryPoint(name=point["name"], value=point["value"], group=point["group"]).load()


def check_shadowing(_expected: Any, environment: str, host: str) -> list[str]:
    """Find distributions that both the environment and the host have."""
    ours, theirs = distributions(environment), distributions(host)
    return [
        f"{name} {ours[name]} of the plugins would shadow the host's {name} {theirs[name]}"
        for name in sorted(ours.keys() & theirs.keys())
    ]


def check_provided(expected: Any, _environment: str, host: str) -> list[str]:
    """Compare the host's versions with those the lock relies on."""
    theirs = distributions(host)
    problems = []
    for entry in expected:
        name, wanted = normalized(entry["name"]), entry["version"]
        if name not in theirs:
            problems.append(f"the lock relies on the host's {name} {wanted}; the host has no {name}")
        elif theirs[name] != wanted:
            problems.append(f"the lock relies on the host's {name} {wanted}; the host has {theirs[name]}")
    return problems


CHECKS = {"entryPoints": check_entry_points, "shadowing": check_shadowing, "provided": check_provided}


def main() -> None:
    """Run the check that the build's variables name."""
    if sys.argv[1:2] == ["load"]:
        load_here(sys.argv[2], sys.argv[3], json.loads(sys.argv[4]))
        return
    # Packages that write to the home folder when imported find one.
    os.environ["HOME"] = os.environ.get("TMPDIR", "/tmp")  # noqa: S108 - the sandbox's own
    expected = json.loads(Path(os.environ["expectedPath"]).read_text(encoding="utf-8"))
    environment = site_packages(os.environ["environment"])
    host = os.environ["hostPackages"] and site_packages(os.environ["hostPackages"])
    problems = CHECKS[os.environ["kind"]](expected, environment, host)
    if problems:
        sys.exit(
            "plugin-lock: the plugins and the host do not fit together:\n    "
            + "\n    ".join(problems)
            + "\n  help: lock against the host that runs here (`plugin-lock lock`)"
        )
    Path(os.environ["out"]).write_text(f"{len(expected)} checked\n", encoding="utf-8")


if __name__ == "__main__":
    main()
