"""Whether a directory plugin still says of itself what the lock says, and needs what the lock has edges for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import fields
from packaging.markers import Marker
from packaging.utils import canonicalize_name

from resolver.directories.identity import folder_name
from resolver.directories.reading import read_plugin
from resolver.index import parsed
from resolver.manifest.model import GitSource, PathSource, UrlSource
from resolver.verification.edges import edge_differences

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lock.model import Asked, Lock, Plugin, PluginManifest
    from resolver.search.markers import ApplicableTargets


def plugin_differences(
    plugin: Plugin, folder: Path, label: str, lock: Lock, applicable: ApplicableTargets
) -> Iterator[str]:
    """Read a directory plugin again, and yield as finished phrases what the lock says otherwise.

    `folder` holds its manifest, `label` names it in messages.  Raises `InputError` for one that must not be locked.
    """
    if plugin.tree is None or plugin.asked is None:
        raise AssertionError("only directory plugins are read")
    given = plugin.asked.dependencies
    read = read_plugin(
        folder,
        shown=label,
        fallback_id=folder_name(_source(plugin.asked)),
        dependencies=None if given is None else tuple(map(parsed.requirement, given)),
    )
    yield from _facts(plugin.tree.manifest, read.read.manifest)
    marker = Marker(plugin.marker) if plugin.marker else None
    # The host's own name is judged by its version, and has an edge only where the host lists itself.
    yield from edge_differences(
        plugin.tree,
        read.python.requirements,
        applicable,
        applicable.marker(marker),
        asked={},
        known=(),
        passed_over={canonicalize_name(lock.host.name)},
    )


def _source(asked: Asked) -> GitSource | UrlSource | PathSource:
    if asked.git is not None:
        return GitSource(url=asked.git, subdirectory=asked.subdirectory)
    if asked.url is not None:
        return UrlSource(url=asked.url, subdirectory=asked.subdirectory)
    return PathSource(path=asked.path or "", subdirectory=asked.subdirectory)


def _facts(locked: PluginManifest, found: PluginManifest) -> Iterator[str]:
    for field in fields(locked):
        says, is_now = getattr(locked, field.name), getattr(found, field.name)
        if isinstance(says, tuple):
            says, is_now = tuple(sorted(says)), tuple(sorted(is_now))
        if says != is_now:
            key = field.name.replace("_", "-")
            yield f"its manifest's {key} is {_spelt(is_now)}, and the lock says {_spelt(says)}"


def _spelt(value: str | tuple[str, ...] | None) -> str:
    return (", ".join(value) if isinstance(value, tuple) else value) or "nothing"
