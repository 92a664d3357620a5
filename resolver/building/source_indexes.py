"""Indexes and sources seen as one: the search asks for pages, metadata and files, whatever they come from."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Literal, TypeVar

import msgspec
from packaging.utils import parse_wheel_filename

from resolver.building.deferred import Deferred
from resolver.building.failures import unusable
from resolver.building.metadata import built_metadata
from resolver.building.sdists import refuse_other
from resolver.index import core_metadata
from resolver.index.errors import MetadataError
from resolver.index.model import CoreMetadata, Index, ProjectFile, ProjectPage
from resolver.index.remote_wheel import read_local
from resolver.sources import static_metadata
from resolver.sources.self_description import sdist_version

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from resolver.building.source import SourceTree
    from resolver.building.workshop import Workshop
    from resolver.provenance.parsing import Attestations
    from resolver.search.references import Reference

    Follow = Callable[[str, Reference], "DirectSource"]

_T = TypeVar("_T")

NO_INDEX = Index(name="plugins.toml", url="")
"""Stands where a page says which index it came from, for what came from none."""


class DirectSource(msgspec.Struct, frozen=True, kw_only=True):
    """What plugins.toml, or a requirement, names by an address, fetched already; `tree` or `wheel` is set.

    `name` is normalized; `filename` is the artifact's name in the lock; `url` and `size` (bytes) as the lock records
    them; `sha256` None for trees.  `reference` is the address as requirements spell it, None for a folder.
    """

    name: str
    filename: str
    url: str = ""
    sha256: str | None = None
    size: int | None = None
    tree: SourceTree | None = None
    wheel: Path | None = None
    reference: Reference | None = None
    is_plugin: bool = True

    @property
    def sdist_version(self) -> str | None:
        """The version in the name of a source distribution, whose PKG-INFO can be trusted (PEP 643); else None."""
        if self.tree is None or self.sha256 is None:
            return None
        return sdist_version(self.filename, self.name, self.tree.project, top=self.tree.root, source=str(self.tree))

    @property
    def kind(self) -> Literal["wheel", "sdist", "tree"]:
        """What the search takes it for."""
        if self.wheel is not None:
            return "wheel"
        return "tree" if self.sha256 is None else "sdist"


class SourceIndexes:
    """The `PackageIndexes` of a run with sources: `direct` plugins come before every index.

    `follow` fetches what a reference leads to, in the thread of the search; without it no reference may be met.
    Index wheels go straight to the workshop's client.  What takes a build is a `Deferred`: it begins when the search
    cannot go on without it, in the thread of the search.
    """

    def __init__(
        self, workshop: Workshop, direct: Mapping[str, DirectSource] | None = None, follow: Follow | None = None
    ) -> None:
        self._workshop = workshop
        self._direct = dict(direct or {})
        self._follow = follow
        self._followed: dict[tuple[str, Reference], DirectSource] = {}
        self._lock = threading.Lock()
        self._pages: dict[str, Future[ProjectPage | None]] = {}
        self._metadata: dict[str, Future[CoreMetadata]] = {}

    def source(self, page: ProjectPage, file: ProjectFile) -> SourceTree:
        """Return the tree of a chosen file that is no wheel; raises `WorldError` and what unpacking refuses."""
        if not page.direct:
            return self._workshop.sdists.tree(page, file).result()
        direct = self._of_page(page)
        if direct.tree is None:
            raise AssertionError("a wheel has no tree")
        return direct.tree

    def _of_page(self, page: ProjectPage) -> DirectSource:
        followed = self._followed.get((page.name, page.reference)) if page.reference is not None else None
        return followed if followed is not None else self._direct[page.name]

    # -- PackageIndexes ------------------------------------------------------------------------------------------

    def page(
        self, name: str, index: str | None = None, reference: Reference | None = None
    ) -> Future[ProjectPage | None]:
        """See `PackageIndexes`; where plugins.toml itself says where a plugin is found, that is its page."""
        direct = self._direct.get(name)
        if direct is None and reference is None:
            return self._workshop.client.page(name, index)
        key = name if direct is not None else f"{name} {reference}"
        with self._lock:
            future = self._pages.get(key)
            if future is None:
                future = self._pages[key] = Deferred(lambda: self._page_of(direct or self._fetched(name, reference)))
            return future

    def _fetched(self, name: str, reference: Reference | None) -> DirectSource:
        if reference is None or self._follow is None:
            raise AssertionError("a reference is met only where some are allowed")
        source = self._follow(name, reference)
        self._followed[name, reference] = source
        return source

    def metadata(self, page: ProjectPage, file: ProjectFile) -> Future[CoreMetadata]:
        """See `PackageIndexes`; fails with `ResolutionError` where a build would be needed and is not allowed."""
        if page.direct:
            return self._direct_metadata(self._of_page(page))
        if file.kind == "wheel":
            return self._workshop.client.metadata(page, file)
        return self._shared(f"{page.name} {file.sha256}", lambda: self._sdist_metadata(page, file))

    def _direct_metadata(self, direct: DirectSource) -> Future[CoreMetadata]:
        key = f"{direct.name} {direct.reference or ''}"
        return self._shared(key, lambda: Deferred(lambda: self._metadata_of(direct)))

    def download(self, page: ProjectPage, file: ProjectFile, report: Callable[[int], None]) -> Future[Path]:
        """See `PackageIndexes`; of a direct plugin only a wheel can be asked for."""
        if not page.direct:
            return self._workshop.client.download(page, file, report)
        wheel = self._of_page(page).wheel
        if wheel is None:
            raise AssertionError("a direct source was fetched before the search")
        return _done(wheel)

    def provenance(self, page: ProjectPage, file: ProjectFile) -> Future[tuple[Attestations, ...]]:
        """See `PackageIndexes`; nobody attests what is from no index."""
        if not page.direct:
            return self._workshop.client.provenance(page, file)
        return _done(())

    # -- sources of an index -------------------------------------------------------------------------------------

    def _shared(self, key: str, begin: Callable[[], Future[CoreMetadata]]) -> Future[CoreMetadata]:
        with self._lock:
            future = self._metadata.get(key)
            if future is None:
                future = self._metadata[key] = begin()
            return future

    def _sdist_metadata(self, page: ProjectPage, file: ProjectFile) -> Future[CoreMetadata]:
        static = self._workshop.sdists.static(page, file)

        def work() -> CoreMetadata:
            known = static.result()
            if known is None:
                source = self._workshop.sdists.tree(page, file).result()
                known = _parsed(built_metadata(self._workshop, source), page.name, file.version)
            return known

        deferred = Deferred(work)
        static.add_done_callback(lambda done: _complete_if_known(done, deferred))
        return deferred

    # -- direct plugins ------------------------------------------------------------------------------------------

    def _page_of(self, direct: DirectSource) -> ProjectPage:
        try:
            known = self._direct_metadata(direct).result()
        except MetadataError as error:
            raise unusable(direct.name, error.reason) from None
        file = ProjectFile(
            filename=direct.filename,
            url=direct.url,
            kind=direct.kind,
            version=known.version,
            sha256=direct.sha256,
            size=direct.size,
            requires_python=str(known.requires_python) if known.requires_python is not None else None,
        )
        return ProjectPage(
            name=direct.name,
            index=NO_INDEX,
            versions={known.version: (file,)},
            direct=True,
            reference=direct.reference,
        )

    def _metadata_of(self, direct: DirectSource) -> CoreMetadata:
        if direct.wheel is not None:
            _, version, _, _ = parse_wheel_filename(direct.filename)
            file = ProjectFile(filename=direct.filename, url=direct.url, kind="wheel", version=str(version))
            with direct.wheel.open("rb") as stream:
                return _parsed(read_local(stream, direct.name, file), direct.name, str(version))
        tree = direct.tree
        if tree is None:
            raise AssertionError("a direct source is a tree or a wheel")
        named = direct.sdist_version
        asker = "plugins.toml" if direct.reference is None or direct.is_plugin else "whoever requires it"
        static = static_metadata.read(tree.project, top=tree.root, source=str(tree), is_sdist=named is not None)
        refuse_other(static, tree, named, asker=asker, is_sdist=named is not None)
        if static.metadata is None:
            return _parsed(built_metadata(self._workshop, tree), direct.name, named or tree.version)
        return static.metadata


def _parsed(text: bytes, name: str, version: str | None) -> CoreMetadata:
    """Parse METADATA, which must name this project, and this version where it is known."""
    fields = core_metadata.read(text)
    file = ProjectFile(filename="METADATA", url="", kind="sdist", version=version or fields.version)
    return core_metadata.checked(file, name, fields)


def _complete_if_known(static: Future[CoreMetadata | None], deferred: Deferred[CoreMetadata]) -> None:
    """Tell those who listen, unless it takes a build or failed: then whoever needs the result meets that."""
    if not static.cancelled() and static.exception() is None and static.result() is not None:
        deferred.result()


def _done(value: _T) -> Future[_T]:
    future: Future[_T] = Future()
    future.set_result(value)
    return future
