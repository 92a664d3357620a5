"""HTTP: one question to an index, with its credentials, redirects, retries and limits."""

from __future__ import annotations

import time
import zlib
from concurrent.futures import CancelledError
from threading import Lock
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from resolver.index import retries, transport_failures
from resolver.index.addresses import shown, unsafe_redirect, unsafe_scheme, without_login
from resolver.index.failures import index_failure
from resolver.index.questions import Answer
from resolver.index.tls_and_proxies import Proxies, connection_pools, tls_context
from resolver.index.transport_failures import BrokenAnswerError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping

    from resolver.index.credentials import Credentials, CredentialStore
    from resolver.index.questions import Question

_T = TypeVar("_T")

REDIRECTS = 5
CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
WHOLE_SECONDS = 300.0
"""How long one answer that is held in memory may take in all, so that a trickle comes to an end."""

SLOWEST_BYTES_PER_SECOND = 1024
"""What a file that is not held in memory must come with on average, once it has taken `WHOLE_SECONDS`."""

_CHUNK = 1 << 17
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Transport:
    """Asks indexes over HTTP; any thread may use it.

    `sleep` waits for so many seconds and returns True where there is nothing left to wait for: the question is
    then given up with `CancelledError`.  `attempts` is how often a question is put in all.
    """

    def __init__(
        self,
        credentials: CredentialStore,
        environ: Mapping[str, str],
        *,
        connections: int,
        sleep: Callable[[float], object] = time.sleep,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        attempts: int = retries.ATTEMPTS,
    ) -> None:
        self._attempts = attempts
        self._credentials = credentials
        self._environ = environ
        self._connections = connections
        self._sleep = sleep
        self._now = now
        self._monotonic = monotonic
        self._proxies = Proxies(environ)
        self._pools: dict[tuple[str, str | None], urllib3.PoolManager] = {}
        self._lock = Lock()
        self._context: ssl.SSLContext | None = None

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for pools in self._pools.values():
                # `clear` alone leaves the connections to the garbage collector.
                for key in list(pools.pools.keys()):
                    pools.pools[key].close()
                pools.clear()
            self._pools.clear()

    def get(self, question: Question) -> Answer:
        """Ask and hold the answer in memory, inflated; raises `WorldError`."""
        return self._retried(question, self._whole)

    def stream(self, question: Question, restart: Callable[[], Callable[[bytes], None]]) -> None:
        """Ask and hand the body on as it comes; raises `WorldError`.

        `restart` is called before each attempt and returns what takes the bytes.
        """

        def read(question: Question, response: urllib3.BaseHTTPResponse, _: str) -> None:
            write = restart()
            began, received = self._monotonic(), 0
            for chunk in _chunks(question, response):
                write(chunk)
                received += len(chunk)
                elapsed = self._monotonic() - began
                if elapsed > WHOLE_SECONDS and received < elapsed * SLOWEST_BYTES_PER_SECOND:
                    raise transport_failures.too_slow(question, elapsed)

        self._retried(question, read)

    # -- attempts ------------------------------------------------------------------------------------------------

    def _retried(self, question: Question, read: Callable[[Question, urllib3.BaseHTTPResponse, str], _T]) -> _T:
        for attempt in range(self._attempts):
            last = attempt == self._attempts - 1
            wait = retries.delay(attempt)
            try:
                response, url = self._opened(question)
                try:
                    if not retries.is_passing(response.status):
                        return read(question, response, url)
                    asked = retries.asked_delay(_lower(response), self._now())
                    if last or (asked or 0) > retries.PATIENCE_SECONDS:
                        raise transport_failures.passing_status(question, response.status, asked, attempt + 1)
                    wait = wait if asked is None else asked
                finally:
                    _give_back(response)
            except (HTTPError, OSError, BrokenAnswerError) as error:
                if last or not transport_failures.may_pass(error):
                    raise transport_failures.unreachable(question, error, attempt + 1) from None
            if self._sleep(wait) is True:
                raise CancelledError
        raise AssertionError("the last attempt returns or raises")

    def _opened(self, question: Question) -> tuple[urllib3.BaseHTTPResponse, str]:
        """Return the answer after redirects and logins, its body unread."""
        url = question.url
        reason = unsafe_scheme(url)
        if reason is not None:
            raise index_failure(
                "index-address", question.index, f"{shown(url)}: {reason}", remedy="use an https address"
            )
        redirects = 0
        login = self._credentials.first(question.index, url)
        while True:
            response = self._sent(question, url, login)
            if response.status in _REDIRECTS:
                redirects += 1
                _give_back(response)
                if question.body is not None:
                    raise transport_failures.redirect(question, "a redirect of what was posted")
                target = _target(question, url, response)
                self._check_redirect(question, url, target, redirects)
                url, login = target, self._credentials.first(question.index, target)
            elif response.status == 401 and (other := self._credentials.after_refusal(question.index, url, login)):
                _give_back(response)
                login = other
            elif response.status in {401, 403} and response.status not in question.statuses:
                _give_back(response)
                raise transport_failures.refused(
                    question, response.status, login is not None, self._credentials.places(question.index)
                )
            elif response.status != 200 and not (
                response.status in question.statuses or retries.is_passing(response.status)
            ):
                _give_back(response)
                raise transport_failures.unexpected_status(question, response.status)
            else:
                return response, url

    def _sent(self, question: Question, url: str, login: Credentials | None) -> urllib3.BaseHTTPResponse:
        headers = dict(question.headers)
        if login is not None:
            # Only for this request: the headers of a redirect's next request are made anew.
            headers["Authorization"] = f"Basic {login.encoded()}"
        parts = urlsplit(url)
        pools = self._pools_for(parts.scheme, self._proxies.choose(parts.scheme, parts.netloc))
        return pools.urlopen(
            "GET" if question.body is None else "POST",
            url,
            body=question.body,
            headers=headers,
            redirect=False,
            retries=False,
            preload_content=False,
            decode_content=False,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        )

    def _pools_for(self, scheme: str, proxy: str | None) -> urllib3.PoolManager:
        way = scheme, proxy
        pools = self._pools.get(way)
        if pools is None:
            with self._lock:
                # To load the system's certificates takes longer than many an answer: not for plain http on loopback.
                if self._context is None and way != ("http", None):
                    self._context = tls_context(self._environ)
                if way not in self._pools:
                    self._pools[way] = connection_pools(proxy, self._context, self._connections)
                pools = self._pools[way]
        return pools

    def _check_redirect(self, question: Question, source: str, target: str, count: int) -> None:
        if count > REDIRECTS:
            raise transport_failures.redirect(question, f"more than {REDIRECTS} redirects")
        direct = self._proxies.choose(urlsplit(target).scheme, urlsplit(target).netloc) is None
        reason = unsafe_redirect(source, target, resolve=direct)
        if reason is not None:
            raise transport_failures.redirect(question, f"a redirect {reason}")

    def _whole(self, question: Question, response: urllib3.BaseHTTPResponse, url: str) -> Answer:
        # What a server says there is kept or shown: nothing of it may repeat what it was sent.
        headers = {
            key: value for key, value in _lower(response).items() if not self._credentials.holds_secret(value.encode())
        }
        if response.status not in {200, 206} or (question.partial and response.status == 200):
            return Answer(response.status, url, headers, b"")
        end = self._monotonic() + WHOLE_SECONDS
        chunks = []
        for chunk in _chunks(question, response):
            chunks.append(chunk)
            if self._monotonic() > end:
                raise transport_failures.too_slow(question, WHOLE_SECONDS)
        body = b"".join(chunks)
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding in {"gzip", "x-gzip"}:
            body = _inflated(question, body)
        elif encoding not in {"", "identity"} and body:
            raise BrokenAnswerError(f"its content encoding is {encoding[:40]!r}, which was not asked for")
        return Answer(response.status, url, headers, body)


