"""Where sources are locked and built: each in isolation, one at a time, those it is built with before it.

All builds of a run happen in the thread that waits for them.  A source may need others to be built first, and
what is under way is a plain stack: a source that turns up in it again is a cycle.
"""

from __future__ import annotations

import dataclasses
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec
from msgspec.structs import replace

from resolver.building import failures
from resolver.building.fetched_wheels import fetch_wheels
from resolver.building.interpreter import Interpreter, find_interpreter
from resolver.building.isolation import HOOK_SECONDS, Isolation
from resolver.building.requirements import LockedBuild, build_settings, for_targets, resolve, sources_in
from resolver.building.room import Room
from resolver.building.sdists import Sdists
from resolver.building.source import SourceTree, asked_requirement, build_system_of
from resolver.building.source_indexes import SourceIndexes
from resolver.building.store import BuildStore, key_of
from resolver.inspection.memory import InspectionMemory
from resolver.targets import TargetSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.requirements import Requirement

    from resolver.building.publishers import PublisherGate
    from resolver.index.interface import PackageIndexes
    from resolver.index.model import ProjectFile, ProjectPage
    from resolver.progress import Progress
    from resolver.search.resolution import Found
    from resolver.search.settings import SearchSettings
    from resolver.sources.pyproject import BuildSystem
    from resolver.sources.trees import TreeCache

MOST_ROUNDS = 10
"""How often a backend may ask for something more."""


