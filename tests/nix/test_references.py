"""What another package's metadata requires from an address: locked by plugin-lock, fetched and built by Nix."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.nix.machine import DISTRIBUTION_PYTHON, Nix, distribution_version, standalone
from tests.nix.sources import commit, git
from tests.projects import Workshop
from tests.resolver.building.sources import project
from tests.servers.git_servers import GitHttpServer
from tests.servers.index_server import IndexServer

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.nix


def test_a_repository_that_a_dependency_names_is_built_from_the_lock(tmp_path: Path, nix: Nix) -> None:
    served, root = tmp_path / "served", tmp_path / "project"
    served.mkdir()
    root.mkdir()
    repository = tmp_path / "notes"
    repository.mkdir()
    revision = commit(repository, {**project("notes", "1.0", files={"notes.py": "answer = 42\n"})})
    git(served, "clone", "--quiet", "--bare", str(repository), "notes.git")
    with GitHttpServer(served) as repositories, IndexServer() as index:
        url = repositories.url("notes.git")
        index.add_wheel(
            "asking", "1.0", requires=[f"notes @ git+{url}@{revision}"], files={"asking.py": "import notes"}
        )
        origin = url.removesuffix("/notes.git")
        workshop = Workshop(
            root=root,
            server=index,
            plugins={"asking": '"*"'},
            systems=("x86_64-linux",),
            python=".".join(distribution_version().split(".")[:2]),
            settings=f'[policy]\nallow-build = {{ notes = "tested" }}\nallow-origins = {{ "{origin}" = "tested" }}',
        )
        workshop.lock()
        (environment,) = nix.build(f"({standalone(workshop.lock_path)}).environment")
    site = next(environment.glob("lib/python3*/site-packages"))
    done = subprocess.run([str(DISTRIBUTION_PYTHON), "-c", "import asking"], check=False, env={"PYTHONPATH": str(site)})
    assert done.returncode == 0
