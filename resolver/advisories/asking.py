"""Asking services over HTTP: many questions at a time, with the index client's credentials, retries and limits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from lock.errors import WorldError
from resolver.index.credentials import CredentialStore
from resolver.index.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from resolver.index.credentials import Credentials
    from resolver.index.questions import Answer, Question

WORKERS = 16
"""Questions under way at a time: services that are free for all deserve some restraint."""

HELP = "see that the network is there and try again later, or give a database with --database"


class Questioner:
    """Puts questions to services; any failure becomes a `WorldError` with a remedy that fits an audit."""

    def __init__(self, transport: Transport, pool: ThreadPoolExecutor) -> None:
        self._transport = transport
        self._pool = pool

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """Return the answers in the order of the questions."""
        return list(self._pool.map(self._ask, questions))

    def _ask(self, question: Question) -> Answer:
        try:
            return self._transport.get(question)
        except WorldError as error:
            # What the index client advises is about finding files: another [[index]], its credentials.
            keeps = {"index-login"}
            raise WorldError(
                *(
                    problem if problem.code in keeps else replace(problem, code="advisories-failed", remedy=HELP)
                    for problem in error.problems
                )
            ) from None


@contextmanager
def questioner(environ: Mapping[str, str], embedded: Mapping[str, Credentials]) -> Iterator[Questioner]:
    """Open the way to services.  `embedded` are credentials found in addresses, by the name of the `Index`."""
    transport = Transport(CredentialStore(environ, embedded=embedded), environ, connections=WORKERS)
    try:
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="advisories") as pool:
            try:
                yield Questioner(transport, pool)
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
    finally:
        transport.close()
