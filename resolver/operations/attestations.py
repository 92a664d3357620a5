"""Verifying what publishers attest of locked files, as the index, or the cache, has it now (PEP 740)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from lock.errors import Problem, WorldError
from lock.identities import identity_key, published_by
from lock.model import Sdist
from resolver.index.offered import offered
from resolver.index.provenance import OF_PROVENANCE
from resolver.operations.indexing import indexes
from resolver.operations.levels import recorded
from resolver.provenance.signatures import SignatureError, Signatures

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from lock.model import Lock, Package
    from resolver.index.client import IndexClient
    from resolver.index.model import ProjectFile, ProjectPage
    from resolver.manifest.model import Manifest
    from resolver.operations.levels import PackageLevel
    from resolver.operations.project import Surroundings
    from resolver.progress import Progress
    from resolver.provenance.parsing import Attestations


def verified_levels(
    lock: Lock, manifest: Manifest, surroundings: Surroundings, trust_root: Path | None, progress: Progress
) -> tuple[tuple[PackageLevel, ...], tuple[Problem, ...]]:
    """Return the level of each package, verified as far as it is attested, and every attestation that does not hold.

    Raises `InputError` without the extra, or for a root of trust that is none, and `WorldError` where an index cannot
    be asked.
    """
    signatures = Signatures(trust_root)
    levels = recorded(lock)
    packages = (*lock.packages, *lock.build_packages)
    progress.stage("verifying", sum(level.level == "publisher" for level in levels))
    raised, problems = [], []
    with indexes(manifest, surroundings) as client:
        names = {index.url: index.name for index in client.indexes}
        asked = [
            _AskedPackage(package, client, names) if level.level == "publisher" else None
            for package, level in zip(packages, levels, strict=True)
        ]
        for each in asked:
            if each is not None:
                each.ask()
        for level, each in zip(levels, asked, strict=True):
            found = list(each.problems(signatures)) if each is not None else []
            problems += found
            raised.append(level if each is None or found else replace(level, level="attestation"))
            if each is not None:
                progress.step(level.name, 1)
    return tuple(raised), tuple(problems)


class _AskedPackage:
    """One package: its page is asked for at once, what its files are attested by once that is there."""

    def __init__(self, package: Package, client: IndexClient, names: dict[str, str]) -> None:
        self._package = package
        self._client = client
        index = names.get(package.index or "")
        self._page = None if index is None else client.page(package.name, index)
        self._files: dict[str, tuple[str, Future[tuple[Attestations, ...]] | None]] = {}

    @property
    def _label(self) -> str:
        return f"{self._package.name} {self._package.version}"

    @property
    def _again(self) -> str:
        # A current lock is left as it is by `lock`, and what the cache knows is not asked again.
        return f"plugin-lock update {self._package.name} --refresh"

    def ask(self) -> None:
        """Ask for the provenance of each file; raises `WorldError` where the page cannot be had."""
        page = self._page.result() if self._page is not None else None
        for filename, sha256 in _hashes(self._package).items():
            file = _offered(page, filename, sha256)
            asked = None if page is None or file is None else self._client.provenance(page, file)
            self._files[filename] = sha256, asked

    def problems(self, signatures: Signatures) -> Iterator[Problem]:
        """Yield what does not hold; raises `WorldError` where the index cannot be asked."""
        if self._page is None:
            message = f"{self._label}: its index {self._package.index} is not one of plugins.toml, so nobody was asked"
            yield _problem(message, "add the [[index]], or run plugin-lock lock")
            return
        now: dict[str, Attestations] = {}
        for filename, (sha256, asked) in self._files.items():
            try:
                found = asked.result() if asked is not None else ()
            except WorldError as error:
                # Any other is the network's, and ends the run.
                if not {problem.code for problem in error.problems} <= OF_PROVENANCE:
                    raise
                yield from error.problems
                continue
            if not found:
                message = f"{filename} was locked as attested, and its index serves no attestation of it now"
                yield _problem(message, f"ask whoever runs the index; {self._again} records what it says now")
            now.update({identity_key(each.identity): each for each in found})
            try:
                signatures.verify(found, filename, sha256)
            except SignatureError as error:
                message = f"an attestation of {filename} by {published_by(each.identity for each in found)}"
                yield _problem(
                    f"{message} does not hold: {error}",
                    "do not trust this file before you know why; tell its maintainers, and whoever runs the index",
                )
        yield from self._other_publishers(now)

    def _other_publishers(self, now: dict[str, Attestations]) -> Iterator[Problem]:
        locked = {identity_key(identity) for identity in self._package.attestation_identities}
        if now and now.keys() != locked:
            served = published_by(now[key].identity for key in sorted(now))
            message = f"{self._label} was locked as published by {published_by(self._package.attestation_identities)}"
            remedy = f"look at it; {self._again} records what it says now"
            yield _problem(f"{message}; its index now says {served}", remedy)


def _hashes(package: Package) -> dict[str, str]:
    """Return the sha256 of each file of an index, by its name."""
    hashes = {wheel.name: wheel.sha256 for wheel in package.wheels}
    return hashes | ({package.source.name: package.source.sha256} if isinstance(package.source, Sdist) else {})


def _offered(page: ProjectPage | None, filename: str, sha256: str) -> ProjectFile | None:
    """Return the very file that is locked, where its page still lists it."""
    file = offered(page, filename)
    return file if file is not None and file.sha256 == sha256 else None


def _problem(message: str, remedy: str) -> Problem:
    return Problem(code="attestation", message=message, remedy=remedy)
