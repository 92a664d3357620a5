"""The part of `lock` and `update` that searches, fetches, looks inside and writes."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from lock import rules
from lock.canonical import canonical
from lock.errors import Problem, ResolutionError, WorldError
from lock.storage import replace
from lock.writer import render
from resolver.building.packages import build_packages, see_source, tools_of
from resolver.building.requirements import build_preferences, sources_in
from resolver.building.source_indexes import SourceIndexes
from resolver.building.wheel import build_wheel
from resolver.building.workshop import Workshop
from resolver.inspection.memory import InspectionMemory, Seen
from resolver.locked_package import seen_key
from resolver.operations.assembly import Chosen, assemble, changed_bytes
from resolver.operations.changes import changes_between, planned_changes
from resolver.operations.currency import outdated
from resolver.operations.hosting import provided_set
from resolver.operations.indexing import indexes
from resolver.operations.inspecting import inspect_files, refuse_startup_code, warnings_of
from resolver.operations.planning import preferences, search_settings
from resolver.operations.reports import LockReport
from resolver.operations.sourcing import Sourcing
from resolver.search.explain import explain
from resolver.search.held_back import held_back
from resolver.search.search import Conflict, Solution, solve
from resolver.sources.archives import from_network
from resolver.sources.trees import TreeCache

if TYPE_CHECKING:
    from pathlib import Path

    from lock.model import Lock
    from resolver.hosts.model import ProvidedSet
    from resolver.index.client import IndexClient
    from resolver.index.interface import PackageIndexes
    from resolver.manifest.model import Manifest
    from resolver.operations.locking import LockRequest
    from resolver.operations.planning import Plan
    from resolver.operations.project import Project, Surroundings
    from resolver.operations.reports import HeldBack
    from resolver.operations.sourcing import DirectPlugins
    from resolver.progress import Progress
    from resolver.search.resolution import Found
    from resolver.search.settings import SearchSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Relocking:
    """One run that searches: what it is about, and what was read before it was known to be needed.

    `host` is None where it is a requirement, which is resolved first.
    """

    project: Project
    manifest: Manifest
    planned: Plan
    surroundings: Surroundings
    request: LockRequest
    progress: Progress
    old: Lock | None
    host: ProvidedSet | None

    def run(self) -> LockReport:
        """Resolve, and unless it is a dry run fetch, look inside and write; raises as `lock_manifest` does."""
        with ExitStack() as stack:
            client = stack.enter_context(indexes(self.manifest, self.surroundings))
            host = self._host(client)
            trees = TreeCache(self.surroundings.cache)
            stack.callback(trees.close)
            sourcing = Sourcing(self.project.root, trees, partial(self._download, client), self.old, self.request)
            direct = sourcing.plugins(self.manifest, self.planned.targets, host)
            settings = self._settings(host)
            workshop = stack.enter_context(self._workshop(settings, client, trees))
            searched = SourceIndexes(workshop, direct.direct_sources)
            solution = self._solve(settings, host, searched, direct)
            changed_bytes(solution.found, self.old, self.request.accept_changed)
            held = held_back(solution)
            if self.request.dry_run:
                return self._planned(solution, held, (*host.warnings, *direct.warnings, *client.notes))
            chosen = self._look_inside(solution.found, workshop, searched, direct)
            notes = (*host.warnings, *direct.warnings, *client.notes, *workshop.warnings)
        refuse_startup_code(chosen.found, chosen.seen, self.manifest)
        new = assemble(self.manifest, self.planned.targets, host, chosen)
        return self._write(new, solution, held, (*notes, *warnings_of(new, chosen.seen)))

    def _host(self, client: PackageIndexes) -> ProvidedSet:
        if self.host is not None:
            return self.host
        return provided_set(
            self.manifest, self.planned.targets, self.project, self.surroundings, client, self.progress, self.old
        )

    def _download(self, client: IndexClient, url: str) -> Path:
        if self.surroundings.offline:
            remedy = "allow the network"
            message = "this run may not use the network, and a plugin's archive is always fetched"
            raise WorldError(Problem(code="offline", message=message, path=url, remedy=remedy))
        return from_network(client.downloads)(url)

    def _settings(self, host: ProvidedSet) -> SearchSettings:
        versions, files = preferences(self.old, self.request.upgrade)
        return search_settings(self.manifest, self.planned.targets, host, self.surroundings.now, versions, files)

    def _workshop(self, settings: SearchSettings, client: PackageIndexes, trees: TreeCache) -> Workshop:
        versions, files = build_preferences(self.old, self.request.upgrade)
        return Workshop(
            settings,
            client,
            environ=self.surroundings.environ,
            cache=self.surroundings.cache,
            trees=trees,
            progress=self.progress,
            preferred=versions,
            preferred_files=files,
        )

    def _solve(
        self, settings: SearchSettings, host: ProvidedSet, searched: SourceIndexes, direct: DirectPlugins
    ) -> Solution:
        packages = tuple(need for need in self.planned.roots if need.name not in direct.directories)
        try:
            return solve(settings, searched, (*packages, *direct.roots), self.progress)
        except Conflict as conflict:
            # A manifest that is not written yet has no lines that a person could look at.
            written = self.manifest.plugins if self.request.manifest_is_written else ()
            places = {plugin.name: plugin.place for plugin in written}
            raise ResolutionError(*explain(conflict, host, places)) from None

    def _look_inside(self, found: Found, workshop: Workshop, searched: SourceIndexes, direct: DirectPlugins) -> Chosen:
        """Fetch and read every wheel, build every source, and lock what the sources are built with."""
        sources = [(page, file, searched.source(page, file), mask) for page, file, mask in sources_in(found)]
        locked = workshop.lock((tree, mask) for _, _, tree, mask in sources)
        tools = tools_of(locked)
        seen = inspect_files((found, tools), searched, InspectionMemory(self.surroundings.cache), self.progress)
        builds = {}
        for page, file, tree, _ in sources:
            if page.direct:
                seen[seen_key(file)] = Seen(size=file.size or 0, contents=build_wheel(workshop, tree).contents)
            builds[seen_key(file)] = locked[tree.key].build
        for page, file, _ in (*sources_in(found), *sources_in(tools)):
            if not page.direct:
                seen[seen_key(file)] = see_source(workshop, page, file)
        return Chosen(
            found=found,
            seen=seen,
            builds=builds,
            build_packages=build_packages(locked, seen),
            direct={name: fetched.record for name, fetched in direct.packages.items()},
            trees=direct.trees(found, self.planned.targets),
        )

    def _planned(self, solution: Solution, held: tuple[HeldBack, ...], warnings: tuple[str, ...]) -> LockReport:
        changes = planned_changes(self.old, solution.found)
        stale = self.old is None or bool(outdated(self.old, self.manifest, self.host))
        return LockReport(
            status="would-change" if changes or stale else "current",
            lock=None,
            path=str(self.project.lock_path),
            packages=len(solution.found.packages),
            changes=changes,
            held_back=held,
            split=solution.split,
            warnings=warnings,
        )

    def _write(
        self, new: Lock, solution: Solution, held: tuple[HeldBack, ...], warnings: tuple[str, ...]
    ) -> LockReport:
        path = self.project.lock_path
        text = render(new)
        problems = rules.problems(canonical(new), path=str(path), text=text)
        if problems:
            # What is about to be written must pass what every reader will demand; what does not is shown instead.
            raise ResolutionError(*problems)
        written = self.old is None or render(self.old) != text
        if written:
            replace(path, text)
        return LockReport(
            status="written" if written else "current",
            lock=new,
            path=str(path),
            packages=len(new.packages),
            changes=changes_between(self.old, new),
            held_back=held,
            split=solution.split,
            warnings=warnings,
        )
