"""Rules over sources, builds and directory plugins, beyond what the damaged locks show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from lock import rules
from lock.canonical import canonical
from lock.model import Archive, Asked, Build, BuildRequirement, Directory, Lock, Package, Plugin, Vcs
from lock.reader import parse
from lock.rules.origins import unexplained_origins
from lock.writer import render
from tests.lock.test_example import ARM, FILES, INDEX, INTEL, wheel
from tests.lock.test_sources_example import FLIT, GOOD_SOURCES, SOURCES, build_wheel, nar, sdist

if TYPE_CHECKING:
    from lock.errors import Problem

REPOSITORY = "https://git.example/user/some-plugin.git"
DOWNLOADS = "https://downloads.example"
NAMED = (REPOSITORY, "ssh://git@git.example/user/weather", DOWNLOADS)


def messages(problems: tuple[Problem, ...]) -> list[str]:
    return [problem.message for problem in problems]


def told(lock: Lock) -> list[str]:
    return messages(rules.problems(canonical(lock)))


def package(name: str, lock: Lock = SOURCES) -> Package:
    return next(entry for entry in (*lock.packages, *lock.build_packages) if entry.name == name)


def plugin(name: str) -> Plugin:
    return next(entry for entry in SOURCES.plugins if entry.name == name)


def with_package(name: str, **changes: Any) -> Lock:
    def changed(packages: tuple[Package, ...]) -> tuple[Package, ...]:
        return tuple(replace(entry, **changes) if entry.name == name else entry for entry in packages)

    return replace(SOURCES, packages=changed(SOURCES.packages), build_packages=changed(SOURCES.build_packages))


def with_artifact(name: str, **changes: Any) -> Lock:
    first, *rest = package(name).artifacts
    return with_package(name, artifacts=(replace(first, **changes), *rest))


def with_plugin(name: str, **changes: Any) -> Lock:
    plugins = tuple(replace(entry, **changes) if entry.name == name else entry for entry in SOURCES.plugins)
    return replace(SOURCES, plugins=plugins)


def with_tree(name: str, **changes: Any) -> Lock:
    tree = plugin(name).tree
    assert tree is not None
    return with_plugin(name, tree=replace(tree, **changes))


class TestUnexplainedSources:
    def test_what_plugins_toml_names_is_explained(self) -> None:
        assert unexplained_origins(SOURCES, {INDEX: [FILES]}, sources=NAMED) == ()
        assert (
            unexplained_origins(SOURCES, {INDEX: [FILES]}, sources=[f"{url}/" for url in NAMED[:2]] + [DOWNLOADS]) == ()
        )

    def test_a_repository_that_plugins_toml_does_not_name_is_told_with_its_line(self) -> None:
        text = GOOD_SOURCES.read_text(encoding="utf-8")
        (problem,) = unexplained_origins(SOURCES, {INDEX: [FILES]}, sources=NAMED[1:], path="plugins.lock", text=text)
        line = 1 + text[: text.index(f'vcs = {{ type = "git", url = "{REPOSITORY}"')].count("\n")
        assert str(problem) == (
            f"plugins.lock:{line}: some-plugin comes from {REPOSITORY!r}, which plugins.toml does not name\n"
            "  help: if you trust it, name it in plugins.toml and run `plugin-lock lock`"
        )

    def test_another_repository_of_the_same_host_is_not_explained(self) -> None:
        fork = "https://git.example/fork/some-plugin.git"
        assert len(unexplained_origins(SOURCES, {INDEX: [FILES]}, sources=(fork, *NAMED[1:]))) == 1

    def test_without_sources_each_is_told(self) -> None:
        assert messages(unexplained_origins(SOURCES, {INDEX: [FILES]})) == [
            f"blob comes from '{DOWNLOADS}/blob-v1.tar.gz', which plugins.toml does not name",
            f"chart comes from '{DOWNLOADS}/chart-3.1-py3-none-any.whl', which plugins.toml does not name",
            f"some-plugin comes from '{REPOSITORY}', which plugins.toml does not name",
            f"plugin radar comes from '{DOWNLOADS}/radar-0.3.zip', which plugins.toml does not name",
            "plugin weather comes from 'ssh://***git.example/user/weather', which plugins.toml does not name",
        ]


LEGACY = "Helper.Lib-1.0.1.zip"


@pytest.mark.parametrize(
    ("lock", "expected"),
    [
        (
            with_package("blob", wheels=(wheel("blob-1.0-py3-none-any.whl", "f"),)),
            ["blob: wheels stand beside a source that is not from an index"],
        ),
        (
            with_package("chart", source=replace(package("chart").source, subdirectory="x")),  # type: ignore[type-var]
            [
                "chart: chart-3.1-py3-none-any.whl is a wheel, which has no 'subdirectory'",
                "plugin chart: 'asked' and what is locked are not the same source",
            ],
        ),
        (
            with_artifact("blob", submodules=True),
            [
                "blob: blob-v1.tar.gz is from no git repository and has no submodules",
                "plugin blob: 'asked' and what is locked are not the same source",
            ],
        ),
        (with_artifact("notes", nar_hash=None), ["notes: notes-source is a tree and has no 'nar-hash'"]),
        (
            with_package("helper-lib", source=sdist("helper.zip", "3")),
            [
                "helper-lib: helper.zip is not a source distribution's file name (PEP 625)",
                "helper-lib: no artifact says what helper.zip is used for",
                f"helper-lib: the artifact {LEGACY} is none of the entry's files",
            ],
        ),
        (
            with_package("notes", artifacts=()),
            [
                "notes: no artifact says what notes-source is used for",
                "plugin notes is neither locked nor provided for aarch64-linux, x86_64-linux",
            ],
        ),
        (
            with_package(
                "notes", artifacts=tuple(replace(package("notes").artifacts[0], systems=(s,)) for s in (ARM, INTEL))
            ),
            ["notes: one source has one artifact", "the artifact notes-source stands twice"],
        ),
        (with_package("setuptools-scm", index=None), ["setuptools-scm: no index explains where its files come from"]),
        (
            with_package("setuptools-scm", provided=("httpx",)),
            ["setuptools-scm: a build package relies on nothing of the host"],
        ),
        (
            with_package("setuptools-scm", edge_systems={"idna": (INTEL,)}),
            [
                "setuptools-scm: 'edge-systems' names idna, to which no edge leads",
                "setuptools-scm: the edge to idna is for x86_64-linux, the package is not",
            ],
        ),
    ],
)
def test_a_package_from_a_source_agrees_with_itself(lock: Lock, expected: list[str]) -> None:
    assert told(lock) == expected


def building(*requires: BuildRequirement) -> Build:
    return Build(backend="backend", requires=requires)


def test_a_requirement_of_a_build_is_for_some_of_its_systems() -> None:
    outside = BuildRequirement(name="flit-core", version="3.12.0", systems=("x86_64-darwin",))
    assert told(with_artifact("notes", build=building(outside))) == [
        "notes-source: the build requirement flit-core is for x86_64-darwin, the artifact is not"
    ]
    every = BuildRequirement(name="flit-core", version="3.12.0", systems=(ARM, INTEL))
    lock = with_artifact("notes", build=building(every))
    assert messages(rules.problems(lock)) == [
        "notes-source: the build requirement flit-core names every system of the artifact"
    ]
    assert told(lock) == []


def test_an_edge_between_build_packages_binds_on_its_systems_only() -> None:
    flit = BuildRequirement(name="flit-core", version="3.12.0")
    lock = with_package("flit-core", dependencies=("wheel",), edge_systems={"wheel": (ARM,)})
    needed = "is built with flit-core, but without wheel, which that needs, on aarch64-linux"
    commit = package("some-plugin").artifacts[0].name
    assert told(lock) == [f"blob-v1.tar.gz {needed}", f"{commit} {needed}"]
    beside = BuildRequirement(name="wheel", version="0.45.1", systems=(ARM,))
    closed = tuple(
        replace(entry, artifacts=tuple(replace(a, build=building(flit, beside)) for a in entry.artifacts))
        if entry.artifacts[0].build == FLIT
        else entry
        for entry in lock.packages
    )
    assert told(replace(lock, packages=closed)) == []


def test_a_circle_of_build_packages_is_told_as_one() -> None:
    def tool(name: str, other: str, digit: str) -> Package:
        source = sdist(f"{name}-1.0.tar.gz", digit)
        made = building(BuildRequirement(name=other, version="1.0"))
        plain = build_wheel(name, "1.0", digit)
        artifact = replace(plain.artifacts[0], name=source.name, build=made)
        return replace(plain, wheels=(), source=source, artifacts=(artifact,))

    lock = with_artifact("notes", build=building(BuildRequirement(name="x", version="1.0")))
    lock = replace(lock, build_packages=(*lock.build_packages, tool("x", "y", "d"), tool("y", "x", "e")))
    (message,) = told(lock)
    assert message == "to be built, x 1.0 needs y 1.0 needs x 1.0"


def test_a_build_package_that_only_build_packages_nobody_uses_are_built_with_is_an_orphan() -> None:
    unused = replace(package("setuptools-scm"), name="unused", version="1.0", source=sdist("unused-1.0.tar.gz", "f"))
    unused = replace(
        unused,
        dependencies=(),
        artifacts=(
            replace(
                unused.artifacts[0], name="unused-1.0.tar.gz", build=building(BuildRequirement(name="z", version="1.0"))
            ),
        ),
    )
    lock = replace(
        SOURCES, build_packages=(*SOURCES.build_packages, unused, build_wheel("z", "1.0", "d", systems=(ARM,)))
    )
    assert told(lock) == [
        "nothing is built with unused 1.0 on aarch64-linux",
        "nothing is built with z 1.0 on aarch64-linux",
    ]


WEATHER = plugin("weather")
ASKED = WEATHER.asked
assert ASKED is not None


@pytest.mark.parametrize(
    ("lock", "expected"),
    [
        (
            with_plugin("clock", specifier="*", version={ARM: "1.0"}, extras=("x",), index="corp"),
            [
                "plugin clock is a directory plugin and has no 'specifier'",
                "plugin clock is a directory plugin and has no 'version'",
                "plugin clock is a directory plugin and has no 'extras'",
                "plugin clock is a directory plugin and has no 'index'",
            ],
        ),
        (with_plugin("clock", asked=None), ["plugin clock is a directory plugin and must have 'asked'"]),
        (with_plugin("clock", tree=None), ["plugin clock is a directory plugin and must have a 'tree'"]),
        (
            with_plugin("notes", tree=plugin("radar").tree),
            [
                "plugin notes is a package and has no 'tree'",
                "the plugins notes and radar have one id, radar",
            ],
        ),
        (with_plugin("notes", specifier="*"), ["plugin notes has both 'specifier' and 'asked'"]),
        (
            with_plugin("notes", asked=None),
            [
                "plugin notes has neither 'specifier' nor 'asked'",
                "plugin notes: a version of an index was asked for, and what is locked is from none",
            ],
        ),
        (with_plugin("notes", index="corp"), ["plugin notes is from no index and has no 'index'"]),
        (
            with_plugin("notes", asked=Asked()),
            [
                "plugin notes: 'asked' has one of 'git', 'url' and 'path'",
                "plugin notes: 'asked' and what is locked are not the same source",
            ],
        ),
        (
            with_plugin("weather", asked=replace(ASKED, tag="main")),
            ["plugin weather: 'asked' has at most one of 'tag', 'branch' and 'rev'"],
        ),
        (
            with_plugin("clock", asked=Asked(path="skills", subdirectory="clock", tag="v1")),
            ["plugin clock: 'tag', 'branch', 'rev' and 'submodules' are for what is asked of 'git'"],
        ),
        (
            with_tree("clock", source=Directory(path="elsewhere")),
            ["plugin clock: 'asked' and what is locked are not the same source"],
        ),
        (
            with_tree("clock", submodules=True),
            [
                "plugin clock is from no git repository and has no submodules",
                "plugin clock: 'asked' and what is locked are not the same source",
            ],
        ),
        (
            with_tree("weather", provided=("helper-lib", "httpx"), dependencies=()),
            [
                "plugin weather: 'dependencies' misses helper-lib, which is locked",
                "plugin weather: 'provided' names helper-lib, which is locked",
            ],
        ),
        (
            with_tree("weather", edge_systems={"httpx": (ARM,)}),
            [
                "plugin weather: the edge to httpx is for aarch64-linux, it is not",
            ],
        ),
    ],
)
def test_a_plugin_is_what_was_asked_for(lock: Lock, expected: list[str]) -> None:
    assert told(lock) == expected


def test_a_wheel_is_no_directory_plugin() -> None:
    url = f"{DOWNLOADS}/radar-0.3-py3-none-any.whl"
    lock = with_tree("radar", source=Archive(url=url, size=1, sha256="a" * 64))
    lock = replace(
        lock, plugins=tuple(replace(p, asked=Asked(url=url)) if p.name == "radar" else p for p in lock.plugins)
    )
    assert told(lock) == ["plugin radar: a wheel is no folder of a plugin"]


def test_what_only_a_directory_plugin_needs_is_no_orphan_on_its_systems_alone() -> None:
    some = package("some-plugin")
    lock = with_package("some-plugin", dependencies=("native-thing",))
    assert some.dependencies == ("helper-lib", "native-thing")
    assert told(lock) == ["no plugin needs helper-lib 1.0.1 on aarch64-linux"]


def test_a_directory_plugin_that_no_target_uses_says_so() -> None:
    tree = WEATHER.tree
    assert tree is not None
    lock = with_plugin("weather", marker="sys_platform == 'win32'")
    text = render(lock)
    assert "systems = []\n" in text
    assert parse(text, "plugins.lock") == lock


def test_a_branch_that_is_called_like_another_commit_is_refused() -> None:
    tree = WEATHER.tree
    assert tree is not None
    assert isinstance(tree.source, Vcs)
    lock = with_tree("weather", source=replace(tree.source, requested_revision="a" * 40))
    assert told(lock) == [
        "plugin weather: 'requested-revision' is a commit, and not the one of 'commit-id'",
        "plugin weather: 'asked' and 'requested-revision' are not the same revision",
    ]


def test_two_plugins_of_one_id_on_different_systems_are_no_conflict() -> None:
    manifest = plugin("radar").tree
    assert manifest is not None
    lock = with_tree("radar", manifest=replace(manifest.manifest, id="weather"))
    assert told(lock) == ["the plugins radar and weather have one id, weather"]
    arm = tuple(replace(p, marker="platform_machine == 'aarch64'") if p.name == "radar" else p for p in lock.plugins)
    assert told(replace(lock, plugins=arm)) == []


def test_the_order_of_a_backend_path_is_kept() -> None:
    lock = with_artifact("notes", build=Build(backend="b", requires=(), backend_path=("z", "a")))
    built = package("notes", parse(render(lock), "plugins.lock")).artifacts[0].build
    assert built is not None
    assert built.backend_path == ("z", "a")


def test_hashes_are_told_by_the_name_of_their_owner() -> None:
    assert told(with_tree("clock", nar_hash=nar(3).rstrip("="))) == [
        f"plugin clock: the hash {nar(3).rstrip('=')!r} is not an SRI sha256 of 44 base64 digits, such as nix prints"
    ]