def _chunks(question: Question, response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    """Give the body as it comes, as sent; urllib3 sees to it that it is as long as announced."""
    room = question.limit
    if (response.length_remaining or 0) > room:
        raise transport_failures.too_big(question)
    while True:
        # read1 returns what has come: with read a trickle would hold us up until a whole chunk is there.
        chunk = response.read1(_CHUNK, decode_content=False)
        if not chunk:
            return
        room -= len(chunk)
        if room < 0:
            raise transport_failures.too_big(question)
        yield chunk


def _inflated(question: Question, body: bytes) -> bytes:
    """Undo gzip (RFC 1952), never past the limit."""
    parts = []
    room = question.limit
    rest = body
    while rest:
        inflater = zlib.decompressobj(wbits=31)
        try:
            part = inflater.decompress(rest, room + 1)
        except zlib.error:
            raise BrokenAnswerError("its compressed body is damaged") from None
        room -= len(part)
        if room < 0:
            raise transport_failures.too_big(question)
        if not inflater.eof:
            raise BrokenAnswerError("its compressed body was cut off")
        parts.append(part)
        rest = inflater.unused_data
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _lower(response: urllib3.BaseHTTPResponse) -> dict[str, str]:
    return {key.lower(): value for key, value in response.headers.items()}


def _target(question: Question, url: str, response: urllib3.BaseHTTPResponse) -> str:
    location = response.headers.get("location")
    if not location:
        raise transport_failures.redirect(question, "a redirect that does not say where to")
    try:
        return without_login(urljoin(url, location))[0]
    except ValueError:
        reason = "a redirect to an address that cannot be understood"
        raise transport_failures.redirect(question, reason) from None


def _give_back(response: urllib3.BaseHTTPResponse) -> None:
    """Return the connection to its pool: read what is left of a short body, close on a long or unknown one."""
    if response.length_remaining is not None and response.length_remaining <= _CHUNK:
        try:
            response.drain_conn()
        except (HTTPError, OSError):
            response.close()
    else:
        response.close()
    # A closed connection as well: its place in the pool would be lost otherwise.
    response.release_conn()
