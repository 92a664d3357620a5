from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec import structs
from packaging.requirements import Requirement

from resolver.manifest.model import Place
from resolver.search.explain import explain
from resolver.search.held_back import held_back
from resolver.search.search import Conflict
from tests.resolver.search.memory_index import MemoryIndexes, release
from tests.resolver.search.searches import host, override, search

if TYPE_CHECKING:
    from resolver.hosts.model import ProvidedSet

NOTHING = host()


def explanation(
    projects: dict[str, Any] | MemoryIndexes, *plugins: str, beside: ProvidedSet = NOTHING, **settings: Any
) -> str:
    with pytest.raises(Conflict) as caught:
        search(projects, *plugins, beside=beside, **settings)
    places = {"plug": Place(path="plugins.toml", line=7, key="plugins.plug")}
    return "\n".join(str(problem) for problem in explain(caught.value, beside, places))


def test_a_chain_to_the_host_is_told_from_the_plugin_down() -> None:
    projects = {
        "plug": {"0.2": release(["mid>=3"]), "0.1": release(["mid>=3"])},
        "mid": {"3.1": release(["protobuf<6"]), "3.0": release(["protobuf<6"]), "2.0": release()},
    }
    assert explanation(projects, "plug", beside=host("protobuf==6.33.5")) == (
        """\
plugins.toml:7: plug cannot be used beside the-host 1.0
  plugins.toml asks for plug
  plug 0.1 to 0.2 (2 versions): requires mid>=3
    mid 3.0 to 3.1 (2 versions): requires protobuf<6, but the-host 1.0 ships protobuf 6.33.5 (uv.lock:1)
  help: use a the-host that ships protobuf<6
        if you know that mid works with protobuf 6.33.5, say so under [resolution]: overrides = \
[{ package = "mid", requirement = "protobuf==6.33.5", reason = "…" }]
        or leave plug out: plugin-lock remove plug"""
    )


def test_the_override_that_is_proposed_works() -> None:
    projects = {"plug": {"1": release(["mid"])}, "mid": {"1": release(["protobuf<6"])}}
    beside = host("protobuf==6.33.5")
    assert 'requirement = "protobuf==6.33.5"' in explanation(projects, "plug", beside=beside)
    search(projects, "plug", beside=beside, overrides=(override("protobuf==6.33.5", "mid"),))


def test_a_version_that_no_file_of_the_host_tells_is_asked_for_and_no_nonsense_proposed() -> None:
    projects = {"plug": {"2": release(["core>=3", "lib>=2"]), "1": release(["core>=2"])}}
    beside = host("lib==1")
    beside = structs.replace(beside, unversioned={system: {"core": "uv.lock:9"} for system in beside.packages})
    text = explanation(projects, "plug", beside=beside)
    assert "plug 1: requires core>=2, but the-host 1.0 ships core at an unknown version\n" in text
    assert text.partition("  help: ")[2] == (
        """\
no file tells which version the host ships: say it under [host]: versions = { core = "…" }
        use a the-host that ships lib>=2
        if you know that plug works with lib 1, say so under [resolution]: overrides = \
[{ package = "plug", requirement = "lib==1", reason = "…" }]
        or leave plug out: plugin-lock remove plug"""
    )


def test_projects_that_are_released_together_are_told_of_once() -> None:
    versions = [f"1.{number}" for number in range(40)]
    projects: dict[str, Any] = {
        "plug": {"1": release(["upper"])},
        "upper": {text: release([f"lower>={text}"]) for text in versions},
        "lower": {text: release(["lib<2"]) for text in versions},
    }
    text = explanation(projects, "plug", beside=host("lib==2"))
    assert (
        """\
  plug 1: requires upper
    upper 1.0 to 1.39 (40 versions): requires lower>=1.39, and likewise 39 other ranges of it
      lower 1.39: requires lib<2, but the-host 1.0 ships lib 2 (uv.lock:1)
  help: use a the-host that ships lib<2
"""
        in text
    )


def test_a_plugin_for_another_version_of_the_host_itself_says_which() -> None:
    text = explanation({"plug": {"1": release(["the-host>=2"])}}, "plug", beside=host("the-host==1.0"))
    assert "  plug 1: requires the-host>=2, but the host is the-host 1.0\n  help: use the-host>=2\n" in text


def test_the_nearest_version_that_works_is_named() -> None:
    projects = {"plug": {"2": release(["lib>=2"]), "1": release(["lib"])}}
    text = explanation(projects, "plug>=2", beside=host("lib==1"))
    assert 'help: plug 1 would work: write plug = "==1"\n' in text


def test_several_clashes_of_one_version_are_told_together() -> None:
    projects = {"plug": {"1": release(["lib>=2", "dep<1"])}}
    assert (
        "plug 1: requires lib>=2 and requires dep<1, but the-host 1.0 ships lib 1 (uv.lock:1) and dep 3 (uv.lock:2)"
    ) in explanation(projects, "plug", beside=host("lib==1", "dep==3"))


def test_every_plugin_that_fails_alone_is_named() -> None:
    projects = {"plug": {"1": release(["lib>=2"])}, "more": {"1": release(["lib<1"])}, "fine": {"1": release()}}
    text = explanation(projects, "plug", "more", "fine", beside=host("lib==1"))
    assert "plug cannot be used beside the-host 1.0" in text
    assert "more cannot be used beside the-host 1.0" in text
    assert "fine" not in text


