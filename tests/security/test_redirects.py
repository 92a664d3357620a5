"""Attack 23: where a server may lead, and what is sent there."""

from __future__ import annotations

import json
import ssl
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
import trustme

from tests.osv_records import osv_record
from tests.security.canaries import BASIC, LOGIN, PASSWORD, USER
from tests.security.runs import project
from tests.servers.index_server import Fault, IndexServer
from tests.servers.osv_server import OsvServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.security.canaries import Stage

pytestmark = pytest.mark.attack(23)

REFUSED = {
    "file:///etc/passwd": "to the scheme 'file'",
    "ftp://index.example/": "to the scheme 'ftp'",
    "gopher://127.0.0.1/": "to the scheme 'gopher'",
    "javascript:alert(1)": "to the scheme 'javascript'",
    "http://index.example/": "from https to http",
    "http://127.0.0.1:{port}/simple/shared/": "from https to http",
    "https://169.254.169.254/latest/meta-data/": "to a cloud's metadata service",
    "https://2852039166/": "to a cloud's metadata service",
    "https://0xa9fea9fe/": "to a cloud's metadata service",
    "https://0251.0376.0251.0376/": "to a cloud's metadata service",
    "https://[::ffff:169.254.169.254]/": "to a cloud's metadata service",
    "https://[::ffff:a9fe:a9fe]/": "to a cloud's metadata service",
    "https://[fd00:ec2::254]/": "to a cloud's metadata service",
    "https://100.100.100.200/": "to a cloud's metadata service",
    "https://168.63.129.16/": "to a cloud's metadata service",
    "https://metadata.google.internal/computeMetadata/v1/": "to a cloud's metadata service",
    "https://METADATA.google.internal./": "to a cloud's metadata service",
    "https://169.254.1.2/": "to a link-local address",
    "https://[fe80::1%25eth0]/": "to a link-local address",
    "https://user@169.254.1.2/": "to a link-local address",
}


@pytest.fixture
def encrypted(stage: Stage) -> Iterator[IndexServer]:
    """An index over TLS, whose authority the environment names."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(stage.home / "ca.pem"))
    stage.monkeypatch.setenv("SSL_CERT_FILE", str(stage.home / "ca.pem"))
    with IndexServer(tls=context, login=(USER, PASSWORD)) as server:
        server.add_wheel(
            "alpha-plugin", "1.0", requires=["shared"], entry_points={"demo.plugins": {"a": "alpha_plugin"}}
        )
        server.add_wheel("shared", "1.0")
        yield server


def prepared(stage: Stage, server: IndexServer) -> None:
    stage.monkeypatch.setenv("PLUGIN_LOCK_INDEX_CORP_USERNAME", USER)
    stage.monkeypatch.setenv("PLUGIN_LOCK_INDEX_CORP_PASSWORD", PASSWORD)
    project(stage, server.url.replace("127.0.0.1", "localhost"))


@pytest.mark.parametrize("target", REFUSED)
@pytest.mark.parametrize("what", ["simple/shared/", r"metadata$", r"shared.*whl$"])
def test_a_redirect_to_a_dangerous_place_is_refused(
    stage: Stage, encrypted: IndexServer, target: str, what: str
) -> None:
    prepared(stage, encrypted)
    with IndexServer() as plain:
        plain.add_wheel("shared", "1.0")
        encrypted.fail(what, Fault(status=302, headers={"Location": target.format(port=plain.port)}))
        ran = stage.run("lock", "--json")
        assert plain.requests == []
    assert ran.code == 3, ran
    (problem,) = json.loads(ran.out)["problems"]
    assert problem["code"] == "index-redirect"
    assert f"with a redirect {REFUSED[target]}, which is not followed" in problem["message"]
    assert not (stage.project / "plugins.lock").exists()


def test_a_name_that_stands_for_an_inner_address_is_refused(stage: Stage, encrypted: IndexServer) -> None:
    import socket  # noqa: PLC0415 - its function is replaced here only

    prepared(stage, encrypted)
    real = socket.getaddrinfo

    def looked_up(host: str, *arguments: object, **options: object) -> object:
        if host == "rebinding.example":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 0))]
        return real(host, *arguments, **options)  # type: ignore[arg-type]

    stage.monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    encrypted.fail("simple/shared/", Fault(status=302, headers={"Location": "https://rebinding.example/shared/"}))
    ran = stage.run("lock")
    assert ran.code == 3
    assert "a redirect to a cloud's metadata service, which is not followed" in ran.err


@pytest.mark.parametrize("how", ["environment", "address", "netrc"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_credentials_stay_with_the_origin_they_are_for(
    stage: Stage, private: IndexServer, how: str, status: int
) -> None:
    """Another port is another origin: what listens there may be somebody else's."""
    url: str | None = private.url
    if how == "environment":
        stage.monkeypatch.setenv("PLUGIN_LOCK_INDEX_CORP_USERNAME", USER)
        stage.monkeypatch.setenv("PLUGIN_LOCK_INDEX_CORP_PASSWORD", PASSWORD)
    elif how == "address":
        stage.monkeypatch.setenv("PIP_INDEX_URL", private.url.replace("://", f"://{LOGIN}"))
        url = None
    else:
        stage.plant(stage.home / ".netrc", f"machine 127.0.0.1 login {USER} password {PASSWORD}\n")
    project(stage, url)
    with IndexServer(login=(USER, PASSWORD)) as other:
        other.add_wheel("shared", "1.0")
        location = f"{other.origin.replace('://', f'://{LOGIN}')}/simple/shared/"
        private.fail("simple/shared/", Fault(status=status, headers={"Location": location}))
        assert stage.run("lock").code == 3
        assert other.requests
        assert not [seen for seen in other.requests if "authorization" in seen.headers]
    assert any(seen.headers.get("authorization") == f"Basic {BASIC}" for seen in private.requests)
    assert stage.leaks() == []


