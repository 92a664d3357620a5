"""`check --min-level` as a user sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.provenances import GITHUB, GITLAB, publish
from tests.sigstore_instance import SigstoreInstance

if TYPE_CHECKING:
    from pathlib import Path

    from tests.plugin_lock.conftest import Demo

WHO = "GitHub octo/weather (environment pypi, workflow release.yml)"


@pytest.fixture
def published(demo: Demo) -> Demo:
    """A locked project of whose two packages one has a publisher."""
    for file in demo.index.projects["alpha-plugin"]:
        publish(file, GITHUB)
    assert demo.run("lock").code == 0
    return demo


def test_a_package_below_the_level_is_a_finding(published: Demo) -> None:
    ran = published.run("check", "--min-level", "publisher")
    assert ran.code == 1
    assert ran.out.startswith(
        "plugins.lock: shared 1.5 is at level hash, not publisher: who published it is not known\n"
    )
    assert ran.out.endswith("1 package at level hash, 1 package at level publisher\nplugins.lock: 1 problem\n")


def test_each_package_is_listed_on_request(published: Demo) -> None:
    ran = published.run("check", "--min-level", "hash", "--verbose")
    assert ran.code == 0
    assert ran.out.splitlines()[:2] == [f"publisher alpha-plugin 1.0: {WHO}", "hash shared 1.5"]


def test_json_has_the_level_of_each(published: Demo) -> None:
    assert published.run("check", "--json").json["levels"] is None
    assert published.run("check", "--min-level", "hash", "--json").json["levels"] == [
        {
            "name": "alpha-plugin",
            "version": "1.0",
            "level": "publisher",
            "publishers": [WHO],
            "build": False,
            "excused": None,
        },
        {"name": "shared", "version": "1.5", "level": "hash", "publishers": [], "build": False, "excused": None},
    ]


def test_attestations_are_verified_with_a_given_root(demo: Demo, tmp_path: Path) -> None:
    sigstore = SigstoreInstance()
    for name in ("alpha-plugin", "shared"):
        for file in demo.index.projects[name]:
            sigstore.publish(file, GITHUB)
    demo.run("lock")
    root = sigstore.write_root(tmp_path / "root.json")
    ran = demo.run("check", "--min-level", "attestation", "--trust-root", str(root))
    assert (ran.code, ran.out.splitlines()[0]) == (0, "2 packages at level attestation")


def test_a_root_that_is_none_is_wrong_input(published: Demo, tmp_path: Path) -> None:
    ran = published.run("check", "--min-level", "attestation", "--trust-root", str(tmp_path / "none.json"))
    assert ran.code == 2
    assert "there is no root of trust to verify attestations with" in ran.err


def test_a_root_without_its_level_is_refused(published: Demo) -> None:
    ran = published.run("check", "--trust-root", "x.json")
    assert ran.code == 2
    assert "--trust-root goes with --min-level attestation" in ran.err


def test_another_publisher_is_told_by_update(published: Demo) -> None:
    publish(published.index.add_wheel("alpha-plugin", "3.0"), GITLAB)
    ran = published.run("update", "--refresh")
    said = f"GitLab octo/weather (workflow_filepath .gitlab-ci.yml); before it was {WHO}"
    assert f"publisher: alpha-plugin is now published by {said}\n" in ran.out
    published.index.add_wheel("alpha-plugin", "4.0")
    event = published.run("update", "--refresh", "--json").json["events"][0]
    assert (event["code"], event["name"]) == ("publisher-lost", "alpha-plugin")
