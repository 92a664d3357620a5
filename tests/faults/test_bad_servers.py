"""Indexes that answer badly: asked again where that may help, then named in an error, and nothing wrong is kept."""

from __future__ import annotations

import gzip
import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from lock.errors import ResolutionError, WorldError
from resolver.index.credentials import CredentialStore
from resolver.index.model import Index
from resolver.index.questions import Question
from resolver.index.transport import SLOWEST_BYTES_PER_SECOND, WHOLE_SECONDS, Transport
from tests.resolver.index.conftest import Clock, Desk, newest_wheel
from tests.servers.index_server import JSON, Fault, IndexServer, ServedFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.projects import Workshop

pytestmark = pytest.mark.attack(28)

BOMB = gzip.compress(bytes(50_000_000), 9, mtime=0)

AGAIN = {
    "too many requests": Fault(status=429, headers={"Retry-After": "7"}),
    "failed": Fault(status=500),
    "bad gateway": Fault(status=502),
    "unavailable": Fault(status=503),
    "gateway timed out": Fault(status=504),
    "hung up": Fault(drop=True),
    "cut off": Fault(cut=30),
    "cut off in a chunk": Fault(cut=30, chunked=True),
    "no gzip": Fault(headers={"Content-Encoding": "gzip"}, body=b"no gzip at all"),
    "gzip cut off": Fault(headers={"Content-Encoding": "gzip"}, body=gzip.compress(b"{}" * 99)[:-6]),
    "unasked encoding": Fault(headers={"Content-Encoding": "br"}, body=b"what nobody asked for"),
}
"""What may be better a moment later."""

AT_ONCE = {
    "gone": Fault(status=410),
    "not implemented": Fault(status=501),
    "wait an hour": Fault(status=429, headers={"Retry-After": "3600"}),
    "endless redirects": Fault(status=302, headers={"Location": "/simple/plug/"}),
    "a redirect to nowhere": Fault(status=302),
    "a redirect to a file": Fault(status=302, headers={"Location": "file:///etc/passwd"}),
}
"""What will be no better."""

