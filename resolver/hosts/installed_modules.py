"""What an installed distribution makes importable, from the list of its files.

Source: Recording installed projects (PyPA).
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from resolver.inspection.layout import MAX_NAMESPACE_INIT_BYTES, importable, shares_its_name

if TYPE_CHECKING:
    from pathlib import Path


def installed_modules(record: Path) -> tuple[str, ...] | None:
    """Return the importable names of the distribution with this `.dist-info`; None where it has no list of its files.

    Raises `OSError` where that cannot be read.
    """
    listed = record / "RECORD"
    if not listed.is_file():
        return None
    with listed.open(encoding="utf-8", errors="replace", newline="") as file:
        try:
            # Some installers keep the `./` that some wheels put before a path.
            paths = {row[0].removeprefix("./") for row in csv.reader(file) if row}
        except csv.Error:
            return None
    inside = {path for path in paths if not path.startswith("/") and ".." not in path.split("/")}
    names = importable(inside, lambda path: _is_namespace(record.parent / path))
    # An editable installation lists a `.pth` file or a finder, and nothing of the modules themselves.
    return tuple(sorted(names)) or None


def _is_namespace(file: Path) -> bool:
    if file.suffix != ".py" or not file.is_file() or file.stat().st_size > MAX_NAMESPACE_INIT_BYTES:
        return False
    return shares_its_name(file.read_bytes())
