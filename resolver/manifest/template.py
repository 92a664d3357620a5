"""The plugins.toml that `plugin-lock init` writes: small, with every section explained."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from resolver.manifest.reader import parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_TEMPLATE = """\
# What `plugin-lock lock` turns into plugins.lock.

[host]
name = {name}
# The version of Python the host runs on.
python = {python}
# The entry point groups in which the host looks for plugins.
entry-points = {entry_points}
# What the host ships: uv.lock, pylock.toml, requirements.txt or a plugins.lock. Plugins never bring a second copy.
{lock}
# The extras and dependency groups the host is installed with.
# extras = []
# dependency-groups = []

[targets]
systems = {systems}
# The oldest glibc and macOS that the machines run.
# manylinux = "2_28"
# macos = "13.0"

# `plugin-lock add NAME` writes here: a version such as ">=1.2", or "*" for any.
[plugins]

# [[index]]                  # the first is the default
# name = "corp"
# url = "https://index.example/simple/"
# explicit = true            # used only by plugins that name it

[resolution]
# Versions younger than this are not considered: a span, or a date.
# exclude-newer = "P7D"
"""


def template(
    *,
    name: str,
    python: str,
    systems: Iterable[str],
    lock: str | None = None,
    entry_points: Sequence[str] = (),
    path: str = "plugins.toml",
) -> str:
    """Return the text of a new plugins.toml.

    `lock` is the path of the host's lock file, relative to the new file.  Raises `InputError` where an argument does
    not fit into the format.
    """
    text = _TEMPLATE.format(
        name=_string(name),
        python=_string(python),
        entry_points=_strings(entry_points),
        lock=f"lock = {_string(lock)}" if lock is not None else '# lock = "uv.lock"',
        systems=_strings(sorted(systems)),
    )
    parse(text, path)
    return text


def _string(value: str) -> str:
    # The escapes of JSON are among those of TOML.
    return json.dumps(value, ensure_ascii=False)


def _strings(values: Iterable[str]) -> str:
    return f"[{', '.join(map(_string, values))}]"
