"""`verify`: fetches everything that is locked again, and compares bytes, content, and what is said of it now."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace
from packaging.utils import canonicalize_name

from lock.errors import InputError, Problem
from resolver.index.cache import Cache
from resolver.index.client import IndexClient
from resolver.index.credentials import CredentialStore
from resolver.index.model import Index
from resolver.index.retries import ATTEMPTS
from resolver.manifest.reader import load
from resolver.manifest.shown import Refused, shown
from resolver.manifest.urls import index_url
from resolver.operations.indexing import indexes
from resolver.operations.planning import target_set
from resolver.sources.trees import TreeCache
from resolver.verification.contents import Contents
from resolver.verification.fetching import FromAddress, FromMirror
from resolver.verification.files import check_file
from resolver.verification.kept_copies import WithoutNetwork
from resolver.verification.listing import listed
from resolver.verification.locked import files, trees
from resolver.verification.model import VerifyReport
from resolver.verification.nix_store import STORE
from resolver.verification.publishers import published
from resolver.verification.trees import TreePlaces, Trees

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lock.model import Lock
    from resolver.manifest.model import Manifest
    from resolver.operations.project import Project, Surroundings
    from resolver.progress import Progress
    from resolver.verification.fetching import Bytes
    from resolver.verification.model import Finding, LockedFile, LockedTree

WORKERS = 8
"""How many files are fetched and read at a time."""

TREE_WORKERS = 4
"""How many git repositories and folders are fetched and read at a time."""

NEAR_NAMES = 5
"""How many names an error proposes for one that is not locked."""

PROBE_ATTEMPTS = 2
"""How often a mirror is asked before anything else is: one that is not there is to be told soon, and once."""


class VerifyRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to look at: `names` of packages and plugins as typed (none: all).

    Files come from `mirror`, a Simple API, if given.
    """

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
        self._temporary = folder
        self._store = Path(surroundings.environ.get("NIX_STORE_DIR") or STORE)
        self._contents = Contents(lock, target_set(manifest), folder)
        self._notes: list[str] = []

    def report(self) -> VerifyReport:
        """Look at everything and tell."""
        names = tuple(map(canonicalize_name, self._request.names))
        wanted, folders = files(self._lock, names), trees(self._lock, names)
        total = len(wanted) + sum(len(tree.owners) for tree in folders)
        self._progress.stage("verifying", total)
        found = [*self._files(wanted), *self._trees(folders)]
        touched = {(finding.name, finding.artifact) for finding in found}
        return VerifyReport(
            path=str(self._project.lock_path),
            artifacts=total,
            verified=total - len(touched),
            findings=tuple(sorted(found, key=_order)),
            notes=tuple(sorted(self._notes)),
        )

    def _files(self, wanted: Sequence[LockedFile]) -> list[Finding]:
        if self._surroundings.offline:
            return self._checked(wanted, WithoutNetwork(Cache(self._surroundings.cache), self._store, self._temporary))
        # Nothing that an earlier run fetched is taken for what is served now.
        fresh = replace(self._surroundings, refresh=True, cache_dir=self._temporary / "cache")
        with indexes(self._manifest, fresh) as client:
            by_url = {index.url: index for index in client.indexes}
            source: Bytes = FromAddress(client.downloads, by_url)
            listable = [file for file in wanted if file.index is not None]
            if self._request.mirror is not None:
                with _mirror(self._request.mirror, self._lock, fresh, PROBE_ATTEMPTS) as mirror:
                    if listable:
                        mirror.page(listable[0].name).result()
                with _mirror(self._request.mirror, self._lock, fresh, ATTEMPTS) as mirror:
                    return self._checked(wanted, FromMirror(mirror, source))
            found = self._checked(wanted, source)
            names = {url: index.name for url, index in by_url.items()}
            known = {(finding.artifact, finding.outcome) for finding in found}
            said = [*listed(client, names, listable, self._notes.append), *published(client, names, listable)]
            return found + [finding for finding in said if (finding.artifact, finding.outcome) not in known]

    def _checked(self, wanted: Sequence[LockedFile], source: Bytes) -> list[Finding]:
        jobs = [(file.filename, partial(check_file, file, source, self._contents)) for file in wanted]
        return self._parallel(jobs, WORKERS)

    def _trees(self, wanted: Sequence[LockedTree]) -> list[Finding]:
        if not wanted:
            return []
        places = TreePlaces(
            root=self._project.root,
            folder=self._temporary,
            store=self._store,
            kept=TreeCache(self._surroundings.cache),
            offline=self._surroundings.offline,
        )
        checker = Trees(places, self._contents)
        jobs = [(", ".join(owner.name for owner in tree.owners), partial(checker.check, tree)) for tree in wanted]
        return self._parallel(jobs, TREE_WORKERS)

    def _parallel(self, jobs: Sequence[tuple[str, Callable[[], tuple[Finding, ...]]]], workers: int) -> list[Finding]:
        found: list[Finding] = []
        with ThreadPoolExecutor(workers, thread_name_prefix="verify") as pool:
            results = [(detail, pool.submit(job)) for detail, job in jobs]
            try:
                for detail, result in results:
                    found += result.result()
                    self._progress.step(detail, 1)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return found


def _order(finding: Finding) -> tuple[str, str, str, str]:
    return finding.name, finding.artifact, finding.outcome, finding.problem.message


def _mirror(address: str, lock: Lock, surroundings: Surroundings, attempts: int) -> IndexClient:
    try:
        url = index_url(address)
    except Refused as refused:
        problem = Problem(code="mirror", message=f"the mirror: {refused.message}", remedy=refused.remedy)
        raise InputError(problem) from None
    # A mirror of pages only leads to the files where the index has them.
    origins = {origin for index in lock.indexes for origin in index.files}
    return IndexClient(
        (Index(name="mirror", url=url, files=tuple(sorted(origins)), noun="the"),),
        cache=Cache(surroundings.cache),
        credentials=CredentialStore(surroundings.environ),
        environ=surroundings.environ,
        refresh=True,
        attempts=attempts,
    )


def _check_names(lock: Lock, names: Iterable[str]) -> None:
    known = {package.name for package in (*lock.packages, *lock.build_packages)}
    known |= {plugin.name for plugin in lock.plugins}
    problems = [
        Problem(
            code="unknown-name",
            message=f"{shown(name)} is neither a plugin nor a locked package",
            remedy=_near(canonicalize_name(name), known),
        )
        for name in names
        if canonicalize_name(name) not in known
    ]
    if problems:
        raise InputError(*problems)


def _near(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only for an error

    near = get_close_matches(name, sorted(known), n=NEAR_NAMES)
    return f"did you mean {' or '.join(near)}?" if near else "plugin-lock tree shows what there is"
