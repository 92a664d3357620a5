"""`check`: whether plugins.lock keeps the rules of the format and still follows from plugins.toml.  No network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.model import Archive, Vcs
from lock.reader import parse
from lock.rules.origins import unexplained_origins
from lock.urls import is_below
from resolver.manifest.model import GitSource, HostRequirement, UrlSource
from resolver.manifest.reader import load
from resolver.operations.currency import outdated
from resolver.operations.hosting import provided_set
from resolver.operations.indexing import explained_origins
from resolver.operations.planning import plan
from resolver.operations.reports import CheckReport
from resolver.progress import Silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lock.errors import Problem
    from lock.model import Lock
    from resolver.operations.project import Project, Surroundings


def check(project: Project, surroundings: Surroundings) -> CheckReport:
    """Return everything in which a lock no longer follows from plugins.toml, the indexes in force and the host.

    Raises `LockError` for one that cannot be read or breaks a rule of the format (reading enforces them all), and
    `InputError` for plugins.toml or a host file that cannot be read.
    """
    manifest = load(project.manifest_path)
    planned = plan(manifest)
    shown = str(project.lock_path)
    content = project.lock_bytes()
    lock = parse(content, shown)
    text = content.decode()
    explained = explained_origins(manifest, surroundings)
    sources = [plugin.source.url for plugin in manifest.plugins if isinstance(plugin.source, GitSource | UrlSource)]
    problems: list[Problem] = list(
        unexplained_origins(
            lock, explained, sources=sources, places=manifest.policy.allow_origins, path=shown, text=text
        )
    )
    host = None
    if not isinstance(manifest.host.source, HostRequirement):
        host = provided_set(manifest, planned.targets, project, surroundings, None, Silent())
    problems += outdated(lock, manifest, host)
    problems += _vendored(project)
    return CheckReport(
        problems=tuple(problems),
        plugins=len(lock.plugins),
        packages=len(lock.packages),
        warnings=tuple(_idle_exceptions(lock)),
    )


def _vendored(project: Project) -> Iterator[Problem]:
    """Judge the copies of the Nix library in the project, of which most have none."""
    from resolver.operations.vendoring import copies, problems_of  # noqa: PLC0415 - see above

    for copy in copies(project.root):
        yield from problems_of(copy)


def _idle_exceptions(lock: Lock) -> Iterator[str]:
    """Tell exceptions that nothing in the lock needs any more: they would let in what nobody has looked at."""
    every = (*lock.packages, *lock.build_packages)
    built = {package.name for package in every for artifact in package.artifacts if artifact.build is not None}
    starting = {package.name for package in every for artifact in package.artifacts if artifact.startup_files}
    followed = [package.source.url for package in every if isinstance(package.source, Archive | Vcs)]
    idle = [("allow-build", name) for name in lock.policy.allow_build if name not in built]
    idle += [("allow-startup-code", name) for name in lock.policy.allow_startup_code if name not in starting]
    idle += [
        ("allow-origins", place)
        for place in lock.policy.allow_origins
        if not any(is_below(url, place) for url in followed)
    ]
    for kind, subject in sorted(idle):
        yield f"[policy].{kind} excepts {subject}, and nothing that is locked needs that: take it out"
