"""A lock with publishers, as values and as data/locks/good-publishers.lock."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from lock import rules
from lock.identities import identity_key, matches, shown_identity
from lock.options import Policy, Publisher
from lock.reader import parse
from lock.writer import render
from tests.lock.test_example import EXAMPLE

if TYPE_CHECKING:
    from lock.model import Package

GOOD_PUBLISHERS = Path(__file__).parents[1] / "data/locks/good-publishers.lock"

GITHUB = {"kind": "GitHub", "environment": "release", "repository": "octo/weather", "workflow": "release.yml"}
GITLAB = {"kind": "GitLab", "repository": "octo/native", "workflow_filepath": ".gitlab-ci.yml"}
GOOGLE = {"kind": "Google", "email": "robot@project.example"}


def _published(package: Package, *identities: dict[str, str], attested: int) -> Package:
    artifacts = tuple(replace(artifact, attested=place < attested) for place, artifact in enumerate(package.artifacts))
    return replace(package, attestation_identities=identities, artifacts=artifacts)


PUBLISHED = replace(
    EXAMPLE,
    packages=(
        *EXAMPLE.packages[:3],
        _published(EXAMPLE.packages[3], GITLAB, GOOGLE, attested=1),
        _published(EXAMPLE.packages[4], GITHUB, attested=1),
    ),
    policy=Policy(
        allow_unattested={"helper": "older than attestations"},
        publishers={
            "native-thing": (
                Publisher(identity={"kind": "GitLab", "repository": "octo/native"}, reason="where it is developed"),
                Publisher(identity={"kind": "Google"}, reason="builds of last year"),
            ),
            "weather-plugin": (Publisher(identity={"kind": "GitHub", "repository": "octo/weather"}, reason="our own"),),
        },
    ),
)


def test_the_example_is_written_as_the_file_has_it() -> None:
    assert render(PUBLISHED) == GOOD_PUBLISHERS.read_text(encoding="utf-8")


def test_the_example_is_read_as_it_was_written() -> None:
    assert parse(GOOD_PUBLISHERS.read_bytes(), "good-publishers.lock") == PUBLISHED


def test_the_example_breaks_no_rule() -> None:
    assert rules.problems(PUBLISHED) == ()


def test_the_order_of_keys_and_publishers_is_not_in_the_values() -> None:
    turned = _published(EXAMPLE.packages[3], GOOGLE, dict(reversed(GITLAB.items())), attested=1)
    lock = replace(PUBLISHED, packages=(*PUBLISHED.packages[:3], turned, PUBLISHED.packages[4]))
    assert render(lock) == render(PUBLISHED)


def test_what_comes_from_no_index_has_no_publisher() -> None:
    package = replace(PUBLISHED.packages[4], index=None)
    lock = replace(PUBLISHED, packages=(*PUBLISHED.packages[:4], package))
    said = [problem.message for problem in rules.problems(lock)]
    assert "weather-plugin: it has publishers, and comes from no index that could name them" in said


def test_a_publisher_is_shown_in_one_line() -> None:
    assert shown_identity(GITHUB) == "GitHub octo/weather (environment release, workflow release.yml)"
    assert shown_identity(GOOGLE) == "Google robot@project.example"
    assert shown_identity({"kind": "Other"}) == "Other"


def test_one_key_that_differs_is_another_publisher() -> None:
    assert matches(GITHUB, {"kind": "GitHub", "repository": "octo/weather"})
    assert not matches(GITHUB, {"kind": "GitHub", "repository": "octo/other"})
    assert not matches(GOOGLE, {"kind": "Google", "repository": "octo/weather"})
    assert identity_key(GITHUB) != identity_key({**GITHUB, "environment": "test"})
