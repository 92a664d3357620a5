"""Who an index says now published files that were locked as attested (PEP 740), compared with who is locked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lock.errors import Problem, WorldError
from lock.identities import identity_key, published_by
from lock.model import Package
from resolver.index.offered import offered
from resolver.index.provenance import OF_PROVENANCE
from resolver.provenance.parsing import identities
from resolver.verification.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from concurrent.futures import Future

    from resolver.index.client import IndexClient
    from resolver.provenance.parsing import Attestations
    from resolver.verification.model import LockedFile, Outcome

    Asked = dict[LockedFile, Future[tuple[Attestations, ...]] | None]


def published(client: IndexClient, name_of: Mapping[str, str], files: Iterable[LockedFile]) -> Iterator[Finding]:
    """Compare the publishers of attested files; `name_of` is the index's name by its URL.

    A page that cannot be had, or lists other bytes or none, is left to `listed`: that is found there.
    """
    pages = {
        file: client.page(file.name, index)
        for file in files
        if file.artifact is not None and file.artifact.attested and (index := name_of.get(file.index or "")) is not None
    }
    packages: dict[tuple[str, str | None], Asked] = {}
    for file, future in pages.items():
        try:
            page = future.result()
            found = offered(page, file.filename)
        except WorldError:
            continue
        if page is not None and found is not None and found.sha256 == file.sha256:
            asked = client.provenance(page, found) if found.provenance is not None else None
            packages.setdefault((file.name, file.version), {})[file] = asked
    for of_package in packages.values():
        yield from _of_package(of_package)


def _of_package(asked: Asked) -> Iterator[Finding]:
    """Compare the files of one package; the lock has one list of publishers for all of them."""
    locked = _locked(asked)
    now: set[str] = set()
    sound = True
    for file, future in asked.items():
        try:
            found = tuple(identities(future.result())) if future is not None else ()
        except WorldError as error:
            sound = False
            of_network = not {problem.code for problem in error.problems} <= OF_PROVENANCE
            yield _finding("failed" if of_network else "publisher", file, error.problems[0])
            continue
        keys = {identity_key(each) for each in found}
        now |= keys
        if not keys or not keys <= locked.keys():
            sound = False
            yield _finding("publisher", file, _problem(file.name, f"{file.filename} is published by", found, locked))
    if sound and now != locked.keys():
        file = next(iter(asked))
        found = tuple(locked[key] for key in sorted(now))
        label = f"{file.name} {file.version}"
        yield _finding("publisher", file, _problem(file.name, f"the files of {label} are published by", found, locked))


def _locked(asked: Asked) -> dict[str, Mapping[str, str]]:
    owners = (owner for file in asked for owner in file.owners if isinstance(owner, Package))
    return {identity_key(each): each for owner in owners for each in owner.attestation_identities}


def _problem(
    name: str, what: str, found: Iterable[Mapping[str, str]], locked: Mapping[str, Mapping[str, str]]
) -> Problem:
    message = f"{what} {published_by(found)}, says its index now; locked is {published_by(locked.values())}"
    remedy = (
        f"ask its maintainers, or whoever runs the index; plugin-lock update {name} --refresh records what it says now"
    )
    return Problem(code="publisher", message=message, remedy=remedy)


def _finding(outcome: Outcome, file: LockedFile, problem: Problem) -> Finding:
    return Finding(outcome=outcome, name=file.name, version=file.version, artifact=file.filename, problem=problem)
