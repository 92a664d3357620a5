"""What sources are built with, as plugins.lock records it: `[[tool.plugin-lock.build-packages]]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.building.wheel import build_wheel
from resolver.inspection.memory import Seen
from resolver.locked_package import locked_package
from resolver.search.resolution import Found, merge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lock.model import Package
    from resolver.building.requirements import LockedBuild
    from resolver.building.workshop import Workshop
    from resolver.index.model import ProjectFile, ProjectPage
    from resolver.locked_package import PublisherKey


def tools_of(locked: Mapping[str, LockedBuild]) -> Found:
    """Return all build packages of all sources, each version once, for whoever fetches and inspects files."""
    return merge([locked[key].found for key in sorted(locked)])


def see_source(workshop: Workshop, page: ProjectPage, file: ProjectFile) -> Seen:
    """Return the size of an index's source distribution, and what is inside the wheel it becomes; builds it."""
    size = workshop.client.download(page, file, _unheard).result().stat().st_size
    built = build_wheel(workshop, workshop.sdists.tree(page, file).result())
    return Seen(size=size, contents=built.contents)


def build_packages(
    locked: Mapping[str, LockedBuild],
    seen: Mapping[str, Seen],
    publishers: Mapping[PublisherKey, tuple[Mapping[str, str], ...]],
) -> tuple[Package, ...]:
    """Return the build packages of a lock, sorted by name and version.

    `locked` is what `Workshop.lock` gave; `seen` holds, by sha256, what is inside each file of `tools_of(locked)`, and
    `publishers` who published it, where that is known.
    """
    if not locked:
        return ()
    targets = next(iter(locked.values())).targets
    builds = {key.removeprefix("sha256:"): build.build for key, build in locked.items()}
    return tuple(
        locked_package(package, targets, seen, builds, {}, publishers) for package in tools_of(locked).packages
    )


def _unheard(_: int) -> None:
    """Report to nobody: the file is in the cache already."""
