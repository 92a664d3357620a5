from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import keyring.errors
import pytest

from lock.errors import WorldError
from resolver.index import keyrings
from resolver.index.credentials import Credentials, CredentialStore
from resolver.index.model import Index
from tests.servers.index_server import IndexServer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.resolver.index.conftest import Desk, MemoryKeyring

LOGIN = ("ada", "correct horse")


@pytest.fixture
def private(server: IndexServer) -> IndexServer:
    server.login = LOGIN
    server.add_wheel("thing", "1.0")
    return server


def sent(server: IndexServer) -> list[str | None]:
    """The logins that came with each request so far."""
    logins = []
    for seen in server.requests:
        header = seen.headers.get("authorization")
        logins.append(base64.b64decode(header.removeprefix("Basic ")).decode() if header else None)
    return logins


@pytest.mark.parametrize("prefix", ["PLUGIN_LOCK_INDEX_CORP", "UV_INDEX_CORP"])
def test_credentials_of_the_environment_are_sent_at_once(private: IndexServer, desk: Desk, prefix: str) -> None:
    desk.page(private, environ={f"{prefix}_USERNAME": LOGIN[0], f"{prefix}_PASSWORD": LOGIN[1]})
    assert sent(private) == ["ada:correct horse"]


def test_a_variable_is_named_after_the_index_in_capitals(private: IndexServer, desk: Desk) -> None:
    environ = {"PLUGIN_LOCK_INDEX_MY_CORP_2_USERNAME": LOGIN[0], "PLUGIN_LOCK_INDEX_MY_CORP_2_PASSWORD": LOGIN[1]}
    desk.page(Index(name="my-corp.2", url=private.url), environ=environ)


def test_credentials_of_netrc_are_sent_at_once(private: IndexServer, desk: Desk) -> None:
    (desk.home / ".netrc").write_text('machine 127.0.0.1 login ada password "correct horse"\n')
    desk.page(private)
    assert sent(private) == ["ada:correct horse"]


