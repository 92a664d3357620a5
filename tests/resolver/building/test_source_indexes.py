from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from lock.errors import ResolutionError, WorldError
from resolver.building.deferred import Deferred
from resolver.building.packages import build_packages, see_source, tools_of
from resolver.building.source_indexes import DirectSource, SourceIndexes
from resolver.inspection.memory import Seen
from resolver.inspection.model import WheelContents
from resolver.search.explain import explain
from resolver.search.search import Conflict
from tests.resolver.building.sources import ARM, INTEL, versions
from tests.resolver.search.searches import chosen, where
from tests.wheels import build_wheel

if TYPE_CHECKING:
    from tests.resolver.building.sources import Yard

FAILS = {"get_requires_for_build_wheel": "raise SystemExit('must not be run')"}


STATIC = '[project]\nname = "plug"\nversion = "1.0"\n'


def direct_tree(yard: Yard, name: str = "plug", version: str | None = None, **said: object) -> dict[str, DirectSource]:
    tree = yard.tree(name, version, **said)
    return {name: DirectSource(name=name, filename=f"{name}-source", tree=tree)}


def why_not(yard: Yard, *plugins: str, direct: dict[str, DirectSource] | None = None) -> str:
    with pytest.raises(Conflict) as caught:
        yard.search(*plugins, direct=direct)
    return "\n".join(str(problem) for problem in explain(caught.value, yard.search_settings().host, {}))


def test_a_source_distribution_is_used_where_there_is_no_wheel(yard: Yard) -> None:
    yard.add("plug", "1.0", needs=["helper"])
    yard.server.add_wheel("helper", "1.0")
    assert chosen(yard.search("plug")) == {"helper": "1.0", "plug": "1.0"}


def test_metadata_that_a_source_promises_needs_no_build(yard: Yard) -> None:
    yard.add("plug", "1.0", needs=["helper"], static=True, run=FAILS)
    yard.server.add_wheel("helper", "1.0")
    assert chosen(yard.search("plug")) == {"helper": "1.0", "plug": "1.0"}


def test_nothing_is_built_that_the_search_does_not_need(yard: Yard) -> None:
    for version in ("1.0", "2.0", "3.0"):
        yard.add("lib", version, run=FAILS)
    yard.add("lib", "4.0")
    yard.server.add_wheel("plug", "1.0", requires=["lib"])
    assert chosen(yard.search("plug"))["lib"] == "4.0"


def test_a_wheel_is_taken_on_the_targets_it_fits(yard: Yard) -> None:
    yard.add("plug", "1.0", static=True, run=FAILS)
    yard.server.add_wheel("plug", "1.0", tags="py3-none-manylinux_2_28_x86_64")
    solution = yard.search("plug")
    (package,) = solution.found.packages
    assert [package.files[bit].kind for bit in sorted(package.files)] == ["sdist", "wheel"]


def test_a_source_that_does_not_build_stops_the_search(yard: Yard) -> None:
    yard.add("plug", "1.0")
    yard.add("plug", "2.0", run={"build_wheel": "raise SystemExit('cannot')"})
    with pytest.raises(WorldError, match=r"plug 2\.0 does not build: build_wheel"):
        yard.search("plug")


def test_a_source_whose_metadata_names_another_project_is_passed_over(yard: Yard) -> None:
    yard.add("plug", "1.0", static=True)
    served = yard.server.projects["plug"][0]
    yard.add("other", "2.0", static=True)
    served.data, served.name = yard.server.projects["other"][0].data, "plug-2.0.tar.gz"
    assert 'plug 2.0: its PKG-INFO names the distribution "other", and its file name plug' in why_not(yard, "plug")


def test_equal_questions_share_an_answer(yard: Yard) -> None:
    yard.add("plug", "1.0")
    with yard.open() as workshop:
        indexes = SourceIndexes(workshop)
        page = indexes.page("plug").result()
        assert page is not None
        (file,) = page.versions["1.0"]
        assert indexes.metadata(page, file) is indexes.metadata(page, file)


# -- direct plugins ------------------------------------------------------------------------------------------------


def test_a_direct_plugin_has_the_one_version_it_says(yard: Yard) -> None:
    yard.server.add_wheel("plug", "9.0")
    yard.server.add_wheel("helper", "1.0")
    direct = direct_tree(yard, needs=["helper"])
    assert chosen(yard.search("plug", direct=direct)) == {"helper": "1.0", "plug": "1.0"}


def test_another_plugin_may_need_a_direct_one(yard: Yard) -> None:
    yard.server.add_wheel("other", "1.0", requires=["plug>=1"])
    assert chosen(yard.search("plug", "other", direct=direct_tree(yard)))["plug"] == "1.0"


def test_a_direct_plugin_at_a_version_that_another_excludes_is_a_conflict(yard: Yard) -> None:
    yard.server.add_wheel("other", "1.0", requires=["plug>=2"])
    assert "none of the 1 versions of plug matches >=2" in why_not(yard, "other", direct=direct_tree(yard))


def test_a_direct_wheel_is_read_where_it_lies(yard: Yard) -> None:
    wheel = build_wheel(yard.folder, "plug", "1.0", requires=["helper"])
    yard.server.add_wheel("helper", "1.0")
    direct = {"plug": DirectSource(name="plug", filename=wheel.name, sha256="0" * 64, wheel=wheel)}
    solution = yard.search("plug", direct=direct)
    assert where(solution, "plug") == {"1.0": (ARM, INTEL)}
    with yard.open() as workshop:
        indexes = SourceIndexes(workshop, direct)
        page = indexes.page("plug").result()
        assert page is not None
        assert indexes.download(page, page.versions["1.0"][0], print).result() == wheel


