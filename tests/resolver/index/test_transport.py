from __future__ import annotations

import gzip
import socket
import ssl
from typing import TYPE_CHECKING

import pytest
import trustme

from lock.errors import InputError, WorldError
from resolver.index.client import IndexClient
from resolver.index.credentials import CredentialStore
from resolver.index.model import Index
from resolver.index.questions import Question
from resolver.index.transport import Transport
from tests.resolver.index.conftest import NOON
from tests.servers.index_server import JSON, Fault, IndexServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.resolver.index.conftest import Desk


@pytest.fixture
def other() -> Iterator[IndexServer]:
    with IndexServer() as running:
        yield running


@pytest.fixture
def ready(server: IndexServer) -> IndexServer:
    server.add_wheel("thing", "1.0")
    return server


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
@pytest.mark.attack(28)
def test_a_passing_failure_is_asked_again_with_growing_waits(ready: IndexServer, desk: Desk, status: int) -> None:
    ready.fail("thing", Fault(status=status, times=3))
    assert list(desk.page(ready).versions) == ["1.0"]
    assert desk.clock.waits == [0.5, 1.0, 2.0]


@pytest.mark.attack(28)
def test_a_lasting_failure_is_an_error_after_four_attempts(ready: IndexServer, desk: Desk) -> None:
    ready.fail("thing", Fault(status=503))
    with pytest.raises(WorldError) as caught:
        desk.page(ready)
    (problem,) = caught.value.problems
    assert problem.code == "index-unavailable"
    assert problem.message.endswith("it answered 503 (it failed) for the page of thing (tried 4 times)")
    assert len(ready.requests) == 4


@pytest.mark.parametrize("status", [400, 404, 418, 410, 501])
@pytest.mark.attack(28)
def test_a_lasting_status_is_not_asked_again(ready: IndexServer, desk: Desk, status: int) -> None:
    ready.fail("thing", Fault(status=status))
    client = desk.client(ready)
    if status == 404:
        assert client.page("thing").result() is None
    else:
        with pytest.raises(WorldError, match=f"it answered {status} for the page of thing at http"):
            client.page("thing").result()
    assert (len(ready.requests), desk.clock.waits) == (1, [])


@pytest.mark.parametrize(
    ("value", "waited"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("Fri, 15 Jan 2027 08:00:05 GMT", 5.0),
        ("soon", 0.5),
        ("Fri, 15 Jan 2010 08:00:05 GMT", 0),
    ],
)
@pytest.mark.attack(28)
def test_retry_after_is_obeyed(ready: IndexServer, desk: Desk, value: str, waited: float) -> None:
    assert NOON == 1_800_000_000  # Fri, 15 Jan 2027 08:00:00 GMT
    ready.fail("thing", Fault(status=429, headers={"Retry-After": value}, times=1))
    desk.page(ready)
    assert desk.clock.waits == [waited]


@pytest.mark.attack(28)
def test_a_retry_after_beyond_patience_is_told_at_once(ready: IndexServer, desk: Desk) -> None:
    ready.fail("thing", Fault(status=429, headers={"Retry-After": "3600"}))
    with pytest.raises(WorldError, match=r"429 \(too many requests\) .* asks to wait 3600 seconds"):
        desk.page(ready)
    assert desk.clock.waits == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(cut=40, times=1),
        Fault(cut=40, chunked=True, times=1),
        Fault(drop=True, times=1),
        Fault(headers={"Content-Encoding": "gzip"}, body=b"no gzip at all", times=1),
        Fault(headers={"Content-Encoding": "br"}, body=b"what nobody asked for", times=1),
    ],
    ids=["cut", "cut in chunks", "hung up", "damaged gzip", "unasked encoding"],
)
@pytest.mark.attack(28)
def test_a_broken_answer_is_asked_again(ready: IndexServer, desk: Desk, fault: Fault) -> None:
    ready.fail("thing", fault)
    assert list(desk.page(ready).versions) == ["1.0"]
    assert len(ready.requests) == 2


@pytest.mark.attack(28)
def test_a_gzip_body_that_ends_early_is_not_taken_for_whole(ready: IndexServer, desk: Desk) -> None:
    whole = gzip.compress(b'{"meta": {"api-version": "1.0"}, "files": []}')
    ready.fail("thing", Fault(headers={"Content-Encoding": "gzip"}, body=whole[:-6]))
    with pytest.raises(WorldError, match="its compressed body was cut off"):
        desk.page(ready)


