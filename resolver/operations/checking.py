"""`check`: whether plugins.lock keeps the rules of the format and still follows from plugins.toml.

Without a network, unless attestations are to be verified.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lock.model import Archive, Vcs
from lock.reader import parse
from lock.rules.origins import unexplained_origins
from lock.urls import is_below
from resolver.manifest.model import GitSource, HostRequirement, UrlSource
from resolver.manifest.reader import load
from resolver.operations.colliding import judge_modules
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
    from resolver.manifest.model import Manifest
    from resolver.operations.colliding import Judged
    from resolver.operations.levels import MinLevel, PackageLevel
    from resolver.operations.project import Project, Surroundings
    from resolver.progress import Progress


def check(
    project: Project,
    surroundings: Surroundings,
    min_level: MinLevel | None = None,
    progress: Progress | None = None,
) -> CheckReport:
    """Return everything in which a lock no longer follows from plugins.toml, the indexes in force and the host.

    With `min_level` also every package of which less is known; for `attestation` indexes are asked where the cache does
    not know.

    Raises `LockError` for one that cannot be read or breaks a rule of the format (reading enforces them all), and
    `InputError` for plugins.toml or a host file that cannot be read; `WorldError` where an index cannot be asked.
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
    modules = judge_modules(lock, manifest, host)
    problems += modules.problems
    problems += _vendored(project)
    levels = None
    if min_level is not None:
        levels, low = _levels(lock, manifest, surroundings, min_level, progress or Silent())
        problems += [replace(problem, path=shown) for problem in low]
    return CheckReport(
        problems=tuple(problems),
        plugins=len(lock.plugins),
        packages=len(lock.packages),
        warnings=(*_idle_exceptions(lock, modules if host is not None else None), *_idle_publishers(lock)),
        levels=levels,
    )


def _levels(
    lock: Lock, manifest: Manifest, surroundings: Surroundings, wanted: MinLevel, progress: Progress
) -> tuple[tuple[PackageLevel, ...], list[Problem]]:
    from resolver.operations.levels import recorded, too_low  # noqa: PLC0415 - few runs ask for a level

    levels = recorded(lock)
    problems: tuple[Problem, ...] = ()
    if wanted.level == "attestation":
        from resolver.operations.attestations import verified_levels  # noqa: PLC0415 - takes an optional extra

        levels, problems = verified_levels(lock, manifest, surroundings, wanted.trust_root, progress)
    return levels, [*problems, *too_low(levels, wanted.level)]


def _vendored(project: Project) -> Iterator[Problem]:
    """Judge the copies of the Nix library in the project, of which most have none."""
    from resolver.operations.vendoring import copies, problems_of  # noqa: PLC0415 - see above

    for copy in copies(project.root):
        yield from problems_of(copy, project.root)


def _idle_exceptions(lock: Lock, modules: Judged | None) -> Iterator[str]:
    """Tell exceptions that nothing in the lock needs any more: they would let in what nobody has looked at.

    `modules` None: what the host brings is not known here, and so not which modules it shares with a package.
    """
    every = (*lock.packages, *lock.build_packages)
    built = {package.name for package in every for artifact in package.artifacts if artifact.build is not None}
    # What sources are built with may start as it likes: no exception is needed for that.
    starting = {package.name for package in lock.packages for artifact in package.artifacts if artifact.startup_files}
    followed = [package.source.url for package in every if isinstance(package.source, Archive | Vcs)]
    idle = [("allow-build", name) for name in lock.policy.allow_build if name not in built]
    if modules is not None:
        idle += [("allow-modules", name) for name in lock.policy.allow_modules if name not in modules.excused]
    idle += [("allow-startup-code", name) for name in lock.policy.allow_startup_code if name not in starting]
    unknown = {package.name for package in every for artifact in package.artifacts if not artifact.attested}
    idle += [("allow-unattested", name) for name in lock.policy.allow_unattested if name not in unknown]
    idle += [
        ("allow-origins", place)
        for place in lock.policy.allow_origins
        if not any(is_below(url, place) for url in followed)
    ]
    for kind, subject in sorted(idle):
        yield f"[policy].{kind} excepts {subject}, and nothing that is locked needs that: take it out"


def _idle_publishers(lock: Lock) -> Iterator[str]:
    """Tell names that only some may publish, of which nothing is locked: misspelt, they guard nothing."""
    names = {package.name for package in (*lock.packages, *lock.build_packages)}
    for name in sorted(lock.policy.publishers.keys() - names):
        yield f"[policy].publishers names {name}, and nothing of that name is locked: mend or take it out"
