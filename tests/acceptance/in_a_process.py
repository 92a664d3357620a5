"""What a host does at start, in a process of its own: find the entry points and load them, plugins behind the host.

    python -I -S -B in_a_process.py HOST-PACKAGES PLUGIN-ENVIRONMENT GROUP...

Prints JSON: for each group the entry points found as [name, value, error or null], and distributions found twice.
Without `site`, so that nothing of the distribution's own Python packages can stand in for what is missing.
"""

from __future__ import annotations

import importlib
import json
import re
import site
import sys
from collections import Counter
from importlib.metadata import distributions, entry_points


def imported(module: str) -> str | None:
    """Import a module; return what went wrong, whatever it was."""
    try:
        importlib.import_module(module)
    except BaseException as error:  # noqa: BLE001 - a plugin may fail in any way, even by sys.exit, and is to be named
        return f"{type(error).__name__}: {error}"
    return None


def main(host: str, environment: str, *groups: str) -> None:
    """Print what was found."""
    site.addsitedir(host)
    sys.path.append(environment)
    found = {
        group: [[point.name, point.value, imported(point.module)] for point in sorted(entry_points(group=group))]
        for group in groups
    }
    names = Counter(re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower() for found in distributions())
    twice = sorted(name for name, count in names.items() if count > 1)
    # Plugins may print while they are imported; the answer is the last line.
    print(json.dumps({"entry_points": found, "twice": twice}))


if __name__ == "__main__":
    main(*sys.argv[1:])
