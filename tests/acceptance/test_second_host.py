"""A host that is not hermes and has no lock file: datasette, resolved by `requirement`, with plugins of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from resolver.operations.checking import check
from tests.acceptance.building import build, declared, distribution_python, failures, installed
from tests.acceptance.projects import SYSTEMS, Place

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.building import Built
    from tests.nix.machine import Nix

pytestmark = pytest.mark.network

MANIFEST = """\
[host]
name = "datasette"
python = "{python}"
entry-points = ["datasette"]
requirement = "datasette==0.65.2"

[targets]
systems = ["aarch64-linux", "x86_64-linux"]

[plugins]
datasette-cluster-map = "*"
datasette-graphql = "*"
datasette-vega = "*"
"""
PLUGINS = {"datasette-cluster-map", "datasette-graphql", "datasette-vega"}


@pytest.fixture(scope="module")
def place(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    found = Place(folder=tmp_path_factory.mktemp("datasette"), cache=cache_dir)
    found.manifest.write_text(MANIFEST.format(python=distribution_python()), encoding="utf-8")
    assert found.lock().status == "written"
    return found


@pytest.fixture(scope="module")
def provided(place: Place) -> dict[str, str]:
    """What `plugin-lock host` says that datasette brings."""
    ran = place.run("host", "--json")
    assert ran.code == 0, ran.err
    rows = json.loads(ran.out)["provided"]
    versions = {row["name"]: set(row["versions"].values()) for row in rows}
    return {name: version for name, (version,) in versions.items()}


@pytest.fixture(scope="module")
def built(place: Place, provided: dict[str, str], nix: Nix, shared: Path) -> Built:
    host = installed(shared, "".join(f"{name}=={version}\n" for name, version in provided.items()), place)
    return build(place, nix, host, distribution_python())


def test_the_plugins_lock_for_both_systems(place: Place) -> None:
    tool = place.locked()["tool"]["plugin-lock"]
    assert {plugin["name"] for plugin in tool["plugins"]} == PLUGINS
    assert [target["system"] for target in tool["targets"]] == list(SYSTEMS)
    assert tool["host"]["source"] == {"kind": "requirement", "location": "datasette==0.65.2"}


def test_nothing_is_locked_that_datasette_brings(place: Place, provided: dict[str, str]) -> None:
    assert provided["datasette"] == "0.65.2"
    assert "jinja2" in provided
    assert not {package["name"] for package in place.locked()["packages"]} & provided.keys()


def test_check_finds_nothing(place: Place) -> None:
    assert check(place.project, place.surroundings).problems == ()


def test_locking_again_changes_nothing(place: Place) -> None:
    before = place.lock_file.read_bytes()
    assert place.lock().status == "current"
    assert place.lock_file.read_bytes() == before


def test_the_tree_shows_what_each_plugin_takes_from_the_host(place: Place) -> None:
    ran = place.run("tree")
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert {line.split()[0] for line in lines if line.startswith("datasette-")} == PLUGINS
    assert sum("datasette v0.65.2 (provided)" in line for line in lines) >= len(PLUGINS)


@pytest.mark.nix
def test_every_entry_point_is_found_and_its_module_imports_beside_datasette(built: Built, tmp_path: Path) -> None:
    started = built.started(tmp_path, "datasette")
    found = {(name, value) for name, value, _ in started["entry_points"]["datasette"]}
    of_plugins = declared(built.place, ["datasette"])["datasette"]
    assert len(of_plugins) == len(PLUGINS)
    # datasette-cluster-map needs datasette-leaflet, which is a plugin of datasette in its own right.
    assert found == of_plugins | {("leaflet", "datasette_leaflet")}
    assert found == {(name, value) for _, name, value in built.entry_points}
    assert failures(started) == {}
    assert started["twice"] == []
