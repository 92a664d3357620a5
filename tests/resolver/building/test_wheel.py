from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from lock.errors import LockError, WorldError
from resolver.building.isolation import Isolation
from resolver.building.metadata import built_metadata
from resolver.building.wheel import build_wheel
from tests.servers.index_server import ServedFile
from tests.wheels import core_metadata, wheel_bytes, wheel_name, zip_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from resolver.building.source import SourceTree
    from resolver.building.wheel import BuiltWheel
    from tests.resolver.building.sources import Yard


def build(yard: Yard, source: SourceTree) -> BuiltWheel:
    with yard.open() as workshop:
        return build_wheel(workshop, source)


def metadata(yard: Yard, source: SourceTree) -> bytes:
    with yard.open() as workshop:
        return built_metadata(workshop, source)


def test_a_built_wheel_tells_what_is_inside(yard: Yard) -> None:
    files = {
        "start.pth": "import plug\n",
        "plug-1.0.dist-info/entry_points.txt": "[the_host.plugins]\nplug = plug:register\n",
    }
    built = build(yard, yard.tree("plug", needs=["web"], files=files))
    assert built.contents.modules == ("plug",)
    assert built.contents.startup_files == ("start.pth",)
    assert [(entry.group, entry.name) for entry in built.contents.entry_points] == [("the_host.plugins", "plug")]
    assert b"Requires-Dist: web" in built.metadata


def test_a_source_whose_version_only_a_build_can_tell_is_built(yard: Yard) -> None:
    assert build(yard, yard.tree("plug", None)).path.name == "plug-1.0-py3-none-any.whl"


def test_a_source_is_left_as_it_was(yard: Yard) -> None:
    source = yard.tree("plug", run={"build_wheel": "import os; os.mkdir('build'); os.remove('pyproject.toml')"})
    before = sorted(path.name for path in source.root.iterdir())
    build(yard, source)
    assert sorted(path.name for path in source.root.iterdir()) == before


