"""The part of `lock` and `update` that searches, fetches, looks inside and writes."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol, Self

import msgspec

from lock.errors import ResolutionError
from resolver.manifest.model import IndexSource
from resolver.operations.assembly import Chosen, assemble, changed_bytes
from resolver.operations.changes import changes_between, planned_changes
from resolver.operations.currency import outdated
from resolver.operations.hosting import provided_set
from resolver.operations.index_events import index_events, indexes_of, planned_indexes
from resolver.operations.indexing import explained_origins, indexes
from resolver.operations.newcomers import names_in, near_names, planned_names, starting_builds
from resolver.operations.planning import policy_record, preferences, resolution_options, search_settings
from resolver.operations.policy_events import policy_events
from resolver.operations.reports import LockReport
from resolver.search.explain import explain
from resolver.search.held_back import held_back
from resolver.search.search import Conflict, Solution, solve

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from lock.model import Lock
    from resolver.hosts.model import ProvidedSet
    from resolver.index.client import IndexClient
    from resolver.index.interface import PackageIndexes
    from resolver.manifest.model import Manifest
    from resolver.operations.locking import LockRequest
    from resolver.operations.planning import Plan
    from resolver.operations.project import Project, Surroundings
    from resolver.operations.reports import HeldBack, PolicyEvent
    from resolver.progress import Progress
    from resolver.search.needs import Need
    from resolver.search.resolution import Found
    from resolver.search.settings import SearchSettings


class Material(Protocol):
    """What one run searches, and how it looks inside what was chosen.

    `indexes` are asked, `roots` are to be met; `warnings` are complete only once everything was looked at.
    """

    @property
    def indexes(self) -> PackageIndexes:
        """Everything that can be chosen."""
        ...

    @property
    def roots(self) -> tuple[Need, ...]:
        """What the plugin entries need."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a user should know."""
        ...

    def look_inside(self, found: Found) -> Chosen:
        """Fetch and read every chosen file."""
        ...


class WheelsOnly:
    """The material of a run in which only wheels of indexes can be chosen."""

    warnings: tuple[str, ...] = ()

    def __init__(self, run: Relocking, client: IndexClient) -> None:
        self._run = run
        self.indexes = client
        self.roots = run.planned.roots

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        """Leave the client to whoever opened it."""

    def look_inside(self, found: Found) -> Chosen:
        """Fetch and read every wheel."""
        # A dry run ends before this, and is spared the import.
        from resolver.inspection.memory import InspectionMemory  # noqa: PLC0415 - see above
        from resolver.operations.inspecting import inspect_files  # noqa: PLC0415 - likewise
        from resolver.operations.publishing import Asked, remarks  # noqa: PLC0415 - likewise

        memory = InspectionMemory(self._run.surroundings.cache)
        asked = Asked((found,), self.indexes)
        seen = inspect_files((found,), self.indexes, memory, self._run.progress)
        publishers = asked.publishers()
        return Chosen(found=found, seen=seen, publishers=publishers, remarks=remarks((found,), publishers))


