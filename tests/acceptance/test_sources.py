"""Seventeen plugins, two of whose packages have no wheel, beside a git plugin and a folder: built by real Nix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.acceptance.building import build, declared, distribution_python, failures, installed
from tests.acceptance.independent import host_requirements
from tests.acceptance.projects import HERMES_LOCK, hermes_project
from tests.acceptance.test_nix_environment import GROUPS, HERMES
from tests.resolver.sources.repositories import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.building import Built
    from tests.nix.machine import Nix

pytestmark = [pytest.mark.network, pytest.mark.nix]

PYPROJECT = """\
[build-system]
requires = ["setuptools>=77", "setuptools-scm>=8"]
build-backend = "setuptools.build_meta"

[project]
name = "some-plugin"
dynamic = ["version"]
dependencies = ["rich"]

[project.entry-points."hermes_agent.plugins"]
some = "some_plugin:register"

[tool.setuptools]
py-modules = ["some_plugin"]

[tool.setuptools_scm]
"""
REGISTER = "def register(ctx):\n    pass\n"
WEATHER = 'name: weather\nversion: 1.0.0\npip_dependencies: ["httpx>=0.27", "iso4217"]\n'
POLICY = """
[policy]
allow-build = { jieba = "no wheel", langdetect = "no wheel", some-plugin = "git only" }
"""


@pytest.fixture(scope="module")
def built(cache_dir: Path, nix: Nix, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("sources")
    repository = Repository(folder / "some-plugin.git")
    repository.commit({"pyproject.toml": PYPROJECT, "some_plugin.py": REGISTER})
    repository.git("tag", "v1.2")
    python = distribution_python()
    place = hermes_project(folder / "project", cache_dir, python=python, more=("hermes-hy-memory",))
    plugin = place.folder / "plugins" / "weather"
    plugin.mkdir(parents=True)
    (plugin / "plugin.yaml").write_text(WEATHER, encoding="utf-8")
    (plugin / "__init__.py").write_text(REGISTER, encoding="utf-8")
    entries = (
        f'[plugins]\nsome-plugin = {{ git = "{repository.url}", tag = "v1.2" }}\n'
        'weather = { path = "plugins/weather" }\n'
    )
    text = place.manifest.read_text(encoding="utf-8").replace("[plugins]\n", entries, 1)
    place.manifest.write_text(text + POLICY, encoding="utf-8")
    place.lock()
    requirements = host_requirements((place.folder / HERMES_LOCK).parent) + HERMES
    return build(place, nix, installed(shared, requirements, place, hashes=True), python)


def test_both_systems_are_locked_and_the_sources_with_their_build_requirements(built: Built) -> None:
    packages = {package["name"]: package for package in built.place.locked()["packages"]}
    for name in ("jieba", "langdetect", "some-plugin"):
        (artifact,) = packages[name]["tool"]["plugin-lock"]["artifacts"]
        assert artifact["systems"] == ["aarch64-linux", "x86_64-linux"]
        assert "setuptools" in {entry["name"] for entry in artifact["build"]["requires"]}
    assert packages["some-plugin"]["version"] == "1.2"
    assert built.place.run("check").code == 0


def test_every_entry_point_is_found_and_its_module_imports_beside_the_host(built: Built, tmp_path: Path) -> None:
    started = built.started(tmp_path, *GROUPS)
    points = declared(built.place, GROUPS)
    assert {"some", "hy-memory"} <= {name for name, _ in points["hermes_agent.plugins"]}
    for group, expected in points.items():
        assert {(name, value) for name, value, _ in started["entry_points"][group]} == expected
    assert failures(started) == {}


def test_the_directory_plugin_stands_in_the_environment_with_what_it_needs(built: Built) -> None:
    root = built.site_packages.parents[2]
    assert (root / "share" / "plugins" / "weather" / "plugin.yaml").is_file()
    assert list(built.site_packages.glob("iso4217-*.dist-info"))
