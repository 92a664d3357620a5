"""Attack 21: a secret is nowhere to be found after a run, however it was given and whatever went wrong."""

from __future__ import annotations

import base64
import gzip
import io
import json
import zipfile
from typing import TYPE_CHECKING

import keyring
import keyring.credentials
import pytest

from tests.resolver.building.sources import project as source_project
from tests.sdists import sdist_bytes, sdist_name
from tests.security.canaries import BASIC, LOGIN, PASSWORD, TOKEN, USER, needles
from tests.security.runs import BODY, ECHO, project, run_everything, with_login
from tests.servers.index_server import JSON, Fault, IndexServer, ServedFile

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.security.canaries import Stage

pytestmark = pytest.mark.attack(21)


def test_the_search_finds_every_form_of_a_secret_everywhere(stage: Stage) -> None:
    """Else all of the others would show nothing."""
    for name, needle in needles().items():
        plain = stage.root / "plain"
        plain.write_bytes(b"x" + needle + b"y")
        assert f"{name} in plain" in stage.leaks()
        plain.unlink()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x", f"of {PASSWORD}")
    for name, content in {
        "gzip": gzip.compress(PASSWORD.encode()),
        "zip": packed.getvalue(),
        "base64": base64.b64encode(f"someone:{PASSWORD}: and more".encode()),
        f"in a name {TOKEN}": b"",
    }.items():
        (stage.root / name).write_bytes(content)
        assert len({leak.partition(" in ")[2] for leak in stage.leaks()}) == 1
        (stage.root / name).unlink()
    stage.streams["x"] = f"\n{BASIC}"
    stage.started.append(f"git {LOGIN}")
    assert {leak.partition(" in ")[2] for leak in stage.leaks()} >= {"x", f"process 0: git {LOGIN}"}


# -- where credentials come from -------------------------------------------------------------------------------------


def _variable(name: str) -> Callable[[Stage, str], str | None]:
    def give(stage: Stage, url: str) -> str | None:
        stage.monkeypatch.setenv(name, with_login(url))
        return None

    return give


def _pip(stage: Stage, url: str) -> str | None:
    stage.plant(stage.home / ".config" / "pip" / "pip.conf", f"[global]\nindex-url = {with_login(url)}\n")
    return None


def _uv(stage: Stage, url: str) -> str | None:
    stage.plant(stage.home / ".config" / "uv" / "uv.toml", f'[[index]]\nurl = "{with_login(url)}"\ndefault = true\n')
    return None


def _environment(stage: Stage, url: str) -> str | None:
    stage.monkeypatch.setenv("PLUGIN_LOCK_INDEX_CORP_USERNAME", USER)
    stage.monkeypatch.setenv("PLUGIN_LOCK_INDEX_CORP_PASSWORD", PASSWORD)
    return url


def _uv_environment(stage: Stage, url: str) -> str | None:
    stage.monkeypatch.setenv("UV_INDEX_CORP_USERNAME", USER)
    stage.monkeypatch.setenv("UV_INDEX_CORP_PASSWORD", PASSWORD)
    return url


def _netrc(stage: Stage, url: str) -> str | None:
    stage.plant(stage.home / ".netrc", f"machine 127.0.0.1 login {USER} password {PASSWORD}\n")
    return url


def _token_as_user(stage: Stage, url: str) -> str | None:
    stage.monkeypatch.setenv("PIP_INDEX_URL", url.replace("://", f"://{TOKEN}@"))
    return None


def _keyring(stage: Stage, url: str) -> str | None:
    found = keyring.credentials.SimpleCredential(USER, PASSWORD)
    stage.monkeypatch.setattr(keyring, "get_credential", lambda service, username: found)
    return url


GIVERS = {
    "PLUGIN_LOCK_DEFAULT_INDEX": _variable("PLUGIN_LOCK_DEFAULT_INDEX"),
    "UV_DEFAULT_INDEX": _variable("UV_DEFAULT_INDEX"),
    "UV_INDEX_URL": _variable("UV_INDEX_URL"),
    "PIP_INDEX_URL": _variable("PIP_INDEX_URL"),
    "pip.conf": _pip,
    "uv.toml": _uv,
    "environment": _environment,
    "uv's environment": _uv_environment,
    "netrc": _netrc,
    "keyring": _keyring,
}


@pytest.mark.parametrize("giver", GIVERS)
def test_a_password_leaves_no_trace(stage: Stage, private: IndexServer, giver: str) -> None:
    project(stage, GIVERS[giver](stage, private.url))
    codes = run_everything(stage)
    assert {codes[name] for name in ("lock", "check", "tree", "host", "add", "update", "remove")} == {0}, stage.streams
    assert codes["audit"] == 2
    assert any(seen.headers.get("authorization") == f"Basic {BASIC}" for seen in private.requests)
    assert stage.leaks() == []