def test_plugins_that_exclude_each_other_are_told_as_two_chains() -> None:
    projects = {
        "plug": {"1": release(["x<2"])},
        "other": {"1": release(["mid"])},
        "mid": {"1": release(["x>=2"])},
        "x": {"1": release(), "2": release()},
    }
    assert explanation(projects, "plug", "other") == (
        """\
plugins.toml:7: plug, other cannot be used together beside the-host 1.0
  no version of x satisfies all of these:
    plugins.toml asks for plug, plug 1 requires x<2
    plugins.toml asks for other, other 1 requires mid, mid 1 requires x>=2
  help: ask for other versions of one of them, or leave one out"""
    )


def test_an_unknown_name_is_said_to_be_unknown() -> None:
    assert explanation({}, "plug") == (
        """\
plugins.toml:7: no index knows plug
  plugins.toml asks for plug
  no index knows plug
  help: check the spelling of plug, or name its index under [[index]]"""
    )


def test_a_range_without_versions_names_the_newest() -> None:
    text = explanation({"plug": {"1": release(), "2": release()}}, "plug>3")
    assert "none of the 2 versions of plug matches >3; the newest is 2" in text
    assert 'plug 2 would work: write plug = "==2"' in text


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"status": "quarantined"}, "index default has quarantined it: it may be harmful"),
        (
            {"skipped": (("plug-1.0-evil.whl", "it has no tags"), ("plug-x.zip", "no version"))},
            "index default names no file of it that can be used; 'plug-1.0-evil.whl': it has no tags",
        ),
        ({}, "index default names no wheel or source distribution of it"),
    ],
)
def test_a_page_without_versions_says_why(said: dict[str, Any], reason: str) -> None:
    text = explanation(MemoryIndexes({"plug": {}}, {"plug": said}), "plug>3")
    assert f"  there is no version of plug: {reason}\n" in text
    assert "none of" not in text


@pytest.mark.parametrize(
    ("spec", "settings", "reason"),
    [
        (release(tags=["cp312-cp312-manylinux_2_28_x86_64"]), {}, "plug 1: it has no wheel for aarch64-linux"),
        (release(tags=["py2-none-any"]), {}, "plug 1: it has no wheel that fits Python 3.12 on any of the systems"),
        (release(tags=[], sdist=True), {}, "plug 1: it has no wheel, only a source distribution"),
        (release(requires_python=">=3.13"), {}, "plug 1: it requires Python >=3.13"),
        (release(yanked="broken build"), {}, "plug 1: it was yanked (broken build)"),
        (release(), {"constraints": {"plug": (Requirement("plug>1"),)}}, "plug 1: a constraint excludes it"),
        (
            release(["x @ https://example.org/x.zip"]),
            {},
            'toml says so: allow-origins = { "https://example.org" = "why it is trusted" } under [policy]',
        ),
        (
            release(["x @ hg+https://example.org/x"]),
            {},
            "plug 1: it requires x from an address, which is not followed: of the systems for versions of sources only",
        ),
        (
            release(["x @ https://u:hunter2@example.org/x.zip"]),
            {},
            "plug 1: it requires x from an address, which is not followed: the URL holds a user name or a password",
        ),
    ],
)
def test_each_reason_against_a_version_is_given(spec: Any, settings: dict[str, Any], reason: str) -> None:
    assert reason in explanation({"plug": {"1": spec}}, "plug", **settings)


def test_an_extra_of_the_hosts_package_is_named_as_the_one_who_asks() -> None:
    projects = {"plug": {"1": release(["web[http2]"])}, "web": {"1": release(["h2>=4 ; extra == 'http2'"])}}
    assert (
        "plug 1: asks for the extra http2 of the host's web, which requires h2>=4, but the-host 1.0 ships h2 3"
    ) in explanation(projects, "plug", beside=host("web==1", "h2==3"))


def test_a_plugin_held_back_by_the_host_is_reported_with_the_requirement() -> None:
    projects = {"plug": {"1.1": release(["lib>=4.14"]), "1.0": release(["lib"])}}
    (entry,) = held_back(search(projects, "plug", beside=host("lib==4.12")))
    assert (entry.name, entry.version, entry.newest, entry.because, entry.is_plugin) == (
        "plug",
        "1.0",
        "1.1",
        "host",
        True,
    )
    assert entry.reason == "plug 1.1 requires lib>=4.14, but the-host 1.0 ships lib 4.12 (uv.lock:1)"


def test_a_deep_cause_of_holding_back_is_followed_to_the_host() -> None:
    projects = {
        "plug": {"2": release(["mid"]), "1": release()},
        "mid": {"1": release(["leaf"])},
        "leaf": {"1": release(["lib<1"])},
    }
    (entry,) = held_back(search(projects, "plug", beside=host("lib==1")))
    assert entry.reason == (
        "plug 2 requires mid, mid 1 requires leaf, leaf 1 requires lib<1, but the-host 1.0 ships lib 1 (uv.lock:1)"
    )


def test_a_package_held_back_by_another_plugin_names_it() -> None:
    projects = {
        "plug": {"1": release(["lib<2"])},
        "other": {"1": release(["lib"])},
        "lib": {"2": release(), "1": release()},
    }
    (entry,) = held_back(search(projects, "plug", "other"))
    assert (entry.name, entry.because, entry.is_plugin, entry.reason) == (
        "lib",
        "plugin",
        False,
        "plug 1 requires lib<2",
    )


def test_nothing_is_held_back_by_what_a_person_asked_for() -> None:
    projects = {"plug": {"2": release(), "1": release()}}
    assert held_back(search(projects, "plug<2")) == ()


def test_a_pre_release_that_nobody_asked_for_holds_nothing_back() -> None:
    assert held_back(search({"plug": {"2.0rc1": release(), "1": release()}}, "plug")) == ()
