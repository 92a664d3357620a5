"""The client against a real private index, and where its password may not be found afterwards."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from lock.errors import WorldError
from resolver.index.credentials import Credentials, CredentialStore
from resolver.index.model import Index
from tests.resolver.index.conftest import newest_wheel
from tests.servers.index_server import Fault
from tests.servers.private_index import private_index
from tests.wheels import build_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.resolver.index.conftest import Desk, MemoryKeyring
    from tests.servers.index_server import IndexServer
    from tests.servers.private_index import PrivateIndex

CANARY = "c4n4ry-t0k3n-9f8e7d"


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateIndex]:
    with private_index(tmp_path_factory.mktemp("private"), "ada", CANARY) as running:
        build_wheel(running.packages, "Corp.Thing", "1.0", requires=["httpx>=0.27"], requires_python=">=3.9")
        build_wheel(running.packages, "Corp.Thing", "1.1", requires=["httpx>=0.28"], requires_python=">=3.9")
        yield running


def everything(desk: Desk, index: Index | IndexServer, **options: object) -> Path:
    """Ask for all that can be asked for and return the downloaded file."""
    with desk.client(index, **options) as client:
        page = client.page("corp-thing").result()
        assert page is not None
        assert list(page.versions) == ["1.1", "1.0"]
        file = newest_wheel(page)
        metadata = client.metadata(page, file).result()
        assert [str(requirement) for requirement in metadata.requires_dist] == ["httpx>=0.28"]
        return client.download(page, file, lambda _: None).result()


@pytest.mark.parametrize("place", ["environment", "netrc", "keyring", "address"])
def test_a_private_index_is_used_with_credentials_from_each_place(
    private: PrivateIndex, desk: Desk, memory_keyring: MemoryKeyring, place: str
) -> None:
    environ = {"HOME": str(desk.home)}
    embedded = {}
    if place == "environment":
        environ |= {"PLUGIN_LOCK_INDEX_CORP_USERNAME": "ada", "PLUGIN_LOCK_INDEX_CORP_PASSWORD": CANARY}
    elif place == "netrc":
        (desk.home / ".netrc").write_text(f"machine 127.0.0.1\nlogin ada\npassword {CANARY}\n")
    elif place == "keyring":
        memory_keyring.set_password(private.url, "ada", CANARY)
    else:
        embedded = {"corp": Credentials("ada", CANARY)}
    store = CredentialStore(environ, embedded=embedded)
    path = everything(desk, Index(name="corp", url=private.url), environ=environ, store=store)
    assert path.read_bytes() == (private.packages / "corp_thing-1.1-py3-none-any.whl").read_bytes()


def test_a_private_index_without_credentials_says_what_to_do(private: PrivateIndex, desk: Desk) -> None:
    with pytest.raises(WorldError, match="it answered 401") as caught:
        everything(desk, Index(name="corp", url=private.url))
    assert "PLUGIN_LOCK_INDEX_CORP_USERNAME" in (caught.value.problems[0].remedy or "")


def test_a_password_is_nowhere_to_be_found_afterwards(
    private: PrivateIndex, desk: Desk, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    environ = {"UV_INDEX_CORP_USERNAME": "ada", "UV_INDEX_CORP_PASSWORD": CANARY}
    index = Index(name="corp", url=private.url)
    everything(desk, index, environ=environ)
    with pytest.raises(WorldError) as refused:
        desk.page(index, name="x", environ={"UV_INDEX_CORP_USERNAME": "eve", "UV_INDEX_CORP_PASSWORD": CANARY})
    gone = Index(name="corp", url="http://127.0.0.1:9/simple/")
    with pytest.raises(WorldError) as unreachable:
        desk.page(gone, environ=environ)
    written = [str(refused.value), repr(refused.value), str(unreachable.value), caplog.text, *capfd.readouterr()]
    assert not [text for text in written if CANARY in text]
    paths = list(desk.cache_folder.rglob("*"))
    assert len([path for path in paths if path.is_file()]) >= 3
    assert not [path for path in paths if CANARY in str(path)]
    assert not [path for path in paths if path.is_file() and CANARY.encode() in path.read_bytes()]


def test_a_page_that_repeats_a_password_is_used_but_not_kept(server: IndexServer, desk: Desk) -> None:
    server.add_wheel("corp-thing", "1.0", yanked=f"see https://ada:{CANARY}@index.example/")
    environ = {"UV_INDEX_CORP_USERNAME": "ada", "UV_INDEX_CORP_PASSWORD": CANARY}
    assert len(desk.page(server, name="corp-thing", environ=environ).versions) == 1
    assert not [
        path for path in desk.cache_folder.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()
    ]


def test_a_server_that_echoes_a_password_does_not_get_it_into_an_error(server: IndexServer, desk: Desk) -> None:
    environ = {"UV_INDEX_CORP_USERNAME": "ada", "UV_INDEX_CORP_PASSWORD": CANARY}
    faults = [
        Fault(status=500, body=CANARY.encode()),
        Fault(status=302, headers={"Location": f"http://ada:{CANARY}@index.example/?token={CANARY}"}),
        Fault(body=b"{}", headers={"Content-Type": "application/json"}),
        Fault(body=f'{{"{CANARY}'.encode(), headers={"Content-Type": "application/vnd.pypi.simple.v1+json"}),
    ]
    for fault in faults:
        server.mend()
        server.fail("corp-thing", fault)
        server.raw_pages["corp-thing"] = ("text/html", b"")
        with pytest.raises(WorldError) as caught:
            desk.page(server, name="corp-thing", environ=environ)
        assert CANARY not in str(caught.value)
