from __future__ import annotations

import json
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from lock.errors import InputError, LockError, WorldError
from resolver.operations.auditing import AuditRequest, audit
from resolver.progress import Silent
from tests.osv_records import osv_record
from tests.servers.index_server import Fault
from tests.servers.osv_server import OsvServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from resolver.advisories.model import AuditReport
    from resolver.operations.project import Surroundings
    from tests.projects import Workshop
    from tests.servers.index_server import IndexServer

NOTHING: dict[str, Any] = {"vulnerabilities": []}


@pytest.fixture
def locked(workshop: Workshop) -> Workshop:
    workshop.lock()
    return workshop


@pytest.fixture
def osv() -> Iterator[OsvServer]:
    with OsvServer() as running:
        yield running


def run(workshop: Workshop, surroundings: Surroundings | None = None, **request: Any) -> AuditReport:
    return audit(workshop.write(), surroundings or workshop.surroundings(), AuditRequest(**request), Silent())


def say(server: IndexServer, name: str, version: str, answer: object, **fault: Any) -> None:
    """Let the index's JSON API answer for a release."""
    server.fail(f"^/pypi/{name}/{version}/json$", Fault(status=200, body=json.dumps(answer).encode(), **fault))


def known(name: str, **keys: object) -> dict[str, object]:
    return {"id": name, "aliases": [], "summary": None, "details": "What it is.", "fixed_in": ["1.1"]} | keys


def database(folder: Path, *records: dict[str, Any]) -> Path:
    place = folder / "advisories"
    place.mkdir(exist_ok=True)
    for record in records:
        (place / f"{record['id']}.json").write_text(json.dumps(record))
    return place


HELPER = osv_record("PYSEC-1", "helper", {"introduced": "0"}, {"fixed": "1.1"}, aliases=["CVE-1"])
HELPER_AGAIN = osv_record("GHSA-1", "Helper", {"introduced": "0"}, {"fixed": "1.1"}, aliases=["CVE-1"])
WEB = osv_record("PYSEC-2", "web", {"introduced": "2.0"})


# -- a database ------------------------------------------------------------------------------------------------------


def test_a_vulnerability_of_a_locked_package_is_found_in_a_database(locked: Workshop) -> None:
    report = run(locked, database=database(locked.root, HELPER, HELPER_AGAIN, WEB))
    (finding,) = report.findings
    assert (finding.id, finding.aliases, finding.fixed) == ("PYSEC-1", ("GHSA-1", "CVE-1"), ("1.1",))
    assert finding.subject.paths[0].names == ("plug", "helper")
    assert finding.subject.systems == ("aarch64-linux", "x86_64-linux")
    assert (report.status, report.audited) == ("findings", 2)


def test_what_the_host_provides_is_asked_about_on_demand(locked: Workshop) -> None:
    place = database(locked.root, WEB)
    assert run(locked, database=place).status == "none"
    report = run(locked, database=place, host=True)
    assert [(each.id, each.subject.kinds) for each in report.findings] == [("PYSEC-2", ("provided",))]


def test_a_database_needs_no_network(locked: Workshop) -> None:
    offline = replace(locked.surroundings(), offline=True, refresh=False)
    asked = len(locked.server.requests)
    assert run(locked, offline, database=database(locked.root, HELPER)).status == "findings"
    assert len(locked.server.requests) == asked


def test_offline_without_a_database_cannot_tell(locked: Workshop) -> None:
    with pytest.raises(InputError, match="while offline") as caught:
        run(locked, replace(locked.surroundings(), offline=True, refresh=False))
    assert "--database" in str(caught.value)


def test_without_a_lock_there_is_nothing_to_audit(workshop: Workshop) -> None:
    with pytest.raises(LockError, match="there is no lock yet"):
        run(workshop)


# -- what plugins.toml ignores ---------------------------------------------------------------------------------------


