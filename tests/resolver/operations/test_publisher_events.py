"""Events that tell of publishers: those of another lock, and those that the policy names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.provenances import GITHUB, GITLAB, publish

if TYPE_CHECKING:
    from tests.projects import Workshop
    from tests.servers.index_server import IndexServer

BOTH = {"x86_64": "cp312-cp312-manylinux_2_17_x86_64", "aarch64": "cp312-cp312-manylinux_2_17_aarch64"}
ON_GITHUB = "GitHub octo/weather (environment pypi, workflow release.yml)"
ON_GITLAB = "GitLab octo/weather (workflow_filepath .gitlab-ci.yml)"
PIN = """
[policy.publishers]
weather = { kind = "GitHub", repository = "octo/weather", reason = "our own forge" }
"""


@pytest.fixture
def weather(workshop: Workshop, server: IndexServer) -> Workshop:
    """A project with one plugin, whose newest version `octo/weather` published."""
    publish(server.add_wheel("weather", "1.0"))
    workshop.plugins = {"weather": '"*"'}
    return workshop


def test_another_publisher_is_an_event(weather: Workshop, server: IndexServer) -> None:
    weather.lock()
    publish(server.add_wheel("weather", "1.1"), GITLAB)
    events = weather.lock(upgrade="everything").events
    assert [(event.code, event.name, event.message) for event in events] == [
        (
            "publisher-changed",
            "weather",
            f"weather is now published by {ON_GITLAB}; before it was {ON_GITHUB}",
        )
    ]


@pytest.mark.attack(10)
def test_a_publisher_with_a_look_alike_letter_is_not_shown_as_the_one_before(
    weather: Workshop, server: IndexServer
) -> None:
    weather.lock()
    publish(server.add_wheel("weather", "1.1"), {**GITHUB, "repository": "\u043ecto/weather"})
    (event,) = weather.lock(upgrade="everything").events
    assert event.message == (
        "weather is now published by GitHub \\u043ecto/weather (environment pypi, workflow release.yml);"
        f" before it was {ON_GITHUB}"
    )
    assert weather.read().packages[0].attestation_identities[0]["repository"] == "\u043ecto/weather"


def test_a_publisher_that_is_lost_is_an_event(weather: Workshop, server: IndexServer) -> None:
    weather.lock()
    server.add_wheel("weather", "1.1")
    events = weather.lock(upgrade="everything").events
    assert [(event.code, event.message) for event in events] == [
        (
            "publisher-lost",
            f"nobody is known to have published weather-1.1-py3-none-any.whl; before it was {ON_GITHUB}",
        )
    ]


def test_the_last_publisher_that_is_lost_is_an_event(workshop: Workshop, server: IndexServer) -> None:
    """Of two files only one had any."""
    publish(server.add_wheel("weather", "1.0", tags=BOTH["x86_64"]))
    server.add_wheel("weather", "1.0", tags=BOTH["aarch64"])
    workshop.plugins = {"weather": '"*"'}
    workshop.lock()
    server.add_wheel("weather", "1.1")
    (event,) = workshop.lock(upgrade="everything").events
    assert event.code == "publisher-lost"
    assert event.message.endswith(f"before it was {ON_GITHUB}")


def test_an_index_that_takes_the_publishers_of_a_locked_file_away_is_an_event(
    weather: Workshop, server: IndexServer
) -> None:
    weather.lock()
    server.projects["weather"][0].provenance = None
    weather.plugins["other"] = '"*"'
    publish(server.add_wheel("other", "1.0"))
    assert [event.code for event in weather.lock().events] == ["publisher-lost"]


def test_what_a_reviewer_agreed_to_is_told_as_agreed(weather: Workshop, server: IndexServer) -> None:
    weather.lock()
    publish(server.add_wheel("weather", "1.1"), GITLAB)
    weather.settings = (
        '[policy.publishers]\nweather = { kind = "GitLab", repository = "octo/weather", reason = "they moved" }'
    )
    (event,) = weather.lock(upgrade="everything").events
    assert event.message.endswith("(agreed to: they moved)")


def test_each_event_is_agreed_to_by_its_own_reason(workshop: Workshop, server: IndexServer) -> None:
    """One file is lost, and another gains a publisher: agreeing to the first says nothing of the second."""
    for tags in BOTH.values():
        publish(server.add_wheel("weather", "1.0", tags=tags))
    workshop.plugins = {"weather": '"*"'}
    workshop.lock()
    publish(server.add_wheel("weather", "1.1", tags=BOTH["x86_64"]), GITLAB)
    server.add_wheel("weather", "1.1", tags=BOTH["aarch64"])
    workshop.settings = '[policy.allow-unattested]\nweather = "built by hand"'
    said = {event.code: event.message for event in workshop.lock(upgrade="everything").events}
    assert said.keys() == {"allow-unattested", "publisher-lost", "publisher-changed"}
    assert said["publisher-lost"].endswith(f"before it was {ON_GITHUB} (agreed to: built by hand)")
    assert said["publisher-changed"].endswith(f"before it was {ON_GITHUB}")


def test_a_first_lock_and_a_publisher_that_is_gained_are_no_events(workshop: Workshop, server: IndexServer) -> None:
    server.add_wheel("weather", "1.0")
    workshop.plugins = {"weather": '"*"'}
    assert workshop.lock().events == ()
    publish(server.add_wheel("weather", "1.1"))
    assert workshop.lock(upgrade="everything").events == ()


def test_a_policy_that_names_fewer_publishers_is_an_event(weather: Workshop) -> None:
    weather.settings = PIN
    weather.lock()
    weather.settings = ""
    assert [(event.code, event.message) for event in weather.lock().events] == [
        ("publishers", "weather may now be published by anybody")
    ]


def test_a_policy_that_names_one_more_publisher_is_an_event(weather: Workshop) -> None:
    weather.settings = PIN
    weather.lock()
    weather.settings = """
[policy.publishers]
weather = [
  { kind = "GitHub", repository = "octo/weather", reason = "our own forge" },
  { kind = "GitLab", repository = "octo/weather", reason = "the mirror" },
]
"""
    assert [event.message for event in weather.lock().events] == [
        "weather may now be published by GitLab octo/weather: the mirror"
    ]
