from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace
from packaging.markers import Marker
from packaging.requirements import Requirement

from resolver.directories.needs import DirectoryNeeds, TreeEdges, search_needs, tree_edges
from resolver.directories.requirements import PythonNeeds
from resolver.manifest.model import PathSource, Place, PluginConfig
from resolver.progress import Silent
from resolver.search.explain import explain
from resolver.search.held_back import held_back
from resolver.search.markers import ApplicableTargets
from resolver.search.search import Conflict, Solution, solve
from resolver.search.settings import SearchSettings
from tests.resolver.search.memory_index import MemoryIndexes, release
from tests.resolver.search.searches import ARM, INTEL, TARGETS, chosen, host, root

if TYPE_CHECKING:
    from resolver.hosts.model import ProvidedSet

APPLICABLE = ApplicableTargets(TARGETS)
ARM_WHEEL = "cp312-cp312-manylinux_2_28_aarch64"
INTEL_WHEEL = "cp312-cp312-manylinux_2_28_x86_64"
NOTHING = host()


def config(name: str = "weather", marker: str | None = None) -> PluginConfig:
    return PluginConfig(
        name=name,
        source=PathSource(path="plugins/weather"),
        marker=Marker(marker) if marker else None,
        place=Place(path="plugins.toml", line=9, key=f"plugins.{name}"),
    )


def needs(
    *requirements: str,
    name: str = "weather",
    beside: ProvidedSet = NOTHING,
    marker: str | None = None,
    origin: str = "pyproject.toml",
    requires_python: str | None = None,
) -> DirectoryNeeds:
    python = PythonNeeds(
        requirements=tuple(map(Requirement, requirements)), origin=origin, requires_python=requires_python
    )
    return search_needs(config(name, marker), python, APPLICABLE, beside)


def find(
    projects: dict[str, Any], *plugins: DirectoryNeeds, beside: ProvidedSet = NOTHING, more: tuple[str, ...] = ()
) -> Solution:
    roots = [*(need for plugin in plugins for need in plugin.needs), *map(root, more)]
    return solve(SearchSettings(targets=TARGETS, host=beside), MemoryIndexes(projects), roots, Silent())


def explanation(projects: dict[str, Any], *plugins: DirectoryNeeds, beside: ProvidedSet = NOTHING) -> str:
    with pytest.raises(Conflict) as caught:
        find(projects, *plugins, beside=beside)
    places = {plugin.plugin: config(plugin.plugin).place for plugin in plugins}
    return "\n".join(str(problem) for problem in explain(caught.value, beside, places))


def test_a_requirement_becomes_a_root_of_the_plugin() -> None:
    (need,) = needs("HTTPX[http2]>=0.27 ; python_version >= '3.11'").needs
    assert (need.name, str(need.specifier), need.mask, dict(need.extras)) == ("httpx", ">=0.27", 3, {"http2": 3})
    assert (need.asker.kind, need.asker.name, need.asker.text, need.asker.file) == (
        "plugin",
        "weather",
        "HTTPX[http2]>=0.27",
        "pyproject.toml",
    )


def test_the_markers_of_plugin_and_requirement_hold_together() -> None:
    arm = "platform_machine == 'aarch64'"
    assert [need.mask for need in needs("a", f"b ; {arm}", marker=arm).needs] == [1, 1]
    assert [need.name for need in needs("a", f"b ; {arm}", marker="platform_machine == 'x86_64'").needs] == ["a"]


def test_the_edges_of_a_plugin_are_its_own_and_no_others() -> None:
    beside = host("lib==2", "web==1", extras={"web": {"http2": ("h2>=4",)}})
    projects = {"httpx": {"1": release(["lib"])}, "h2": {"4": release()}, "orjson": {"3": release()}}
    weather = needs("httpx", "lib>=1", "web[http2] ; platform_machine == 'x86_64'", beside=beside)
    notes = needs("web[http2]", "orjson", name="notes", beside=beside)
    silent = needs(name="silent", beside=beside)
    found = find(projects, weather, notes, silent, beside=beside).found
    assert tree_edges(found, weather, TARGETS) == TreeEdges(
        dependencies=("h2", "httpx"), provided=("lib", "web"), edge_systems={"h2": (INTEL,), "web": (INTEL,)}
    )
    assert tree_edges(found, notes, TARGETS) == TreeEdges(
        dependencies=("h2", "orjson"), provided=("web",), edge_systems={}
    )
    assert tree_edges(found, silent, TARGETS) == TreeEdges(dependencies=(), provided=(), edge_systems={})


def test_a_name_may_be_locked_on_one_system_and_provided_on_another() -> None:
    beside = host("lib==2", only=ARM)
    weather = needs("lib", beside=beside)
    found = find({"lib": {"5": release()}}, weather, beside=beside).found
    assert tree_edges(found, weather, TARGETS) == TreeEdges(dependencies=("lib",), provided=("lib",), edge_systems={})


def test_the_edges_are_whole_where_the_targets_are_searched_apart() -> None:
    projects = {"native": {"2": release(tags=[INTEL_WHEEL]), "1": release(tags=[ARM_WHEEL])}}
    weather = needs("native")
    solution = find(projects, weather)
    assert solution.split == ("native",)
    assert tree_edges(solution.found, weather, TARGETS) == TreeEdges(
        dependencies=("native",), provided=(), edge_systems={}
    )


