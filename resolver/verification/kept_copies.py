"""Where `verify` gets files from without a network: the cache, and the Nix store."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.verification.fetching import Copy, UnseenError, sha256_of
from resolver.verification.nix_store import flat_file_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resolver.index.cache import Cache
    from resolver.verification.model import LockedFile

CACHE_REMEDY = "remove it; the next run with a network fetches it anew"
STORE_REMEDY = "let Nix fetch it anew, as root where the store is root's: nix-store --repair-path {path}"


class WithoutNetwork:
    """Looks into the cache, then into the Nix store, where Nix has put the files of a lock that it built.

    What stands in the store gets its true name back, by a link in `folder`.
    """

    def __init__(self, cache: Cache, store: Path, folder: Path) -> None:
        self._cache = cache
        self._store = store
        self._folder = folder

    @contextmanager
    def opened(self, file: LockedFile) -> Iterator[Copy]:
        """See `Bytes`.  The hash says where a copy is to lie, so one with other bytes is damaged and nothing else."""
        cached = self._cache.place(file.sha256, file.filename)
        stored = Path(flat_file_path(file.store_name, file.sha256, str(self._store)))
        damaged = []
        right = None
        for path, remedy in ((cached, CACHE_REMEDY), (stored, STORE_REMEDY.format(path=stored))):
            if not path.is_file():
                continue
            if sha256_of(path) == file.sha256:
                right = right or path
            else:
                damaged.append((str(path), remedy))
        if right is None:
            raise UnseenError(tuple(damaged))
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            named = right
            if right.name != file.filename:
                named = Path(folder) / file.filename
                named.symlink_to(right)
            yield Copy(path=named, sha256=file.sha256, damaged=tuple(damaged))
