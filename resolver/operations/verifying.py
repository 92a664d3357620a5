"""`verify`: fetches everything that is locked again, and compares bytes, content, and what is said of it now."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lock.errors import InputError, Problem
from resolver.index.cache import Cache
from resolver.index.client import IndexClient
from resolver.index.credentials import CredentialStore
from resolver.index.model import Index
from resolver.manifest.reader import load
from resolver.manifest.shown import Refused, did_you_mean
from resolver.manifest.urls import index_url
from resolver.operations.indexing import indexes
from resolver.operations.planning import target_set
from resolver.sources.trees import TreeCache
from resolver.verification.fetching import FromAddress, FromMirror, WithoutNetwork
from resolver.verification.files import check_file
from resolver.verification.listing import listed
from resolver.verification.locked import files, trees
from resolver.verification.model import VerifyReport
from resolver.verification.nix_store import STORE
from resolver.verification.trees import Trees

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lock.model import Lock
    from resolver.manifest.model import Manifest
    from resolver.operations.project import Project, Surroundings
    from resolver.progress import Progress
    from resolver.verification.fetching import Bytes
    from resolver.verification.model import Finding, LockedFile

WORKERS = 8
"""How many files are fetched and read at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyRequest:
    """What to look at: `names` of packages and plugins (none: all), files from `mirror`, a Simple API, if given."""

    names: tuple[str, ...] = ()
    mirror: str | None = None


def verify(project: Project, surroundings: Surroundings, request: VerifyRequest, progress: Progress) -> VerifyReport:
    """Look at everything that is locked; neither the lock nor the cache of pages is believed.

    Raises `LockError` for a lock that cannot be read, and `InputError` for names that are not in it.
    """
    manifest = load(project.manifest_path)
    lock = project.required_lock()
    _check_names(lock, request.names)
    with tempfile.TemporaryDirectory(prefix="plugin-lock-verify-") as temporary:
        run = _Run(project, manifest, lock, surroundings, request, progress, Path(temporary))
        return run.report()


class _Run:
    """One run; what is fetched lies in `folder`, so that a cache can neither help nor mislead."""

    def __init__(
        self,
        project: Project,
        manifest: Manifest,
        lock: Lock,
        surroundings: Surroundings,
        request: VerifyRequest,
        progress: Progress,
        folder: Path,
    ) -> None:
        self._project = project
        self._manifest = manifest
        self._lock = lock
        self._surroundings = surroundings
        self._request = request
        self._progress = progress
        self._folder = folder
        self._targets = target_set(manifest)
        self._notes: list[str] = []

    def report(self) -> VerifyReport:
        """Look at everything and tell."""
        wanted = sorted(files(self._lock, self._request.names), key=lambda file: (file.name, file.filename))
        folders = list(trees(self._lock, self._request.names))
        self._progress.stage("verifying", len(wanted) + len(folders))
        found = [*self._files(wanted), *self._trees()]
        touched = {(finding.name, finding.artifact) for finding in found}
        total = len(wanted) + len(folders)
        return VerifyReport(
            path=str(self._project.lock_path),
            artifacts=total,
            verified=total - len(touched),
            findings=tuple(sorted(found, key=_order)),
            notes=tuple(sorted(self._notes)),
        )

    def _files(self, wanted: Sequence[LockedFile]) -> list[Finding]:
        if self._surroundings.offline:
            store = Path(self._surroundings.environ.get("NIX_STORE_DIR") or STORE)
            return self._checked(wanted, WithoutNetwork(Cache(self._surroundings.cache), store, self._folder))
        # Nothing that an earlier run fetched is taken for what is served now.
        fresh = self._fresh()
        with indexes(self._manifest, fresh) as client:
            by_url = {index.url: index for index in client.indexes}
            if self._request.mirror is not None:
                with _mirror(self._request.mirror, self._lock, fresh) as mirror:
                    return self._checked(wanted, FromMirror(mirror))
            found = self._checked(wanted, FromAddress(client.downloads, by_url))
            names = {url: index.name for url, index in by_url.items()}
            known = {(finding.artifact, finding.outcome) for finding in found}
            said = listed(client, names, [file for file in wanted if file.index is not None], self._notes.append)
            return found + [finding for finding in said if (finding.artifact, finding.outcome) not in known]

    def _checked(self, wanted: Sequence[LockedFile], source: Bytes) -> list[Finding]:
        found: list[Finding] = []
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="verify") as pool:
            results = [pool.submit(check_file, file, source, self._lock, self._targets) for file in wanted]
            try:
                for file, result in zip(wanted, results, strict=True):
                    found += result.result()
                    self._progress.step(file.filename, 1)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return found

    def _trees(self) -> list[Finding]:
        found: list[Finding] = []
        cache = TreeCache(self._folder / "trees")
        try:
            checker = Trees(cache, self._project.root, offline=self._surroundings.offline)
            for owner, source, nar_hash, submodules in trees(self._lock, self._request.names):
                found += checker.check(owner, source, nar_hash, submodules=submodules)
                self._progress.step(owner.name, 1)
        finally:
            cache.close()
        return found

    def _fresh(self) -> Surroundings:
        return replace(self._surroundings, refresh=True, cache_dir=self._folder / "cache")


def _order(finding: Finding) -> tuple[str, str, str, str]:
    return finding.name, finding.artifact, finding.outcome, finding.problem.message


def _mirror(address: str, lock: Lock, surroundings: Surroundings) -> IndexClient:
    try:
        url = index_url(address)
    except Refused as refused:
        problem = Problem(code="mirror", message=f"the mirror: {refused.message}", remedy=refused.remedy)
        raise InputError(problem) from None
    # A mirror of pages only leads to the files where the index has them.
    origins = {origin for index in lock.indexes for origin in index.files}
    return IndexClient(
        (Index(name="mirror", url=url, files=tuple(sorted(origins))),),
        cache=Cache(surroundings.cache),
        credentials=CredentialStore(surroundings.environ),
        environ=surroundings.environ,
        refresh=True,
    )


def _check_names(lock: Lock, names: Iterable[str]) -> None:
    known = {package.name for package in (*lock.packages, *lock.build_packages)}
    known |= {plugin.name for plugin in lock.plugins}
    problems = [
        Problem(
            code="unknown-name",
            message=f"{name} is neither a plugin nor a locked package",
            remedy=did_you_mean(name, known, "names"),
        )
        for name in names
        if name not in known
    ]
    if problems:
        raise InputError(*problems)