def test_the_edges_of_a_plugin_for_one_system_name_no_systems() -> None:
    weather = needs("a", marker="platform_machine == 'aarch64'")
    found = find({"a": {"1": release()}}, weather).found
    assert tree_edges(found, weather, TARGETS).edge_systems == {}


def test_two_requirements_on_one_name_are_met_together() -> None:
    projects = {"a": {"1": release(), "2": release(), "3": release()}}
    assert chosen(find(projects, needs("a>1"), needs("a<3", name="notes"))) == {"a": "2"}


def test_a_clash_with_the_host_is_told_with_the_file_that_asks() -> None:
    beside = host("httpx==0.26")
    assert explanation({}, needs("httpx>=0.27", beside=beside), beside=beside) == (
        """\
plugins.toml:9: weather cannot be used beside the-host 1.0
  plugins.toml asks for weather, whose pyproject.toml requires httpx>=0.27
  weather requires httpx>=0.27, but the-host 1.0 ships httpx 0.26 (uv.lock:1)
  help: use a the-host that ships httpx>=0.27
        if weather works with other versions, replace what it asks for with dependencies = […] in the entry of \
weather in plugins.toml
        or leave weather out: plugin-lock remove weather"""
    )


def test_a_dependency_given_in_plugins_toml_is_told_as_such() -> None:
    text = explanation({"a": {"1": release()}}, needs("a>1", origin="plugins.toml"))
    assert "plugins.toml asks for weather, with the dependency a>1\n" in text
    assert "a 1 would work: if weather works with it, say so with dependencies = […]" in text


def test_a_clash_deeper_down_is_explained_from_the_plugin_down() -> None:
    beside = host("protobuf==6")
    projects = {"mid": {"1": release(["protobuf<6"])}}
    text = explanation(projects, needs("mid", beside=beside), beside=beside)
    assert text.startswith(
        "plugins.toml:9: weather cannot be used beside the-host 1.0\n"
        "  plugins.toml asks for weather, whose pyproject.toml requires mid\n"
        "  mid 1: requires protobuf<6, but the-host 1.0 ships protobuf 6 (uv.lock:1)\n"
    )


def test_an_unknown_name_is_told_under_the_plugins_name() -> None:
    text = explanation({}, needs("htpx"))
    assert "no index knows htpx\n  plugins.toml asks for weather, whose pyproject.toml requires htpx\n" in text
    assert text.startswith("plugins.toml:9: ")


def test_each_of_two_plugins_that_ask_for_one_missing_name_is_told() -> None:
    text = explanation({}, needs("gone"), needs("gone", name="notes"))
    assert "asks for weather, whose" in text
    assert "asks for notes, whose" in text


def test_requirements_of_one_plugin_that_exclude_each_other_are_told() -> None:
    projects = {"a": {"1": release(), "2": release()}}
    text = explanation(projects, needs("a<2", "a>=2"))
    assert text.startswith(
        "plugins.toml:9: weather cannot be used beside the-host 1.0\n  no version of a satisfies all"
    )
    assert "    plugins.toml asks for weather, whose pyproject.toml requires a<2\n" in text


def test_plugins_that_exclude_each_other_are_named_by_their_entries() -> None:
    projects = {"a": {"1": release(), "2": release()}}
    text = explanation(projects, needs("a<2"), needs("a>=2", name="notes"))
    assert "notes, weather cannot be used together" in text or "weather, notes cannot be used together" in text


def test_a_package_held_back_by_a_plugins_own_file_is_reported_and_is_no_plugin() -> None:
    projects = {"a": {"1": release(), "2": release()}}
    (entry,) = held_back(find(projects, needs("a<2")))
    assert (entry.name, entry.because, entry.reason, entry.is_plugin) == ("a", "plugin", "weather requires a<2", False)
    assert held_back(find(projects, needs("a<2", origin="plugins.toml"))) == ()


def test_a_python_that_the_plugin_excludes_is_a_problem() -> None:
    (problem,) = needs(requires_python=">=3.13").problems
    assert problem.message == "weather requires Python >=3.13, and the host runs on 3.12"
    assert needs(requires_python=">=3.11,<3.12").problems == ()


def test_the_host_itself_is_a_need_where_it_is_among_what_it_ships() -> None:
    beside = host("the-host==1.0")
    weather = needs("The_Host>=2", beside=beside)
    assert [need.name for need in weather.needs] == ["the-host"]
    assert "weather requires The_Host>=2, but the host is the-host 1.0\n" in explanation({}, weather, beside=beside)


def test_the_host_itself_is_never_asked_of_an_index() -> None:
    assert needs("the-host>=1") == DirectoryNeeds(plugin="weather", mask=3, needs=())
    (problem,) = needs("the-host>=2").problems
    assert str(problem).startswith("plugins.toml:9: weather requires the-host>=2, but the host is the-host 1.0\n")
    unknown = needs("the-host>=2", beside=replace(NOTHING, version=None))
    assert unknown.warnings == ("weather requires the-host>=2, and which version the host has is not known",)
    assert unknown.needs == ()
