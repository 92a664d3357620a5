"""Following direct references: what a requirement's address leads to is fetched once, and locked while asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.errors import Problem, ResolutionError
from lock.model import Archive, Vcs
from resolver.manifest.model import GitSource, UrlSource
from resolver.operations.fetching import direct_source
from resolver.sources import git_refs

if TYPE_CHECKING:
    from lock.model import Lock, PackageSource
    from resolver.building.source_indexes import DirectSource
    from resolver.locked_package import DirectRecord
    from resolver.operations.fetching import Fetched, Fetching
    from resolver.search.references import Reference
    from resolver.search.resolution import Found


class Following:
    """Fetches what references lead to, as `fetching` does it; `old` is the lock there was."""

    def __init__(self, fetching: Fetching, old: Lock | None) -> None:
        self._fetching = fetching
        self._locked = {package.name: package.source for package in old.packages} if old is not None else {}
        self._fetched: dict[tuple[str, Reference], Fetched] = {}

    def follow(self, name: str, reference: Reference) -> DirectSource:
        """Fetch what a reference leads to.

        Raises `InputError`, `LockError` and `ResolutionError` for what must not be used, `WorldError` where it cannot
        be had.
        """
        fetched = self._fetched.get((name, reference))
        if fetched is None:
            locked = self._locked.get(name)
            same = locked is not None and _leads_to(reference, locked)
            source = self._source(name, reference, locked if same else None)
            fetched = self._fetching.fetch(name, source, locked if same else None)
            self._fetched[name, reference] = fetched
        _check_hash(name, reference, fetched)
        return direct_source(fetched, reference, is_plugin=False)

    def records(self, found: Found) -> dict[str, DirectRecord]:
        """Return what the lock records of the chosen packages that references led to.

        Raises `ResolutionError` where one name comes from two places on different systems.
        """
        records: dict[str, DirectRecord] = {}
        for package in found.packages:
            reference = package.page.reference
            fetched = self._fetched.get((package.name, reference)) if reference is not None else None
            if fetched is None:
                continue
            if records.setdefault(package.name, fetched.record) != fetched.record:
                message = f"{package.name} would come from different addresses on different systems"
                remedy = "name it under [plugins] with the one it is to come from"
                raise ResolutionError(Problem(code="several-addresses", message=message, remedy=remedy))
        return records

    def _source(self, name: str, reference: Reference, locked: PackageSource | None) -> GitSource | UrlSource:
        if not reference.is_git:
            return UrlSource(url=reference.url, subdirectory=reference.subdirectory)
        if reference.commit is not None or reference.ref is None:
            return GitSource(url=reference.url, revision=reference.commit, subdirectory=reference.subdirectory)
        if locked is not None and not self._fetching.moves(name):
            # The locked commit stays, whatever the name stands for now: nobody needs to be asked.
            return GitSource(url=reference.url, tag=reference.ref, subdirectory=reference.subdirectory)
        if git_refs.kind_of_ref(reference.url, reference.ref) == "tag":
            return GitSource(url=reference.url, tag=reference.ref, subdirectory=reference.subdirectory)
        return GitSource(url=reference.url, branch=reference.ref, subdirectory=reference.subdirectory)


def _leads_to(reference: Reference, source: PackageSource) -> bool:
    """Tell whether what is locked was found by the same words."""
    match source:
        case Vcs():
            asked = (reference.is_git, reference.url, reference.ref, reference.subdirectory)
            return asked == (True, source.url, source.requested_revision, source.subdirectory)
        case Archive():
            asked = (reference.is_git, reference.url, reference.ref, reference.subdirectory)
            return asked == (False, source.url, None, source.subdirectory)
    return False


def _check_hash(name: str, reference: Reference, fetched: Fetched) -> None:
    found = fetched.archive.sha256 if fetched.archive is not None else None
    if reference.sha256 is not None and found != reference.sha256:
        message = f"{reference} has sha256 {found}, and whoever requires {name} from there says {reference.sha256}"
        remedy = "it was replaced, or damaged on its way: ask whoever publishes it"
        raise ResolutionError(Problem(code="reference-hash", message=message, key=name, remedy=remedy))
