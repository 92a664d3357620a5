"""What hosts know directory plugins by, and that no two of one lock are known by the same.

hermes-agent knows a plugin by the `name` of its manifest, except memory providers, which it knows by their folder's
name.  Its own installer names the folder after the manifest, and after the repository's folder where the manifest
has no name.  So there is one word for both: `PluginManifest.id` is that word, and an adapter links the tree under it.
A skill is known by its `id`.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from lock.errors import Problem
from resolver.manifest.model import GitSource, PathSource, UrlSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from resolver.directories.manifest import ReadManifest
    from resolver.manifest.model import DirectSource

_ARCHIVES = (".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".tar", ".zip")


def folder_name(source: DirectSource) -> str:
    """Return the name that the folder of a source would have: of its subdirectory, else of repository, file or path."""
    match source:
        case GitSource(url=address) | UrlSource(url=address) | PathSource(path=address):
            path = source.subdirectory or address
    last = path.rstrip("/").rpartition("/")[2].rpartition(":")[2].removesuffix(".git")
    return next((last.removesuffix(ending) for ending in _ARCHIVES if last.endswith(ending)), last)


def duplicates(
    manifests: Mapping[str, ReadManifest],
    masks: Mapping[str, int],
    entry_points: Mapping[str, Iterable[str]] | None = None,
) -> tuple[Problem, ...]:
    """Return a problem for every id that two plugins have on one target.

    `manifests` maps the name of a plugin's entry in plugins.toml to its manifest, `masks` to its targets, and
    `entry_points` that of a package plugin to the names of its entry points, which hermes-agent counts in with those of
    directory plugins.  Names that differ only in case are one on file systems of macOS, and so here.
    """
    owners: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for plugin, read in sorted(manifests.items()):
        owners[read.manifest.id.casefold()].append((plugin, read.manifest.id))
    for plugin, names in sorted((entry_points or {}).items()):
        for name in sorted(set(names)):
            # Between packages alone this is the business of whoever checks entry points.
            if name.casefold() in owners:
                owners[name.casefold()].append((plugin, name))
    shared = (_beside_another(found, masks) for _, found in sorted(owners.items()))
    return tuple(_problem(found, manifests) for found in shared if found)


def _beside_another(found: list[tuple[str, str]], masks: Mapping[str, int]) -> list[tuple[str, str]]:
    """Return those that are on a target where another of them is as well."""
    return [
        (plugin, identity)
        for plugin, identity in found
        if any(other != plugin and masks[plugin] & masks[other] for other, _ in found)
    ]


def _problem(found: list[tuple[str, str]], manifests: Mapping[str, ReadManifest]) -> Problem:
    names = " and ".join(dict.fromkeys(plugin for plugin, _ in found))
    ids = " and ".join(dict.fromkeys(f'"{identity}"' for _, identity in found))
    skills = all(plugin in manifests and manifests[plugin].kind == "skill" for plugin, _ in found)
    what = "skills with the id" if skills else "plugins with the name"
    return Problem(
        code="duplicate-id",
        message=f"{names} are {what} {ids}; the host would take whichever it finds first",
        path=next(manifests[plugin].path for plugin, _ in reversed(found) if plugin in manifests),
        remedy=f"leave one of them out: plugin-lock remove {found[-1][0]}",
    )


def notices(
    manifests: Mapping[str, ReadManifest], plugins: Iterable[str], entry_points: Iterable[str] = ()
) -> Iterator[str]:
    """Yield what a user should know: plugins that are needed and not here, and system programs that are needed.

    `plugins` are all names of plugins.toml, `entry_points` those of package plugins.  What the host itself brings
    along is not known here, hence the careful words.
    """
    known = {_plain(name) for name in (*plugins, *entry_points, *(read.manifest.id for read in manifests.values()))}
    for plugin, read in sorted(manifests.items()):
        for needed in read.manifest.requires_plugins:
            if _plain(needed) not in known:
                yield f"{plugin} needs the plugin {needed}, which is not in plugins.toml; the host must bring it along"
        programs = read.manifest.external_dependencies
        if programs:
            yield f"{plugin} needs programs that are not locked and must be installed: {', '.join(programs)}"


def _plain(name: str) -> str:
    return name.casefold().replace("_", "-").replace(".", "-")
