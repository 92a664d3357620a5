"""Attacks 21 and 23: asking who published a file neither leaks a secret nor sends one elsewhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from resolver.index.model import Index, ProjectFile
from resolver.index.provenance import question
from tests.provenances import GITHUB, provenance, publish
from tests.security.canaries import BASIC, LOGIN, PASSWORD, TOKEN, USER
from tests.security.runs import BODY, ECHO, project, run_everything
from tests.servers.index_server import INTEGRITY, Fault, IndexServer
from tests.wheels import sha256_of

if TYPE_CHECKING:
    from typing import Any

    from tests.security.canaries import Stage

CHECKS = (
    ("check", "--min-level", "publisher", "--verbose"),
    ("check", "--min-level", "publisher", "--json"),
    ("check", "--min-level", "attestation", "--verbose"),
    ("check", "--min-level", "attestation", "--refresh", "--json"),
    ("check", "--min-level", "attestation", "--offline"),
    ("verify", "--json"),
)


@pytest.fixture
def attested(stage: Stage, private: IndexServer) -> IndexServer:
    """An index that wants a password, and names a publisher of each file."""
    for files in private.projects.values():
        for file in files:
            publish(file)
    stage.monkeypatch.setenv("PLUGIN_LOCK_INDEX_CORP_USERNAME", USER)
    stage.monkeypatch.setenv("PLUGIN_LOCK_INDEX_CORP_PASSWORD", PASSWORD)
    project(stage, private.url)
    return private


def run_all(stage: Stage) -> int:
    """Run every command, and those that ask for levels; return the exit code of `lock`."""
    codes = run_everything(stage)
    for arguments in CHECKS:
        stage.run(*arguments)
    return codes["lock"]


def said(server: IndexServer, **publisher: Any) -> bytes:
    """The provenance of the file that will be locked of `shared`, by a publisher with further keys."""
    file = server.projects["shared"][1]
    return json.dumps(provenance(file.name, sha256_of(file.data), [{**GITHUB, **publisher}])).encode()


@pytest.mark.attack(21)
def test_a_password_that_provenance_needs_leaves_no_trace(stage: Stage, attested: IndexServer) -> None:
    assert run_all(stage) == 0, stage.streams
    assert "attested = true" in (stage.project / "plugins.lock").read_text()
    asked = [seen for seen in attested.requests if seen.path.startswith("/integrity/")]
    assert asked
    assert {seen.headers.get("authorization") for seen in asked} <= {f"Basic {BASIC}", None}
    assert stage.leaks() == []


REPEATED: dict[str, dict[str, Any]] = {
    "in a value": {"repository": f"octo/{PASSWORD}"},
    "in a value, as the header": {"workflow": BASIC},
    "in the kind": {"kind": BASIC},
    "in a key": {BASIC: "x"},
    "in a value of two lines": {"repository": f"{PASSWORD}\n{BASIC}"},
}


@pytest.mark.attack(21)
@pytest.mark.parametrize("where", REPEATED)
def test_a_publisher_that_repeats_a_password_is_neither_locked_nor_kept(
    stage: Stage, attested: IndexServer, where: str
) -> None:
    attested.fail("/integrity/shared", Fault(body=said(attested, **REPEATED[where])))
    assert run_all(stage) == 3, stage.streams
    assert stage.leaks() == []


@pytest.mark.attack(21)
@pytest.mark.parametrize("claims", [{"who": PASSWORD}, [BASIC]])
def test_a_password_in_what_is_not_recorded_is_not_kept(stage: Stage, attested: IndexServer, claims: Any) -> None:
    attested.fail("/integrity/shared", Fault(body=said(attested, claims=claims)))
    assert run_all(stage) == 0, stage.streams
    assert stage.leaks() == []


@pytest.mark.attack(21)
def test_a_password_behind_an_escape_of_json_is_found(stage: Stage, attested: IndexServer) -> None:
    text = said(attested, repository="octo/@@").replace(
        b"@@", "".join(f"\\u{ord(letter):04x}" for letter in PASSWORD).encode()
    )
    attested.fail("/integrity/shared", Fault(body=text))
    assert run_all(stage) == 3, stage.streams
    assert stage.leaks() == []


FAULTS = {
    **{str(status): Fault(status=status, headers=ECHO, body=BODY) for status in (400, 401, 403, 404, 410, 429, 500)},
    "a login page": Fault(headers={**ECHO, "Content-Type": "text/html"}, body=BODY),
    "no JSON": Fault(headers={**ECHO, "Content-Type": INTEGRITY}, body=BODY),
    "a version": Fault(body=json.dumps({"version": BASIC, "attestation_bundles": []}).encode()),
    "a digest": Fault(body=json.dumps(provenance(PASSWORD, BASIC)).encode()),
    "a type": Fault(body=json.dumps(provenance("x", "x", _type=PASSWORD)).encode()),
    "no answer": Fault(drop=True),
    "half an answer": Fault(headers=ECHO, body=BODY, cut=10),
}


@pytest.mark.attack(21)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_provenance_that_repeats_what_was_sent_leaves_no_trace(
    stage: Stage, attested: IndexServer, fault: str
) -> None:
    attested.fail("/integrity/shared", FAULTS[fault])
    assert run_all(stage) == (0 if fault in {"404", "410"} else 3), stage.streams
    assert stage.leaks() == []


@pytest.mark.attack(21)
@pytest.mark.parametrize(
    "address",
    [
        f"/integrity/shared/{{}}?token={TOKEN}",
        f"http://{LOGIN}127.0.0.1:{{}}/integrity/shared/x",
        f"https://{LOGIN}elsewhere.example/?token={TOKEN}",
        f"//{LOGIN}elsewhere.example/",
    ],
)
def test_an_address_of_provenance_with_a_secret_leaves_no_trace(
    stage: Stage, attested: IndexServer, address: str
) -> None:
    for file in attested.projects["shared"]:
        file.said = {"provenance": address.format(attested.port if LOGIN in address else file.name)}
    run_all(stage)
    assert stage.leaks() == []


@pytest.mark.attack(21)
def test_a_login_in_the_address_of_provenance_is_not_sent() -> None:
    """A proxy for plain http is told the whole address."""
    index = Index(name="corp", url="https://index.example/simple/")
    file = ProjectFile(
        filename="shared-1.0-py3-none-any.whl",
        url="https://index.example/files/shared-1.0-py3-none-any.whl",
        kind="wheel",
        version="1.0",
        sha256="0" * 64,
        provenance=f"https://{LOGIN}index.example/integrity/shared?x=1#{TOKEN}",
    )
    assert question(index, file).url == "https://index.example/integrity/shared?x=1"


@pytest.mark.attack(21)
def test_a_redirect_of_provenance_with_a_token_leaves_no_trace(stage: Stage, attested: IndexServer) -> None:
    name = attested.projects["shared"][1].name
    attested.fail(
        rf"^/integrity/shared/{name}$",
        Fault(status=302, headers={"Location": f"/integrity/shared/{name}?token={TOKEN}#{TOKEN}"}),
    )
    assert run_all(stage) == 0, stage.streams
    assert any(TOKEN in path for path in attested.paths())
    assert stage.leaks() == []


@pytest.mark.attack(23)
@pytest.mark.parametrize("how", ["redirect", "address"])
def test_credentials_are_not_sent_to_where_provenance_is_elsewhere(
    stage: Stage, attested: IndexServer, how: str
) -> None:
    """Another port is another origin: what listens there may be somebody else's."""
    with IndexServer() as elsewhere:
        for project_name, files in attested.projects.items():
            elsewhere.projects[project_name] = files
        if how == "redirect":
            for files in attested.projects.values():
                for file in files:
                    attested.fail(
                        f"^/integrity/.*{file.name}",
                        Fault(status=302, headers={"Location": f"{elsewhere.origin}/integrity/shared/{file.name}"}),
                    )
        else:
            for project_name, files in attested.projects.items():
                for file in files:
                    file.said = {"provenance": f"{elsewhere.origin}/integrity/{project_name}/{file.name}"}
            project(stage, attested.url)
            manifest = stage.project / "plugins.toml"
            manifest.write_text(f'{manifest.read_text()}files = ["{elsewhere.origin}"]\n')
        ran = stage.run("lock")
        assert elsewhere.requests
        assert {seen.headers.get("authorization") for seen in elsewhere.requests} == {None}
    assert ran.code == 0, ran
    assert stage.leaks() == []
