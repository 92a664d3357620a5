"""Looking inside every chosen file: fetched by hash, read without running anything, judged by policy."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from lock.errors import LockError, Problem
from lock.model import Archive, Sdist
from resolver.inspection.agreement import differences
from resolver.inspection.memory import Seen
from resolver.inspection.wheel import inspect
from resolver.locked_package import seen_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from concurrent.futures import Future
    from pathlib import Path

    from lock.model import Lock, Package
    from resolver.index.interface import PackageIndexes
    from resolver.index.model import ProjectFile, ProjectPage
    from resolver.inspection.memory import InspectionMemory
    from resolver.inspection.model import WheelContents
    from resolver.manifest.model import Manifest
    from resolver.progress import Progress
    from resolver.search.resolution import Found, ResolvedPackage
    from resolver.targets import TargetSet


WORKERS = 2
"""How many files are read at once: unpacking and hashing leave the interpreter to others."""


def inspect_files(
    parts: Iterable[Found], client: PackageIndexes, memory: InspectionMemory, progress: Progress
) -> dict[str, Seen]:
    """Return what is inside every chosen wheel, by sha256; wheels not seen before are fetched and read.

    Raises `WorldError` where a fetch fails, and `LockError` with the problems of all files together: those inside, and
    metadata that is not what the search was told.
    """
    wanted = {
        file.sha256: (package, file)
        for found in parts
        for package in found.packages
        for file in package.files.values()
        if file.kind == "wheel" and file.sha256 is not None
    }
    seen: dict[str, Seen] = {}
    for sha256, (_, file) in wanted.items():
        known = memory.recall(sha256, file.filename)
        if known is not None:
            seen[sha256] = known
    missing = {sha256: pair for sha256, pair in wanted.items() if sha256 not in seen}
    sizes = [file.size for _, file in missing.values()]
    progress.stage("downloading", None if None in sizes else sum(size or 0 for size in sizes))
    futures = {
        sha256: client.download(package.page, file, partial(progress.step, file.filename))
        for sha256, (package, file) in missing.items()
    }
    problems: list[Problem] = []
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="inspection") as pool:
        ordered = sorted(missing.items(), key=lambda item: item[1][1].filename)
        read = {sha256: pool.submit(_read, futures[sha256], package) for sha256, (package, _) in ordered}
        try:
            for sha256, (_, file) in ordered:
                try:
                    seen[sha256] = read[sha256].result()
                except LockError as error:
                    problems += error.problems
                else:
                    memory.remember(sha256, file.filename, seen[sha256])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    for sha256, (package, file) in sorted(wanted.items(), key=lambda item: item[1][1].filename):
        if sha256 in seen:
            problems += _disagreements(client, package.page, file, seen[sha256].contents, None)
    if problems:
        raise LockError(*problems)
    return seen


def _read(download: Future[Path], package: ResolvedPackage) -> Seen:
    path = download.result()
    contents = inspect(path, name=package.name, version=package.version_text)
    return Seen(size=path.stat().st_size, contents=contents)


def refuse_other_metadata(
    client: PackageIndexes, page: ProjectPage, file: ProjectFile, contents: WheelContents, targets: TargetSet
) -> None:
    """Refuse a source that became a wheel with other metadata than the search was told of it.  Raises `LockError`."""
    problems = _disagreements(client, page, file, contents, targets)
    if problems:
        raise LockError(*problems)


def _disagreements(
    client: PackageIndexes, page: ProjectPage, file: ProjectFile, contents: WheelContents, targets: TargetSet | None
) -> list[Problem]:
    if contents.metadata is None:
        return []
    searched = client.metadata(page, file).result()
    told = "METADATA inside it says" if targets is None else "the METADATA of the wheel it becomes says"
    remedy = (
        "do not use this file: the index or a mirror describes it wrongly; tell whoever runs it"
        if targets is None
        else "its PKG-INFO or pyproject.toml promises something else; choose another version, and tell its maintainers"
    )
    return [
        Problem(code="other-metadata", message=f"{told} {what}", path=file.filename, remedy=remedy)
        for what in differences(searched, file, contents.metadata, targets)
    ]


def refuse_startup_code(found: Found, files: Mapping[str, Seen], manifest: Manifest) -> None:
    """Refuse files that run when an interpreter starts, unless the policy names their package.  Raises `LockError`."""
    problems = []
    for package in found.packages:
        if package.name in manifest.policy.allow_startup_code:
            continue
        running: dict[tuple[str, ...], list[str]] = {}
        for file in dict.fromkeys(package.files.values()):
            startup = tuple(files[seen_key(file)].contents.startup_files)
            if startup:
                running.setdefault(startup, []).append(file.filename)
        for startup, names in running.items():
            # Wheels for several systems mostly hold the same, which one look and one exception settle.
            others = f" (and {len(names) - 1} more of its files)" if len(names) > 1 else ""
            problems.append(
                Problem(
                    code="startup-code",
                    message=f"{names[0]}{others} runs code whenever an interpreter starts: {', '.join(startup)}",
                    path=manifest.path,
                    remedy="look at what it does; to allow it, write under [policy]: allow-startup-code ="
                    f' {{ "{package.name}" = "why this is acceptable" }}',
                )
            )
    if problems:
        raise LockError(*problems)


def warnings_of(lock: Lock, files: Mapping[str, Seen]) -> tuple[str, ...]:
    """Return what a user should know of a new lock: libraries nobody provides, plugins the host will not find."""
    return (
        *_remarks(lock, files),
        *_unknown_libraries(lock, files),
        *_unnamed_plugins(lock, files),
        *_unregistered(lock),
        *_absent_extras(lock, files),
    )


def _absent_extras(lock: Lock, files: Mapping[str, Seen]) -> Iterator[str]:
    """Tell of extras that a plugin does not have: whoever asked for one expects something of it."""
    for plugin in lock.plugins:
        seen = [
            files[key].contents.metadata
            for package in lock.packages
            if package.name == plugin.name and plugin.tree is None
            for key in _keys(package)
        ]
        offered = {canonicalize_name(extra) for metadata in seen if metadata for extra in metadata.provides_extra}
        for extra in plugin.extras if any(seen) else ():
            if extra not in offered:
                known = f"it has {', '.join(sorted(offered))}" if offered else "it has none"
                yield f"{plugin.name} has no extra {extra}, so asking for it adds nothing; {known}"


def _remarks(lock: Lock, files: Mapping[str, Seen]) -> Iterator[str]:
    for package in lock.packages:
        for artifact, key in zip(package.artifacts, _keys(package), strict=True):
            for remark in files[key].contents.remarks:
                yield f"{artifact.name}: {remark}"


def _unknown_libraries(lock: Lock, files: Mapping[str, Seen]) -> Iterator[str]:
    for package in lock.packages:
        for wheel in package.wheels:
            unknown = files[wheel.sha256].contents.unknown_libraries
            if unknown:
                yield (
                    f"{wheel.name} needs shared libraries that nothing is known to provide: {', '.join(unknown)};"
                    " give them in Nix through the argument `overrides`"
                )


def _unnamed_plugins(lock: Lock, files: Mapping[str, Seen]) -> Iterator[str]:
    groups = set(lock.host.entry_points)
    named = {plugin.name for plugin in lock.plugins}
    for package in lock.packages:
        registered = {entry.group for key in _keys(package) for entry in files[key].contents.entry_points}
        if package.name not in named and registered & groups:
            yield (
                f"{package.name}, which plugins.toml does not name, registers in"
                f" {', '.join(sorted(registered & groups))}: the host will load it as a plugin too"
            )


def _keys(package: Package) -> Iterator[str]:
    """Yield the `seen_key` of each artifact of a package."""
    hashes = {wheel.name: wheel.sha256 for wheel in package.wheels}
    source = package.source
    for artifact in package.artifacts:
        if isinstance(source, Sdist | Archive):
            yield hashes.get(artifact.name, source.sha256)
        else:
            yield hashes.get(artifact.name, artifact.name)


def _unregistered(lock: Lock) -> Iterator[str]:
    if not lock.host.entry_points:
        yield "[host].entry-points names no group, so no entry point of any plugin is recorded or checked"
    locked = {package.name for package in lock.packages}
    for plugin in lock.plugins:
        if plugin.tree is not None:
            continue
        if plugin.name not in locked:
            yield f"{plugin.name} is shipped by the host already; its entry in plugins.toml adds nothing"
        elif lock.host.entry_points and not plugin.entry_points:
            groups = ", ".join(lock.host.entry_points)
            yield f"{plugin.name} registers no entry point in {groups}; the host will not find it that way"