@pytest.mark.parametrize("giver", ["PIP_INDEX_URL", "environment", "netrc"])
def test_a_wrong_password_leaves_no_trace(stage: Stage, private: IndexServer, giver: str) -> None:
    project(stage, GIVERS[giver](stage, private.url))
    private.login = (USER, "another")
    codes = run_everything(stage)
    assert codes["lock"] == 3
    assert stage.leaks() == []


# -- what servers do with them ---------------------------------------------------------------------------------------

PAGE = {"meta": {"api-version": "1.1"}, "name": "shared", "files": []}

FAULTS = {
    "400": Fault(status=400, headers=ECHO, body=BODY),
    "401": Fault(status=401, headers=ECHO, body=BODY),
    "403": Fault(status=403, headers=ECHO, body=BODY),
    "404": Fault(status=404, headers=ECHO, body=BODY),
    "407": Fault(status=407, headers=ECHO, body=BODY),
    "429": Fault(status=429, headers=ECHO, body=BODY),
    "500": Fault(status=500, headers=ECHO, body=BODY),
    "a login page": Fault(status=200, headers=ECHO, body=BODY),
    "a login page that says it is a page": Fault(status=200, headers={**ECHO, "Content-Type": JSON}, body=BODY),
    "a page in another encoding": Fault(status=200, headers={**ECHO, "Content-Encoding": PASSWORD}, body=BODY),
    "a damaged page": Fault(status=200, headers={**ECHO, "Content-Type": JSON}, body=BODY[:20]),
    "a page with the password in its headers": Fault(
        status=200, headers={**ECHO, "Content-Type": JSON}, body=json.dumps(PAGE).encode()
    ),
    "a page that holds the password": Fault(
        status=200, headers={"Content-Type": JSON}, body=json.dumps(PAGE | {"who": f"{USER}:{PASSWORD}"}).encode()
    ),
    "a page that holds the header": Fault(
        status=200,
        headers={"Content-Type": JSON},
        body=json.dumps(
            PAGE | {"files": [{"filename": "shared-1.0-py3-none-any.whl", "url": f"x?a={BASIC}", "hashes": {}}]}
        ).encode(),
    ),
    "a version of the page's format": Fault(
        status=200, headers={"Content-Type": JSON}, body=json.dumps(PAGE | {"meta": {"api-version": BASIC}}).encode()
    ),
    "no answer": Fault(drop=True),
    "half an answer": Fault(status=200, headers=ECHO, body=BODY, cut=10),
}


def test_a_token_in_the_place_of_a_user_name_leaves_no_trace(stage: Stage, private: IndexServer) -> None:
    project(stage, _token_as_user(stage, private.url))
    private.login = (TOKEN, "")
    assert run_everything(stage)["lock"] == 0
    assert stage.leaks() == []
    private.fail(
        "/shared/", Fault(status=200, headers={"Content-Type": f"text/{TOKEN}", "ETag": TOKEN}, body=TOKEN.encode())
    )
    assert stage.run("update", "--refresh").code == 3
    assert stage.leaks() == []


def test_a_password_outside_ascii_is_sent_as_utf_8(stage: Stage, private: IndexServer) -> None:
    stage.monkeypatch.setenv("PLUGIN_LOCK_INDEX_CORP_USERNAME", "ада")
    stage.monkeypatch.setenv("PLUGIN_LOCK_INDEX_CORP_PASSWORD", "пароль")
    project(stage, private.url)
    private.login = ("ада", "пароль")
    assert stage.run("lock").code == 0, stage.streams


@pytest.mark.parametrize("fault", FAULTS)
def test_a_server_that_repeats_what_it_was_sent_leaves_no_trace(stage: Stage, private: IndexServer, fault: str) -> None:
    project(stage, _environment(stage, private.url))
    private.fail("/shared/", FAULTS[fault])
    codes = run_everything(stage)
    assert codes["lock"] in {1, 3}, stage.streams
    assert any("authorization" in seen.headers for seen in private.requests)
    assert stage.leaks() == []


