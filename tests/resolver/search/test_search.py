from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from packaging.requirements import Requirement
from packaging.version import Version

from resolver.search.search import Conflict
from tests.resolver.search.memory_index import MemoryIndexes, release
from tests.resolver.search.searches import ARM, INTEL, chosen, host, override, search, where

LINUX_ARM = "cp312-cp312-manylinux_2_28_aarch64"
LINUX_INTEL = "cp312-cp312-manylinux_2_28_x86_64"


def test_the_newest_version_is_chosen() -> None:
    assert chosen(search({"plug": {"1.0": release(), "1.10": release(), "1.9": release()}}, "plug")) == {"plug": "1.10"}


def test_what_the_host_ships_is_never_a_candidate_nor_asked_for() -> None:
    indexes = MemoryIndexes({"plug": {"1": release(["lib>=1"])}, "lib": {"9": release()}})
    solution = search(indexes, "plug", beside=host("lib==2"))
    assert chosen(solution) == {"plug": "1"}
    assert dict(solution.found.packages[0].provided) == {"lib": 3}
    assert "lib" not in indexes.pages


def test_an_older_plugin_is_taken_where_the_host_excludes_the_newest() -> None:
    projects = {"plug": {"2": release(["lib>=3"]), "1": release(["lib>=1"])}}
    assert chosen(search(projects, "plug", beside=host("lib==2"))) == {"plug": "1"}


def test_a_name_the_host_ships_on_one_target_is_locked_for_the_other() -> None:
    projects = {"plug": {"1": release(["lib"])}, "lib": {"5": release()}}
    solution = search(projects, "plug", beside=host("lib==2", only=ARM))
    assert where(solution, "lib") == {"5": (INTEL,)}
    plug = next(package for package in solution.found.packages if package.name == "plug")
    assert (dict(plug.dependencies), dict(plug.provided)) == ({"lib": 2}, {"lib": 1})


def test_a_requirement_holds_only_on_the_targets_of_its_marker() -> None:
    projects = {
        "plug": {"1": release(["arm-only ; platform_machine == 'aarch64'"])},
        "arm-only": {"1": release(tags=[LINUX_ARM])},
    }
    assert where(search(projects, "plug"), "arm-only") == {"1": (ARM,)}


def test_requires_python_matters_only_where_a_requirement_is_active() -> None:
    projects = {
        "plug": {"2": release(["old ; python_version < '3.9'"]), "1": release()},
        "old": {"1": release(requires_python="<3.9,>=4")},
    }
    assert chosen(search(projects, "plug")) == {"plug": "2"}


def test_all_targets_get_one_version_where_one_fits_them_all() -> None:
    projects = {"plug": {"2": release(tags=[LINUX_INTEL]), "1": release(tags=[LINUX_INTEL, LINUX_ARM])}}
    assert where(search(projects, "plug"), "plug") == {"1": (ARM, INTEL)}


def test_targets_are_split_where_no_version_fits_them_all() -> None:
    projects = {
        "plug": {"1": release(["native", "shared"])},
        "native": {"2": release(tags=[LINUX_INTEL]), "1": release(tags=[LINUX_ARM])},
        "shared": {"1": release(), "2": release()},
    }
    solution = search(projects, "plug")
    assert solution.split == ("native",)
    assert where(solution, "native") == {"1": (ARM,), "2": (INTEL,)}
    assert where(solution, "shared") == {"2": (ARM, INTEL)}


def test_a_split_search_prefers_what_the_other_targets_chose() -> None:
    projects = {
        "plug": {"1": release(["native"])},
        "native": {"2": release(tags=[LINUX_INTEL]), "1": release(["shared<2"], tags=[LINUX_ARM])},
        "shared": {"1": release(), "2": release()},
        "other": {"1": release(["shared"])},
    }
    assert where(search(projects, "plug", "other"), "shared") == {"1": (ARM, INTEL)}


def test_extras_add_their_requirements_and_join_from_all_who_ask() -> None:
    projects = {
        "plug": {"1": release(["lib[a]"])},
        "other": {"1": release(["lib[b] ; platform_machine == 'x86_64'"])},
        "lib": {
            "1": release(["base", "for-a ; extra == 'a'", "for-b ; extra == 'b'", "for-c ; extra == 'c'"], extras="abc")
        },
        **{name: {"1": release()} for name in ("base", "for-a", "for-b", "for-c")},
    }
    solution = search(projects, "plug", "other")
    assert set(chosen(solution)) == {"plug", "other", "lib", "base", "for-a", "for-b"}
    assert where(solution, "for-b") == {"1": (INTEL,)}


def test_an_extra_that_asks_for_extras_of_itself_is_followed() -> None:
    projects = {
        "plug": {"1": release(["plug[x,y] ; extra == 'all'", "for-x ; extra == 'x'", "for-y ; extra == 'y'"])},
        "for-x": {"1": release()},
        "for-y": {"1": release()},
    }
    assert set(chosen(search(projects, "plug[all]"))) == {"plug", "for-x", "for-y"}


def test_an_extra_of_a_provided_package_adds_what_the_host_lacks() -> None:
    projects = {
        "plug": {"1": release(["web[http2]"])},
        "web": {"2": release(["wrong ; extra == 'http2'"]), "1": release(["h2<5 ; extra == 'http2'", "core"])},
        "h2": {"5": release(), "4": release()},
    }
    assert chosen(search(projects, "plug", beside=host("web==1", "core==1"))) == {"plug": "1", "h2": "4"}


