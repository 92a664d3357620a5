"""What resolution asks of a package index; the real client and the tests' stand-ins implement it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

    from resolver.index.model import CoreMetadata, ProjectFile, ProjectPage
    from resolver.provenance.parsing import Attestations
    from resolver.search.references import Reference


class PackageIndexes(Protocol):
    """All configured indexes seen as one, first index wins.

    Every method may be called from any thread.  Futures start at once, are shared between equal calls, and fail
    with `WorldError` where the network does.
    """

    def page(
        self, name: str, index: str | None = None, reference: Reference | None = None
    ) -> Future[ProjectPage | None]:
        """Ask for a project by normalized name; `index` names an `[[index]]` to ask alone.

        None where no index knows the name.  With a reference the page holds the one file or tree that it leads to.
        """
        ...

    def metadata(self, page: ProjectPage, file: ProjectFile) -> Future[CoreMetadata]:
        """Ask for the core metadata of a wheel: PEP 658 file, else range requests, else the whole file.

        Fails with `MetadataError` where the file's metadata cannot be used: its version is no candidate then.
        """
        ...

    def provenance(self, page: ProjectPage, file: ProjectFile) -> Future[tuple[Attestations, ...]]:
        """Ask who attests a file of an index, and what (PEP 740); nobody where the index does not say.

        Fails with `WorldError` where what it says cannot be used.
        """
        ...

    def download(self, page: ProjectPage, file: ProjectFile, report: Callable[[int], None]) -> Future[Path]:
        """Fetch a whole file into the cache, its sha256 checked; `report` is told the bytes as they arrive."""
        ...