@pytest.mark.parametrize("where", ["simple/shared/$", "shared-1.5.*metadata$", "shared-1.5.*whl$"])
def test_a_redirect_with_a_token_leaves_no_trace(stage: Stage, private: IndexServer, where: str) -> None:
    project(stage, _environment(stage, private.url))
    signed = {
        "simple/shared/$": f"/simple/shared/?token={TOKEN}#{TOKEN}",
        "shared-1.5.*metadata$": f"/files/shared/shared-1.5-py3-none-any.whl.metadata?token={TOKEN}",
        "shared-1.5.*whl$": f"/files/shared/shared-1.5-py3-none-any.whl?X-Amz-Signature={TOKEN}",
    }[where]
    private.fail(where, Fault(status=302, headers={"Location": signed}))
    codes = run_everything(stage)
    assert codes["lock"] == 0, stage.streams
    assert any(TOKEN in path for path in private.paths())
    assert stage.leaks() == []


@pytest.mark.parametrize(
    "target",
    [
        f"https://{LOGIN}169.254.169.254/?token={TOKEN}",
        f"file:///{TOKEN}",
        f"http://index.example/?token={TOKEN}",
        f"https://[{TOKEN}/",
        f"/loop?token={TOKEN}",
        f"{TOKEN}://x",
    ],
)
def test_a_redirect_that_is_not_followed_is_not_repeated(stage: Stage, private: IndexServer, target: str) -> None:
    project(stage, _environment(stage, private.url))
    private.fail("/shared/|/loop", Fault(status=302, headers={"Location": target}))
    assert run_everything(stage)["lock"] == 3
    assert stage.leaks() == []


def test_a_page_whose_files_have_tokens_is_neither_locked_nor_kept(stage: Stage, private: IndexServer) -> None:
    project(stage, _environment(stage, private.url))
    for file in private.projects["shared"]:
        file.said = {"url": f"/files/shared/{file.name}?token={TOKEN}"}
    codes = run_everything(stage)
    assert codes["lock"] != 0
    assert stage.leaks() == []


# -- proxies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [None, "407", "403", "500", "no answer"])
def test_a_proxys_password_leaves_no_trace(stage: Stage, private: IndexServer, fault: str | None) -> None:
    private.login = None
    # The proxy of a test gets the whole address as the path.
    project(stage, "http://localhost:9/simple/")
    stage.monkeypatch.setenv("http_proxy", with_login(private.origin))
    if fault is not None:
        private.fail("", FAULTS[fault])
    run_everything(stage)
    assert any(seen.headers.get("proxy-authorization") == f"Basic {BASIC}" for seen in private.requests)
    assert stage.leaks() == []


@pytest.mark.parametrize("proxy", ["socks5://{}127.0.0.1:9", "http://{}127.0.0.1:9", "http://{}[", "{}"])
def test_a_proxy_that_does_not_work_is_named_without_its_password(stage: Stage, proxy: str) -> None:
    project(stage, "http://localhost:9/simple/")
    stage.monkeypatch.setenv("http_proxy", proxy.format(LOGIN))
    codes = run_everything(stage)
    assert codes["lock"] in {2, 3}
    assert stage.leaks() == []


# -- builds ----------------------------------------------------------------------------------------------------------

SPY = """\
import json, os, pathlib, sys
seen = json.dumps([dict(os.environ), sys.argv])
print(seen, flush=True)
SAID["files"]["spied.txt"] = seen
"""


@pytest.mark.parametrize("ends", ["", "raise SystemExit(seen)"])
def test_a_build_is_given_no_secret(stage: Stage, private: IndexServer, ends: str) -> None:
    files = source_project("spy", "1.0", run={"build_wheel": SPY + ends})
    private.add("spy", ServedFile(name=sdist_name("spy", "1.0"), data=sdist_bytes("spy", "1.0", files, static=False)))
    project(
        stage,
        _environment(stage, private.url),
        '[plugins]\nspy = "*"\n\n[policy.allow-build]\nspy = "it shows what it sees"\n',
    )
    assert stage.run("lock", "--verbose").code == (3 if ends else 0), stage.streams
    seen = [*stage.streams.values(), *(content.decode("utf-8", "replace") for _, content in stage.everything())]
    assert any("SOURCE_DATE_EPOCH" in text for text in seen)
    assert stage.leaks() == []


# -- services of advisories ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["403", "500", "a login page", "404"])
def test_the_password_of_a_service_leaves_no_trace(stage: Stage, private: IndexServer, fault: str) -> None:
    project(stage, _environment(stage, private.url))
    assert stage.run("lock").code == 0
    private.fail("/v1/", FAULTS[fault])
    stage.monkeypatch.setenv("PLUGIN_LOCK_OSV_URL", with_login(private.origin))
    for more in ((), ("--json",), ("--verbose",)):
        assert stage.run("audit", "--service", "osv", *more).code == 3
    assert stage.leaks() == []
