from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace
from packaging.requirements import Requirement

from lock.errors import ResolutionError, WorldError
from lock.model import BuildRequirement, Host, Lock, Package, Source
from resolver.building.requirements import build_preferences
from resolver.targets import Target, TargetSet
from tests.resolver.building.sources import ARM, INTEL, PYTHON, versions

if TYPE_CHECKING:
    from tests.resolver.building.sources import Yard

TAG = f"cp{PYTHON.replace('.', '')}"


def test_the_whole_closure_of_build_requirements_is_locked(yard: Yard) -> None:
    yard.server.add_wheel("tool", "1.0", requires=["helper>=2"])
    yard.server.add_wheel("helper", "2.0")
    locked = yard.lock(yard.tree("plug", built_with=["tool"]))
    build = locked["plug"].build
    assert (build.backend, build.backend_path) == ("backend", (".",))
    assert build.requires == (
        BuildRequirement(name="helper", version="2.0"),
        BuildRequirement(name="tool", version="1.0"),
    )


def test_one_version_is_chosen_that_has_a_wheel_for_every_target(yard: Yard) -> None:
    yard.server.add_wheel("tool", "2.0", tags=f"{TAG}-{TAG}-manylinux_2_28_x86_64")
    for machine in ("x86_64", "aarch64"):
        yard.server.add_wheel("tool", "1.0", tags=f"{TAG}-{TAG}-manylinux_2_28_{machine}")
    assert versions(yard.lock(yard.tree("plug", built_with=["tool"]))["plug"]) == {"tool": "1.0"}


def test_a_source_for_one_target_is_locked_for_that_target_alone(yard: Yard) -> None:
    yard.server.add_wheel("tool", "2.0", tags=f"{TAG}-{TAG}-manylinux_2_28_x86_64")
    locked = yard.lock(yard.tree("plug", built_with=["tool"]), mask=0b10)
    assert locked["plug"].build.requires == (BuildRequirement(name="tool", version="2.0"),)


def test_a_requirement_with_a_marker_names_its_systems(yard: Yard) -> None:
    yard.server.add_wheel("tool", "1.0")
    yard.server.add_wheel("only-arm", "1.0")
    locked = yard.lock(yard.tree("plug", built_with=["tool", "only-arm ; platform_machine == 'aarch64'"]))
    assert locked["plug"].build.requires == (
        BuildRequirement(name="only-arm", version="1.0", systems=(ARM,)),
        BuildRequirement(name="tool", version="1.0"),
    )


def test_what_the_backend_asks_for_is_locked_with_what_that_needs(yard: Yard) -> None:
    yard.server.add_wheel("tool", "1.0")
    yard.server.add_wheel("asked-for", "1.0", requires=["beneath"])
    yard.server.add_wheel("beneath", "3.0")
    locked = yard.lock(yard.tree("plug", built_with=["tool"], more=["asked-for"]))
    assert versions(locked["plug"]) == {"asked-for": "1.0", "beneath": "3.0", "tool": "1.0"}


def test_the_backend_is_asked_with_its_requirements_installed(yard: Yard) -> None:
    yard.server.add_wheel("tool", "1.0")
    source = yard.tree("plug", built_with=["tool"], run={"get_requires_for_build_wheel": "import tool"})
    assert versions(yard.lock(source)["plug"]) == {"tool": "1.0"}


def test_what_the_backend_asks_for_does_not_depend_on_the_programs_of_this_machine(yard: Yard) -> None:
    yard.server.add_wheel("a-shell", "1.0")
    ask = "import shutil; SAID['more'] += [] if shutil.which('sh') else ['a-shell']"
    locked = yard.lock(yard.tree("plug", run={"get_requires_for_build_wheel": ask}))
    assert versions(locked["plug"]) == {"a-shell": "1.0"}


def test_a_backend_that_needs_a_program_to_answer_gets_it(yard: Yard) -> None:
    ask = "import subprocess; subprocess.run(['sh', '-c', 'true'], check=True)"
    assert versions(yard.lock(yard.tree("plug", run={"get_requires_for_build_wheel": ask}))["plug"]) == {}


def test_a_backend_that_never_has_enough_is_given_up(yard: Yard) -> None:
    for number in range(12):
        yard.server.add_wheel(f"tool{number}", "1.0")
    ask = "import importlib.util as u; n = 0\nwhile u.find_spec(f'tool{n}'): n += 1\nSAID['more'] = [f'tool{n}']"
    source = yard.tree("plug", run={"get_requires_for_build_wheel": ask})
    with pytest.raises(
        ResolutionError, match=r"plug 1\.0 cannot be used: its backend asked for something more 10 times"
    ):
        yard.lock(source)