@pytest.mark.parametrize("fault", [Fault(cut=40), Fault(drop=True)])
@pytest.mark.attack(28)
def test_a_broken_answer_is_never_kept(ready: IndexServer, desk: Desk, fault: Fault) -> None:
    ready.fail("thing", fault)
    with pytest.raises(WorldError, match=r"no answer for the page of thing .*\(tried 4 times\)"):
        desk.page(ready)
    assert not list(desk.cache_folder.rglob("pages"))


def test_a_refused_connection_is_told_in_words(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(WorldError) as caught:
        desk.page(Index(name="corp", url=f"http://127.0.0.1:{port}/simple/"))
    assert "the connection was refused (tried 4 times)" in caught.value.problems[0].message


def test_a_name_that_cannot_be_resolved_is_told_in_words(desk: Desk) -> None:
    with pytest.raises(WorldError, match="its host name cannot be resolved"):
        desk.page(Index(name="corp", url="https://index.invalid/simple/"))


@pytest.mark.parametrize("url", ["http://index.example/simple/", "ftp://index.example/", "file:///srv/simple/"])
def test_an_index_without_tls_is_not_asked(desk: Desk, url: str) -> None:
    with pytest.raises(WorldError) as caught:
        desk.page(Index(name="corp", url=url))
    assert caught.value.problems[0].code == "index-address"


def test_a_redirect_on_the_same_host_is_followed_and_files_are_relative_to_its_end(
    ready: IndexServer, desk: Desk
) -> None:
    ready.fail("/simple/Thing/|/old/", Fault(status=301, headers={"Location": "/simple/thing/"}))
    page = desk.page(Index(name="corp", url=f"{ready.origin}/old/"))
    (file,) = page.versions["1.0"]
    assert file.url == f"{ready.origin}/files/thing/thing-1.0-py3-none-any.whl"


@pytest.mark.attack(28)
def test_a_redirect_to_a_login_page_is_no_project_page(ready: IndexServer, desk: Desk) -> None:
    ready.raw_pages["login"] = ("application/json", b"{}")
    ready.fail("thing", Fault(status=302, headers={"Location": "/simple/login/"}))
    with pytest.raises(WorldError, match="no login page stands before it"):
        desk.page(ready)


@pytest.mark.attack(28)
def test_endless_redirects_end(ready: IndexServer, desk: Desk) -> None:
    ready.fail("thing", Fault(status=302, headers={"Location": "/simple/thing/"}))
    with pytest.raises(WorldError, match="more than 5 redirects"):
        desk.page(ready)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("file:///etc/passwd", "a redirect to the scheme 'file'"),
        ("ftp://index.example/", "a redirect to the scheme 'ftp'"),
        ("http://169.254.169.254/latest/meta-data/", "a redirect to http without TLS"),
        ("https://169.254.169.254/latest/meta-data/", "a redirect to a cloud's metadata service"),
        ("https://[fe80::1]/", "a redirect to a link-local address"),
        ("https://metadata.google.internal/", "a redirect to a cloud's metadata service"),
        ("http://[/", "a redirect to an address that cannot be understood"),
        ("", "a redirect that does not say where to"),
    ],
)
def test_a_redirect_to_a_dangerous_place_is_not_followed(
    ready: IndexServer, desk: Desk, target: str, reason: str
) -> None:
    ready.fail("thing", Fault(status=302, headers={"Location": target} if target else {}))
    with pytest.raises(WorldError) as caught:
        desk.page(ready)
    (problem,) = caught.value.problems
    assert problem.code == "index-redirect"
    assert f"with {reason}, which is not followed" in problem.message
    assert len(ready.requests) == 1


def test_credentials_do_not_follow_a_redirect_to_another_host(
    ready: IndexServer, other: IndexServer, desk: Desk
) -> None:
    other.add_wheel("thing", "1.0")
    ready.fail("thing", Fault(status=302, headers={"Location": f"{other.url}thing/"}))
    environ = {"PLUGIN_LOCK_INDEX_CORP_USERNAME": "ada", "PLUGIN_LOCK_INDEX_CORP_PASSWORD": "hunter2"}
    desk.page(ready, environ=environ)
    assert "authorization" in ready.requests[0].headers
    assert "authorization" not in other.requests[0].headers


def test_more_requests_than_connections_share_them(server: IndexServer, desk: Desk) -> None:
    for number in range(60):
        server.add_wheel(f"thing{number}", "1.0")
    client = desk.client(server, connections=4)
    pages = [client.page(f"thing{number}") for number in range(60)]
    assert all(page.result() is not None for page in pages)