def test_netrc_may_be_named_by_the_environment(private: IndexServer, desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "elsewhere"
    file.write_text('machine 127.0.0.1 login ada password "correct horse"\n')
    desk.page(private, environ={"NETRC": str(file)})


def test_a_netrc_machine_with_a_port_is_preferred(private: IndexServer, desk: Desk) -> None:
    (desk.home / ".netrc").write_text(
        "machine 127.0.0.1 login eve password wrong\n"
        f'machine 127.0.0.1:{private.port} login ada password "correct horse"\n'
    )
    desk.page(private)


def test_the_default_entry_of_netrc_is_sent_to_nobody(private: IndexServer, desk: Desk) -> None:
    (desk.home / ".netrc").write_text('default login ada password "correct horse"\n')
    with pytest.raises(WorldError, match="it answered 401"):
        desk.page(private)
    assert sent(private) == [None]


def test_a_netrc_that_cannot_be_read_is_told_by_line_without_its_content(private: IndexServer, desk: Desk) -> None:
    (desk.home / ".netrc").write_text("machine 127.0.0.1 login ada\npassphrase hunter2\n")
    with pytest.raises(WorldError) as caught:
        desk.page(private)
    text = str(caught.value)
    assert f"{desk.home / '.netrc'}:2 cannot be understood" in text
    assert "hunter2" not in text
    assert "passphrase" not in text


def test_a_broken_netrc_does_not_stop_an_index_that_needs_none(server: IndexServer, desk: Desk) -> None:
    (desk.home / ".netrc").write_text("machine\n")
    server.add_wheel("thing", "1.0")
    with desk.client(server) as client:
        assert client.page("thing").result() is not None
        assert any("cannot be understood" in note for note in client.notes)


def test_a_missing_netrc_file_that_the_environment_names_is_told(private: IndexServer, desk: Desk) -> None:
    with pytest.raises(WorldError, match="NETRC names /nowhere/netrc, which is not a file"):
        desk.page(private, environ={"NETRC": "/nowhere/netrc"})


@pytest.mark.parametrize("service", ["{origin}/simple/", "{origin}/simple", "127.0.0.1:{port}"])
def test_the_keyring_is_asked_after_a_refusal(
    private: IndexServer, desk: Desk, memory_keyring: MemoryKeyring, service: str
) -> None:
    memory_keyring.set_password(service.format(origin=private.origin, port=private.port), *LOGIN)
    desk.metadata(private)
    assert sent(private) == [None, "ada:correct horse", "ada:correct horse"]


def test_the_keyring_is_not_asked_without_need(server: IndexServer, desk: Desk, memory_keyring: MemoryKeyring) -> None:
    server.add_wheel("thing", "1.0")
    desk.page(server)
    assert memory_keyring.asked == []


def test_a_user_name_alone_is_completed_by_the_keyring(
    private: IndexServer, desk: Desk, memory_keyring: MemoryKeyring
) -> None:
    memory_keyring.set_password(private.url, "eve", "wrong")
    memory_keyring.set_password(private.url, *LOGIN)
    desk.page(private, environ={"PLUGIN_LOCK_INDEX_CORP_USERNAME": "ada"})
    assert sent(private) == ["ada:correct horse"]


def test_a_wrong_password_of_netrc_gives_way_to_the_keyring(
    private: IndexServer, desk: Desk, memory_keyring: MemoryKeyring
) -> None:
    (desk.home / ".netrc").write_text("machine 127.0.0.1 login ada password old\n")
    memory_keyring.set_password(private.url, *LOGIN)
    desk.page(private)
    assert sent(private) == ["ada:old", "ada:correct horse"]


def test_a_keyring_that_fails_is_told_without_its_words(
    private: IndexServer, desk: Desk, memory_keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise keyring.errors.KeyringLocked("hunter2")

    monkeypatch.setattr(memory_keyring, "get_credential", fail)
    with pytest.raises(WorldError) as caught:
        desk.page(private)
    assert "the keyring failed (KeyringLocked)" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_the_keyring_command_is_asked_where_the_library_is_missing(
    private: IndexServer, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = tmp_path / "bin" / "keyring"
    command.parent.mkdir()
    command.write_text(
        "#!/bin/sh\n"
        f'[ "$*" = "--mode creds --output json get {private.url}" ] && '
        """echo '{"username": "ada", "password": "correct horse"}' && exit 0\n"""
        f'[ "$*" = "get {private.url} ada" ] && echo "correct horse" && exit 0\n'
        "exit 1\n"
    )
    command.chmod(0o755)
    monkeypatch.setattr(keyrings, "find_spec", lambda _: None)
    path = {"PATH": f"{command.parent}:/usr/bin:/bin"}
    desk.page(private, environ=path)
    desk.page(private, environ=path | {"UV_INDEX_CORP_USERNAME": "ada"}, refresh=True)
    assert sent(private) == [None, "ada:correct horse", "ada:correct horse"]


def test_a_keyring_command_that_knows_nothing_leads_to_the_usual_error(
    private: IndexServer, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyrings, "find_spec", lambda _: None)
    with pytest.raises(WorldError, match="keyring is not installed"):
        desk.page(private, environ={"PATH": str(desk.home)})


def test_credentials_in_a_configured_address_come_first(private: IndexServer, desk: Desk) -> None:
    environ = {"HOME": str(desk.home), "UV_INDEX_CORP_USERNAME": "eve", "UV_INDEX_CORP_PASSWORD": "wrong"}
    store = CredentialStore(environ, embedded={"corp": Credentials(*LOGIN)})
    desk.page(private, store=store)
    assert sent(private) == ["ada:correct horse"]


def test_a_401_says_how_credentials_are_found(private: IndexServer, desk: Desk) -> None:
    with pytest.raises(WorldError) as caught:
        desk.page(private)
    (problem,) = caught.value.problems
    assert problem.code == "index-login"
    assert problem.message == (
        f"index corp ({private.url}): it answered 401 for the page of thing: "
        "it wants a user name and a password, and none were found"
    )
    assert problem.remedy is not None
    for place in ("PLUGIN_LOCK_INDEX_CORP_USERNAME", "machine 127.0.0.1", f"keyring set {private.url}"):
        assert place in problem.remedy


def test_refused_credentials_are_named_as_refused(private: IndexServer, desk: Desk) -> None:
    environ = {"UV_INDEX_CORP_USERNAME": "ada", "UV_INDEX_CORP_PASSWORD": "hunter2"}
    with pytest.raises(WorldError, match="it refused the credentials found") as caught:
        desk.page(private, environ=environ)
    assert "hunter2" not in str(caught.value)


def test_credentials_of_an_index_are_not_sent_to_another_origin_it_serves_files_from(
    private: IndexServer, desk: Desk
) -> None:
    with IndexServer() as files:
        private.file_origin = files.origin
        files.projects = private.projects
        index = Index(name="corp", url=private.url, files=(files.origin,))
        desk.metadata(index, environ={"UV_INDEX_CORP_USERNAME": LOGIN[0], "UV_INDEX_CORP_PASSWORD": LOGIN[1]})
        assert sent(private) == ["ada:correct horse"]
        assert sent(files) == [None]


def test_a_password_shows_in_no_representation() -> None:
    assert "hunter2" not in repr(Credentials("ada", "hunter2"))
