"""Where everything that is kept between runs lives."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Return where the cache lives: PLUGIN_LOCK_CACHE_DIR, else below XDG_CACHE_HOME, else ~/.cache."""
    if named := environ.get("PLUGIN_LOCK_CACHE_DIR"):
        return Path(named)
    if base := environ.get("XDG_CACHE_HOME"):
        return Path(base, "plugin-lock")
    return Path(environ.get("HOME") or Path.home(), ".cache", "plugin-lock")