def test_an_extra_that_the_host_file_describes_needs_no_index() -> None:
    indexes = MemoryIndexes({"plug": {"1": release(["the-host[chat]"])}, "chatter": {"1": release()}})
    beside = host("the-host==1", extras={"the-host": {"chat": ("chatter>=1",)}})
    assert chosen(search(indexes, "plug", beside=beside)) == {"plug": "1", "chatter": "1"}
    assert "the-host" not in indexes.pages


def test_an_override_replaces_what_distributions_require() -> None:
    projects = {"plug": {"1": release(["mid"])}, "mid": {"1": release(["lib<2"])}}
    with pytest.raises(Conflict):
        search(projects, "plug", beside=host("lib==3"))
    assert chosen(search(projects, "plug", beside=host("lib==3"), overrides=(override("lib>=3", "mid"),)))
    with pytest.raises(Conflict):
        search(projects, "plug", beside=host("lib==3"), overrides=(override("lib>=3", "another"),))


def test_a_constraint_limits_without_asking() -> None:
    projects = {"plug": {"1": release(["lib"])}, "lib": {"1": release(), "2": release()}, "never": {"1": release()}}
    constraints = {"lib": (Requirement("lib<2"),), "never": (Requirement("never==1"),)}
    assert chosen(search(projects, "plug", constraints=constraints)) == {"plug": "1", "lib": "1"}


def test_what_an_older_lock_holds_is_kept_while_it_fits() -> None:
    projects = {"plug": {"1": release(["lib"]), "2": release(["lib"])}, "lib": {"1": release(), "2": release()}}
    preferred = {"plug": ("1",), "lib": ("1",)}
    assert chosen(search(projects, "plug", preferred=preferred)) == {"plug": "1", "lib": "1"}
    assert chosen(search(projects, "plug>1", preferred=preferred)) == {"plug": "2", "lib": "1"}


@pytest.mark.attack(25)
def test_a_yanked_version_is_used_only_where_a_person_pinned_it_or_a_lock_holds_it() -> None:
    projects = {"plug": {"2": release(yanked="broken"), "1": release()}}
    assert chosen(search(projects, "plug")) == {"plug": "1"}
    pinned = frozenset({("plug", Version("2"))})
    assert chosen(search(projects, "plug==2", allowed_yanks=pinned)) == {"plug": "2"}
    assert chosen(search(projects, "plug", preferred={"plug": ("2",)})) == {"plug": "2"}


def test_uploads_inside_the_window_are_passed_over_and_so_are_those_without_a_time() -> None:
    projects = {
        "plug": {
            "3": release(),
            "2": release(upload_time="2026-05-30T00:00:00Z"),
            "1": release(upload_time="2026-05-01T00:00:00Z"),
        }
    }
    assert chosen(search(projects, "plug", exclude_newer=datetime(2026, 5, 29, tzinfo=UTC))) == {"plug": "1"}


def test_pre_releases_come_after_every_final_release() -> None:
    projects = {"plug": {"2.0rc1": release(), "1.0": release()}, "early": {"0.1a1": release(), "0.1a2": release()}}
    assert chosen(search(projects, "plug", "early")) == {"plug": "1.0", "early": "0.1a2"}
    assert chosen(search(projects, "plug>1", "early")) == {"plug": "2.0rc1", "early": "0.1a2"}
    assert chosen(search(projects, "plug", prereleases="allow")) == {"plug": "2.0rc1"}
    with pytest.raises(Conflict):
        search(projects, "early", prereleases="disallow")


def test_a_candidate_that_the_host_rules_out_is_not_explored_again_and_again() -> None:
    depth, width = 6, 8
    projects = {"plug": {"1": release(["level0"]), "0": release()}}
    for level in range(depth):
        needed = [f"level{level + 1}"] if level < depth - 1 else ["protobuf<6"]
        projects[f"level{level}"] = {str(version): release(needed) for version in range(1, width + 1)}
    indexes = MemoryIndexes(projects)
    assert chosen(search(indexes, "plug", beside=host("protobuf==6.33.5"))) == {"plug": "0"}
    # Once each, but for what is asked ahead; the combinations would be 8 to the power of 6.
    assert sum(indexes.metadata_read.values()) < 10 * depth * width


def test_a_deep_clash_does_not_hide_an_older_version_that_works() -> None:
    projects = {
        "plug": {"1": release(["mid"])},
        "mid": {"3": release(["leaf"]), "2": release(["leaf"]), "1": release()},
        "leaf": {"2": release(["lib>=9"]), "1": release(["lib>=9"])},
    }
    assert chosen(search(projects, "plug", beside=host("lib==1"))) == {"plug": "1", "mid": "1"}


def test_a_circle_of_requirements_is_resolved() -> None:
    projects = {"plug": {"1": release(["b"])}, "b": {"1": release(["plug"])}}
    assert chosen(search(projects, "plug")) == {"plug": "1", "b": "1"}


def test_the_result_holds_nothing_that_nobody_needs() -> None:
    projects = {
        "plug": {"2": release(["extra-thing", "lib>=2"]), "1": release(["lib"])},
        "other": {"1": release(["lib<2"])},
        "lib": {"2": release(), "1": release()},
        "extra-thing": {"1": release()},
    }
    assert chosen(search(projects, "other", "plug")) == {"other": "1", "plug": "1", "lib": "1"}


def test_what_the_host_ships_without_a_version_serves_whoever_asks_for_no_version() -> None:
    beside = replace(host(), unversioned={ARM: {"lib": "uv.lock:1"}, INTEL: {"lib": "uv.lock:1"}})
    projects = {"plug": {"2": release(["lib>=1"]), "1": release(["lib"])}, "lib": {"9": release()}}
    assert chosen(search(projects, "plug", beside=beside)) == {"plug": "1"}