class Relocking(msgspec.Struct, frozen=True, kw_only=True):
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
            settings = self._settings(host)
            material = stack.enter_context(self._material(settings, client))
            solution = self._solve(settings, material)
            changed_bytes(solution.found, self.old, self.request.accept_changed)
            held = held_back(solution)
            if self.request.dry_run:
                notes = (*host.warnings, *material.warnings, *client.notes)
                near = near_names(self.old, planned_names(solution.found, self.manifest), host)
                moved = self._moved(planned_indexes(solution.found))
                return self._planned(solution, held, notes, (*near, *moved))
            chosen = material.look_inside(solution.found)
            notes = (*host.warnings, *material.warnings, *client.notes)
        from resolver.operations.colliding import refuse_collisions  # noqa: PLC0415 - as in look_inside
        from resolver.operations.inspecting import refuse_startup_code, warnings_of  # noqa: PLC0415 - likewise
        from resolver.operations.publisher_policy import refuse_publishers  # noqa: PLC0415 - likewise

        refuse_startup_code(chosen.found, chosen.seen, self.manifest)
        new = assemble(self.manifest, self.planned.targets, host, chosen)
        notes += refuse_collisions(new, self.manifest, host)
        refuse_publishers(new, self.manifest)
        near = near_names(self.old, names_in(new), host)
        newcomers = (*near, *self._moved(indexes_of(new)), *starting_builds(self.old, new))
        return self._write(new, solution, held, (*notes, *chosen.remarks, *warnings_of(new, chosen.seen)), newcomers)

    def _material(self, settings: SearchSettings, client: IndexClient) -> AbstractContextManager[Material]:
        """Return what is searched; whatever sources take is slow to import, and most projects have none."""
        direct = any(not isinstance(plugin.source, IndexSource) for plugin in self.manifest.plugins)
        policy = self.manifest.policy
        if not direct and not policy.allow_build and not policy.allow_origins:
            return WheelsOnly(self, client)
        from resolver.operations.source_material import SourceMaterial  # noqa: PLC0415 - see above

        return SourceMaterial(self, settings, client)

    def _host(self, client: PackageIndexes) -> ProvidedSet:
        if self.host is not None:
            return self.host
        return provided_set(
            self.manifest, self.planned.targets, self.project, self.surroundings, client, self.progress, self.old
        )

    def _settings(self, host: ProvidedSet) -> SearchSettings:
        versions, files = preferences(self.old, self.request.upgrade)
        return search_settings(self.manifest, self.planned.targets, host, self.surroundings.now, versions, files)

    def _solve(self, settings: SearchSettings, material: Material) -> Solution:
        try:
            return solve(settings, material.indexes, material.roots, self.progress)
        except Conflict as conflict:
            # A manifest that is not written yet has no lines that a person could look at.
            written = self.manifest.plugins if self.request.edit is None else ()
            places = {plugin.name: plugin.place for plugin in written}
            raise ResolutionError(*explain(conflict, settings.host, places)) from None

    def _planned(
        self,
        solution: Solution,
        held: tuple[HeldBack, ...],
        warnings: tuple[str, ...],
        newcomers: tuple[PolicyEvent, ...],
    ) -> LockReport:
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
            events=(*self._events(), *newcomers),
            warnings=warnings,
        )

    def _events(self) -> tuple[PolicyEvent, ...]:
        policy, resolution = policy_record(self.manifest), resolution_options(self.manifest)
        return policy_events(self.old, policy, resolution, self.surroundings.now)

    def _moved(self, now: set[tuple[str, str]]) -> tuple[PolicyEvent, ...]:
        return tuple(index_events(self.old, now, explained_origins(self.manifest, self.surroundings)))

    def _write(
        self,
        new: Lock,
        solution: Solution,
        held: tuple[HeldBack, ...],
        warnings: tuple[str, ...],
        newcomers: tuple[PolicyEvent, ...],
    ) -> LockReport:
        from lock import rules  # noqa: PLC0415 - a dry run writes nothing
        from lock.canonical import canonical  # noqa: PLC0415 - likewise
        from lock.writer import render  # noqa: PLC0415 - likewise
        from resolver.operations.authority_events import authority_events  # noqa: PLC0415 - likewise
        from resolver.operations.publisher_policy import publisher_events  # noqa: PLC0415 - likewise
        from resolver.operations.writing import write  # noqa: PLC0415 - likewise

        path = self.project.lock_path
        text = render(new)
        problems = rules.problems(canonical(new), path=str(path), text=text)
        if problems:
            # What is about to be written must pass what every reader will demand; what does not is shown instead.
            raise ResolutionError(*problems)
        written = self.old is None or render(self.old) != text
        if written or self.request.edit is not None:
            write(self.project, old=self.old, lock=text if written else None, edit=self.request.edit)
        return LockReport(
            status="written" if written else "current",
            lock=new,
            path=str(path),
            packages=len(new.packages),
            changes=changes_between(self.old, new),
            held_back=held,
            split=solution.split,
            events=(
                *self._events(),
                *publisher_events(self.old, new),
                *authority_events(self.old, new),
                *newcomers,
            ),
            warnings=warnings,
        )