def ignoring(workshop: Workshop, name: str, until: str) -> None:
    workshop.settings = f'[policy.ignore-advisories]\n{name} = {{ reason = "no server here", until = {until} }}'


@pytest.mark.parametrize("name", ["PYSEC-1", "CVE-1", "ghsa-1"])
def test_an_ignored_advisory_does_not_count_under_any_of_its_names(locked: Workshop, name: str) -> None:
    ignoring(locked, name, '"2026-06-01"')
    report = run(locked, database=database(locked.root, HELPER, HELPER_AGAIN))
    assert (report.status, report.findings, report.warnings) == ("none", (), ())
    (ignored,) = report.ignored
    assert ignored.ignored is not None
    assert (ignored.ignored.reason, ignored.ignored.until.isoformat()) == ("no server here", "2026-06-01")


@pytest.mark.parametrize("until", ['"2026-05-31"', "2026-05-31"])
def test_an_agreement_that_has_ended_counts_again_and_says_so(locked: Workshop, until: str) -> None:
    ignoring(locked, "CVE-1", until)
    report = run(locked, database=database(locked.root, HELPER))
    assert (report.status, report.ignored) == ("findings", ())
    (warning,) = report.warnings
    assert "CVE-1 was ignored until 2026-05-31 and counts again" in warning
    assert "plugins.toml:" in warning


def test_the_last_day_ends_with_the_day_in_utc(locked: Workshop) -> None:
    ignoring(locked, "CVE-1", '"2026-05-31"')
    place = database(locked.root, HELPER)
    noon = locked.surroundings()
    for hour, status in ((23, "none"), (24, "findings")):
        moment = noon.now.fromisoformat(f"2026-05-31T{hour}:59:59+00:00" if hour < 24 else "2026-06-01T00:00:00+00:00")
        elsewhere = moment.astimezone(noon.now.fromisoformat("2026-01-01T00:00:00-11:00").tzinfo)
        assert run(locked, replace(noon, now=elsewhere), database=place).status == status


def test_an_agreement_that_concerns_nothing_is_warned_of(locked: Workshop) -> None:
    ignoring(locked, "CVE-9", '"2030-01-01"')
    (warning,) = run(locked, database=database(locked.root, WEB)).warnings
    assert "CVE-9 is ignored, and nothing that is locked has it" in warning
    assert "--host" in warning
    ignoring(locked, "PYSEC-2", '"2030-01-01"')
    assert run(locked, database=database(locked.root, WEB), host=True).warnings == ()


# -- the index's own data --------------------------------------------------------------------------------------------


def test_each_index_is_asked_about_what_comes_from_it(locked: Workshop) -> None:
    say(locked.server, "plug", "1.0", NOTHING)
    entries = [known("PYSEC-1", aliases=["CVE-1"], fixed_in=["1.1", "0.9", "nonsense"]), known("X-2", withdrawn="2026")]
    say(locked.server, "helper", "1.0", {"info": {}, "vulnerabilities": entries})
    report = run(locked)
    (finding,) = report.findings
    assert (finding.id, finding.aliases, finding.summary) == ("PYSEC-1", ("CVE-1",), "What it is.")
    assert finding.fixed == ("1.1",)
    assert (report.status, report.unknown) == ("findings", ())


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=404),
        Fault(status=405),
        Fault(status=200, body=b"<html>please log in</html>"),
        Fault(status=200, body=b'{"info": {}}'),
        Fault(status=200, body=b'{"vulnerabilities": null}'),
        Fault(status=200, body=b'{"vulnerabilities": [{"id": "../x"}]}'),
        Fault(status=200, body=b"[" * 300_000),
    ],
)
def test_an_index_that_says_nothing_is_no_reason_to_be_content(locked: Workshop, fault: Fault) -> None:
    say(locked.server, "plug", "1.0", NOTHING)
    locked.server.fail("^/pypi/helper/", fault)
    report = run(locked)
    assert report.status == "unknown"
    ((unknown),) = report.unknown
    assert unknown.subject.release.name == "helper"
    assert "gives no data on known vulnerabilities" in unknown.reason


