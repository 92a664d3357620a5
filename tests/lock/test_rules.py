"""Rules over values, beyond what the damaged locks show."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from lock import grammar, rules
from lock.canonical import canonical
from lock.errors import Problem
from lock.grammar import quoted
from lock.model import Artifact, Lock, Package, Source
from lock.rules.origins import unexplained_origins
from lock.rules.wheel_tags import fits
from lock.systems import SYSTEMS
from resolver.targets import Target
from tests.lock.test_example import ARM, EXAMPLE, FILES, GOOD, INDEX, INTEL


def messages(problems: tuple[Problem, ...]) -> list[str]:
    return [problem.message for problem in problems]


def test_a_value_that_no_file_holds_has_no_line() -> None:
    lock = replace(EXAMPLE, targets=EXAMPLE.targets[::-1])
    (problem,) = rules.problems(lock)
    assert problem == Problem(
        code="rule-8-order",
        message="the target aarch64-linux stands after x86_64-linux; entries are sorted",
        key="tool.plugin-lock.targets[1]",
        remedy="take the file from version control again, or delete it and run `plugin-lock lock`",
    )


def test_a_plugin_that_the_host_ships_is_complete() -> None:
    shipped = replace(EXAMPLE.plugins[1], name="httpx", version={ARM: "0.28.1", INTEL: "0.28.1"})
    lock = replace(EXAMPLE, plugins=(EXAMPLE.plugins[0], shipped, EXAMPLE.plugins[1]))
    assert rules.problems(lock) == ()


def test_a_name_may_be_locked_on_one_system_and_provided_on_another() -> None:
    native = EXAMPLE.packages[3]
    half = replace(native, wheels=native.wheels[1:], artifacts=native.artifacts[1:])
    weather = replace(EXAMPLE.packages[4], provided=("httpx", "native-thing"))
    host = replace(EXAMPLE.host, provided={**EXAMPLE.host.provided, "native-thing": {ARM: "1.0"}})
    lock = replace(EXAMPLE, host=host, packages=(*EXAMPLE.packages[:3], half, weather))
    assert rules.problems(lock) == ()


def test_a_lock_without_targets_is_refused() -> None:
    lock = replace(EXAMPLE, targets=(), packages=(), plugins=(), indexes=(), host=replace(EXAMPLE.host, provided={}))
    assert messages(rules.problems(lock)) == ["the lock has no target"]


WEATHER = EXAMPLE.packages[4]
OTHER = "weather_plugin-1.2.3-py3-none-linux_x86_64.whl"


def with_weather(**changes: Any) -> Lock:
    """Change the last package of the example."""
    return replace(EXAMPLE, packages=(*EXAMPLE.packages[:4], replace(WEATHER, **changes)))


def with_artifact(**changes: Any) -> Lock:
    return with_weather(artifacts=(replace(WEATHER.artifacts[0], **changes),))


@pytest.mark.parametrize(
    ("lock", "expected"),
    [
        (
            with_weather(dependencies=("fast-loop", "helper", "httpx", "native-thing")),
            ["weather-plugin: 'dependencies' names httpx, which is provided by the host"],
        ),
        (
            with_weather(dependencies=("fast-loop", "helper"), provided=("httpx", "native-thing")),
            [
                "weather-plugin: 'dependencies' misses native-thing, which is locked",
                "weather-plugin: 'provided' names native-thing, which is locked",
            ],
        ),
        (
            with_weather(dependencies=(*WEATHER.dependencies[:2], "httpx", "native-thing"), provided=()),
            [
                "weather-plugin: 'dependencies' names httpx, which is provided by the host",
                "weather-plugin: 'provided' misses httpx, which is provided by the host",
                "nothing in the lock relies on the provided httpx",
            ],
        ),
        (
            with_weather(edge_systems={"fast-loop": (INTEL,), "httpx": (ARM, INTEL)}),
            ["weather-plugin: 'edge-systems' gives httpx every system of the package"],
        ),
        (
            with_weather(edge_systems={"fast-loop": (INTEL,), "httpx": ()}),
            ["weather-plugin: 'edge-systems' gives httpx no system"],
        ),
        (
            with_weather(edge_systems={"fast-loop": (INTEL,), "idna": (INTEL,)}),
            ["weather-plugin: 'edge-systems' names idna, to which no edge leads"],
        ),
        (
            replace(EXAMPLE, packages=(Package(name="empty", version="1.0", index=INDEX), *EXAMPLE.packages)),
            ["empty: there is no file to install"],
        ),
        (
            with_weather(
                wheels=(*WEATHER.wheels, replace(WEATHER.wheels[0], name=OTHER, url=f"{FILES}/{OTHER}")),
                artifacts=(*WEATHER.artifacts, Artifact(name=OTHER, systems=())),
            ),
            ["weather-plugin: weather_plugin-1.2.3-py3-none-linux_x86_64.whl is used on no system"],
        ),
        (
            replace(
                EXAMPLE,
                plugins=(
                    EXAMPLE.plugins[0],
                    replace(EXAMPLE.plugins[1], version={**EXAMPLE.plugins[1].version, "x86_64-darwin": "1.2.3"}),
                ),
            ),
            [
                "plugin weather-plugin has a version for x86_64-darwin, no target of the lock",
                "plugin weather-plugin is neither locked nor provided for x86_64-darwin",
            ],
        ),
        (with_artifact(modules=("b", "a")), ["the module a stands after b; entries are sorted"]),
        (with_artifact(startup_files=("a.pth", "a.pth")), ["the start-up file a.pth stands twice"]),
        (with_artifact(console_scripts=("b", "a")), ["the console script a stands after b; entries are sorted"]),
        (with_artifact(libraries=("b", "a")), ["the library a stands after b; entries are sorted"]),
        *(
            (
                with_weather(wheels=(replace(WEATHER.wheels[0], size=size),)),
                ["weather-plugin: the size is not a number of bytes"],
            )
            for size in (0, -1, 2**53 + 1)
        ),
        (
            replace(EXAMPLE, host=replace(EXAMPLE.host, source=Source(kind="git", url="https://t0ken@x.example"))),
            [
                f"the host's source 'git' is not {grammar.SOURCE_KIND.says}",
                "the host's URL holds a user name, password or token",
            ],
        ),
    ],
)
def test_a_value_that_breaks_a_rule_is_told(lock: Lock, expected: list[str]) -> None:
    assert messages(rules.problems(lock)) == expected


def test_edges_for_some_systems_are_written_in_order() -> None:
    edges = {"fast-loop": (INTEL, ARM), "httpx": (INTEL,)}
    assert canonical(with_weather(edge_systems=edges)).packages[4].edge_systems == {"httpx": (INTEL,)}
    lock = with_artifact(systems=(ARM, INTEL, "x86_64-darwin"))
    lock = replace(lock, packages=(replace(lock.packages[4], edge_systems={"httpx": (INTEL, ARM)}),))
    assert canonical(lock).packages[0].edge_systems == {"httpx": (ARM, INTEL)}


class TestUnexplainedOrigins:
    def test_an_index_of_plugins_toml_explains_its_files(self) -> None:
        assert unexplained_origins(EXAMPLE, {INDEX.rstrip("/"): [FILES + "/"]}) == ()

    def test_an_index_that_is_not_configured_is_told_with_its_line(self) -> None:
        problems = unexplained_origins(
            EXAMPLE, {"https://other.example/simple/": [FILES]}, path="plugins.lock", text=GOOD.read_text()
        )
        (problem,) = problems
        assert str(problem) == (
            "plugins.lock:200: the index 'https://index.example/simple/' is none of the indexes of plugins.toml\n"
            "  help: if you trust it, name it in plugins.toml (`[[index]]`, its `files` for other hosts) "
            "and run `plugin-lock lock`"
        )

    def test_a_host_that_the_index_does_not_name_is_told(self) -> None:
        (message,) = messages(unexplained_origins(EXAMPLE, {INDEX: []}))
        assert message == (
            "files come from 'https://files.example', which plugins.toml does not explain "
            "for the index 'https://index.example/simple/'"
        )

    def test_another_index_does_not_explain_them(self) -> None:
        explained = {INDEX: [], "https://other.example/simple/": [FILES]}
        assert len(unexplained_origins(EXAMPLE, explained)) == 1


PYTHONS = [
    *("py3-none", "py2.py3-none", "py2-none", "py312-none", "py313-none", "cp312-cp312", "cp311-cp311", "cp312-none"),
    *("cp311-none", "cp310-abi3", "cp313-abi3", "cp312-cp312t", "pp312-pypy312_pp73"),
]
PLATFORMS = [
    *("any", "win_amd64", "linux_x86_64", "manylinux2014_aarch64", "manylinux_2_28_x86_64", "manylinux_2_29_x86_64"),
    *("manylinux_2_17_aarch64.manylinux2014_aarch64", "musllinux_1_2_x86_64", "macosx_11_0_arm64"),
    *("macosx_10_9_universal2", "macosx_10_12_x86_64", "macosx_14_0_arm64"),
]


@pytest.mark.parametrize("system", sorted(SYSTEMS))
def test_a_wheel_fits_exactly_where_resolution_would_take_it(system: str) -> None:
    target = Target(system=system, python="3.12")
    for python, platform in itertools.product(PYTHONS, PLATFORMS):
        name = f"thing-1.0-{python}-{platform}.whl"
        fit = fits(parse_wheel_filename(name)[3], system=system, platform=target.platform, minor=12)
        assert fit == (target.wheel_rank(name) is not None), name


@given(st.text("abz019-_.${/ é", max_size=8))
def test_a_name_fits_exactly_when_it_is_normalized(name: str) -> None:
    assert grammar.NAME.fits(name) == (bool(name) and name.isascii() and is_project_name(name))


def is_project_name(name: str) -> bool:
    return name == canonicalize_name(name) and name.replace("-", "").isalnum() and name.strip("-") == name


@settings(max_examples=300)
@given(st.from_regex(r"\A(0|1!|2!)?v?[0-9]{1,2}(\.[0-9]{1,2}){0,2}(\.?(a|b|rc|post|dev)[0-9]{0,2}){0,3}(\+[a0.]+)?\Z"))
def test_a_version_fits_exactly_when_it_is_in_normal_form(version: str) -> None:
    try:
        normal = str(Version(version))
    except InvalidVersion:
        normal = None
    assert grammar.VERSION.fits(version) == (version == normal)


@pytest.mark.parametrize(
    "value", ["a/b", "..", "a..b", "a\n", "\x00", "${x}", "é", "a b", "", "x" * 600, "C:\\x", "-rf"]
)
@pytest.mark.parametrize(
    "spelt",
    [
        *(grammar.NAME, grammar.VERSION, grammar.SYSTEM, grammar.WHEEL, grammar.MODULE, grammar.SCRIPT),
        *(grammar.LIBRARY, grammar.GROUP, grammar.INDEX_NAME),
        *(grammar.SDIST, grammar.FILE, grammar.BACKEND, grammar.PLUGIN_ID, grammar.VARIABLE, grammar.RISK),
        *(grammar.NAR_HASH, grammar.COMMIT, grammar.SHA256),
    ],
)
def test_no_grammar_admits_what_could_escape(spelt: grammar.Grammar, value: str) -> None:
    assert not spelt.fits(value)


@pytest.mark.parametrize("value", ["/etc/x.pth", "a/../b", "./a", "a//b", "a/", "a\\b", "..", "~root"])
def test_a_start_up_file_stays_in_site_packages(value: str) -> None:
    assert not grammar.STARTUP_FILE.fits(value)


@pytest.mark.parametrize("value", ["name with space", "x.y:z", "Name-1+a"])
def test_real_names_of_entry_points_fit(value: str) -> None:
    assert grammar.ENTRY_NAME.fits(value)


@pytest.mark.parametrize(
    "value", ["/a", "a/", "a/b", "a//b", "a/../b", "./a", " a", "a ", "a  b", "a\n", "${x}", "é", "-rf", "a\\b"]
)
def test_a_name_of_an_entry_point_leads_nowhere(value: str) -> None:
    assert not grammar.ENTRY_NAME.fits(value)


@pytest.mark.parametrize("value", ["sitecustomize.py", "usercustomize/__init__.py", "ruamel.yaml-0.1-nspkg.pth"])
def test_real_start_up_files_fit(value: str) -> None:
    assert grammar.STARTUP_FILE.fits(value)


@pytest.mark.parametrize("spelt", [grammar.PATH, grammar.GIT_REF, grammar.EXECUTABLE])
@pytest.mark.parametrize(
    "value",
    [
        *("/a", "a/", "a//b", "../a", "a/../b", "a/..", "./a", "a/./b", ".", "-rf", "a/-rf", "a\\b", "a b", "a\n"),
        *("${x}", ""),
    ],
)
def test_a_path_or_revision_leads_nowhere_else(spelt: grammar.Grammar, value: str) -> None:
    assert not spelt.fits(value)


@pytest.mark.parametrize("value", ["v1.2", "main", "feature/x#12", "release@2", "1.0+x", "a" * 40, "renovate/a-1.x"])
def test_real_revisions_fit(value: str) -> None:
    assert grammar.GIT_REF.fits(value)


@pytest.mark.parametrize("value", [".plugins/notes", "a/.b/c", "my.folder", "a~1", "x@2"])
def test_real_paths_fit(value: str) -> None:
    assert grammar.PATH.fits(value)


def test_foreign_text_is_shown_without_secrets_and_escaped() -> None:
    assert quoted("https://user:word@x.example/a?token=1") == "'https://***x.example/a?***'"
    assert quoted("\x1b[31m\u202e") == "'\\x1b[31m\\u202e'"
    assert len(quoted("x" * 500)) < 100
