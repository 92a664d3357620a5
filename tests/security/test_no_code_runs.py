"""Nothing that a plugin brings is run while it is locked, unless the policy says so: a canary tells."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from lock.errors import PluginLockError
from tests.projects import Workshop
from tests.sdists import sdist_bytes, sdist_name
from tests.servers.index_server import IndexServer, ServedFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.attack(19)


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer() as running:
        yield running


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary"


@pytest.fixture
def workshop(tmp_path: Path, server: IndexServer) -> Workshop:
    root = tmp_path / "project"
    root.mkdir()
    return Workshop(root=root, server=server, plugins={"plug": '"*"'})


def touching(canary: Path) -> str:
    """Code that gives itself away as soon as it is imported or run."""
    return f"open({str(canary)!r}, 'w').close()\n"


@pytest.mark.parametrize("extra", [{}, {"plug.pth": "import plug\n"}, {"sitecustomize.py": "import plug\n"}])
def test_the_modules_and_start_up_files_of_a_wheel_are_not_run(
    server: IndexServer, workshop: Workshop, canary: Path, extra: dict[str, str]
) -> None:
    code = touching(canary)
    entry_points = {"the_host.plugins": {"plug": "plug:register"}, "console_scripts": {"plug": "plug:main"}}
    server.add_wheel("plug", "1.0", files={"plug/__init__.py": code, **extra}, entry_points=entry_points)
    with pytest.raises(PluginLockError, match="start") if extra else nullcontext():
        workshop.lock()
    assert any(path.endswith(".whl") for path in server.paths()), "the wheel was looked into"
    assert not canary.exists()


def test_the_canary_notices_code_that_runs(canary: Path) -> None:
    exec(touching(canary))
    assert canary.exists()


@pytest.mark.parametrize("static", [True, False], ids=["static metadata", "metadata that only a build tells"])
def test_a_source_distribution_is_not_built_without_the_policys_word(
    server: IndexServer, workshop: Workshop, canary: Path, static: bool
) -> None:
    code = touching(canary)
    project = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    files = {"setup.py": code, "backend.py": code, "conftest.py": code, "pyproject.toml": project, "plug.py": code}
    data = sdist_bytes("plug", "1.0", files, static=static)
    server.add("plug", ServedFile(name=sdist_name("plug", "1.0"), data=data))
    with pytest.raises(PluginLockError, match="allow-build"):
        workshop.lock()
    assert not canary.exists()
    assert not workshop.lock_path.exists()


def test_a_folder_with_a_project_in_it_is_not_built_without_the_policys_word(workshop: Workshop, canary: Path) -> None:
    folder = workshop.root / "plug"
    folder.mkdir()
    (folder / "setup.py").write_text(touching(canary), encoding="utf-8")
    workshop.plugins = {"plug": '{ path = "plug" }'}
    with pytest.raises(PluginLockError, match="allow-build"):
        workshop.lock()
    assert not canary.exists()


def test_a_directory_plugin_is_read_and_not_imported(workshop: Workshop, canary: Path) -> None:
    folder = workshop.root / "plug"
    folder.mkdir()
    (folder / "plugin.yaml").write_text("name: plug\n", encoding="utf-8")
    (folder / "__init__.py").write_text(f"def register(ctx): ...\n{touching(canary)}", encoding="utf-8")
    workshop.plugins = {"plug": '{ path = "plug", kind = "directory" }'}
    assert workshop.lock().status == "written"
    assert not canary.exists()