def test_a_direct_pre_release_needs_no_further_consent(yard: Yard) -> None:
    yard.settings["prereleases"] = "disallow"
    direct = {"plug": DirectSource(name="plug", filename="plug", tree=yard.tree("plug", None))}
    said = yard.folder / "trees" / "plug" / "build.json"
    said.write_text(said.read_text(encoding="utf-8").replace('"1.0"', '"1.0rc1"'), encoding="utf-8")
    assert chosen(yard.search("plug", direct=direct)) == {"plug": "1.0rc1"}


def test_a_direct_tree_that_must_be_built_needs_the_policy(yard: Yard) -> None:
    direct = direct_tree(yard, run=FAILS)
    yard.allowed.clear()
    with pytest.raises(ResolutionError, match="the policy does not allow it"):
        yard.search("plug", direct=direct)


def test_a_direct_tree_with_static_metadata_needs_the_policy_too(yard: Yard) -> None:
    direct = direct_tree(yard, run=FAILS)
    path = yard.folder / "trees" / "plug" / "pyproject.toml"
    path.write_text(path.read_text(encoding="utf-8") + STATIC, encoding="utf-8")
    yard.allowed.clear()
    assert (
        "plug 1.0: it must be built; building runs its code: to allow that, write under [policy]: allow-build = {"
        in (why_not(yard, "plug", direct=direct))
    )


def test_pkg_info_of_a_repository_is_not_trusted(yard: Yard) -> None:
    direct = direct_tree(yard, needs=["helper"])
    yard.server.add_wheel("helper", "1.0")
    info = yard.folder / "trees" / "plug" / "PKG-INFO"
    info.write_text("Metadata-Version: 2.4\nName: plug\nVersion: 0.1\n", encoding="utf-8")
    assert chosen(yard.search("plug", direct=direct)) == {"helper": "1.0", "plug": "1.0"}


def test_a_direct_plugin_that_calls_itself_otherwise_is_refused(yard: Yard) -> None:
    direct = {"plug": DirectSource(name="plug", filename="plug", tree=yard.tree("plug", None))}
    path = yard.folder / "trees" / "plug" / "pyproject.toml"
    path.write_text(path.read_text(encoding="utf-8") + STATIC.replace("plug", "plugh"), encoding="utf-8")
    with pytest.raises(
        ResolutionError, match=r'plug cannot be used: it names the distribution "plugh", and plugins\.toml plug'
    ):
        yard.search("plug", direct=direct)


def test_a_direct_tree_that_holds_no_project_is_refused(yard: Yard) -> None:
    direct = {"plug": DirectSource(name="plug", filename="plug", tree=yard.tree("plug", None, raw={"README": ""}))}
    with pytest.raises(ResolutionError, match=r"plug cannot be used: it holds neither pyproject\.toml nor"):
        yard.search("plug", direct=direct)


# -- what goes into the lock ---------------------------------------------------------------------------------------


def test_build_packages_are_recorded_once_with_how_they_are_built(yard: Yard) -> None:
    yard.server.add_wheel("beneath", "1.0", requires=["deep"], requires_python=">=3.8,<3.9")
    yard.server.add_wheel("deep", "1.0")
    yard.add("tool", "1.0", built_with=["beneath"])
    yard.add("plug", "1.0", built_with=["tool", "deep"])
    with yard.open() as workshop:
        solution = yard.search_in(workshop, "plug")
        locked = yard.lock_found(workshop, solution)
        assert sorted(build.source.name for build in locked.values()) == ["plug", "tool"]
        seen = {}
        for package in tools_of(locked).packages:
            for file in package.files.values():
                assert file.sha256 is not None
                if file.kind == "wheel":
                    seen[file.sha256] = Seen(size=7, contents=WheelContents())
                else:
                    seen[file.sha256] = see_source(workshop, package.page, file)
        packages = build_packages(locked, seen, {})
    assert [(package.name, package.version) for package in packages] == [
        ("beneath", "1.0"),
        ("deep", "1.0"),
        ("tool", "1.0"),
    ]
    beneath, _, tool = packages
    assert (beneath.dependencies, beneath.systems, beneath.requires_python) == (("deep",), (ARM, INTEL), None)
    assert tool.source is not None
    assert tool.wheels == ()
    (artifact,) = tool.artifacts
    assert artifact.modules == ("tool",)
    assert artifact.build is not None
    assert [entry.name for entry in artifact.build.requires] == ["beneath", "deep"]


def test_a_tool_needed_on_more_targets_later_is_locked_for_all_of_them(yard: Yard) -> None:
    yard.server.add_wheel("beneath", "1.0")
    yard.add("tool", "1.0", built_with=["beneath"])
    first, second = yard.tree("alpha", built_with=["tool"]), yard.tree("beta", built_with=["tool"])
    with yard.open() as workshop:
        locked = workshop.lock([(first, 0b01), (second, 0b10)])
    tool = next(build for build in locked.values() if build.source.name == "tool")
    assert tool.mask == 0b11
    assert versions(tool) == {"beneath": "1.0"}


# -- futures that wait to be asked -----------------------------------------------------------------------------------


def test_a_deferred_future_begins_when_it_is_asked_and_only_once() -> None:
    begun: list[str] = []
    future = Deferred(lambda: begun.append(threading.current_thread().name))
    heard: list[bool] = []
    future.add_done_callback(lambda done: heard.append(done.done()))
    assert (begun, future.done()) == ([], False)
    future.result()
    future.result()
    assert begun == [threading.current_thread().name]
    assert heard == [True]


def test_a_deferred_future_keeps_the_error() -> None:
    future: Deferred[int] = Deferred(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        future.result()
    assert future.done()
    assert isinstance(future.exception(), ZeroDivisionError)
