"""One path from two packages: which of them the environment takes, and when it takes neither."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from lock.options import Policy
from lock.writer import render
from resolver.inspection.collisions import STRAY
from tests.nix.machine import LIBRARY, standalone

if TYPE_CHECKING:
    from tests.nix.locks import LockMaker
    from tests.nix.machine import Nix


def environment(lock: LockMaker, policy: Policy | None = None) -> str:
    path = lock.write()
    if policy is not None:
        path.write_text(render(msgspec.structs.replace(lock.model(), policy=policy)), encoding="utf-8")
    return f"({standalone(path)}).environment"


def site_packages(tree: Path, lock: LockMaker) -> Path:
    return tree / f"lib/python{lock.python}/site-packages"


@pytest.mark.nix
def test_what_nobody_imports_may_be_there_twice(nix: Nix, lock: LockMaker) -> None:
    for name in ("first", "second"):
        files = {
            f"{name}.py": "",
            "README.md": name,
            ".gitignore": name,
            "tests/__init__.py": name,
            "docs/a/b.txt": name,
        }
        lock.package(name, files=files)
    lock.plugin("weather-plugin", needs=["first", "second"])
    (built,) = nix.build(environment(lock))
    folder = site_packages(built, lock)
    taken = {(folder / path).read_text(encoding="utf-8") for path in ("README.md", ".gitignore", "docs/a/b.txt")}
    assert taken == {"first"}
    assert (folder / "second.py").is_file()


@pytest.mark.nix
@pytest.mark.parametrize("path", ["shared.py", "shared/__init__.py", "shared/data.txt"])
def test_two_files_of_one_module_are_an_error_that_names_both(nix: Nix, lock: LockMaker, path: str) -> None:
    for name in ("first", "second"):
        lock.package(name, files={path: f"# {name}\n"})
    lock.plugin("weather-plugin", needs=["first", "second"])
    done = nix.try_build(environment(lock))
    assert done.code != 0
    assert "packages hold the same files with different content" in done.err
    assert f"first-1.0/lib/python{lock.python}/site-packages/{path}" in done.err
    assert f"second-1.0/lib/python{lock.python}/site-packages/{path}" in done.err


@pytest.mark.nix
@pytest.mark.parametrize(("excepted", "taken"), [("first", "second"), ("second", "first")])
def test_a_package_that_may_share_modules_yields(nix: Nix, lock: LockMaker, excepted: str, taken: str) -> None:
    for name in ("first", "second"):
        lock.package(name, files={"shared/__init__.py": f"OWNER = '{name}'\n", f"shared/{name}.py": ""})
    lock.plugin("weather-plugin", needs=["first", "second"])
    (built,) = nix.build(environment(lock, Policy(allow_modules={excepted: "made for each other"})))
    folder = site_packages(built, lock) / "shared"
    assert taken in (folder / "__init__.py").read_text(encoding="utf-8")
    assert {"first.py", "second.py"} <= {entry.name for entry in folder.iterdir()}


@pytest.mark.nix
@pytest.mark.parametrize("excepted", ["", "first"])
def test_two_programs_of_one_name_need_an_exception(nix: Nix, lock: LockMaker, excepted: str) -> None:
    for name in ("first", "second"):
        files = {f"{name}.py": f"def main():\n    print('{name}')\n"}
        lock.package(name, files=files, entry_points={"console_scripts": {"tell": f"{name}:main"}})
    lock.plugin("weather-plugin", needs=["first", "second"])
    done = nix.try_build(environment(lock, Policy(allow_modules={excepted: "the library is used"} if excepted else {})))
    if excepted:
        assert done.code == 0, done.err
        program = Path(done.out.strip().splitlines()[-1]) / "bin/tell"
        assert subprocess.run([program], check=True, capture_output=True, text=True).stdout == "second\n"
    else:
        assert done.code != 0
        assert "packages hold the same files with different content" in done.err


def test_the_resolver_and_the_builder_take_the_same_names_for_strays() -> None:
    path = LIBRARY / "builders/build_environment.py"
    spec = importlib.util.spec_from_file_location("build_environment", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.STRAY == STRAY