def test_netrc_may_name_another_port(stage: Stage, private: IndexServer) -> None:
    with IndexServer(login=(USER, PASSWORD)) as other:
        other.add_wheel("shared", "1.0")
        lines = [f"machine 127.0.0.1:{server.port} login {USER} password {PASSWORD}\n" for server in (private, other)]
        stage.plant(stage.home / ".netrc", "".join(lines))
        project(stage, private.url)
        private.fail("simple/shared/", Fault(status=302, headers={"Location": f"{other.url}shared/"}))
        stage.run("lock")
        assert any("authorization" in seen.headers for seen in other.requests)


def test_cookies_and_referers_are_not_sent_along(stage: Stage, private: IndexServer) -> None:
    stage.monkeypatch.setenv("PLUGIN_LOCK_INDEX_CORP_USERNAME", USER)
    stage.monkeypatch.setenv("PLUGIN_LOCK_INDEX_CORP_PASSWORD", PASSWORD)
    project(stage, private.url)
    with IndexServer() as other:
        other.add_wheel("shared", "1.0")
        headers = {"Location": f"{other.url}shared/", "Set-Cookie": "a=b; Path=/"}
        private.fail("simple/shared/", Fault(status=302, headers=headers))
        stage.run("lock")
        assert other.requests
        for seen in (*private.requests, *other.requests):
            assert not {"cookie", "referer", "origin"} & seen.headers.keys()


@pytest.mark.parametrize("place", ["https://169.254.169.254", "https://127.0.0.1:1", "http://index.example"])
def test_a_file_elsewhere_is_not_even_asked_for(stage: Stage, private: IndexServer, place: str) -> None:
    private.login = None
    project(stage, private.url)
    for file in private.projects["shared"]:
        file.said = {"url": f"{place}/{file.name}"}
    ran = stage.run("lock", "--json")
    assert ran.code == 3
    assert [problem["code"] for problem in json.loads(ran.out)["problems"]] == ["file-origin"]


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/", "file:///etc/passwd", "https://metadata.google.internal/"]
)
def test_a_service_of_advisories_does_not_lead_anywhere(stage: Stage, private: IndexServer, target: str) -> None:
    private.login = None
    project(stage, private.url)
    assert stage.run("lock").code == 0
    private.fail("^/pypi/", Fault(status=302, headers={"Location": target}))
    ran = stage.run("audit")
    assert ran.code == 3
    assert "which is not followed" in ran.err
    with ExitStack() as stack:
        osv = stack.enter_context(OsvServer())
        osv.add("shared", "1.5", osv_record("X-1", "shared", {"introduced": "0"}))
        osv.redirect = target
        ran = stage.run("audit", "--service-url", osv.url)
    assert ran.code == 3
    assert "which is not followed" in ran.err
