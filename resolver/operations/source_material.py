"""The part of a locking run that sources take: fetched before the search, built after it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from lock.errors import Problem, WorldError
from resolver.building.packages import build_packages, see_source, tools_of
from resolver.building.publishers import PublisherGate
from resolver.building.requirements import build_preferences, sources_in
from resolver.building.source_indexes import SourceIndexes
from resolver.building.wheel import build_wheel
from resolver.building.workshop import Workshop
from resolver.inspection.memory import InspectionMemory, Seen
from resolver.locked_package import seen_key
from resolver.operations.assembly import Chosen, changed_bytes
from resolver.operations.fetching import Fetching
from resolver.operations.following import Following
from resolver.operations.inspecting import inspect_files, refuse_other_metadata
from resolver.operations.publishing import Asked, remarks
from resolver.operations.sourcing import Sourcing
from resolver.sources.archives import from_network
from resolver.sources.trees import TreeCache

if TYPE_CHECKING:
    from pathlib import Path

    from resolver.index.client import IndexClient
    from resolver.operations.relocking import Relocking
    from resolver.search.needs import Need
    from resolver.search.resolution import Found
    from resolver.search.settings import SearchSettings


class SourceMaterial:
    """The material of a run with sources (see `relocking.Material`); a context manager.

    Direct plugins are fetched on entry.
    """

    def __init__(self, run: Relocking, settings: SearchSettings, client: IndexClient) -> None:
        self._run = run
        self._client = client
        self._stack = ExitStack()
        self._trees = TreeCache(run.surroundings.cache)
        self._stack.callback(self._trees.close)
        versions, files = build_preferences(run.old, run.request.upgrade)
        self._workshop = Workshop(
            settings,
            client,
            environ=run.surroundings.environ,
            cache=run.surroundings.cache,
            trees=self._trees,
            progress=run.progress,
            preferred=versions,
            preferred_files=files,
            gate=PublisherGate(client, run.manifest.policy.publishers, run.manifest.path),
        )
        self._stack.enter_context(self._workshop)
        self._host = settings.host

    def __enter__(self) -> Self:
        run = self._run
        try:
            self._fetching = Fetching(run.project.root, self._trees, self._download, run.request)
            self._direct = Sourcing(self._fetching, run.old).plugins(run.manifest, run.planned.targets, self._host)
            self._following = Following(self._fetching, run.old)
        except BaseException:
            self._stack.close()
            raise
        self.indexes = SourceIndexes(self._workshop, self._direct.direct_sources, self._following.follow)
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    @property
    def roots(self) -> tuple[Need, ...]:
        """What packages, and the Python needs of directory plugins, ask for."""
        packages = tuple(need for need in self._run.planned.roots if need.name not in self._direct.directories)
        return (*packages, *self._direct.roots)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a user should know of the sources and their builds."""
        return (*self._fetching.warnings, *self._direct.warnings, *self._workshop.warnings)

    def _download(self, url: str) -> Path:
        if self._run.surroundings.offline:
            remedy = "allow the network"
            message = "this run may not use the network, and a plugin's archive is always fetched"
            raise WorldError(Problem(code="offline", message=message, path=url, remedy=remedy))
        return from_network(self._client.downloads)(url)

    def look_inside(self, found: Found) -> Chosen:
        """Fetch and read every wheel, build every source, and lock what the sources are built with."""
        run, workshop = self._run, self._workshop
        sources = [(page, file, self.indexes.source(page, file), mask) for page, file, mask in sources_in(found)]
        locked = workshop.lock((tree, mask) for _, _, tree, mask in sources)
        tools = tools_of(locked)
        changed_bytes(tools, run.old, run.request.accept_changed)
        asked = Asked((found, tools), self.indexes)
        seen = inspect_files((found, tools), self.indexes, InspectionMemory(run.surroundings.cache), run.progress)
        builds = {}
        for page, file, tree, _ in sources:
            if page.direct:
                seen[seen_key(file)] = Seen(size=file.size or 0, contents=build_wheel(workshop, tree).contents)
            builds[seen_key(file)] = locked[tree.key].build
        for page, file, _ in (*sources_in(found), *sources_in(tools)):
            if not page.direct:
                seen[seen_key(file)] = see_source(workshop, page, file)
        for page, file, _ in sources_in(found):
            contents = seen[seen_key(file)].contents
            refuse_other_metadata(self.indexes, page, file, contents, run.planned.targets)
        publishers = asked.publishers()
        return Chosen(
            found=found,
            seen=seen,
            builds=builds,
            build_packages=build_packages(locked, seen, publishers),
            direct=self._following.records(found)
            | {name: fetched.record for name, fetched in self._direct.packages.items()},
            trees=self._direct.trees(found, run.planned.targets),
            publishers=publishers,
            remarks=remarks((found, tools), publishers),
        )
