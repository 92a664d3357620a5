"""Core metadata of a source that only a build can tell (PEP 517, `prepare_metadata_for_build_wheel`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.building.wheel import build_wheel

if TYPE_CHECKING:
    from resolver.building.source import SourceTree
    from resolver.building.workshop import Workshop


def built_metadata(workshop: Workshop, source: SourceTree) -> bytes:
    """Return the text of METADATA, from the backend's hook for it, else from a wheel built for it.

    Raises as `build_wheel` does.
    """
    bench = workshop.bench(source)
    known = workshop.store.metadata(bench.key)
    if known is None:
        with workshop.room(bench) as room:
            known = room.metadata()
        if known is None:
            known = build_wheel(workshop, source).metadata
        workshop.store.keep_metadata(bench.key, known)
    return known