def test_a_build_sees_nothing_of_the_users_environment(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLUGIN_LOCK_TEST_TOKEN", "hunter2")
    monkeypatch.setenv("PYTHONPATH", str(yard.folder))
    yard.environ["UV_INDEX_CORP_PASSWORD"] = "hunter2"
    look = "import os; raise SystemExit(repr(sorted(os.environ)) + os.environ['HOME'])"
    with pytest.raises(WorldError) as caught:
        build(yard, yard.tree("plug", run={"build_wheel": look}))
    text = str(caught.value)
    assert "'SOURCE_DATE_EPOCH'" in text
    for unwanted in ("TOKEN", "PASSWORD", "PYTHONPATH", "hunter2", os.environ["HOME"]):
        assert unwanted not in text


def test_a_build_has_no_network(yard: Yard) -> None:
    if not Isolation("/usr/bin:/bin").closes_network:
        pytest.skip("this system lets nobody close the network")
    address = ("127.0.0.1", yard.server.port)
    source = yard.tree("plug", run={"build_wheel": f"import socket; socket.create_connection({address!r}, 5)"})
    with pytest.raises(WorldError, match=r"Network is unreachable|Connection refused|Cannot assign"):
        build(yard, source)
    assert not yard.server.requests


def test_a_repositorys_own_folder_is_out_of_sight(yard: Yard) -> None:
    source = yard.tree("plug", run={"build_wheel": "import os; assert not os.path.exists('.git')"})
    (source.root / ".git").mkdir()
    build(yard, source)


def test_only_the_end_of_a_long_output_is_shown(yard: Yard) -> None:
    source = yard.tree("plug", run={"build_wheel": "print(*range(1000), sep='\\n'); raise SystemExit('the end')"})
    with pytest.raises(WorldError) as caught:
        build(yard, source)
    lines = str(caught.value).splitlines()
    assert lines[0] == "plug 1.0 does not build: build_wheel failed (exit status 1)"
    assert lines[1] == "  … (971 lines before)"
    assert lines[-2].strip() == "the end"
    assert len(lines) == 33


@pytest.mark.parametrize("answer", ["'../plug.whl'", "'plug.txt'", "'plug-1.0-py3-none-any.whl'"])
def test_a_backend_that_returns_no_wheel_is_refused(yard: Yard, answer: str) -> None:
    source = yard.tree("plug")
    backend = source.root / "backend.py"
    backend.write_text(
        backend.read_text(encoding="utf-8") + f"\ndef build_wheel(*_): return {answer}\n", encoding="utf-8"
    )
    with pytest.raises(WorldError, match=r"build_wheel (wrote no wheel|returned something else than a name)"):
        build(yard, source)


def test_a_wheel_of_another_version_is_refused(yard: Yard) -> None:
    source = yard.tree("plug", run={"build_wheel": "import __main__, sys; sys.modules['backend'].STEM = 'plug-2.0'"})
    with pytest.raises(LockError, match=r"built from plug 1\.0: .*says plug 2\.0, not plug 1\.0"):
        build(yard, source)


def test_a_source_is_not_built_twice(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    yard.server.add_wheel("tool", "1.0")
    source = yard.tree("plug", built_with=["tool"])
    first = build(yard, source)
    monkeypatch.setattr(Isolation, "run", _refuse_to_run)
    again = build(yard, source)
    assert (again.path, again.contents, again.metadata) == (first.path, first.contents, first.metadata)


def test_a_source_is_built_again_with_another_build_requirement(yard: Yard) -> None:
    yard.server.add_wheel("tool", "1.0")
    source = yard.tree("plug", built_with=["tool"])
    first = build(yard, source)
    yard.server.add_wheel("tool", "2.0")
    assert build(yard, source).path != first.path


def test_a_damaged_wheel_in_the_cache_is_built_again(yard: Yard) -> None:
    source = yard.tree("plug")
    first = build(yard, source)
    first.path.write_bytes(b"damaged")
    assert build(yard, source).path.read_bytes() != b"damaged"


def test_a_cache_that_cannot_be_written_is_done_without(yard: Yard) -> None:
    (yard.folder / "cache").write_text("not a folder", encoding="utf-8")
    source = yard.tree("plug")
    with yard.open() as workshop:
        assert build_wheel(workshop, source).path.is_file()


def test_metadata_comes_from_its_own_hook_and_no_wheel_is_built(yard: Yard) -> None:
    source = yard.tree("plug", prepares=True, needs=["web"], run={"build_wheel": "raise SystemExit('not needed')"})
    assert b"Requires-Dist: web\n" in metadata(yard, source)


def test_metadata_comes_from_the_wheel_where_the_backend_has_no_hook_for_it(yard: Yard) -> None:
    assert b"Requires-Dist: web\n" in metadata(yard, yard.tree("plug", needs=["web"]))


def test_a_failing_metadata_hook_is_named(yard: Yard) -> None:
    source = yard.tree("plug", prepares=True, run={"prepare_metadata_for_build_wheel": "1 / 0"})
    with pytest.raises(WorldError, match=r"prepare_metadata_for_build_wheel failed[\s\S]*ZeroDivisionError"):
        metadata(yard, source)


@pytest.mark.attack(14)
@pytest.mark.attack(19)
def test_wheels_that_must_not_be_locked_are_refused_before_any_is_installed(yard: Yard) -> None:
    outside = zip_bytes({"../../../../../canary": b"x", "left-1.0.dist-info/METADATA": core_metadata("left", "1.0")})
    served = {"left": outside, "right": b"not a wheel", "tool": wheel_bytes("tool", "1.0")}
    for name, data in served.items():
        file = ServedFile(name=wheel_name(name, "1.0"), data=data, metadata=core_metadata(name, "1.0"))
        yard.server.add(name, file)
    source = yard.tree("plug", built_with=sorted(served), run={"get_requires_for_build_wheel": "raise SystemExit"})
    with pytest.raises(LockError) as caught:
        build(yard, source)
    told = {(problem.path, problem.code) for problem in caught.value.problems}
    assert ("left-1.0-py3-none-any.whl", "wheel-unsafe-member") in told
    assert ("right-1.0-py3-none-any.whl", "wheel-not-a-zip") in told
    assert {path for path, _ in told} == {"left-1.0-py3-none-any.whl", "right-1.0-py3-none-any.whl"}


def test_an_installer_that_fails_is_told_as_the_step_environment(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    yard.server.add_wheel("tool", "1.0")
    monkeypatch.setattr(Isolation, "uv", "/bin/false")
    with pytest.raises(WorldError, match=r"plug 1\.0 does not build: environment could not be made"):
        build(yard, yard.tree("plug", built_with=["tool"]))


def test_a_program_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    isolation = Isolation("/usr/bin:/bin", seconds=0.5)
    command = [sys.executable, "-c", "print('begun', flush=True); import threading; threading.Event().wait()"]
    ran = isolation.run(command, cwd=tmp_path, environ={}, closed=False)
    assert ran.status is None


def _refuse_to_run(*_: object, **__: object) -> None:
    raise AssertionError("nothing needs to be run")
