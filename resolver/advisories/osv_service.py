"""The API of OSV, or of a service that speaks it: https://google.github.io/osv.dev/api/.

Which records concern a version is the service's answer; what they say is read from the records themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import msgspec
from packaging.version import Version

from lock.errors import InputError, Problem, WorldError
from resolver.advisories.asking import HELP
from resolver.advisories.model import Answers
from resolver.advisories.reading import advisory
from resolver.advisories.records import ECOSYSTEM, MAX_RECORD_BYTES, Record, RecordError, decode, is_id
from resolver.index.addresses import origin, shown, unsafe_scheme, without_login
from resolver.index.credentials import Credentials
from resolver.index.model import Index
from resolver.index.questions import Question

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from resolver.advisories.asking import Questioner
    from resolver.advisories.model import Release
    from resolver.index.questions import Answer

ADDRESS_VARIABLE = "PLUGIN_LOCK_OSV_URL"
INDEX_NAME = "OSV"
"""Under which name the service appears in messages; it is no index of plugins.toml."""

BATCH = 1000
"""Questions of one request: the service's own limit."""
MAX_PAGES = 100
"""Pages of an answer; one holds a thousand advisories or more."""
MAX_ADVISORIES = 20_000
"""Records that are fetched for one audit."""
BATCH_LIMIT = 64 << 20
"""Bytes of the answer to one request of `BATCH` questions."""


class _Match(msgspec.Struct, frozen=True):
    id: str


class _Result(msgspec.Struct, frozen=True):
    vulns: tuple[_Match, ...] | None = None
    next_page_token: str | None = None


class _Results(msgspec.Struct, frozen=True):
    results: tuple[_Result, ...]


_DECODER = msgspec.json.Decoder(_Results)


def service_index(address: str, place: str) -> tuple[Index, dict[str, Credentials]]:
    """Return where a service is, with a slash at the end, and the credentials that its address held.

    `place` says who named it.  What tools write behind the host (`/v1`, `/v1/query`) is understood.  Raises
    `InputError`.
    """
    try:
        url, login = without_login(address.strip())
        reason = unsafe_scheme(url) if origin(url) else "it is not an address"
        if reason is None and (urlsplit(url).query or urlsplit(url).fragment):
            reason = "a query or a fragment has no place in it"
    except ValueError:
        url, login, reason = "", None, "it is not an address"
    if reason is not None:
        raise InputError(
            Problem(
                code="service-address",
                message=f"the address {shown(url)} of {place} cannot be used: {reason}",
                remedy="name the https address of a service that speaks OSV's API, such as https://osv.example",
            )
        )
    base = url.rstrip("/").removesuffix("/query").removesuffix("/v1").rstrip("/")
    embedded = {INDEX_NAME: Credentials(*login)} if login is not None else {}
    return Index(name=INDEX_NAME, url=f"{base}/", noun="service"), embedded


def default_address() -> str | None:
    """Return the address of the public service as an installed pip-audit knows it, None without pip-audit."""
    try:
        from pip_audit._service.osv import OsvService  # noqa: PLC0415 - an optional dependency
    except ImportError:
        return None
    address = getattr(OsvService, "DEFAULT_OSV_URL", None)
    return address if isinstance(address, str) else None


class OsvService:
    """Implements `AdvisorySource`: tells the service names and versions of all that is locked."""

    def __init__(self, index: Index, questioner: Questioner) -> None:
        self._index = index
        self._questioner = questioner
        self.text = f"the OSV service at {shown(index.url)}"

    def ask(self, releases: Sequence[Release]) -> Answers:
        """See `AdvisorySource`; a service answers for every name, so nothing stays unknown."""
        # From which index a release comes is not the service's business.
        versions = sorted({(release.name, Version(release.version).public) for release in releases})
        matches = self._matches(versions)
        records = self._records(sorted({name for ids in matches.values() for name in ids}))
        found = {}
        for release in releases:
            ids = matches.get((release.name, Version(release.version).public), ())
            said = [advisory(records[name], release, matched=True) for name in sorted(ids)]
            found[release] = tuple(each for each in said if each is not None)
        return Answers(advisories=found, unknown={})

    def _matches(self, versions: Sequence[tuple[str, str]]) -> dict[tuple[str, str], set[str]]:
        """Return the ids of the advisories about each version."""
        found: dict[tuple[str, str], set[str]] = {}
        waiting: list[tuple[tuple[str, str], str | None]] = [(version, None) for version in versions]
        for _ in range(MAX_PAGES):
            if not waiting:
                return found
            batches = [waiting[start : start + BATCH] for start in range(0, len(waiting), BATCH)]
            answers = self._questioner.ask([self._batch(batch) for batch in batches])
            waiting = []
            for batch, answer in zip(batches, answers, strict=True):
                for (version, _), result in zip(batch, self._results(answer, len(batch)), strict=True):
                    found.setdefault(version, set()).update(match.id for match in result.vulns or ())
                    if result.next_page_token:
                        waiting.append((version, result.next_page_token))
        raise self._failure(f"its answer has more than {MAX_PAGES} pages")

    def _batch(self, batch: Iterable[tuple[tuple[str, str], str | None]]) -> Question:
        queries = [_query(name, version, token) for (name, version), token in batch]
        return self._question(
            "querybatch", "known vulnerabilities", BATCH_LIMIT, msgspec.json.encode({"queries": queries})
        )

    def _results(self, answer: Answer, size: int) -> tuple[_Result, ...]:
        try:
            results = _DECODER.decode(answer.body).results
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise self._failure("its answer is not that of OSV's API") from None
        if len(results) != size:
            raise self._failure(f"it gave {len(results)} answers to {size} questions")
        if not all(is_id(match.id) for result in results for match in result.vulns or ()):
            raise self._failure("its answer names advisories in a way that OSV does not")
        return results

    def _records(self, ids: Sequence[str]) -> Mapping[str, Record]:
        if len(ids) > MAX_ADVISORIES:
            raise self._failure(f"it knows more than {MAX_ADVISORIES} advisories about what is locked")
        asked = [self._question(f"vulns/{quote(name, safe='')}", f"advisory {name}", MAX_RECORD_BYTES) for name in ids]
        return {name: self._record(name, answer) for name, answer in zip(ids, self._questioner.ask(asked), strict=True)}

    def _record(self, name: str, answer: Answer) -> Record:
        try:
            return decode(answer.body)
        except RecordError as error:
            raise self._failure(f"its advisory {name} {error}") from None

    def _question(self, path: str, what: str, limit: int, body: bytes | None = None) -> Question:
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return Question(
            index=self._index, url=f"{self._index.url}v1/{path}", what=what, limit=limit, headers=headers, body=body
        )

    def _failure(self, message: str) -> WorldError:
        return WorldError(Problem(code="advisories-failed", message=f"{self.text}: {message}", remedy=HELP))


def _query(name: str, version: str, token: str | None) -> dict[str, object]:
    query: dict[str, object] = {"package": {"ecosystem": ECOSYSTEM, "name": name}, "version": version}
    return query if token is None else {**query, "page_token": token}
