"""What uv itself would install (`uv export --frozen`) is what we find provided."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib

import pytest
from packaging.markers import Marker
from packaging.utils import canonicalize_name
from uv import find_uv_bin

from tests.resolver.hosts.settings import DATA, HERMES, SYSTEMS, load_file, targets


def exported(folder, *options):
    """Return what uv exports as pylock packages; `folder` must be a copy, for uv may write beside the lock."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("UV_")},
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_CONFIG": "1",
        "UV_OFFLINE": "1",
    }
    command = [find_uv_bin(), "export", "--frozen", "--format=pylock.toml", "--no-default-groups", *options]
    done = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return tomllib.loads(done.stdout)["packages"]


def installed(packages, target):
    """Evaluate the markers of exported packages without any code of ours."""
    return {
        (canonicalize_name(package["name"]), package.get("version"))
        for package in packages
        if "marker" not in package
        or Marker(package["marker"]).evaluate(
            {**target.marker_environment, "extras": frozenset(), "dependency_groups": frozenset()},
            context="lock_file",
        )
    }


def compare(folder, python, *, extras=(), groups=(), name="host-app"):
    options = [f"--extra={extra}" for extra in extras] + [f"--group={group}" for group in groups]
    packages = exported(folder, *options)
    provided = load_file(folder, "uv.lock", *SYSTEMS, name=name, extras=extras, groups=groups, python=python)
    for target in targets(*SYSTEMS, python=python).targets:
        expected = {(found, version) for found, version in installed(packages, target) if found != name}
        known = {(found.name, found.version) for found in provided.packages[target.system].values()}
        unknown = {(found, None) for found in provided.unversioned[target.system]}
        ours = {pair for pair in known | unknown if pair[0] != name}
        # uv names no version of what it builds from a directory.
        sourceless = {found for found, version in expected if version is None}
        ours = {(found, None if found in sourceless else version) for found, version in ours}
        assert ours == expected, target.system


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("extras", [(), ("all",), ("messaging", "voice", "matrix"), ("termux-all", "dev")])
def test_the_real_host_provides_what_uv_exports(tmp_path, python, extras):
    for name in ("uv.lock", "pyproject.toml"):
        shutil.copy(HERMES / name, tmp_path)
    compare(tmp_path, python, extras=extras, name="hermes-agent")


@pytest.mark.parametrize(
    ("case", "choices"),
    [
        ("forks", {}),
        ("workspace", {}),
        ("workspace", {"extras": ["all"]}),
        ("workspace", {"extras": ["web", "empty"], "groups": ["docs"]}),
        ("workspace", {"groups": ["dev", "bare"]}),
        ("sources", {}),
        ("sources", {"extras": ["git", "folder"]}),
        ("conflicting-extras", {}),
        ("conflicting-extras", {"extras": ["cpu"]}),
        ("conflicting-extras", {"extras": ["gpu", "more"]}),
        ("conflicting-extras", {"extras": ["all-cpu"], "groups": ["old"]}),
        ("conflicting-extras", {"extras": ["more"], "groups": ["new"]}),
        ("conflicting-members", {}),
        ("conflicting-members", {"extras": ["on-cpu"]}),
        ("conflicting-members", {"extras": ["on-gpu"]}),
    ],
)
@pytest.mark.parametrize("python", ["3.11", "3.12"])
def test_small_projects_provide_what_uv_exports(tmp_path, case, choices, python):
    shutil.copytree(DATA / "uv" / case, tmp_path, dirs_exist_ok=True)
    compare(tmp_path, python, **choices)
