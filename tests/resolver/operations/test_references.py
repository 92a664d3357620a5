"""Requirements that say where a distribution is found, from a dependency's own metadata to plugins.lock."""

from __future__ import annotations

import hashlib
import re
import sys
from typing import TYPE_CHECKING

import pytest

from lock.errors import LockError, ResolutionError
from lock.model import Archive, Vcs
from lock.reader import parse
from tests.resolver.building.sources import project
from tests.resolver.sources.repositories import Repository
from tests.servers.index_server import ServedFile
from tests.wheels import wheel_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lock.model import Package
    from tests.projects import Workshop

WHEEL = "lib-1.0-py3-none-any.whl"


@pytest.fixture
def references(workshop: Workshop) -> Workshop:
    """The project of the other tests with one plugin, whose requirements each test gives."""
    workshop.python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    workshop.plugins.clear()
    workshop.plugins["asking"] = '"*"'
    workshop.server.add_wheel("tool", "1.0")
    return workshop


def allow(workshop: Workshop, *places: str, build: str = "lib") -> None:
    origins = ", ".join(f'"{place}" = "our own"' for place in places)
    workshop.settings = f'[policy]\nallow-build = {{ {build} = "tested" }}\nallow-origins = {{ {origins} }}'


def asks(workshop: Workshop, *requires: str, name: str = "asking") -> None:
    workshop.server.add_wheel(name, "1.0", requires=requires)


def repository(workshop: Workshop, folder: str = "lib.git", files: Mapping[str, str] | None = None) -> Repository:
    repo = Repository(workshop.root / "served" / folder)
    repo.commit(files or project("lib", "1.2", built_with=["tool"], needs=["helper", "web>=2"]))
    repo.git("tag", "v1.2")
    return repo


def wheel_address(workshop: Workshop, data: bytes | None = None) -> str:
    """Serve a wheel that no project page lists."""
    workshop.server.add("elsewhere", ServedFile(name=WHEEL, data=data or wheel_bytes("lib", "1.0")))
    return workshop.server.url.replace("/simple/", f"/files/elsewhere/{WHEEL}")


def package(workshop: Workshop, name: str) -> Package:
    return next(package for package in workshop.read().packages if package.name == name)


def test_a_reference_is_not_followed_unless_the_policy_names_the_place(references: Workshop) -> None:
    asks(references, "lib @ git+https://git.example/team/lib@v1.2")
    with pytest.raises(ResolutionError) as caught:
        references.lock()
    text = str(caught.value)
    assert "asking 1.0: it requires lib from git+https://git.example/team/lib@v1.2" in text
    assert 'allow-origins = { "https://git.example" = "why it is trusted" } under [policy]' in text
    assert not references.lock_path.exists()


def test_for_a_repository_on_this_machine_its_own_folder_is_the_place_to_allow(references: Workshop) -> None:
    repo = repository(references)
    asks(references, f"lib @ git+{repo.url}@v1.2")
    with pytest.raises(ResolutionError) as caught:
        references.lock()
    (line,) = re.findall(r"allow-origins = \{ .* \}", str(caught.value))
    assert line == f'allow-origins = {{ "{repo.url}" = "why it is trusted" }}'
    references.settings = f'[policy]\nallow-build = {{ lib = "tested" }}\n{line}'
    references.lock()
    assert references.versions()["lib"] == "1.2"
    repository(references, "other.git", project("lib", "1.2", built_with=["tool"]))
    references.server.projects.pop("asking")
    asks(references, f"lib @ git+{repo.url.replace('lib.git', 'other.git')}@v1.2")
    references.lock_path.unlink()
    with pytest.raises(ResolutionError, match=r"other\.git@v1\.2, which is followed only where plugins\.toml says so"):
        references.lock()


def test_a_repository_is_followed_by_its_tag_and_locked_with_all_that_builds_it(references: Workshop) -> None:
    repo = repository(references)
    asks(references, f"lib @ git+{repo.url}@v1.2")
    allow(references, repo.url.rpartition("/")[0])
    references.lock()
    lib = package(references, "lib")
    assert lib.source == Vcs(url=repo.url, commit_id=repo.git("rev-parse", "HEAD"), requested_revision="v1.2")
    assert (lib.version, lib.dependencies, lib.provided) == ("1.2", ("helper",), ("web",))
    assert str(lib.artifacts[0].nar_hash).startswith("sha256-")
    assert lib.artifacts[0].build is not None
    assert [entry.name for entry in lib.artifacts[0].build.requires] == ["tool"]
    assert package(references, "asking").dependencies == ("lib",)
    assert [plugin.name for plugin in references.read().plugins] == ["asking"]
    assert references.check().problems == ()
    before = references.lock_path.read_bytes()
    assert references.lock().status == "current"
    assert references.lock_path.read_bytes() == before


