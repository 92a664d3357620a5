"""An index with sources that really build, and short ways to ask for what they are built with."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resolver.building.requirements import LockedBuild, for_targets, sources_in
from resolver.building.source import SourceTree
from resolver.building.source_indexes import SourceIndexes
from resolver.building.workshop import Workshop
from resolver.index.client import IndexClient
from resolver.index.model import Index
from resolver.progress import Silent
from resolver.search.search import Solution, solve
from resolver.search.settings import SearchSettings
from resolver.sources.trees import TreeCache
from resolver.targets import Target, TargetSet
from tests.resolver.search.searches import root
from tests.sdists import sdist_bytes, sdist_name
from tests.servers.index_server import IndexServer, ServedFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from resolver.building.source_indexes import DirectSource

BACKEND = Path(__file__).with_name("backend.py").read_text(encoding="utf-8")
ARM, INTEL = "aarch64-linux", "x86_64-linux"
# The Python that runs the tests, so that builds find one of the right version on every machine.
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
TARGETS = TargetSet(targets=(Target(system=ARM, python=PYTHON), Target(system=INTEL, python=PYTHON)))


def project(
    name: str,
    version: str,
    *,
    built_with: Sequence[str] = (),
    more: Sequence[str] = (),
    needs: Sequence[str] = (),
    prepares: bool = False,
    files: Mapping[str, str] | None = None,
    run: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The files of a source with the backend of these tests.

    `built_with` is its `build-system.requires`, `more` what the backend asks for, `needs` its Requires-Dist; `files` go
    into the wheel; `run` maps a step to Python code that is run there; `prepares`: it has
    `prepare_metadata_for_build_wheel`.
    """
    said = {
        "name": name,
        "version": version,
        "more": list(more),
        "needs": list(needs),
        "prepares": prepares,
        "files": dict(files or {}),
        "run": dict(run or {}),
    }
    table = (
        f'[build-system]\nrequires = {json.dumps(list(built_with))}\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    return {"pyproject.toml": table, "backend.py": BACKEND, "build.json": json.dumps(said)}


@dataclass(kw_only=True)
class Yard:
    """A running index and a cache; `allowed` may be built, `settings` are those of the search."""

    folder: Path
    server: IndexServer
    allowed: set[str] = field(default_factory=set)
    settings: dict[str, Any] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)
    seconds: float = 120.0

    def add(self, name: str, version: str, *, allow: bool = True, static: bool = False, **said: Any) -> None:
        """Serve a source distribution (see `project`), and allow its build."""
        if allow:
            self.allowed.add(name)
        files = project(name, version, **said)
        data = sdist_bytes(name, version, files, requires=said.get("needs", ()), static=static)
        self.server.add(name, ServedFile(name=sdist_name(name, version), data=data))

    def tree(
        self, name: str, version: str | None = "1.0", *, raw: dict[str, str] | None = None, **said: Any
    ) -> SourceTree:
        """Write a source that no index lists (see `project`, or these `raw` files), and allow its build."""
        self.allowed.add(name)
        folder = self.folder / "trees" / name
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in (project(name, version or "1.0", **said) if raw is None else raw).items():
            (folder / path).write_text(text, encoding="utf-8")
        return SourceTree(name=name, version=version, root=folder, identity=f"sha256-{name}")

    def search_settings(self, targets: TargetSet = TARGETS) -> SearchSettings:
        """The rules of a search beside an empty host."""
        allow = dict.fromkeys(sorted(self.allowed), "tested")
        bare = SearchSettings(targets=targets, host=None, allow_build=allow, **self.settings)  # type: ignore[arg-type]  # replaced below
        return for_targets(bare, targets)

    @contextmanager
    def open(self, targets: TargetSet = TARGETS, **arguments: Any) -> Iterator[Workshop]:
        """Open a workshop on the index; everything is kept in one cache."""
        with (
            IndexClient([Index(name="default", url=self.server.url)], environ={}) as client,
            Workshop(
                self.search_settings(targets),
                client,
                environ={"PATH": "/usr/bin:/bin", **self.environ},
                cache=self.folder / "cache",
                trees=TreeCache(self.folder / "unpacked"),
                progress=Silent(),
                seconds=self.seconds,
                **arguments,
            ) as workshop,
        ):
            yield workshop

    def lock(self, *sources: SourceTree, mask: int = 3, **arguments: Any) -> dict[str, LockedBuild]:
        """Lock what sources are built with, by the name of each source."""
        with self.open(**arguments) as workshop:
            return {build.source.name: build for build in workshop.lock([(s, mask) for s in sources]).values()}

    def search(self, *plugins: str, direct: dict[str, DirectSource] | None = None) -> Solution:
        """Resolve plugins with sources among them."""
        with self.open() as workshop:
            return self.search_in(workshop, *plugins, direct=direct)

    def search_in(self, workshop: Workshop, *plugins: str, direct: dict[str, DirectSource] | None = None) -> Solution:
        """Resolve plugins in an open workshop."""
        return solve(
            self.search_settings(), SourceIndexes(workshop, direct), [root(text) for text in plugins], Silent()
        )

    def lock_found(self, workshop: Workshop, solution: Solution) -> dict[str, LockedBuild]:
        """Lock what the sources among the found packages are built with, by identity."""
        indexes = SourceIndexes(workshop)
        return workshop.lock([(indexes.source(page, file), mask) for page, file, mask in sources_in(solution.found)])


def versions(build: LockedBuild) -> dict[str, str]:
    """Name to version of what a source is built with."""
    return {entry.name: entry.version for entry in build.build.requires}
