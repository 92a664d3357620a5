"""The sixteen plugins built by real, sandboxed Nix and put beside the real host's own packages."""

from __future__ import annotations

from email import message_from_bytes
from typing import TYPE_CHECKING

import pytest
from packaging.utils import canonicalize_name

from tests.acceptance.building import build, declared, distribution_python, failures, installed
from tests.acceptance.independent import host_requirements, selected
from tests.acceptance.projects import HERMES_LOCK
from tests.nix.machine import SYSTEM, standalone

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.acceptance.building import Built
    from tests.acceptance.projects import Place
    from tests.nix.machine import Nix

pytestmark = [pytest.mark.network, pytest.mark.nix]

GROUPS = ("hermes_agent.plugins", "hermes_agent.memory_providers")
# The host's own lock has no hash of the host; this is the wheel that its publisher released under that version.
HERMES = "hermes-agent==0.17.0 --hash=sha256:f11dcc1b168d2db626ef8b2175301741a86b5247c5ffaff4b0f0e24018d1b190\n"
WITHOUT_ENTRY_POINT = {
    "harness-memory-hermes": "a console script only",
    "yantrikdb-hermes-plugin": "a plugin folder (plugin.yaml), which the host finds on disk",
}


@pytest.fixture(scope="module")
def built(hermes: Callable[[str], Place], nix: Nix, shared: Path) -> Built:
    python = distribution_python()
    place = hermes(python)
    requirements = host_requirements((place.folder / HERMES_LOCK).parent) + HERMES
    host = installed(shared, requirements, place, hashes=True)
    return build(place, nix, host, python)


def test_every_entry_point_is_found_and_its_module_imports_beside_the_host(built: Built, tmp_path: Path) -> None:
    started = built.started(tmp_path, *GROUPS)
    for group, points in declared(built.place, GROUPS).items():
        assert points
        assert {(name, value) for name, value, _ in started["entry_points"][group]} == points
    assert failures(started) == {}


def test_every_plugin_has_an_entry_point_but_those_known_to_have_none(built: Built) -> None:
    plugins = built.place.locked()["tool"]["plugin-lock"]["plugins"]
    without = {plugin["name"] for plugin in plugins if not plugin.get("entry-points")}
    assert without == WITHOUT_ENTRY_POINT.keys()


def test_no_distribution_is_there_twice(built: Built, tmp_path: Path) -> None:
    assert built.started(tmp_path)["twice"] == []


def test_the_environment_holds_what_is_locked_for_this_machine_and_nothing_else(built: Built) -> None:
    metadata = built.site_packages.glob("*.dist-info/METADATA")
    present = {canonicalize_name(message_from_bytes(path.read_bytes())["Name"]) for path in metadata}
    assert present == selected(built.place.locked(), SYSTEM, built.python).keys()


def test_build_reports_the_entry_points_that_the_lock_has(built: Built) -> None:
    expected = {(group, *point) for group, points in declared(built.place, GROUPS).items() for point in points}
    assert set(built.entry_points) == expected


def test_the_librarys_own_checks_pass_with_the_real_host(built: Built, nix: Nix) -> None:
    library = standalone(built.place.lock_file, host=built.host)
    done = nix.try_build(f"builtins.attrValues ({library}).checks", "--keep-going")
    assert done.code == 0, done.err[-6000:]
    assert len(done.out.split()) == 3