def test_a_place_allows_what_is_below_it_only(references: Workshop) -> None:
    repo = repository(references)
    asks(references, f"lib @ git+{repo.url}@v1.2")
    allow(references, repo.url[:-2], "https://git.example")
    with pytest.raises(ResolutionError, match=r"followed only where plugins\.toml says so"):
        references.lock()


def test_a_followed_repository_is_built_only_where_the_policy_allows_that(references: Workshop) -> None:
    repo = repository(references)
    asks(references, f"lib @ git+{repo.url}@v1.2")
    allow(references, repo.url, build="other")
    with pytest.raises(ResolutionError, match="allow-build"):
        references.lock()


@pytest.mark.attack(6)
def test_a_tag_that_moved_stays_locked_until_it_is_accepted(references: Workshop) -> None:
    repo = repository(references)
    first = repo.git("rev-parse", "HEAD")
    asks(references, f"lib @ git+{repo.url}@v1.2")
    allow(references, repo.url)
    references.lock()
    moved = repo.commit({"more.txt": "x"})
    repo.git("tag", "--force", "v1.2")
    references.plugins["plug"] = '"*"'
    references.lock()
    assert package(references, "lib").source == Vcs(url=repo.url, commit_id=first, requested_revision="v1.2")
    with pytest.raises(LockError, match=f"was moved from {first}"):
        references.lock(upgrade=("lib",))
    references.lock(upgrade=("lib",), accept_changed=("lib",))
    assert package(references, "lib").source == Vcs(url=repo.url, commit_id=moved, requested_revision="v1.2")


def test_a_branch_goes_on_with_update_alone(references: Workshop) -> None:
    repo = repository(references)
    first = repo.git("rev-parse", "HEAD")
    asks(references, f"lib @ git+{repo.url}@main")
    allow(references, repo.url)
    references.lock()
    second = repo.commit({"more.txt": "x"})
    references.plugins["plug"] = '"*"'
    references.lock()
    assert package(references, "lib").artifacts[0].name == f"lib-{first}"
    references.lock(upgrade="everything")
    assert package(references, "lib").artifacts[0].name == f"lib-{second}"


def test_a_wheel_is_followed_and_its_hash_compared(references: Workshop) -> None:
    url = wheel_address(references)
    digest = hashlib.sha256(wheel_bytes("lib", "1.0")).hexdigest()
    asks(references, f"lib @ {url}#sha256={digest.upper()}")
    allow(references, references.server.url.removesuffix("/simple/"))
    references.lock()
    source = package(references, "lib").source
    assert isinstance(source, Archive)
    assert (source.url, source.sha256) == (url, digest)
    assert references.check().problems == ()
    assert references.lock().status == "current"


def test_other_bytes_than_the_requirement_says_are_refused(references: Workshop) -> None:
    url = wheel_address(references)
    asks(references, f"lib @ {url}#sha256={'0' * 64}")
    allow(references, references.server.url.removesuffix("/simple/"))
    with pytest.raises(ResolutionError, match=rf"has sha256 [0-9a-f]{{64}}, and whoever requires lib .* {'0' * 64}"):
        references.lock()
    assert not references.lock_path.exists()


def test_what_a_reference_leads_to_serves_those_who_ask_an_index_for_it(references: Workshop) -> None:
    # The name sorts before the one with the reference, so that it is met first; and no index knows lib.
    url = wheel_address(references)
    asks(references, f"lib @ {url}")
    asks(references, "lib>=1", name="a-first")
    references.plugins["a-first"] = '"*"'
    allow(references, references.server.url.removesuffix("/simple/"))
    references.lock()
    assert package(references, "a-first").dependencies == ("lib",)
    assert isinstance(package(references, "lib").source, Archive)


def test_a_reference_wins_over_the_versions_of_an_index(references: Workshop) -> None:
    references.server.add_wheel("lib", "3.0")
    url = wheel_address(references)
    asks(references, f"lib @ {url}")
    asks(references, "lib", name="a-first")
    references.plugins["a-first"] = '"*"'
    allow(references, references.server.url.removesuffix("/simple/"))
    references.lock()
    assert references.versions()["lib"] == "1.0"


