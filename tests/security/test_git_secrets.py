"""Attacks 21 and 23 for repositories: credentials of git, and where git may be led."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from tests.resolver.sources.repositories import SETTINGS, Repository
from tests.security.canaries import BASIC, LOGIN, PASSWORD, TOKEN, USER
from tests.security.runs import BODY, ECHO, project, run_everything
from tests.servers.git_servers import GitHttpServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.security.canaries import Stage


@pytest.fixture
def served(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHttpServer]:
    """A directory plugin in a repository that wants a password."""
    folder = tmp_path_factory.mktemp("served")
    stage.monkeypatch.setattr(os, "environ", os.environ | SETTINGS)
    repository = Repository(folder / "plugin.git")
    repository.commit({"plugin.yaml": "name: notes\nversion: 1.0.0\n", "__init__.py": "def register(ctx): ...\n"})
    with GitHttpServer(folder, login=(USER, PASSWORD)) as server:
        project(stage, None, f'[plugins]\nnotes = {{ git = "{server.url("plugin.git")}" }}\n')
        yield server


def netrc(stage: Stage) -> None:
    stage.plant(stage.home / ".netrc", f"machine 127.0.0.1 login {USER} password {PASSWORD}\n")


@pytest.mark.attack(21)
def test_the_password_of_a_repository_leaves_no_trace(stage: Stage, served: GitHttpServer) -> None:
    netrc(stage)
    codes = run_everything(stage)
    assert codes["lock"] == codes["update"] == 0, stage.streams
    assert f"Basic {BASIC}" in served.authorizations
    assert any("git" in started for started in stage.started)
    assert stage.leaks() == []


@pytest.mark.attack(21)
def test_git_is_not_told_the_passwords_of_indexes(stage: Stage, served: GitHttpServer) -> None:
    served.login = None
    for name in ("PLUGIN_LOCK_INDEX_CORP_PASSWORD", "UV_INDEX_CORP_PASSWORD"):
        stage.monkeypatch.setenv(name, PASSWORD)
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX_URL", "PLUGIN_LOCK_OSV_URL"):
        stage.monkeypatch.setenv(name, f"https://{LOGIN}index.example/simple/")
    assert stage.run("lock").code == 0, stage.streams
    assert any("GIT_TERMINAL_PROMPT" in given for given in stage.given)
    assert not [given for given in stage.given if PASSWORD in given or LOGIN in given]


FAULTS = {
    "400": (400, ECHO, BODY),
    "401": (401, ECHO, BODY),
    "403": (403, ECHO, BODY),
    "404": (404, ECHO, BODY),
    "500": (500, ECHO, BODY),
    "a page": (200, ECHO, BODY),
    "text for the user": (403, {"Content-Type": "text/plain"}, BODY),
    "an error of git's protocol": (
        200,
        {"Content-Type": "application/x-git-upload-pack-advertisement"},
        b"001e# service=git-upload-pack\n0000" + b"%04x" % (len(BODY) + 8) + b"ERR " + BODY,
    ),
}


@pytest.mark.attack(21)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_git_server_that_repeats_what_it_was_sent_leaves_no_trace(
    stage: Stage, served: GitHttpServer, fault: str
) -> None:
    netrc(stage)
    served.answers["/plugin.git/"] = FAULTS[fault]
    codes = run_everything(stage)
    # What is no answer of git's protocol is taken for a repository without any branch.
    assert codes["lock"] == (2 if fault == "a page" else 3), stage.streams
    assert f"Basic {BASIC}" in served.authorizations
    assert stage.leaks() == []


@pytest.mark.attack(21)
@pytest.mark.parametrize("path", ["/plugin.git/info/refs", "/other.git/info/refs"])
def test_a_git_servers_redirect_with_a_token_leaves_no_trace(stage: Stage, served: GitHttpServer, path: str) -> None:
    served.login = None
    served.redirects["/plugin.git/"] = f"http://{LOGIN}127.0.0.1:{served.url('').rpartition(':')[2]}{TOKEN}.git/"
    assert run_everything(stage)["lock"] == 3
    assert stage.leaks() == []
    served.redirects["/plugin.git/"] = f"{served.url('')}x?token={TOKEN}&service=git-upload-pack&x=/"
    assert run_everything(stage)["lock"] == 3
    assert stage.leaks() == []


@pytest.mark.attack(21)
def test_the_users_git_settings_and_helpers_are_not_used_and_leave_no_trace(
    stage: Stage, served: GitHttpServer
) -> None:
    witness = stage.root / "temporary" / "helper-was-run"
    helper = stage.home / "helper"
    stage.plant(helper, f"#!/bin/sh\ntouch {witness}\necho username={USER}\necho password={PASSWORD}\n")
    helper.chmod(0o700)
    address = served.url("")
    stage.plant(
        stage.home / ".gitconfig",
        f'[credential]\n\thelper = "{helper}"\n'
        f'[http]\n\textraHeader = "X-Token: {TOKEN}"\n'
        f'[url "{address.replace("://", f"://{LOGIN}")}"]\n\tinsteadOf = "{address}"\n',
    )
    for name, value in {
        "GIT_ASKPASS": str(helper),
        "SSH_ASKPASS": str(helper),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "http.extraHeader",
        "GIT_CONFIG_VALUE_0": f"X-Token: {TOKEN}",
        "GIT_CONFIG_PARAMETERS": f"'http.extraHeader=X-Token: {TOKEN}'",
        "GIT_TRACE_CURL": str(stage.root / "temporary" / "trace"),
        "GIT_TRACE": "1",
    }.items():
        stage.monkeypatch.setenv(name, value)
    stage.monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)
    assert run_everything(stage)["lock"] == 3
    assert not witness.exists()
    assert served.requests
    assert {authorization for authorization in served.authorizations if authorization} == set()
    assert stage.leaks() == []


@pytest.mark.attack(21)
def test_the_password_of_gits_proxy_leaves_no_trace(stage: Stage, served: GitHttpServer) -> None:
    manifest = stage.project / "plugins.toml"
    manifest.write_text(manifest.read_text().replace("http://127.0.0.1", "https://git.example"))
    for proxy in (served.url("").replace("://", f"://{LOGIN}"), f"http://{LOGIN}127.0.0.1:9", f"socks9://{LOGIN}x"):
        stage.monkeypatch.setenv("https_proxy", proxy)
        assert run_everything(stage)["lock"] == 3
    assert stage.leaks() == []


@pytest.mark.attack(23)
@pytest.mark.parametrize(
    "target",
    [
        "https://127.0.0.1:1/",
        "file:///etc/",
        "ftp://127.0.0.1:1/",
        "http://169.254.169.254/latest/",
        "http://[fe80::1]/",
        "http://2852039166/latest/",
        "http://metadata.google.internal/",
    ],
)
def test_git_is_not_led_elsewhere(stage: Stage, served: GitHttpServer, target: str) -> None:
    served.redirects["/plugin.git/"] = target
    netrc(stage)
    ran = stage.run("lock", "--json")
    assert ran.code == 3
    (problem,) = json.loads(ran.out)["problems"]
    assert "redirect" in problem["message"], problem
    assert len(served.requests) == 1


@pytest.mark.attack(23)
def test_gits_password_is_not_sent_to_where_a_server_leads(
    stage: Stage, served: GitHttpServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    netrc(stage)
    with GitHttpServer(tmp_path_factory.mktemp("elsewhere"), login=(USER, PASSWORD)) as elsewhere:
        served.redirects["/plugin.git/"] = elsewhere.url("plugin.git/")
        assert stage.run("lock").code == 3
        assert elsewhere.authorizations == []
    assert stage.leaks() == []