class Bench(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A source with what it is built with on this machine; `key` tells it from every other such build."""

    source: SourceTree
    system: BuildSystem
    files: tuple[tuple[ProjectPage, ProjectFile], ...]
    key: str


class Workshop:
    """Builds for one run; a context manager, for it keeps unpacked sources and an environment.

    `settings` are those of the plugins' search, `preferred` and `preferred_files` what `build_preferences` gives.
    `cache` is the folder of the cache, `trees` where archives are unpacked.  Of `environ` only PATH is used.  `gate`
    refuses what others published than may.
    """

    def __init__(
        self,
        settings: SearchSettings,
        client: PackageIndexes,
        *,
        environ: Mapping[str, str],
        cache: Path,
        trees: TreeCache,
        progress: Progress,
        preferred: Mapping[str, tuple[str, ...]] | None = None,
        preferred_files: Mapping[str, str] | None = None,
        gate: PublisherGate | None = None,
        seconds: float = HOOK_SECONDS,
    ) -> None:
        self.client = client
        self.store = BuildStore(cache)
        self._memory = InspectionMemory(cache)
        self._gate = gate
        self._settings = build_settings(settings, preferred or {}, preferred_files or {})
        self._progress = progress
        self._temporary = tempfile.TemporaryDirectory(prefix="plugin-lock-builds-", ignore_cleanup_errors=True)
        self.folder = Path(self._temporary.name).resolve()
        self.sdists = Sdists(client, trees)
        self._indexes = SourceIndexes(self)
        self._isolation = Isolation(environ.get("PATH", "/usr/bin:/bin"), seconds=seconds)
        self._interpreter: Interpreter | None = None
        # Reentrant: a build may need another one.
        self._turn = threading.RLock()
        self._under_way: list[SourceTree] = []
        self._benches: dict[str, Bench] = {}
        self._locked: dict[str, LockedBuild] = {}
        self._room: tuple[str, Room] | None = None
        self._built = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove what was unpacked and built outside the cache."""
        self._leave_room()
        self.sdists.close()
        self._temporary.cleanup()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a user should know of the builds that were run."""
        found = []
        if self._interpreter is not None and self._interpreter.warning is not None:
            found.append(self._interpreter.warning)
        if self._built and not self._isolation.closes_network:
            found.append("sources were built while the network was open: this system offers no way to close it")
        return tuple(found)

    # -- what sources are built with -------------------------------------------------------------------------------

    def lock(self, sources: Iterable[tuple[SourceTree, int]]) -> dict[str, LockedBuild]:
        """Lock what sources are built with, each on the targets of its mask, and what those are built with in turn.

        Returns one entry for each source that is needed, by its key.  Equal input gives an equal answer, whatever
        the order.  Raises `ResolutionError`, `SourceError` for a source that must not be used, and `WorldError` where
        a backend fails.
        """
        wanted = sorted(sources, key=lambda pair: (pair[0].name, pair[0].version or "", pair[0].key))
        for source, mask in wanted:
            self._lock(source, mask)
        needed: dict[str, LockedBuild] = {}
        pending = [source.key for source, _ in reversed(wanted)]
        while pending:
            locked = self._locked[pending.pop()]
            if locked.source.key not in needed:
                needed[locked.source.key] = locked
                pending += [f"sha256:{file.sha256}" for _, file, _ in sources_in(locked.found)]
        return needed

    def _lock(self, source: SourceTree, mask: int) -> None:
        known = self._locked.get(source.key)
        if known is not None and not mask & ~known.mask:
            return
        mask |= known.mask if known is not None else 0
        with self._entered(source):
            system, found, bench = self._settled(source, self._settings, mask)
            self._benches[source.key] = bench
            self._locked[source.key] = LockedBuild(
                source=source, system=system, targets=self._settings.targets, mask=mask, found=found
            )
            self._prefer(found)
            for page, file, used in sources_in(found):
                self._lock(self.sdists.tree(page, file).result(), used)

    def bench(self, source: SourceTree) -> Bench:
        """Return what a source is built with on this machine; as locked, where it has been locked.

        Raises as `lock` does.
        """
        with self._turn:
            known = self._benches.get(source.key)
            if known is None:
                with self._entered(source):
                    _, _, known = self._settled(source, self._here(), 1)
                self._benches[source.key] = known
            return known

    def _settled(self, source: SourceTree, settings: SearchSettings, mask: int) -> tuple[BuildSystem, Found, Bench]:
        """Resolve what a source is built with until its backend asks for nothing more."""
        system = build_system_of(source)
        requires = {str(requirement): requirement for requirement in system.requires}
        for _ in range(MOST_ROUNDS):
            found = resolve(source, requires.values(), settings, self._indexes, mask)
            bench = self._bench_from(source, system, requires.values(), settings, found, mask)
            asked = [asked_requirement(source, text) for text in self._asked_by_backend(bench)]
            more = {str(requirement): requirement for requirement in asked if str(requirement) not in requires}
            if not more:
                return system, found, bench
            requires |= more
        raise failures.unusable(source, f"its backend asked for something more {MOST_ROUNDS} times")

    def _asked_by_backend(self, bench: Bench) -> tuple[str, ...]:
        known = self.store.requires(bench.key)
        if known is None:
            with self.room(bench) as room:
                known = room.requires()
            self.store.keep_requires(bench.key, known)
        return known

    def _prefer(self, found: Found) -> None:
        preferred = dict(self._settings.preferred)
        for package in found.packages:
            known = preferred.get(package.name, ())
            if str(package.version) not in known:
                preferred[package.name] = (*known, str(package.version))
        self._settings = replace(self._settings, preferred=preferred)

    # -- this machine ----------------------------------------------------------------------------------------------

    @property
    def interpreter(self) -> Interpreter:
        """The Python that builds."""
        if self._interpreter is None:
            wanted = self._settings.targets.targets[0].python_minor
            self._interpreter = find_interpreter(wanted, self._isolation)
        return self._interpreter

    def _here(self) -> SearchSettings:
        interpreter = self.interpreter
        python = ".".join(map(str, interpreter.minor))
        like = self._settings.targets.targets[0]
        target = dataclasses.replace(like, system=interpreter.system, python=python)
        return for_targets(self._settings, TargetSet(targets=(target,)))

    def _bench_from(
        self,
        source: SourceTree,
        system: BuildSystem,
        requires: Iterable[Requirement],
        settings: SearchSettings,
        found: Found,
        mask: int,
    ) -> Bench:
        """Return the part of a resolution that is for this machine, else resolve for it with the same versions."""
        own = 0
        for bit, target in enumerate(settings.targets.targets):
            if (target.system, target.python_minor) == (self.interpreter.system, self.interpreter.minor):
                own = mask & 1 << bit
        if not own:
            here = self._here()
            same = {package.name: (str(package.version),) for package in found.packages}
            here = replace(here, preferred={**here.preferred, **same})
            found, own = resolve(source, requires, here, self._indexes, 1), 1
        bit = own.bit_length() - 1
        files = tuple((package.page, package.files[bit]) for package in found.packages if package.mask & own)
        return Bench(source=source, system=system, files=files, key=self._key(source, system, files))

    def _key(self, source: SourceTree, system: BuildSystem, files: tuple[tuple[ProjectPage, ProjectFile], ...]) -> str:
        interpreter = self.interpreter
        used = [
            file.sha256 or "" if file.kind == "wheel" else self.bench(self.sdists.tree(page, file).result()).key
            for page, file in files
        ]
        return key_of(
            (source.name, source.version or source.tagged or "", source.key),
            (system.backend, *system.backend_path),
            (interpreter.system, *map(str, interpreter.minor)),
            sorted(used),
        )

    # -- building --------------------------------------------------------------------------------------------------

    @contextmanager
    def room(self, bench: Bench) -> Iterator[Room]:
        """Give the environment of a bench, the last one again where it is the same."""
        from resolver.building.wheel import build_wheel  # noqa: PLC0415 - the two need each other

        with self._turn:
            if self._room is None or self._room[0] != bench.key:
                if self._gate is not None:
                    self._gate.refuse(bench.source, self.sdists.listed(bench.source), bench.files)
                fetched = fetch_wheels(self.client, self._memory, bench.files)
                wheels = [
                    fetched[file.filename]
                    if file.kind == "wheel"
                    else build_wheel(self, self.sdists.tree(page, file).result()).path
                    for page, file in bench.files
                ]
                self._leave_room()
                self._progress.stage("building")
                self._built = True
                room = Room(bench.source, bench.system, self.interpreter, wheels, self._isolation)
                self._room = bench.key, room.__enter__()
            self._progress.step(str(bench.source))
            yield self._room[1]

    def _leave_room(self) -> None:
        if self._room is not None:
            self._room[1].close()
            self._room = None

    @contextmanager
    def _entered(self, source: SourceTree) -> Iterator[None]:
        """Note that a source is under way; refuse one that the policy does not name, or that is under way already."""
        with self._turn:
            if source.name not in self._settings.allow_build:
                raise failures.not_allowed(source)
            keys = [other.key for other in self._under_way]
            if source.key in keys:
                raise failures.cycle((*self._under_way[keys.index(source.key) :], source))
            self._under_way.append(source)
            try:
                yield
            finally:
                self._under_way.pop()