@pytest.mark.attack(19)
def test_a_source_that_the_policy_does_not_name_runs_no_code(yard: Yard) -> None:
    canary = yard.folder / "ran"
    run = {"get_requires_for_build_wheel": f"open({str(canary)!r}, 'w')"}
    source = yard.tree("plug", run=run)
    yard.allowed.clear()
    with pytest.raises(ResolutionError) as caught:
        yard.lock(source)
    assert str(caught.value) == (
        "plug 1.0 must be built, which runs its code, and the policy does not allow it\n"
        "  help: look at what it does; to allow it, write under [policy]: allow-build ="
        ' { "plug" = "why this is acceptable" }'
    )
    assert not canary.exists()


def test_a_build_requirement_that_is_a_source_is_built_first_and_locked_too(yard: Yard) -> None:
    yard.server.add_wheel("beneath", "1.0")
    yard.add("tool", "1.0", built_with=["beneath"], files={"tool_made.py": ""})
    source = yard.tree("plug", built_with=["tool"], run={"get_requires_for_build_wheel": "import tool_made"})
    locked = yard.lock(source)
    assert versions(locked["plug"]) == {"tool": "1.0"}
    assert versions(locked["tool"]) == {"beneath": "1.0"}


@pytest.mark.attack(19)
def test_a_build_requirement_that_is_a_source_needs_the_policy_too(yard: Yard) -> None:
    yard.add("tool", "1.0", allow=False)
    with pytest.raises(ResolutionError) as caught:
        yard.lock(yard.tree("plug", built_with=["tool>=1"]))
    assert str(caught.value).startswith(
        "what plug 1.0 is built with cannot be locked\n"
        "  plug 1.0 requires tool>=1\n"
        "  tool 1.0: it has no wheel, only a source distribution; building runs its code: to allow that, write under"
        ' [policy]: allow-build = { "tool" = "why this is acceptable" }\n'
    )


@pytest.mark.parametrize("static", [True, False])
def test_sources_that_are_built_with_each_other_are_told_as_a_chain(yard: Yard, *, static: bool) -> None:
    yard.add("tool", "1.0", built_with=["hammer"], static=static)
    yard.add("hammer", "2.0", built_with=["tool"], static=static)
    with pytest.raises(ResolutionError) as caught:
        yard.lock(yard.tree("plug", built_with=["tool"]))
    assert "tool 1.0 is built with hammer 2.0, which is built with tool 1.0: none of them" in str(caught.value)


def test_a_source_that_is_built_with_itself_is_a_chain_of_one(yard: Yard) -> None:
    yard.add("tool", "1.0", built_with=["tool"])
    with pytest.raises(ResolutionError, match=re.escape("tool 1.0 is built with tool 1.0: none of them")):
        yard.lock(yard.tree("plug", built_with=["tool"]))


def test_a_build_requirement_that_no_index_knows_is_named_with_its_source(yard: Yard) -> None:
    with pytest.raises(ResolutionError) as caught:
        yard.lock(yard.tree("plug", built_with=["nowhere>=3"]))
    assert "what plug 1.0 is built with cannot be locked\n  plug 1.0 requires nowhere>=3\n  no index knows" in str(
        caught.value
    )


def test_versions_of_an_older_lock_are_kept(yard: Yard) -> None:
    for version in ("1.0", "2.0"):
        yard.server.add_wheel("tool", version)
    source = yard.tree("plug", built_with=["tool"])
    assert versions(yard.lock(source)["plug"]) == {"tool": "2.0"}
    assert versions(yard.lock(source, preferred={"tool": ("1.0",)})["plug"]) == {"tool": "1.0"}


def test_sources_share_a_version_where_they_agree(yard: Yard) -> None:
    for version in ("1.0", "2.0", "3.0"):
        yard.server.add_wheel("tool", version)
    first = yard.tree("alpha", built_with=["tool<2"])
    second = yard.tree("beta", built_with=["tool"])
    third = yard.tree("gamma", built_with=["tool>=2"])
    locked = yard.lock(third, second, first)
    assert [versions(locked[name])["tool"] for name in ("alpha", "beta", "gamma")] == ["1.0", "1.0", "3.0"]


def test_two_sources_in_one_tree_are_told_apart(yard: Yard) -> None:
    for name in ("one", "two"):
        yard.server.add_wheel(f"tool-{name}", "1.0")
    sources = []
    for name in ("one", "two"):
        tree = yard.tree(name, built_with=[f"tool-{name}"])
        sources.append(replace(tree, root=tree.root.parent, identity="sha256-of-both", subdirectory=name))
    locked = yard.lock(*sources)
    assert [versions(locked[name]) for name in ("one", "two")] == [{"tool-one": "1.0"}, {"tool-two": "1.0"}]


