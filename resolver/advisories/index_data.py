"""What an index itself says of its releases: `vulnerabilities` of the JSON API beside its Simple API.

PyPI's documentation of its JSON API describes the answer.  PyPI gives it, and so do mirrors that pass PyPI's on; an
index that does not is no reason to believe that all is well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec
from packaging.version import Version

from resolver.advisories.model import Advisory, Answers
from resolver.advisories.ranges import parsed
from resolver.advisories.reading import summary
from resolver.advisories.records import is_id
from resolver.index.questions import Question

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from resolver.advisories.asking import Questioner
    from resolver.advisories.model import Release
    from resolver.index.model import Index
    from resolver.index.questions import Answer

ANSWER_LIMIT = 32 << 20
"""Bytes of one answer; long descriptions and thousands of files make some MB."""

_SIMPLE = "/simple/"
_NOT_OFFERED = frozenset({404, 405, 410, 501})
# Each completes the sentence "nothing can be told of it: …".
_NO_INDEX = "what comes from no index is known to none"
_UNKNOWN_INDEX = "plugins.toml no longer names the index of the lock"
_NO_API = "the address of the index does not end in /simple/, beside which its JSON API would be"
_NOTHING = "the index gives no data on known vulnerabilities"


class _Vulnerability(msgspec.Struct, frozen=True):
    id: str
    aliases: tuple[str, ...] | None = None
    summary: str | None = None
    details: str | None = None
    fixed_in: tuple[str, ...] | None = None
    withdrawn: str | None = None


class _Release(msgspec.Struct, frozen=True):
    vulnerabilities: tuple[_Vulnerability, ...]


_DECODER = msgspec.json.Decoder(_Release)


class IndexData:
    """Implements `AdvisorySource`: each release is asked for at the index it was locked from, and nowhere else."""

    text = "the indexes' own data"

    def __init__(self, indexes: Sequence[Index], questioner: Questioner) -> None:
        self._indexes: Mapping[str, Index] = {index.url: index for index in indexes}
        self._questioner = questioner

    def ask(self, releases: Sequence[Release]) -> Answers:
        """See `AdvisorySource`."""
        unknown: dict[Release, str] = {}
        asked: dict[Release, Question] = {}
        for release in releases:
            question = self._question(release)
            if isinstance(question, str):
                unknown[release] = question
            else:
                asked[release] = question
        found: dict[Release, tuple[Advisory, ...]] = {}
        for release, answer in zip(asked, self._questioner.ask(list(asked.values())), strict=True):
            said = _read(release, answer)
            if said is None:
                unknown[release] = _NOTHING
            else:
                found[release] = said
        return Answers(advisories=found, unknown=unknown)

    def _question(self, release: Release) -> Question | str:
        """Return what to ask, or why nothing can be asked."""
        if release.index is None:
            return _NO_INDEX
        index = self._indexes.get(release.index)
        if index is None:
            return _UNKNOWN_INDEX
        if not index.url.endswith(_SIMPLE):
            return _NO_API
        base = index.url.removesuffix(_SIMPLE)
        return Question(
            index=index,
            url=f"{base}/pypi/{quote(release.name, safe='')}/{quote(release.version, safe='')}/json",
            what=f"known vulnerabilities of {release.name} {release.version}",
            limit=ANSWER_LIMIT,
            headers={"Accept": "application/json", "Accept-Encoding": "gzip"},
            statuses=_NOT_OFFERED,
        )


def _read(release: Release, answer: Answer) -> tuple[Advisory, ...] | None:
    """Return what an answer says, None where it says nothing: another format, or not this key."""
    if answer.status != 200:
        return None
    try:
        vulnerabilities = _DECODER.decode(answer.body).vulnerabilities
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not all(is_id(vulnerability.id) for vulnerability in vulnerabilities):
        return None
    version = Version(release.version)
    return tuple(
        Advisory(
            id=vulnerability.id,
            aliases=tuple(sorted(set(vulnerability.aliases or ()) - {vulnerability.id})),
            summary=summary(vulnerability.summary, vulnerability.details),
            fixed=tuple(
                sorted(
                    fixed
                    for text in set(vulnerability.fixed_in or ())
                    if (fixed := parsed(text)) is not None and fixed > version
                )
            ),
        )
        for vulnerability in vulnerabilities
        if vulnerability.withdrawn is None
    )
