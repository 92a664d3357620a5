"""`[policy.publishers]` is held against what a build would run before any of it runs: a canary tells."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from lock.errors import LockError
from tests.provenances import GITHUB, GITLAB, publish
from tests.resolver.building.sources import project
from tests.resolver.sources.repositories import Repository
from tests.sdists import sdist_bytes, sdist_name
from tests.servers.index_server import Fault, IndexServer, ServedFile

if TYPE_CHECKING:
    from pathlib import Path

    from tests.projects import Workshop

pytestmark = pytest.mark.attack(19)

STEPS = ("get_requires_for_build_wheel", "build_wheel")


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


@pytest.fixture
def weather(workshop: Workshop, server: IndexServer) -> Workshop:
    """A plugin that must be built, with a tool of the index; only `octo/weather` may publish either."""
    workshop.python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    workshop.plugins = {"weather": '"*"'}
    workshop.settings = """
[policy.allow-build]
weather = "there is no wheel of it"

[policy.publishers]
weather = { kind = "GitHub", repository = "octo/weather", reason = "its home" }
tool = { kind = "GitHub", repository = "octo/weather", reason = "its home" }
"""
    server.add_wheel("tool", "1.0")
    return workshop


def add_source(server: IndexServer, canary: Path, *, static: bool = True) -> ServedFile:
    code = f"open({str(canary)!r}, 'w').close()\n"
    files = project("weather", "1.0", built_with=["tool"], run=dict.fromkeys(("requires", *STEPS), code))
    return server.add(
        "weather",
        ServedFile(name=sdist_name("weather", "1.0"), data=sdist_bytes("weather", "1.0", files, static=static)),
    )


@pytest.mark.parametrize("static", [True, False], ids=["static metadata", "metadata that only a build tells"])
@pytest.mark.parametrize("who", ["octo", "mallory", "nobody"])
def test_a_source_of_another_publisher_is_not_built(
    weather: Workshop, server: IndexServer, canary: Path, who: str, static: bool
) -> None:
    publish(server.projects["tool"][0])
    file = add_source(server, canary, static=static)
    if who != "nobody":
        publish(file, {**GITHUB, "repository": f"{who}/weather"})
    with nullcontext() if who == "octo" else pytest.raises(LockError) as caught:
        weather.lock()
    assert canary.exists() == (who == "octo")
    if caught is not None:
        (problem,) = caught.value.problems
        assert (problem.code, problem.key) == ("publisher", "policy.publishers.weather")
        assert problem.message == {
            "mallory": "weather 1.0 was published by GitHub mallory/weather (environment pypi, workflow release.yml);"
            " only GitHub octo/weather may",
            "nobody": "nobody is known to have published weather-1.0.tar.gz; only GitHub octo/weather may publish"
            " weather 1.0",
        }.get(who)


def test_a_tool_of_another_publisher_is_not_installed(weather: Workshop, server: IndexServer, canary: Path) -> None:
    publish(add_source(server, canary))
    publish(server.projects["tool"][0], GITLAB)
    with pytest.raises(LockError, match=r"tool 1\.0 was published by GitLab octo/weather .* only GitHub octo/weather"):
        weather.lock()
    assert not canary.exists()


def test_all_that_would_run_is_judged_in_one_report(weather: Workshop, server: IndexServer, canary: Path) -> None:
    add_source(server, canary)
    with pytest.raises(LockError) as caught:
        weather.lock()
    assert [problem.key for problem in caught.value.problems] == ["policy.publishers.weather", "policy.publishers.tool"]
    assert not canary.exists()


def test_a_source_of_no_index_has_no_publisher(weather: Workshop, tmp_path: Path, canary: Path) -> None:
    code = f"open({str(canary)!r}, 'w').close()\n"
    repository = Repository(tmp_path / "served" / "weather.git")
    repository.commit(project("weather", "1.0", run=dict.fromkeys(("requires", *STEPS), code)))
    weather.plugins = {"weather": f'{{ git = "{repository.url}" }}'}
    with pytest.raises(LockError, match="nobody is known to have published weather; only GitHub octo/weather may"):
        weather.lock()
    assert not canary.exists()


def test_nobody_is_asked_of_what_the_policy_does_not_name(weather: Workshop, server: IndexServer, canary: Path) -> None:
    publish(server.projects["tool"][0])
    publish(add_source(server, canary))
    weather.settings = '[policy.allow-build]\nweather = "there is no wheel of it"\n'
    weather.lock()
    assert canary.exists()
    asked = [path for path in server.paths() if path.startswith("/integrity/")]
    assert sorted(asked) == ["/integrity/tool/tool-1.0-py3-none-any.whl", "/integrity/weather/weather-1.0.tar.gz"]


def test_an_index_that_does_not_answer_is_no_leave_to_build(
    weather: Workshop, server: IndexServer, canary: Path
) -> None:
    publish(add_source(server, canary))
    server.fail("/integrity/weather", Fault(status=403))
    with pytest.raises(Exception, match="403"):
        weather.lock()
    assert not canary.exists()