NO_PAGE = {
    "another type": Fault(headers={"Content-Type": "application/pdf"}, body=b"%PDF"),
    "plain text": Fault(headers={"Content-Type": "text/plain"}, body=b"please log in"),
    "text as JSON": Fault(headers={"Content-Type": JSON}, body=b"<html>bad gateway</html>"),
    "another encoding": Fault(headers={"Content-Type": JSON}, body='{"meta": {"api-version": "1.0"}}'.encode("utf-16")),
    "a bomb": Fault(headers={"Content-Type": JSON, "Content-Encoding": "gzip"}, body=BOMB),
    "endless": Fault(headers={"Content-Type": JSON}, body=b"[" * 20_000_000, chunked=True),
}
"""What is no project page, and is bounded."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with ExitStack() as stack:
        yield Desk(tmp_path, Clock(), stack)


def kept(desk: Desk) -> list[str]:
    """Everything the cache holds, but for its own folders and mark."""
    return sorted(path.name for path in desk.cache_folder.rglob("*") if path.is_file() and path.name != "CACHEDIR.TAG")


def ask(desk: Desk, server: IndexServer, what: str) -> object:
    """Ask for a page, for metadata or for a file of it."""
    with desk.client(server) as client:
        page = client.page("plug").result()
        assert page is not None
        if what == "page":
            return tuple(page.versions["1.0"])
        if what == "metadata":
            return client.metadata(page, newest_wheel(page)).result().name
        return client.download(page, newest_wheel(page), lambda _: None).result().read_bytes()


PATTERNS = {"page": "/simple/plug/", "metadata": r"\.metadata$", "file": r"\.whl$"}


CASES = [
    (what, name)
    for what in PATTERNS
    for name in (*AGAIN, *AT_ONCE)
    # Metadata that is gone is read from the wheel; in files no encoding is undone, for their hash is of what is sent.
    if (what, name) != ("metadata", "gone") and not (what == "file" and ("gzip" in name or "encoding" in name))
]


@pytest.mark.parametrize(("what", "name"), CASES)
def test_a_bad_answer_ends_in_an_error_that_names_the_index_and_is_not_kept(
    server: IndexServer, desk: Desk, what: str, name: str
) -> None:
    server.fail(PATTERNS[what], (AGAIN | AT_ONCE)[name])
    with pytest.raises(WorldError) as caught:
        ask(desk, server, what)
    (problem,) = caught.value.problems
    assert problem.message.startswith(f"index corp ({server.url}): ")
    assert problem.remedy
    if name in AGAIN:
        assert desk.clock.waits == ([7.0] * 3 if "many" in name else [0.5, 1.0, 2.0])
        assert "(tried 4 times)" in problem.message
    else:
        assert desk.clock.waits == []
    server.mend()
    unspoilt = Desk(desk.home / "unspoilt", desk.clock, desk.stack)
    assert ask(desk, server, what) == ask(unspoilt, server, what)


@pytest.mark.parametrize("name", NO_PAGE)
def test_what_is_no_page_is_not_asked_again_and_not_kept(
    server: IndexServer, desk: Desk, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolver.index.pages.PAGE_LIMIT", 10_000_000)
    server.fail("plug", NO_PAGE[name])
    with pytest.raises(WorldError) as caught:
        ask(desk, server, "page")
    (problem,) = caught.value.problems
    assert problem.message.startswith(f"index corp ({server.url}): ")
    assert "the page of plug" in problem.message
    assert (len(server.requests), desk.clock.waits, kept(desk)) == (1, [], [])
    server.mend()
    assert ask(desk, server, "page")


def test_an_error_page_sent_as_200_is_no_reason_to_believe_in_no_versions_for_long(
    server: IndexServer, workshop: Workshop
) -> None:
    workshop.plugins = {"plug": '"*"'}
    page = b"<!DOCTYPE html><h1>Bad gateway</h1><a href='/status'>status</a>"
    server.fail("plug", Fault(headers={"Content-Type": "text/html"}, body=page))
    with pytest.raises(ResolutionError, match="plug"):
        workshop.lock()
    assert not workshop.lock_path.exists()
    server.mend()
    assert workshop.lock().status == "written"


def test_a_file_that_trickles_comes_to_an_end(server: IndexServer, desk: Desk) -> None:
    server.add("slow", ServedFile(name="slow-1.0.tar.gz", data=bytes(SLOWEST_BYTES_PER_SECOND * 1000)))
    ticks = iter(range(10_000))
    slow = Transport(CredentialStore({}), {}, connections=1, monotonic=lambda: float(next(ticks)) * 2 * WHOLE_SECONDS)
    question = Question(
        index=Index(name="corp", url=server.url),
        url=f"{server.origin}/files/slow/slow-1.0.tar.gz",
        what="slow-1.0.tar.gz",
        limit=1 << 30,
    )
    with pytest.raises(WorldError, match=r"index corp .*slow-1.0.tar.gz did not arrive within [0-9]+ seconds"):
        slow.stream(question, lambda: lambda _: None)
    slow.close()


@pytest.mark.parametrize("fault", [Fault(status=503), Fault(cut=20), Fault(drop=True)])
def test_a_lock_stands_while_its_index_fails(
    server: IndexServer, workshop: Workshop, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolver.index.retries._FIRST_DELAY_SECONDS", 0.0)
    workshop.plugins = {"plug": '"*"'}
    workshop.lock()
    before = workshop.lock_path.read_bytes()
    shutil.rmtree(workshop.root / "cache")  # else an unchanged page would be all that is asked for
    server.fail("", fault)
    with pytest.raises(WorldError, match="index local"):
        workshop.lock(upgrade="everything")
    assert workshop.lock_path.read_bytes() == before
    assert workshop.check().problems == ()
    server.mend()
    assert workshop.lock(upgrade="everything").status == "current"