def test_a_version_that_the_place_does_not_have_is_told(references: Workshop) -> None:
    url = wheel_address(references)
    asks(references, f"lib @ {url}")
    asks(references, "lib>=2", name="other")
    references.plugins["other"] = '"*"'
    allow(references, references.server.url.removesuffix("/simple/"))
    with pytest.raises(ResolutionError) as caught:
        references.lock()
    assert f"asking 1.0 requires lib @ {url}" in str(caught.value)
    assert "other 1.0 requires lib>=2" in str(caught.value)


def test_two_places_for_one_name_are_a_conflict(references: Workshop) -> None:
    one, two = repository(references, "one.git"), repository(references, "two.git")
    asks(references, f"lib @ git+{one.url}@v1.2")
    asks(references, f"lib @ git+{two.url}@v1.2", name="other")
    references.plugins["other"] = '"*"'
    allow(references, one.url, two.url)
    with pytest.raises(ResolutionError, match="cannot be used together") as caught:
        references.lock()
    assert f"git+{one.url}@v1.2" in str(caught.value)
    assert f"git+{two.url}@v1.2" in str(caught.value)


def test_what_the_host_ships_is_not_taken_from_elsewhere(references: Workshop) -> None:
    asks(references, "web @ https://files.example/web-9-py3-none-any.whl")
    allow(references, "https://files.example")
    with pytest.raises(ResolutionError) as caught:
        references.lock()
    assert "requires web @ https://files.example/web-9-py3-none-any.whl, but the-host ships web 2" in str(caught.value)


def test_a_plugin_from_the_same_address_is_the_same_thing(references: Workshop) -> None:
    repo = repository(references)
    asks(references, f"lib @ git+{repo.url}@v1.2")
    allow(references, repo.url)
    references.plugins["lib"] = f'{{ git = "{repo.url}", tag = "v1.2" }}'
    references.lock()
    assert package(references, "asking").dependencies == ("lib",)
    assert [plugin.name for plugin in references.read().plugins] == ["asking", "lib"]


def test_a_plugin_from_another_address_is_a_conflict(references: Workshop) -> None:
    one, two = repository(references, "one.git"), repository(references, "two.git")
    asks(references, f"lib @ git+{one.url}@v1.2")
    allow(references, one.url)
    references.plugins["lib"] = f'{{ git = "{two.url}", tag = "v1.2" }}'
    with pytest.raises(ResolutionError, match=f"asking 1.0 requires lib @ git\\+{one.url}@v1.2"):
        references.lock()


@pytest.mark.attack(1)
def test_a_place_that_is_no_longer_allowed_is_found_by_check_and_by_lock(references: Workshop) -> None:
    repo = repository(references)
    asks(references, f"lib @ git+{repo.url}@v1.2")
    allow(references, repo.url)
    references.lock()
    before = references.lock_path.read_bytes()
    references.settings = '[policy]\nallow-build = { lib = "tested" }'
    codes = {problem.code for problem in references.check().problems}
    assert codes == {"origin-not-allowed", "outdated", "rule-3-origin"}
    with pytest.raises(ResolutionError, match=r"followed only where plugins\.toml says so"):
        references.lock()
    assert references.lock_path.read_bytes() == before


def test_an_override_takes_the_place_of_a_reference(references: Workshop) -> None:
    references.server.add_wheel("lib", "3.0")
    asks(references, "lib @ https://files.example/lib-1.0-py3-none-any.whl")
    references.settings = (
        '[resolution]\noverrides = [{ requirement = "lib>=3", package = "asking", reason = "released since" }]'
    )
    references.lock()
    assert references.versions()["lib"] == "3.0"


def test_the_lock_is_the_same_when_it_is_made_anew(references: Workshop) -> None:
    repo = repository(references)
    url = wheel_address(references, wheel_bytes("more", "1.0"))
    asks(references, f"lib @ git+{repo.url}@v1.2")
    allow(references, repo.url, url.rpartition("/")[0])
    references.lock()
    first = references.lock_path.read_bytes()
    references.lock_path.unlink()
    references.lock()
    assert references.lock_path.read_bytes() == first
    assert parse(first, "plugins.lock") == references.read()
