"""Publishers on their way into the lock, held against the policy."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from lock.errors import LockError, WorldError
from resolver.operations.locking import lock
from resolver.progress import Silent
from tests.provenances import GITHUB, GITLAB, provenance, publish
from tests.resolver.building.sources import project
from tests.sdists import sdist_bytes, sdist_name
from tests.servers.index_server import Fault, IndexServer, ServedFile
from tests.wheels import wheel_bytes

if TYPE_CHECKING:
    from tests.projects import Workshop

BOTH = {"x86_64": "cp312-cp312-manylinux_2_17_x86_64", "aarch64": "cp312-cp312-manylinux_2_17_aarch64"}
OTHER = "GitHub mallory/weather (environment pypi, workflow release.yml)"
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


@pytest.mark.parametrize("html", [False, True], ids=["json", "html"])
def test_publishers_are_locked(weather: Workshop, server: IndexServer, html: bool) -> None:
    server.json = not html
    weather.lock()
    (package,) = weather.read().packages
    assert package.attestation_identities == (GITHUB,)
    assert package.artifacts[0].attested
    assert weather.check().problems == ()


def test_where_the_index_tells_nothing_nothing_is_recorded(workshop: Workshop, server: IndexServer) -> None:
    server.add_wheel("weather", "1.0")
    workshop.plugins = {"weather": '"*"'}
    workshop.lock()
    (package,) = workshop.read().packages
    assert package.attestation_identities == ()
    assert not package.artifacts[0].attested
    assert not [path for path in server.paths() if "integrity" in path]


def test_only_what_is_locked_is_asked_about(weather: Workshop, server: IndexServer) -> None:
    publish(server.add_wheel("weather", "0.9"))
    weather.lock()
    assert [path for path in server.paths() if "integrity" in path] == [
        "/integrity/weather/weather-1.0-py3-none-any.whl"
    ]


def test_an_answer_is_kept_for_runs_without_a_network(weather: Workshop, server: IndexServer) -> None:
    weather.lock()
    weather.lock_path.unlink()
    server.fail("integrity", Fault(status=500))
    offline = replace(weather.surroundings(), offline=True, refresh=False)
    lock(weather.write(), offline, progress=Silent())
    assert weather.read().packages[0].attestation_identities == (GITHUB,)


def test_files_that_disagree_are_told(workshop: Workshop, server: IndexServer) -> None:
    publish(server.add_wheel("weather", "1.0", tags=BOTH["x86_64"]), GITHUB)
    publish(server.add_wheel("weather", "1.0", tags=BOTH["aarch64"]), GITLAB)
    workshop.plugins = {"weather": '"*"'}
    report = workshop.lock()
    (package,) = workshop.read().packages
    assert package.attestation_identities == (GITHUB, GITLAB)
    said = (
        "the files of weather 1.0 are not all published by the same:"
        f" weather-1.0-{BOTH['aarch64']}.whl by GitLab octo/weather (workflow_filepath .gitlab-ci.yml);"
        f" weather-1.0-{BOTH['x86_64']}.whl by GitHub octo/weather (environment pypi, workflow release.yml)"
    )
    assert said in report.warnings


def test_one_file_without_a_publisher_is_told(workshop: Workshop, server: IndexServer) -> None:
    publish(server.add_wheel("weather", "1.0", tags=BOTH["x86_64"]))
    server.add_wheel("weather", "1.0", tags=BOTH["aarch64"])
    workshop.plugins = {"weather": '"*"'}
    report = workshop.lock()
    (package,) = workshop.read().packages
    assert [artifact.attested for artifact in package.artifacts] == [False, True]
    assert any(f"weather-1.0-{BOTH['aarch64']}.whl by nobody known" in warning for warning in report.warnings)


def test_what_is_installed_and_builds_something_else_is_told_once(workshop: Workshop, server: IndexServer) -> None:
    workshop.python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    publish(server.add_wheel("tool", "1.0"))
    server.fail("integrity", Fault(status=404))
    files = project("weather", "1.0", built_with=["tool"], needs=["tool"])
    data = sdist_bytes("weather", "1.0", files, static=False)
    server.add("weather", ServedFile(name=sdist_name("weather", "1.0"), data=data))
    workshop.plugins = {"weather": '"*"'}
    workshop.settings = '[policy.allow-build]\nweather = "there is no wheel of it"'
    warnings = workshop.lock().warnings
    assert [package.name for package in workshop.read().build_packages] == ["tool"]
    assert workshop.versions() == {"tool": "1.0", "weather": "1.0"}
    said = "the index names a provenance of tool-1.0-py3-none-any.whl, and it holds no publisher"
    assert warnings.count(said) == 1


def test_equal_bytes_under_another_name_are_not_attested(workshop: Workshop, server: IndexServer) -> None:
    """An attestation is of a name and its bytes: of the other name the index says nothing."""
    data = wheel_bytes("weather", "1.0", tags="py3-none-manylinux_2_17_aarch64.manylinux_2_17_x86_64")
    names = [f"weather-1.0-py3-none-manylinux_2_17_{machine}.whl" for machine in ("x86_64", "aarch64")]
    publish(server.add("weather", ServedFile(name=names[0], data=data)))
    server.add("weather", ServedFile(name=names[1], data=data))
    workshop.plugins = {"weather": '"*"'}
    report = workshop.lock()
    (package,) = workshop.read().packages
    assert [artifact.attested for artifact in package.artifacts] == [False, True]
    assert any("aarch64.whl by nobody known" in warning for warning in report.warnings)


def test_each_index_speaks_of_its_own_files(workshop: Workshop, server: IndexServer) -> None:
    """The same file, of an index that names its publisher and of one that names none."""
    with IndexServer() as other:
        publish(other.add_wheel("weather", "1.0"))
        server.add_wheel("weather", "1.0")
        workshop.plugins = {"weather": '{ version = "*", index = "other" }'}
        workshop.settings = f'[[index]]\nname = "other"\nurl = "{other.url}"\nexplicit = true\n'
        workshop.lock()
        (package,) = workshop.read().packages
        assert package.attestation_identities == (GITHUB,)
        workshop.plugins = {"weather": '"*"'}
        workshop.lock()
        (package,) = workshop.read().packages
        assert (package.index, package.attestation_identities) == (server.url, ())


# -- what an index may answer --------------------------------------------------------------------------------------


def test_a_provenance_that_is_not_served_is_told(weather: Workshop, server: IndexServer) -> None:
    server.fail("integrity", Fault(status=404))
    report = weather.lock()
    assert "the index names a provenance of weather-1.0-py3-none-any.whl, and it holds no publisher" in report.warnings
    assert weather.read().packages[0].attestation_identities == ()


def test_that_none_is_served_is_asked_anew(weather: Workshop, server: IndexServer) -> None:
    server.fail("integrity", Fault(status=404))
    weather.lock()
    weather.lock_path.unlink()
    calm = replace(weather.surroundings(), refresh=False)
    lock(weather.write(), replace(calm, offline=True), progress=Silent())
    assert weather.read().packages[0].attestation_identities == ()
    weather.lock_path.unlink()
    server.mend()
    lock(weather.write(), calm, progress=Silent())
    assert weather.read().packages[0].attestation_identities == (GITHUB,)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        pytest.param(
            Fault(body=b""),
            "the provenance of weather-1.0-py3-none-any.whl cannot be used: its JSON cannot be understood",
            id="nothing",
        ),
        pytest.param(
            Fault(body=json.dumps(provenance("weather-1.0-py3-none-any.whl", "ab" * 32)).encode()),
            "the provenance of weather-1.0-py3-none-any.whl cannot be used: an attestation is of other bytes: ",
            id="other bytes",
        ),
        pytest.param(
            Fault(body=b"<html>"),
            "the provenance of weather-1.0-py3-none-any.whl cannot be used: its JSON cannot be understood",
            id="no JSON",
        ),
        pytest.param(
            Fault(body=b" " * ((4 << 20) + 1)),
            "the provenance of weather-1.0-py3-none-any.whl is larger than the limit of 4194304 bytes",
            id="huge",
            marks=pytest.mark.attack(15),
        ),
        pytest.param(
            Fault(status=302, headers={"Location": "file:///etc/passwd"}),
            "a redirect to the scheme 'file'",
            id="redirect to a file",
            marks=pytest.mark.attack(23),
        ),
        pytest.param(
            Fault(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data"}),
            "a redirect to http without TLS",
            id="redirect to a cloud's metadata",
            marks=pytest.mark.attack(23),
        ),
        pytest.param(
            Fault(status=500),
            "the provenance of weather-1.0-py3-none-any.whl",
            id="out of order",
            marks=pytest.mark.attack(28),
        ),
    ],
)
def test_a_wrong_answer_is_an_error_and_no_lock(
    weather: Workshop, server: IndexServer, fault: Fault, message: str
) -> None:
    server.fail("integrity", fault)
    with pytest.raises(WorldError) as caught:
        weather.lock()
    assert message in str(caught.value)
    assert not weather.lock_path.exists()


@pytest.mark.attack(1)
def test_a_provenance_elsewhere_is_refused(workshop: Workshop, server: IndexServer) -> None:
    file = publish(server.add_wheel("weather", "1.0"))
    file.said = {"provenance": "https://user:hunter2@other.example/p?token=hunter2"}
    workshop.plugins = {"weather": '"*"'}
    with pytest.raises(WorldError) as caught:
        workshop.lock()
    assert "is said to be at https://other.example/p, which is neither this index" in str(caught.value)
    assert "hunter2" not in str(caught.value)


# -- the policy -----------------------------------------------------------------------------------------------------


def test_the_publisher_that_the_policy_names_is_taken(weather: Workshop) -> None:
    weather.settings = PIN
    weather.lock()
    assert weather.read().policy.publishers["weather"][0].reason == "our own forge"
    assert weather.check().problems == ()


def test_another_publisher_is_refused_and_the_lock_stays(weather: Workshop, server: IndexServer) -> None:
    weather.lock()
    before = weather.lock_path.read_bytes()
    publish(server.add_wheel("weather", "1.1"), {**GITHUB, "repository": "mallory/weather"})
    weather.settings = PIN
    with pytest.raises(LockError) as caught:
        weather.lock(upgrade="everything")
    assert [(problem.code, problem.message) for problem in caught.value.problems] == [
        (
            "publisher",
            f"weather 1.1 was published by {OTHER}; only GitHub octo/weather may",
        )
    ]
    assert weather.lock_path.read_bytes() == before


def test_a_file_of_nobody_is_refused_where_the_policy_names_somebody(weather: Workshop, server: IndexServer) -> None:
    server.add_wheel("weather", "1.1")
    weather.settings = PIN
    with pytest.raises(LockError) as caught:
        weather.lock()
    assert caught.value.problems[0].message == (
        "nobody is known to have published weather-1.1-py3-none-any.whl; only GitHub octo/weather may publish"
        " weather 1.1"
    )


def test_check_holds_the_lock_against_the_policy(weather: Workshop) -> None:
    weather.lock()
    weather.settings = PIN.replace("octo/weather", "octo/elsewhere")
    codes = {problem.code for problem in weather.check().problems}
    assert codes == {"publisher", "outdated"}


def test_a_name_of_the_policy_that_guards_nothing_is_told(weather: Workshop) -> None:
    weather.settings = PIN
    weather.lock()
    assert weather.check().warnings == ()
    weather.settings = PIN.replace("weather =", "wheather =")
    weather.lock()
    assert weather.check().warnings == (
        "[policy].publishers names wheather, and nothing of that name is locked: mend or take it out",
    )
