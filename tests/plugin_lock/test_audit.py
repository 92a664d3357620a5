"""`plugin-lock audit` as a user runs it."""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest

from tests.osv_records import osv_record
from tests.plugin_lock.test_documentation import assert_documented
from tests.servers.index_server import Fault
from tests.servers.osv_server import OsvServer

if TYPE_CHECKING:
    from tests.plugin_lock.conftest import Demo

VECTOR = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"
RECORD = osv_record(
    "PYSEC-2026-1",
    "shared",
    {"introduced": "0"},
    {"fixed": "1.6"},
    aliases=["CVE-2026-1", "GHSA-1111-2222-3333"],
    severity=[{"type": "CVSS_V3", "score": VECTOR}],
    database_specific={"severity": "HIGH"},
)


def database(demo: Demo, *records: dict[str, Any]) -> str:
    folder = demo.folder / "advisories"
    folder.mkdir(exist_ok=True)
    for record in records:
        (folder / f"{record['id']}.json").write_text(json.dumps(record))
    return "advisories"


def test_a_finding_says_what_where_why_and_what_to_do(locked: Demo) -> None:
    ran = locked.run("audit", "--database", database(locked, RECORD))
    assert (ran.code, ran.err) == (1, "")
    assert (
        ran.out
        == f"""\
shared 1.5: PYSEC-2026-1 (GHSA-1111-2222-3333, CVE-2026-1) HIGH
  what PYSEC-2026-1 is about
  {VECTOR}
  aarch64-linux, x86_64-linux
  through alpha-plugin → shared
  help: fixed in 1.6
plugins.lock: 2 releases looked up in the database advisories: 1 known vulnerability
"""
    )


def test_the_json_of_a_finding_is_documented(locked: Demo) -> None:
    ran = locked.run("audit", "--json", "--database", database(locked, RECORD))
    assert ran.code == 1
    assert_documented(ran.json, "audit")
    (finding,) = ran.json["findings"]
    assert finding == {
        "id": "PYSEC-2026-1",
        "aliases": ["GHSA-1111-2222-3333", "CVE-2026-1"],
        "name": "shared",
        "version": "1.5",
        "kinds": ["package"],
        "systems": ["aarch64-linux", "x86_64-linux"],
        "through": [{"plugin": "alpha-plugin", "path": ["alpha-plugin", "shared"]}],
        "summary": "what PYSEC-2026-1 is about",
        "severity": {"rating": "HIGH", "vectors": [VECTOR]},
        "fixed": ["1.6"],
        "update": None,
    }


def test_the_json_of_what_is_ignored_and_of_what_cannot_be_told_is_documented(locked: Demo) -> None:
    agreement = 'CVE-2026-1 = { reason = "no server here", until = 9999-12-31 }'
    locked.manifest.write_text(f"{locked.manifest.read_text()}\n[policy.ignore-advisories]\n{agreement}\n")
    ran = locked.run("audit", "--json", "--database", database(locked, RECORD))
    assert (ran.code, ran.json["status"], ran.json["findings"]) == (0, "none", [])
    assert_documented(ran.json, "audit")
    (ignored,) = ran.json["ignored"]
    assert (ignored["reason"], ignored["until"]) == ("no server here", "9999-12-31")
    unknown = locked.run("audit", "--json")
    assert (unknown.code, unknown.json["status"]) == (2, "unknown")
    assert_documented(unknown.json, "audit")
    assert [each["name"] for each in unknown.json["unknown"]] == ["alpha-plugin", "shared"]


def test_nothing_known_ends_with_0(locked: Demo) -> None:
    ran = locked.run("audit", "--database", database(locked, osv_record("X-1", "other", {"introduced": "0"})))
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "plugins.lock: 2 releases looked up in the database advisories: no known vulnerabilities\n"


