"""Fetching what an index says of who published a file (PEP 740): from where, how much, and what is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urldefrag

from lock.urls import origin
from resolver.index.addresses import shown, without_login
from resolver.index.failures import index_failure
from resolver.index.questions import Question
from resolver.provenance.parsing import ProvenanceError, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from lock.errors import WorldError
    from resolver.index.model import Index, ProjectFile
    from resolver.index.questions import Answer
    from resolver.provenance.parsing import Attestations

PROVENANCE_LIMIT = 4 << 20
"""The largest provenance object that is read, in bytes after inflating; one attestation takes some ten thousand."""

_ACCEPT = "application/vnd.pypi.integrity.v1+json, application/json;q=0.2"
NOT_SERVED = frozenset({404, 410})
"""Answers that say there is none, although the page named one."""

UNUSABLE, ELSEWHERE = "provenance", "provenance-address"
OF_PROVENANCE = frozenset({UNUSABLE, ELSEWHERE})
"""Codes of errors that tell of the provenance itself: any other is the network's."""


def question(index: Index, file: ProjectFile) -> Question:
    """Ask for the provenance of a file.

    Raises `WorldError` where it is elsewhere than the index, its files, or the places it may have files at: a page that
    leads to others' attestations is mistaken or forged.
    """
    if file.provenance is None:
        raise AssertionError("only files with an address of their provenance are asked about")
    place = origin(file.provenance)
    if place not in {origin(index.url), origin(file.url), *index.files}:
        raise index_failure(
            ELSEWHERE,
            index,
            f"the provenance of {file.filename} is said to be at {shown(file.provenance)},"
            " which is neither this index nor a place of its files",
            key=file.filename,
            remedy="look at who runs that place; to allow it, add its origin to `files` of the [[index]]",
        )
    return Question(
        index=index,
        url=without_login(urldefrag(file.provenance).url)[0],
        what=f"the provenance of {file.filename}",
        limit=PROVENANCE_LIMIT,
        headers={"Accept": _ACCEPT, "Accept-Encoding": "gzip"},
        statuses=NOT_SERVED,
    )


def answered(
    index: Index, file: ProjectFile, answer: Answer, holds_secret: Callable[[bytes], bool]
) -> tuple[Attestations, ...]:
    """Return who attests a file, as an index just answered; raises `WorldError`.

    What an index says of a publisher ends in the lock: a password that it repeats must not.
    """
    if answer.status in NOT_SERVED:
        return ()
    found = _parsed(index, file, answer.body)
    said = (text for each in found for pair in each.identity.items() for text in pair)
    if any(holds_secret(text.encode()) for text in said):
        error = ProvenanceError("a publisher holds the password that the index was asked with")
        raise unusable(index, file.filename, error)
    return found


def read(index: Index, file: ProjectFile, kept: bytes) -> tuple[Attestations, ...]:
    """Return who attests a file, from what the cache kept: empty for nobody; raises `WorldError`."""
    return _parsed(index, file, kept) if kept else ()


def _parsed(index: Index, file: ProjectFile, text: bytes) -> tuple[Attestations, ...]:
    if file.sha256 is None:
        raise AssertionError("files that can be locked have a sha256")
    try:
        return parse(text, file.filename, file.sha256)
    except ProvenanceError as error:
        raise unusable(index, file.filename, error) from None


def unusable(index: Index, filename: str, error: ProvenanceError) -> WorldError:
    """Make the error of a provenance object that cannot be used."""
    remedy = (
        "update plugin-lock"
        if error.newer
        else "do not trust this index's word on who published the file; tell whoever runs it"
    )
    message = f"the provenance of {filename} cannot be used: {error}"
    return index_failure(UNUSABLE, index, message, key=filename, remedy=remedy)