def test_findings_count_more_than_what_cannot_be_told(locked: Workshop) -> None:
    say(locked.server, "plug", "1.0", {"vulnerabilities": [known("PYSEC-9")]})
    report = run(locked)
    assert (report.status, len(report.unknown)) == ("findings", 1)


def test_agreements_are_not_called_idle_while_something_cannot_be_told(locked: Workshop) -> None:
    ignoring(locked, "CVE-9", '"2030-01-01"')
    assert run(locked).warnings == ()


@pytest.mark.parametrize("fault", [Fault(status=500), Fault(drop=True)])
def test_an_index_that_fails_is_an_error(locked: Workshop, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resolver.index.retries.ATTEMPTS", 1)
    locked.server.fail("^/pypi/helper/", fault)
    with pytest.raises(WorldError) as caught:
        run(locked)
    (problem,) = caught.value.problems
    assert problem.code == "advisories-failed"
    assert "known vulnerabilities of helper 1.0" in problem.message
    assert "--database" in (problem.remedy or "")


def test_an_index_at_another_kind_of_address_cannot_be_asked(locked: Workshop) -> None:
    lock = locked.lock_path.read_text().replace("/simple/", "/packages/")
    locked.lock_path.write_text(lock)
    project = locked.write()
    project.manifest_path.write_text(project.manifest_path.read_text().replace("/simple/", "/packages/"))
    report = audit(project, locked.surroundings(), AuditRequest(), Silent())
    assert {"does not end in /simple/" in each.reason for each in report.unknown} == {True}


def test_an_index_that_plugins_toml_no_longer_names_is_not_asked(locked: Workshop) -> None:
    project = locked.write()
    text = project.manifest_path.read_text().replace(locked.server.url, "https://elsewhere.example/simple/")
    project.manifest_path.write_text(text)
    asked = len(locked.server.requests)
    report = audit(project, locked.surroundings(), AuditRequest(), Silent())
    assert {"no longer names the index" in each.reason for each in report.unknown} == {True}
    assert len(locked.server.requests) == asked


def test_no_index_is_asked_about_a_plugin_that_comes_from_none(workshop: Workshop) -> None:
    plugin = workshop.root / "plugins" / "notes"
    plugin.mkdir(parents=True)
    (plugin / "plugin.yaml").write_text("name: notes\nversion: 1.0.0\n")
    (plugin / "__init__.py").write_text("def register(ctx): ...\n")
    workshop.plugins = {"notes": '{ path = "plugins/notes", dependencies = ["helper"] }'}
    workshop.lock()
    say(workshop.server, "helper", "1.0", NOTHING)
    report = run(workshop)
    # A folder is no release of anything; what it needs is.
    assert (report.status, report.audited) == ("none", 1)
    assert [path for path in workshop.server.paths() if path.startswith("/pypi/")] == ["/pypi/helper/1.0/json"]


# -- an OSV service --------------------------------------------------------------------------------------------------


def test_a_service_is_told_names_and_versions_and_nothing_else(locked: Workshop, osv: OsvServer) -> None:
    osv.add("helper", "1.0", HELPER)
    report = run(locked, service="osv", service_url=osv.url)
    assert [finding.id for finding in report.findings] == ["PYSEC-1"]
    assert sorted(osv.queries, key=lambda query: query["package"]["name"]) == [
        {"package": {"ecosystem": "PyPI", "name": name}, "version": "1.0"} for name in ("helper", "plug")
    ]
    assert {"authorization", "cookie"} & {name for _, _, headers in osv.requests for name in headers} == set()
    assert report.source == f"the OSV service at {osv.url}/"


def test_all_pages_of_a_service_are_read(locked: Workshop, osv: OsvServer) -> None:
    osv.page = 2
    names = [f"GHSA-{number}" for number in range(5)]
    for name in names:
        osv.add("helper", "1.0", osv_record(name, "helper", {"introduced": "0"}))
    report = run(locked, service="osv", service_url=f"{osv.url}/v1/query")
    assert [finding.id for finding in report.findings] == names


def test_the_service_decides_which_versions_are_concerned(locked: Workshop, osv: OsvServer) -> None:
    osv.add("helper", "1.0", osv_record("MAL-1", "helper"))
    osv.add("plug", "1.0", osv_record("GHSA-1", "plug", {"introduced": "0"}, withdrawn="2026-01-01T00:00:00Z"))
    assert [finding.id for finding in run(locked, service="osv", service_url=osv.url).findings] == ["MAL-1"]


@pytest.mark.parametrize(
    ("path", "answer", "message"),
    [
        ("/v1/querybatch", (200, b"<html>"), "its answer is not that of OSV's API"),
        ("/v1/querybatch", (200, b'{"results": [{}]}'), "it gave 1 answers to 2 questions"),
        ("/v1/querybatch", (200, b'{"results": [{"vulns": [{"id": "a/../b"}]}, {}]}'), "names advisories in a way"),
        ("/v1/querybatch", (400, b"{}"), "it answered 400"),
        ("/v1/vulns/PYSEC-1", (404, b"{}"), "it answered 404 for advisory PYSEC-1"),
        ("/v1/vulns/PYSEC-1", (200, b"{}"), "its advisory PYSEC-1 is no OSV record"),
    ],
)
def test_a_service_that_answers_wrongly_is_an_error(
    locked: Workshop, osv: OsvServer, path: str, answer: tuple[int, bytes], message: str
) -> None:
    osv.add("helper", "1.0", HELPER)
    osv.answers[path] = answer
    with pytest.raises(WorldError, match=message) as caught:
        run(locked, service="osv", service_url=osv.url)
    assert {problem.code for problem in caught.value.problems} == {"advisories-failed"}


def test_a_service_without_end_is_given_up(locked: Workshop, osv: OsvServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resolver.advisories.osv_service.MAX_PAGES", 3)
    more = {"vulns": [{"id": "GHSA-1"}], "next_page_token": "again"}
    monkeypatch.setattr(osv, "_result", lambda query: more)
    with pytest.raises(WorldError, match="its answer has more than 3 pages"):
        run(locked, service="osv", service_url=osv.url)
    monkeypatch.setattr("resolver.advisories.osv_service.MAX_ADVISORIES", 3)
    flood = {"vulns": [{"id": f"GHSA-{number}"} for number in range(4)]}
    monkeypatch.setattr(osv, "_result", lambda query: flood)
    with pytest.raises(WorldError, match="it knows more than 3 advisories"):
        run(locked, service="osv", service_url=osv.url)


def test_what_is_posted_is_not_sent_on_by_a_redirect(locked: Workshop, osv: OsvServer) -> None:
    with OsvServer() as other:
        osv.redirect = f"{other.url}/v1/querybatch"
        with pytest.raises(WorldError, match="a redirect of what was posted"):
            run(locked, service="osv", service_url=osv.url)
        assert other.requests == []


@pytest.mark.parametrize(
    "address",
    ["http://osv.example", "file:///etc", "osv.example", "https://", "https://osv.example/?key=1", "http://[::1"],
)
def test_an_address_that_is_unfit_for_a_service_is_refused(locked: Workshop, address: str) -> None:
    with pytest.raises(InputError, match="cannot be used") as caught:
        run(locked, service="osv", service_url=address)
    assert "key=1" not in str(caught.value)


def test_the_address_of_a_service_may_stand_in_the_environment(locked: Workshop, osv: OsvServer) -> None:
    surroundings = locked.surroundings()
    environ = {**surroundings.environ, "PLUGIN_LOCK_OSV_URL": f"{osv.url}/v1"}
    osv.add("helper", "1.0", HELPER)
    assert run(locked, replace(surroundings, environ=environ), service="osv").status == "findings"


def test_the_public_address_is_that_of_an_installed_pip_audit(
    locked: Workshop, osv: OsvServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pip_audit", "pip_audit._service", "pip_audit._service.osv"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    service = type("OsvService", (), {"DEFAULT_OSV_URL": f"{osv.url}/v1/query"})
    monkeypatch.setattr(sys.modules["pip_audit._service.osv"], "OsvService", service, raising=False)
    osv.add("helper", "1.0", HELPER)
    assert run(locked, service="osv").status == "findings"


def test_without_an_address_no_service_is_asked(locked: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pip_audit", None)
    with pytest.raises(InputError, match="no address of an OSV service is known"):
        run(locked, service="osv")


def test_the_password_of_an_index_never_goes_to_a_service(locked: Workshop, osv: OsvServer) -> None:
    surroundings = locked.surroundings()
    environ = {
        **surroundings.environ,
        "PLUGIN_LOCK_INDEX_OSV_USERNAME": "ada",
        "PLUGIN_LOCK_INDEX_OSV_PASSWORD": "canary",
        "UV_INDEX_OSV_PASSWORD": "canary",
    }
    run(locked, replace(surroundings, environ=environ), service="osv", service_url=osv.url)
    assert all("authorization" not in headers for _, _, headers in osv.requests)


# -- whether an update helps -----------------------------------------------------------------------------------------


def test_an_update_that_reaches_a_fixed_version_is_named(locked: Workshop) -> None:
    locked.server.add_wheel("helper", "1.1")
    before = locked.lock_path.read_bytes()
    report = run(locked, database=database(locked.root, HELPER), try_update=True)
    assert [(each.update, each.reachable) for each in report.findings] == [(("helper",), "1.1")]
    assert locked.lock_path.read_bytes() == before


def test_an_update_that_needs_a_newer_plugin_names_the_plugin(locked: Workshop) -> None:
    locked.server.add_wheel("helper", "1.1", requires_python=">=3.9")
    locked.server.projects["plug"].clear()
    group = {"the_host.plugins": {"plug": "plug:register"}}
    locked.server.add_wheel("plug", "1.0", requires=["helper>=1,<1.1", "web"], entry_points=group)
    locked.lock(upgrade="everything", accept_changed=("plug",))
    locked.server.add_wheel("plug", "1.2", requires=["helper>=1.1", "web"], entry_points=group)
    report = run(locked, database=database(locked.root, HELPER), try_update=True)
    assert [(each.update, each.reachable) for each in report.findings] == [(("helper", "plug"), "1.1")]


def test_an_update_that_reaches_only_another_vulnerable_version_is_not_named(locked: Workshop) -> None:
    locked.server.add_wheel("helper", "1.0.5")
    report = run(locked, database=database(locked.root, HELPER), try_update=True)
    assert [(each.fixed, each.update, each.reachable) for each in report.findings] == [(("1.1",), (), None)]


def test_an_update_of_which_the_index_cannot_tell_is_not_named(locked: Workshop) -> None:
    say(locked.server, "plug", "1.0", NOTHING)
    say(locked.server, "helper", "1.0", {"vulnerabilities": [known("PYSEC-1")]})
    locked.server.add_wheel("helper", "1.1")
    assert [each.reachable for each in run(locked, try_update=True).findings] == [None]
    say(locked.server, "helper", "1.1", NOTHING)
    assert [each.reachable for each in run(locked, try_update=True).findings] == ["1.1"]


def test_a_lock_that_no_longer_resolves_is_said_and_still_audited(locked: Workshop) -> None:
    locked.host = {"web": "2.0", "helper": "0.1"}
    report = run(locked, database=database(locked.root, HELPER), try_update=True)
    assert report.status == "findings"
    (warning,) = report.warnings
    assert "no update could be tried" in warning