def test_what_is_locked_does_not_depend_on_the_order_of_the_sources(yard: Yard) -> None:
    for version in ("1.0", "2.0"):
        yard.server.add_wheel("tool", version)
    sources = [yard.tree("alpha", built_with=["tool<2"]), yard.tree("beta", built_with=["tool"])]
    one, other = yard.lock(*sources), yard.lock(*reversed(sources))
    assert {name: build.build for name, build in one.items()} == {name: build.build for name, build in other.items()}


def test_constraints_hold_for_build_requirements(yard: Yard) -> None:
    for version in ("1.0", "2.0"):
        yard.server.add_wheel("tool", version)
    yard.settings["constraints"] = {"tool": (Requirement("tool<2"),)}
    assert versions(yard.lock(yard.tree("plug", built_with=["tool"]))["plug"]) == {"tool": "1.0"}


def test_targets_that_cannot_agree_get_a_version_each(yard: Yard) -> None:
    yard.server.add_wheel("tool", "1.0", tags=f"{TAG}-{TAG}-manylinux_2_28_x86_64")
    yard.server.add_wheel("tool", "2.0", tags=f"{TAG}-{TAG}-manylinux_2_28_aarch64")
    assert yard.lock(yard.tree("plug", built_with=["tool"]))["plug"].build.requires == (
        BuildRequirement(name="tool", version="1.0", systems=(INTEL,)),
        BuildRequirement(name="tool", version="2.0", systems=(ARM,)),
    )


def test_where_no_target_is_this_machine_another_python_builds_and_a_warning_says_so(yard: Yard) -> None:
    targets = TargetSet(targets=(Target(system=ARM, python="3.99"), Target(system=INTEL, python="3.99")))
    yard.server.add_wheel("tool", "2.0", tags="cp399-cp399-manylinux_2_28_x86_64")
    for tags in ("py3-none-manylinux_2_28_aarch64", "py3-none-manylinux_2_28_x86_64"):
        yard.server.add_wheel("tool", "1.0", tags=tags)
    source = yard.tree("plug", built_with=["tool"], run={"get_requires_for_build_wheel": "import tool"})
    with yard.open(targets) as workshop:
        (locked,) = workshop.lock([(source, 3)]).values()
        (warning,) = [text for text in workshop.warnings if "Python" in text]
    assert versions(locked) == {"tool": "1.0"}
    assert warning.startswith(f"this machine has no Python 3.99: sources were built with Python {PYTHON} ")


def test_a_failing_backend_is_named_with_its_step_and_its_words(yard: Yard) -> None:
    source = yard.tree("plug", run={"get_requires_for_build_wheel": "raise SystemExit('no flux capacitor here')"})
    with pytest.raises(WorldError) as caught:
        yard.lock(source)
    text = str(caught.value)
    assert text.startswith("plug 1.0 does not build: get_requires_for_build_wheel failed (exit status 1)\n")
    assert "\n  no flux capacitor here\n" in text


def test_a_backend_that_is_not_there_is_named(yard: Yard) -> None:
    files = {"pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "nowhere.to:be_found"\n'}
    with pytest.raises(WorldError, match=r"get_requires_for_build_wheel finds no backend nowhere\.to:be_found"):
        yard.lock(yard.tree("plug", raw=files))


@pytest.mark.parametrize("answer", ["'tool'", "[1]", "None"])
def test_an_answer_that_is_no_list_of_strings_is_refused(yard: Yard, answer: str) -> None:
    source = yard.tree("plug", run={"get_requires_for_build_wheel": f"SAID['more'] = {answer}"})
    with pytest.raises(WorldError, match="returned something else than a list of strings"):
        yard.lock(source)


def _old_lock(*packages: Package) -> Lock:
    host = Host(name="h", python=PYTHON, source=Source(kind="none"))
    return Lock(host=host, targets=(), packages=(), plugins=(), build_packages=packages)


def test_an_update_of_everything_prefers_no_build_package() -> None:
    old = _old_lock(Package(name="tool", version="1.0"))
    assert build_preferences(old, "nothing")[0] == {"tool": ("1.0",)}
    assert build_preferences(old, "everything")[0] == {}
    assert build_preferences(old, ("tool",))[0] == {}
    assert build_preferences(old, ("other",))[0] == {"tool": ("1.0",)}
    assert build_preferences(None, "nothing") == ({}, {})


def test_what_builds_is_not_taken_from_an_address(yard: Yard) -> None:
    yard.server.add_wheel("tool", "1.0", requires=["other @ https://files.example/other-1-py3-none-any.whl"])
    with pytest.raises(ResolutionError, match="for what sources are built with no address is followed"):
        yard.lock(yard.tree("plug", built_with=["tool"]))
