"""What a right plugins.toml means, and how a file is found and read."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from lock.errors import InputError, WorldError
from resolver.manifest import reader
from resolver.manifest.indexes import MAX_INDEXES
from resolver.manifest.model import (
    GitSource,
    HostEnvironment,
    HostFile,
    HostFlakeInput,
    HostGit,
    HostRequirement,
    Manifest,
    PathSource,
    Place,
    PluginConfig,
    PolicyConfig,
    ResolutionConfig,
    UrlSource,
)
from resolver.manifest.plugins import MAX_PLUGINS

DATA = Path(__file__).parents[2] / "data" / "manifests"
HOST = '[host]\nname = "host"\npython = "3.12"\n'
TARGETS = '[targets]\nsystems = ["x86_64-linux"]\n'
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def parse(text: str) -> Manifest:
    return reader.parse(text, "plugins.toml")


def with_host(line: str) -> Manifest:
    return parse(f"{HOST}{line}\n{TARGETS}")


def problems(text: str) -> list[str]:
    with pytest.raises(InputError) as raised:
        parse(text)
    return [problem.message for problem in raised.value.problems]


@pytest.fixture(scope="module")
def full() -> Manifest:
    return reader.load(DATA / "right" / "full.toml")


def test_names_extras_and_groups_of_the_host_are_normalized(full: Manifest) -> None:
    assert full.host.name == "hermes-agent"
    assert full.host.python == "3.12.4"
    assert full.host.entry_points == ("hermes_agent.plugins", "hermes_agent.memory_providers")
    assert full.host.extras == ("messaging", "a-b")
    assert full.host.dependency_groups == ("dev",)
    assert full.host.source == HostFile(path="hosts/hermes-agent/uv.lock")


def test_systems_are_sorted_and_floors_are_numbers(full: Manifest) -> None:
    assert full.targets.systems == ("aarch64-darwin", "x86_64-linux")
    assert full.targets.manylinux == (2, 31)
    assert full.targets.macos == (14, 0)


def test_plugins_are_normalized_and_sorted_and_know_their_place(full: Manifest) -> None:
    assert [plugin.name for plugin in full.plugins] == ["apify-hermes", "hindsight-hermes", "rtk-hermes", "zz-last"]
    assert [plugin.place.line for plugin in full.plugins] == [16, 17, 18, 20]
    apify, hindsight, rtk, last = full.plugins
    assert apify.place == Place(path=str(DATA / "right" / "full.toml"), line=16, key="plugins.Apify-hermes")
    assert apify.source.specifier == SpecifierSet("")
    assert hindsight.source.specifier == SpecifierSet(">=0.5")
    assert (hindsight.source.extras, hindsight.source.index) == (("x",), "corp")
    assert str(hindsight.marker) == 'sys_platform == "linux"'
    assert (rtk.source.specifier, rtk.marker) == (SpecifierSet(">=1.2"), None)
    assert last.source.specifier == SpecifierSet("~=1.0")


def test_indexes_keep_their_order_and_lose_what_says_nothing(full: Manifest) -> None:
    assert [(index.name, index.url, index.explicit, index.files) for index in full.indexes] == [
        ("main", "https://index.example/simple/", False, ()),
        (
            "corp",
            "http://127.0.0.1:8080/simple/",
            True,
            ("https://files.example", "https://files.example:8443"),
        ),
    ]


def test_resolution_and_policy_are_read(full: Manifest) -> None:
    assert full.resolution.exclude_newer == "P7D"
    assert full.resolution.prereleases == "allow"
    assert full.resolution.constraints == (
        Requirement("httpx<1"),
        Requirement("numpy>=2 ; python_version >= '3.12'"),
    )
    (override,) = full.resolution.overrides
    assert (override.requirement, override.reason, override.package, override.place.line) == (
        Requirement("protobuf>=6"),
        "works with 6 in our tests",
        "memori",
        39,
    )
    assert full.policy.allow_build == {"some-plugin": "git only, no wheel published"}
    assert full.policy.allow_startup_code == {"rtk-hermes": "reviewed, sets no path"}


def test_what_is_not_said_has_its_default() -> None:
    manifest = reader.load(DATA / "right" / "minimal.toml")
    assert manifest.host.source is None
    assert (manifest.host.entry_points, manifest.host.extras, manifest.host.dependency_groups) == ((), (), ())
    assert (manifest.targets.manylinux, manifest.targets.macos) == ((2, 28), (13, 0))
    assert (manifest.plugins, manifest.indexes) == ((), ())
    assert manifest.resolution == ResolutionConfig()
    assert manifest.policy == PolicyConfig()


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ('lock = "/absolute/uv.lock"', HostFile(path="/absolute/uv.lock")),
        ('lock = "../up/uv.lock"', HostFile(path="../up/uv.lock")),
        (
            'lock = { flake-input = "hermes/nested", path = "uv.lock" }',
            HostFlakeInput(flake_input="hermes/nested", path="uv.lock"),
        ),
        (
            f'lock = {{ git = "https://HOST.example/u/r", rev = "{COMMIT}", path = "a/uv.lock" }}',
            HostGit(url="https://host.example/u/r", revision=COMMIT, path="a/uv.lock"),
        ),
        (
            f'lock = {{ git = "git@host.example:u/r.git", rev = "{COMMIT}{COMMIT[:24]}", path = "uv.lock" }}',
            HostGit(url="git@host.example:u/r.git", revision=COMMIT + COMMIT[:24], path="uv.lock"),
        ),
        (
            f'lock = {{ git = "ssh://git@host.example:22/u/r", rev = "{COMMIT}", path = "uv.lock" }}',
            HostGit(url="ssh://git@host.example:22/u/r", revision=COMMIT, path="uv.lock"),
        ),
        ('environment = "/nix/store/x-env"', HostEnvironment(path="/nix/store/x-env")),
        (
            'requirement = "hermes-agent[messaging]==0.19.0"',
            HostRequirement(requirement=Requirement("hermes-agent[messaging]==0.19.0")),
        ),
    ],
)
def test_each_source_of_the_host_is_read(line: str, source: object) -> None:
    assert with_host(line).host.source == source


@pytest.mark.parametrize(
    ("written", "recorded"),
    [
        ("2026-01-01", "2026-01-01"),
        ("2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z"),
        ("2026-01-01 10:00:00.5+02:00", "2026-01-01T10:00:00.500000+02:00"),
        ('"2026-01-01"', "2026-01-01"),
        ('"2026-01-01t10:00:00z"', "2026-01-01T10:00:00Z"),
        ('"p2w"', "P2W"),
        ('"+PT24H"', "PT24H"),
        ('"2 weeks, 1 day 3h"', "P2W1DT3H"),
        ('"30 mins"', "PT30M"),
    ],
)
def test_exclude_newer_is_kept_in_one_form(written: str, recorded: str) -> None:
    manifest = parse(f"{HOST}{TARGETS}[resolution]\nexclude-newer = {written}\n")
    assert manifest.resolution.exclude_newer == recorded


def test_a_plugin_may_use_an_index_that_stands_further_down_or_is_wrong_itself() -> None:
    text = (
        f'{HOST}{TARGETS}[plugins]\nx = {{ index = "corp" }}\n[[index]]\nname = "corp"\nurl = "ftp://index.example"\n'
    )
    assert problems(text) == ['index[0].url: "ftp://…" does not begin with https']


@pytest.mark.attack(15)
def test_the_limit_of_plugins_is_named() -> None:
    entries = "".join(f'p{number} = "*"\n' for number in range(MAX_PLUGINS + 1))
    assert problems(f"{HOST}{TARGETS}[plugins]\n{entries}") == ["plugins: 1001 plugins; the limit is 1000"]
    allowed = entries.removesuffix('p1000 = "*"\n')
    assert len(parse(f"{HOST}{TARGETS}[plugins]\n{allowed}").plugins) == MAX_PLUGINS


@pytest.mark.attack(15)
def test_the_limit_of_indexes_is_named() -> None:
    assert problems(HOST + TARGETS + "[[index]]\n" * (MAX_INDEXES + 1)) == ["index: 101 indexes; the limit is 100"]


@pytest.mark.attack(15)
def test_the_limit_of_the_size_is_named(tmp_path: Path) -> None:
    path = tmp_path / "plugins.toml"
    path.write_bytes(b"#" * (reader.MAX_SIZE + 1))
    with pytest.raises(InputError, match="larger than 1048576 bytes"):
        reader.load(path)
    assert problems("#" * (reader.MAX_SIZE + 1)) == ["the file is larger than 1048576 bytes"]


@pytest.mark.attack(15)
def test_a_file_nested_too_deeply_is_refused() -> None:
    depth = 100_000
    assert problems(f"x = {'[' * depth}{']' * depth}") == ["arrays or tables are nested too deeply"]


@pytest.mark.attack(15)
def test_a_number_with_too_many_digits_is_refused() -> None:
    assert problems(f"x = {'9' * 5000}") == ["a number has too many digits"]


@pytest.mark.parametrize("value", ["(" * 480 + "os_name=='x'" + ")" * 480, "(" * 900])
@pytest.mark.attack(15)
def test_a_marker_nested_too_deeply_is_refused(value: str) -> None:
    found = problems(f'{HOST}{TARGETS}[plugins]\nx = {{ marker = "{value}" }}\n')
    assert found == [f'plugins.x.marker: "{"(" * 60}…" is not a marker']


def test_a_value_that_is_too_long_is_refused_unseen() -> None:
    found = problems(f'{HOST}{TARGETS}[plugins]\nx = ">={"1" * 1000}"\n')
    assert found == ["plugins.x: the value is longer than 1000 characters"]


def test_an_absent_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        reader.load(tmp_path / "plugins.toml")
    (problem,) = raised.value.problems
    assert problem.code == "no-manifest"
    assert problem.remedy == "run `plugin-lock init` to write one"


def test_a_directory_is_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="this is a directory"):
        reader.load(tmp_path)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs a file that exists and cannot be read")
def test_a_disk_that_fails_is_the_worlds_fault() -> None:
    # Reading address 0 of one's own memory is an input/output error for every user, root included.
    with pytest.raises(WorldError) as raised:
        reader.load("/proc/self/mem")
    assert raised.value.exit_code == 3


@pytest.mark.parametrize("name", sorted(path.name for path in (DATA / "right").glob("*.toml")))
def test_every_right_file_is_read(name: str) -> None:
    assert reader.load(DATA / "right" / name).host.python.startswith("3.12")


def sources() -> dict[str, PluginConfig]:
    return {plugin.name: plugin for plugin in reader.load(DATA / "right" / "sources.toml").plugins}


def test_each_source_of_a_plugin_is_read() -> None:
    assert {name: plugin.source for name, plugin in sources().items()} == {
        "archive": UrlSource(url="https://host.example/archive-1.0.tar.gz", subdirectory="python"),
        "from-git": GitSource(
            url="https://host.example/user/plugin", tag="v1.2", subdirectory="plugin", extras=("a", "b-b")
        ),
        "head": GitSource(url="ssh://git@host.example/user/head"),
        "local": PathSource(path="plugins/notes", subdirectory="src"),
        "moving": GitSource(url="git@host.example:user/moving.git", branch="feature/x", submodules=True),
        "pinned": GitSource(url="file:///srv/git/pinned", revision=COMMIT),
        "weather": GitSource(url="https://host.example/user/weather"),
    }


def test_the_kind_and_dependencies_of_a_plugin_are_what_was_written_or_none() -> None:
    plugins = sources()
    assert (plugins["pinned"].kind, plugins["pinned"].dependencies) == ("package", None)
    assert (plugins["head"].kind, plugins["head"].dependencies) == (None, None)
    assert plugins["weather"].kind == "directory"
    assert plugins["weather"].dependencies == (
        Requirement("httpx>=0.27"),
        Requirement("tomli ; python_version < '3.11'"),
    )


def test_an_empty_list_of_dependencies_is_not_the_same_as_none() -> None:
    (plugin,) = parse(f'{HOST}{TARGETS}[plugins]\nx = {{ path = "x", dependencies = [] }}\n').plugins
    assert plugin.dependencies == ()
