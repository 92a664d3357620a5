"""`verify` and publishers: who an index says now published what was locked as attested."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.projects import Workshop
from tests.provenances import GITHUB, GITLAB, publish
from tests.resolver.verification.locked_projects import looked
from tests.servers.index_server import Fault, IndexServer, ServedFile
from tests.wheels import wheel_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from resolver.verification.model import VerifyReport

HELPER = "helper-1.0-py3-none-any.whl"
ON_GITHUB = "GitHub octo/weather (environment pypi, workflow release.yml)"
ON_GITLAB = "GitLab octo/weather (workflow_filepath .gitlab-ci.yml)"


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer() as running:
        running.add_wheel("plug", "1.0", requires=["helper"], entry_points={"the_host.plugins": {"plug": "plug:f"}})
        running.add_wheel("helper", "1.0")
        yield running


@pytest.fixture
def workshop(tmp_path: Path, server: IndexServer) -> Workshop:
    return Workshop(root=tmp_path, server=server, plugins={"plug": '"*"'})


def served(workshop: Workshop, name: str) -> ServedFile:
    (file,) = workshop.server.projects[name]
    return file


def outcomes(report: VerifyReport) -> set[tuple[str, str]]:
    return {(finding.outcome, finding.artifact) for finding in report.findings}


@pytest.fixture
def attested(workshop: Workshop) -> Workshop:
    """A lock in which the helper was published by `GITHUB`, and nobody knows by whom the plugin was."""
    publish(served(workshop, "helper"))
    workshop.lock()
    return workshop


def test_publishers_that_are_those_of_the_lock_are_no_finding(attested: Workshop) -> None:
    assert looked(attested).findings == ()


def test_another_publisher_than_is_locked_is_found(attested: Workshop) -> None:
    publish(served(attested, "helper"), GITLAB)
    report = looked(attested)
    assert outcomes(report) == {("publisher", HELPER)}
    (finding,) = report.findings
    assert finding.problem.message == (
        f"{HELPER} is published by {ON_GITLAB}, says its index now; locked is {ON_GITHUB}"
    )
    assert (report.exit_code, report.verified) == (1, 1)
    # What the help says helps.
    assert "plugin-lock update helper --refresh" in (finding.problem.remedy or "")
    assert [event.code for event in attested.lock(upgrade=("helper",)).events] == ["publisher-changed"]
    assert looked(attested).findings == ()


@pytest.mark.parametrize("how", ["page", "answer"])
def test_a_publisher_that_the_index_names_no_more_is_found(attested: Workshop, how: str) -> None:
    if how == "page":
        served(attested, "helper").provenance = None
    else:
        attested.server.fail("integrity", Fault(status=404))
    (finding,) = looked(attested).findings
    assert finding.outcome == "publisher"
    assert finding.problem.message == (
        f"{HELPER} is published by nobody known, says its index now; locked is {ON_GITHUB}"
    )


def test_one_of_two_publishers_that_is_gone_is_found(workshop: Workshop) -> None:
    publish(served(workshop, "helper"), GITHUB, GITLAB)
    workshop.lock()
    publish(served(workshop, "helper"), GITHUB)
    (finding,) = looked(workshop).findings
    assert (finding.outcome, finding.artifact) == ("publisher", HELPER)
    assert finding.problem.message == (
        f"the files of helper 1.0 are published by {ON_GITHUB}, says its index now;"
        f" locked is {ON_GITHUB} and {ON_GITLAB}"
    )


def test_a_provenance_that_cannot_be_believed_is_found(attested: Workshop) -> None:
    attested.server.fail("integrity", Fault(body=b"{}"))
    (finding,) = looked(attested).findings
    assert (finding.outcome, finding.problem.code) == ("publisher", "provenance")


def test_a_provenance_that_cannot_be_had_says_nothing(attested: Workshop) -> None:
    attested.server.fail("integrity", Fault(status=403))
    report = looked(attested)
    assert (outcomes(report), report.exit_code) == ({("failed", HELPER)}, 3)


def test_other_bytes_are_told_once_and_not_by_their_publisher(attested: Workshop) -> None:
    file = served(attested, "helper")
    file.data = wheel_bytes("helper", "1.0", files={"helper.py": "other = 1\n"})
    publish(file, GITLAB)
    assert outcomes(looked(attested)) == {("changed", HELPER)}


def test_who_publishes_what_was_locked_without_a_publisher_is_not_asked(workshop: Workshop) -> None:
    workshop.lock()
    publish(served(workshop, "helper"))
    assert looked(workshop).findings == ()
    assert not [path for path in workshop.server.paths() if "integrity" in path]


def test_a_mirror_is_not_asked_who_published(attested: Workshop) -> None:
    publish(served(attested, "helper"), GITLAB)
    assert looked(attested, mirror=attested.server.url).findings == ()