def test_closing_a_client_ends_its_waits(ready: IndexServer, desk: Desk) -> None:
    # With the real clock a Retry-After of a minute would hold this test up if closing did not end the wait.
    ready.fail("thing", Fault(status=503, headers={"Retry-After": "60"}))
    client = IndexClient([Index(name="corp", url=ready.url)], environ={"HOME": str(desk.home)})
    future = client.page("thing")
    client.close()
    assert future.done()


def test_a_proxy_of_the_environment_is_asked_instead(server: IndexServer, desk: Desk) -> None:
    # A proxy for plain http gets the whole address as the path; this server answers any path it is told to.
    server.fail(
        "thing",
        Fault(status=200, body=b'{"meta": {"api-version": "1.0"}, "files": []}', headers={"Content-Type": JSON}),
    )
    page = desk.page(
        Index(name="corp", url="http://localhost:9/simple/"),
        environ={"http_proxy": server.origin.replace("//", "//ada:hunter2@")},
    )
    assert dict(page.versions) == {}
    (seen,) = server.requests
    assert seen.path == "http://localhost:9/simple/thing/"
    assert seen.headers["proxy-authorization"].startswith("Basic ")


def test_no_proxy_is_obeyed(ready: IndexServer, desk: Desk) -> None:
    environ = {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    assert list(desk.page(ready, environ=environ).versions) == ["1.0"]


def test_a_proxy_that_is_no_http_proxy_is_an_error_without_its_password(ready: IndexServer, desk: Desk) -> None:
    with pytest.raises(InputError) as caught:
        desk.page(ready, environ={"all_proxy": "socks5://ada:hunter2@proxy.example:1080"})
    assert "socks5://proxy.example:1080" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def encrypted(authority: trustme.CA) -> Iterator[IndexServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with IndexServer(tls=context) as running:
        running.add_wheel("thing", "1.0")
        yield running


def test_certificates_that_cannot_be_read_are_told(desk: Desk, encrypted: IndexServer) -> None:
    missing = desk.home / "ca.pem"
    with pytest.raises(WorldError, match="the certificates that SSL_CERT_FILE names cannot be read") as caught:
        desk.page(encrypted, environ={"SSL_CERT_FILE": str(missing)})
    assert caught.value.problems[0].path == str(missing)


def test_plain_http_on_loopback_needs_no_certificates(desk: Desk, ready: IndexServer) -> None:
    assert desk.page(ready, environ={"SSL_CERT_FILE": str(desk.home / "ca.pem")}) is not None


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "NIX_SSL_CERT_FILE"])
def test_an_authority_that_the_environment_names_is_trusted(
    encrypted: IndexServer, desk: Desk, authority: trustme.CA, variable: str
) -> None:
    file = desk.home / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    assert desk.metadata(encrypted, environ={variable: str(file)}).version == "1.0"


def test_an_unknown_authority_is_not_trusted_and_asked_once(encrypted: IndexServer, desk: Desk) -> None:
    with pytest.raises(WorldError, match="its TLS certificate is not trusted") as caught:
        desk.page(encrypted)
    assert "SSL_CERT_FILE" in (caught.value.problems[0].remedy or "")
    assert (encrypted.requests, desk.clock.waits) == ([], [])


def test_a_redirect_from_https_to_http_is_not_followed(
    encrypted: IndexServer, ready: IndexServer, desk: Desk, authority: trustme.CA
) -> None:
    file = desk.home / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    encrypted.fail("thing", Fault(status=302, headers={"Location": f"{ready.url}thing/"}))
    with pytest.raises(WorldError, match="a redirect from https to http, which is not followed"):
        desk.page(encrypted, environ={"SSL_CERT_FILE": str(file)})
    assert ready.requests == []


@pytest.mark.attack(28)
def test_a_trickle_comes_to_an_end(ready: IndexServer) -> None:
    ticks = iter(range(0, 10_000, 200))
    transport = Transport(CredentialStore({}), {}, connections=1, monotonic=lambda: float(next(ticks)))
    ready.compress = False
    for number in range(2000):
        ready.add_wheel("thing", f"1.{number}", files={})
    index = Index(name="corp", url=ready.url)
    question = Question(index=index, url=f"{ready.url}thing/", what="the page of thing", limit=1 << 30)
    with pytest.raises(WorldError, match="the page of thing did not arrive within 300 seconds"):
        transport.get(question)
    transport.close()