def test_what_cannot_be_told_ends_with_2_and_says_what_to_do(locked: Demo) -> None:
    ran = locked.run("audit")
    assert ran.code == 2
    assert "warning: nothing can be told of alpha-plugin 1.0, shared 1.5: the index gives no data" in ran.err
    assert "--database" in ran.err
    assert ran.out.endswith("no known vulnerabilities; nothing can be told of 2\n")


def test_a_failing_index_ends_with_3(locked: Demo) -> None:
    locked.index.fail("^/pypi/", Fault(status=403))
    ran = locked.run("audit")
    assert (ran.code, ran.out) == (3, "")
    assert "it answered 403 for known vulnerabilities of" in ran.err


def test_a_service_is_asked_where_one_is_named(locked: Demo) -> None:
    with OsvServer() as osv:
        osv.add("shared", "1.5", RECORD)
        assert locked.run("audit", "--service-url", osv.url).code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("--database", "x", "--service", "osv"),
        ("--database", "x", "--service-url", "https://osv.example"),
        ("--service", "index", "--service-url", "https://osv.example"),
        ("--service", "other"),
        ("--offline",),
        ("--database", "absent"),
    ],
)
def test_wrong_use_ends_with_2_and_without_a_traceback(locked: Demo, arguments: tuple[str, ...]) -> None:
    ran = locked.run("audit", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: ")
    assert "help:" in ran.err


def test_a_reachable_fix_is_a_command(locked: Demo) -> None:
    locked.index.add_wheel("shared", "1.6")
    ran = locked.run("audit", "--try-update", "--refresh", "--database", database(locked, RECORD))
    assert "  help: plugin-lock update shared goes to 1.6, which is fixed\n" in ran.out
    ran = locked.run("update", "shared", "--refresh")
    assert ran.code == 0, ran.err
    assert locked.run("audit", "--database", "advisories").code == 0


def test_an_update_that_does_not_help_is_said(locked: Demo) -> None:
    ran = locked.run("audit", "--try-update", "--database", database(locked, RECORD))
    assert "help: fixed in 1.6, which no update reaches beside this host and these plugins" in ran.out


def test_the_hosts_releases_are_marked(locked: Demo) -> None:
    record = osv_record("PYSEC-2026-2", "httpx", {"introduced": "0"}, {"fixed": "0.29"})
    ran = locked.run("audit", "--host", "--database", database(locked, record))
    assert ran.code == 1
    assert "  provided by the host, aarch64-linux, x86_64-linux\n" in ran.out
    assert "help: fixed in 0.29; the host ships it, so the host has to be updated" in ran.out


HOSTILE = "\x1b]0;owned\x07\x1b[2K\r\u202eevil\u2066 | <b>x</b> <!-- y --> @org/team\n\nerror: not from us"


@pytest.mark.attack(20)
@pytest.mark.parametrize("source", ["database", "service", "index"])
def test_what_an_advisory_says_cannot_act_on_a_terminal(locked: Demo, source: str) -> None:
    record = RECORD | {
        "summary": HOSTILE,
        "aliases": [HOSTILE],
        "severity": [{"type": HOSTILE, "score": HOSTILE}],
        "database_specific": {"severity": HOSTILE},
    }
    vulnerability = {key: record[key] for key in ("id", "summary", "aliases")} | {"fixed_in": [HOSTILE]}
    answer = json.dumps({"vulnerabilities": [vulnerability]}).encode()
    locked.index.fail("^/pypi/shared/", Fault(status=200, body=answer))
    with OsvServer() as osv:
        osv.add("shared", "1.5", record)
        arguments = {
            "database": ("--database", database(locked, record)),
            "service": ("--service-url", osv.url),
            "index": (),
        }[source]
        text, document = locked.run("audit", *arguments), locked.run("audit", "--json", *arguments)
    assert text.code == document.code == 1
    for stream in (text.out, text.err, document.out):
        assert "evil" in stream or stream is text.err
        for character in stream.replace("\n", ""):
            assert unicodedata.category(character) not in {"Cc", "Cf", "Zl", "Zp"}
    assert not [line for line in (*text.out.splitlines(), *text.err.splitlines()) if line.startswith("error:")]
