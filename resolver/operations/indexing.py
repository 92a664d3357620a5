"""The package indexes of a manifest, ready to be asked, and the origins they explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.index.configuration import configured

if TYPE_CHECKING:
    from resolver.index.client import IndexClient
    from resolver.manifest.model import Manifest
    from resolver.operations.project import Surroundings


def indexes(manifest: Manifest, surroundings: Surroundings) -> IndexClient:
    """Open a client for the indexes of a manifest, and the cache with it; nothing is asked yet."""
    from resolver.cache_leftovers import sweep  # noqa: PLC0415 - as below
    from resolver.index.cache import Cache  # noqa: PLC0415 - `check` and a current lock need no client
    from resolver.index.client import IndexClient  # noqa: PLC0415
    from resolver.index.credentials import CredentialStore  # noqa: PLC0415

    sweep(surroundings.cache)
    found = configured(manifest.indexes, surroundings.environ)
    return IndexClient(
        found.indexes,
        cache=Cache(surroundings.cache),
        credentials=CredentialStore(surroundings.environ, embedded=found.credentials),
        environ=surroundings.environ,
        offline=surroundings.offline,
        refresh=surroundings.refresh,
    )


def explained_origins(manifest: Manifest, surroundings: Surroundings) -> dict[str, tuple[str, ...]]:
    """Return each index in force with the further origins that plugins.toml, or the default, lets it serve from."""
    found = configured(manifest.indexes, surroundings.environ)
    return {index.url: index.files for index in found.indexes}
