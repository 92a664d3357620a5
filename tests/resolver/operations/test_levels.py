"""`check --min-level`: what is known of publishers, as recorded and as verified."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from lock.errors import WorldError
from resolver.operations.checking import check
from resolver.operations.levels import Level, MinLevel
from tests.provenances import GITHUB, GITLAB, publish
from tests.servers.index_server import Fault
from tests.sigstore_instance import SigstoreInstance

if TYPE_CHECKING:
    from pathlib import Path

    from resolver.operations.reports import CheckReport
    from tests.projects import Workshop
    from tests.servers.index_server import IndexServer


WHO = "GitHub octo/weather (environment pypi, workflow release.yml)"


@pytest.fixture(scope="module")
def sigstore() -> SigstoreInstance:
    return SigstoreInstance()


@pytest.fixture
def weather(workshop: Workshop, server: IndexServer, sigstore: SigstoreInstance) -> Workshop:
    """A locked plugin that its publisher signed, and a helper of nobody known."""
    sigstore.publish(server.add_wheel("weather", "1.0", requires=["helper"]), GITHUB)
    server.add_wheel("helper", "2.0")
    workshop.plugins = {"weather": '"*"'}
    workshop.lock()
    return workshop


def levels(report: CheckReport) -> dict[str, str]:
    return {package.name: package.level for package in report.levels or ()}


def checked(workshop: Workshop, level: Level, root: Path | None = None, *, offline: bool = False) -> CheckReport:
    surroundings = replace(workshop.surroundings(), offline=offline, refresh=not offline)
    return check(workshop.write(), surroundings, MinLevel(level=level, trust_root=root))


@pytest.fixture
def root(sigstore: SigstoreInstance, tmp_path: Path) -> Path:
    return sigstore.write_root(tmp_path / "trusted_root.json")


def test_no_level_is_asked_for_unless_somebody_does(weather: Workshop) -> None:
    assert weather.check().levels is None


def test_every_lock_is_at_level_hash(weather: Workshop, server: IndexServer) -> None:
    server.requests.clear()
    report = checked(weather, "hash")
    assert report.problems == ()
    assert levels(report) == {"helper": "hash", "weather": "publisher"}
    assert server.requests == []


def test_whose_publisher_is_not_known_is_too_low(weather: Workshop, server: IndexServer) -> None:
    server.requests.clear()
    (problem,) = checked(weather, "publisher").problems
    assert (problem.code, problem.path) == ("level", str(weather.lock_path))
    assert problem.message == "helper 2.0 is at level hash, not publisher: who published it is not known"
    assert 'allow-unattested = { helper = "why" }' in (problem.remedy or "")
    assert server.requests == []


def test_what_a_reviewer_agreed_to_is_not_too_low(weather: Workshop) -> None:
    weather.settings = '[policy.allow-unattested]\nhelper = "older than attestations"'
    weather.lock()
    report = checked(weather, "publisher")
    assert report.problems == ()
    assert [package.excused for package in report.levels or ()] == ["older than attestations", None]


def test_an_agreement_that_nobody_needs_is_told(weather: Workshop) -> None:
    weather.settings = '[policy.allow-unattested]\nweather = "x"\nhelper = "y"'
    weather.lock()
    assert weather.check().warnings == (
        "[policy].allow-unattested excepts weather, and nothing that is locked needs that: take it out",
    )


def test_one_file_of_nobody_lowers_the_package(workshop: Workshop, server: IndexServer) -> None:
    publish(server.add_wheel("weather", "1.0", tags="cp312-cp312-manylinux_2_17_x86_64"))
    server.add_wheel("weather", "1.0", tags="cp312-cp312-manylinux_2_17_aarch64")
    workshop.plugins = {"weather": '"*"'}
    workshop.lock()
    assert levels(checked(workshop, "hash")) == {"weather": "hash"}


def test_an_attestation_is_verified(weather: Workshop, root: Path) -> None:
    weather.settings = '[policy.allow-unattested]\nhelper = "older than attestations"'
    weather.lock()
    report = checked(weather, "attestation", root)
    assert report.problems == ()
    assert levels(report) == {"helper": "hash", "weather": "attestation"}


def test_an_attestation_is_verified_from_the_cache(weather: Workshop, server: IndexServer, root: Path) -> None:
    server.fail("", Fault(status=500))
    server.requests.clear()
    assert levels(checked(weather, "attestation", root, offline=True))["weather"] == "attestation"
    assert server.requests == []


def test_a_forged_attestation_does_not_hold(workshop: Workshop, server: IndexServer, root: Path) -> None:
    publish(server.add_wheel("weather", "1.0"))
    workshop.plugins = {"weather": '"*"'}
    workshop.lock()
    report = checked(workshop, "attestation", root)
    assert levels(report) == {"weather": "publisher"}
    assert [problem.message for problem in report.problems] == [
        f"an attestation of weather-1.0-py3-none-any.whl by {WHO} does not hold: invalid X.509 certificate",
        "weather 1.0 is at level publisher, not attestation: its publisher is not verified",
    ]


def test_an_attestation_that_is_gone_is_told(weather: Workshop, server: IndexServer, root: Path) -> None:
    server.projects["weather"][0].provenance = None
    messages = [problem.message for problem in checked(weather, "attestation", root).problems]
    assert messages[0] == (
        "weather-1.0-py3-none-any.whl was locked as attested, and its index serves no attestation of it now"
    )


def test_another_publisher_than_was_locked_is_told(
    weather: Workshop, server: IndexServer, sigstore: SigstoreInstance, root: Path
) -> None:
    sigstore.publish(server.projects["weather"][0], GITLAB)
    messages = [problem.message for problem in checked(weather, "attestation", root).problems]
    assert messages[0] == (
        "weather 1.0 was locked as published by GitHub octo/weather (environment pypi, workflow release.yml);"
        " its index now says GitLab octo/weather (workflow_filepath .gitlab-ci.yml)"
    )


def test_a_provenance_of_another_file_is_told(weather: Workshop, server: IndexServer, root: Path) -> None:
    said = json.loads(server.projects["weather"][0].provenance or b"")
    said["attestation_bundles"][0]["attestations"][0]["envelope"]["statement"] = "e30="
    server.projects["weather"][0].provenance = json.dumps(said).encode()
    problem = checked(weather, "attestation", root).problems[0]
    assert problem.code == "provenance"
    assert "the provenance of weather-1.0-py3-none-any.whl cannot be used: a statement cannot be" in problem.message


def test_a_network_that_fails_is_no_finding(weather: Workshop, server: IndexServer, root: Path) -> None:
    server.fail("integrity", Fault(status=500))
    with pytest.raises(WorldError):
        checked(weather, "attestation", root)


def test_a_file_that_the_index_has_no_more_is_told(weather: Workshop, server: IndexServer, root: Path) -> None:
    server.projects["weather"].clear()
    messages = [problem.message for problem in checked(weather, "attestation", root).problems]
    assert "its index serves no attestation of it now" in messages[0]
