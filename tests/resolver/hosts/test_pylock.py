"""pylock.toml (PEP 751): packages are selected as an installer would."""

from __future__ import annotations

import shutil

import pytest

from lock.errors import InputError
from tests.resolver.hosts.settings import DATA, LINUX, load_file, load_text, versions

FOLDER = DATA / "pylock"
HASHES = 'hashes = { sha256 = "0000000000000000000000000000000000000000000000000000000000000000" }'
HEAD = 'lock-version = "1.0"\ncreated-by = "a tool"\n'


def package(name, version, *lines):
    filename = f"{name}-{version}.tar.gz"
    sdist = f'sdist = {{ name = "{filename}", url = "https://files.example/{filename}", {HASHES} }}'
    return "\n".join(["[[packages]]", f'name = "{name}"', f'version = "{version}"', *lines, sdist, ""])


def test_default_groups_are_shipped_and_the_others_are_not():
    assert versions(load_file(FOLDER, "pylock.toml")) == {"base": "1.0", "archived": "4.0"}


def test_extras_are_shipped_where_their_markers_hold():
    provided = load_file(FOLDER, "pylock.toml", LINUX, "x86_64-darwin", extras=["speed"])
    assert versions(provided)["fast"] == "2.0"
    assert versions(provided, "x86_64-darwin")["fast"] == "1.0"
    assert versions(provided)["net"] == "3.1"


def test_a_chosen_group_comes_on_top_of_the_default_ones_whatever_its_spelling():
    provided = load_file(FOLDER, "pylock.toml", groups=["dev-tools"])
    assert versions(provided) == {"base": "1.0", "archived": "4.0", "lint": "9"}


def test_a_directory_is_shipped_at_an_unknown_version():
    provided = load_file(FOLDER, "pylock.toml")
    assert provided.unversioned[LINUX] == {"host-app": "pylock.toml:42"}
    assert provided.version is None
    assert provided.warnings == (
        (
            "pylock.toml:42: host-app is shipped at an unknown version; "
            'for plugins that ask for a version, add it to [host]: versions = { host-app = "…" }'
        ),
    )


def test_a_named_pylock_is_read_too(tmp_path):
    shutil.copy(FOLDER / "pylock.toml", tmp_path / "pylock.production.toml")
    provided = load_file(tmp_path, "pylock.production.toml")
    assert provided.source.kind == "pylock"
    assert provided.source.location == "pylock.production.toml"
    assert provided.on(LINUX, "base").origin == "pylock.production.toml:8"


@pytest.mark.parametrize(
    ("choices", "message", "remedy"),
    [
        ({"extras": ["wb"]}, "pylock.toml has no extra 'wb'", "did you mean 'web'?"),
        ({"extras": ["zzz"]}, "pylock.toml has no extra 'zzz'", "choose from: speed, web"),
        (
            {"groups": ["dev-tool"]},
            "pylock.toml has no dependency group 'dev-tool'",
            "did you mean 'dev-tools'?",
        ),
    ],
)
def test_an_unknown_extra_or_group_is_refused_with_the_nearest_one(choices, message, remedy):
    with pytest.raises(InputError) as caught:
        load_file(FOLDER, "pylock.toml", **choices)
    problem = caught.value.problems[0]
    assert (problem.message, problem.remedy, problem.line) == (message, remedy, 3)


@pytest.mark.parametrize(
    ("text", "code", "line", "key"),
    [
        (HEAD.replace("1.0", "2.0") + "packages = []\n", "host-format", 1, "lock-version"),
        (HEAD, "host-content", 1, "packages"),
        (HEAD + "packages = 3\n", "host-content", 3, "packages"),
        (HEAD + package("net", "1.0").replace('name = "net"', 'name = "Net_"'), "host-content", 4, "packages[0].name"),
        (HEAD + package("net", "latest"), "host-content", 5, "packages[0].version"),
        (HEAD + package("net", "1", "marker = 'os_name'"), "host-content", 6, "packages[0].marker"),
        (HEAD + 'requires-python = ">=3.13"\npackages = []\n', "host-python", 3, "requires-python"),
        (HEAD + "environments = [\"os_name == 'nt'\"]\npackages = []\n", "host-target", 3, "environments"),
        (HEAD + package("net", "1", 'requires-python = "<3.12"'), "host-python", 6, "packages[0].requires-python"),
        (HEAD + package("net", "1") + package("net", "2"), "host-two-versions", None, None),
    ],
)
def test_a_file_that_cannot_be_installed_is_refused_at_its_line(tmp_path, text, code, line, key):
    with pytest.raises(InputError) as caught:
        load_text(tmp_path, "pylock.toml", text)
    problem = caught.value.problems[0]
    assert (problem.code, problem.line, problem.key, problem.path) == (code, line, key, "pylock.toml")
    assert problem.remedy


def test_a_package_that_is_not_selected_may_need_another_python(tmp_path):
    needs = package("net", "1", "marker = \"sys_platform == 'win32'\"", 'requires-python = "<3"')
    assert versions(load_text(tmp_path, "pylock.toml", HEAD + needs)) == {}


@pytest.mark.parametrize(
    ("project", "version"),
    [
        ('[project]\nname = "Host_App"\nversion = "7.1"\n', "7.1"),
        ('[project]\nname = "other"\nversion = "7.1"\n', None),
        ('[project]\nname = "host-app"\ndynamic = ["version"]\n', None),
        ('[project]\nname = "host-app"\nversion = "today"\n', None),
        ("project = 3\n", None),
        ("[project\n", None),
    ],
)
def test_the_hosts_version_is_read_from_the_project_beside_the_lock(tmp_path, project, version):
    shutil.copy(FOLDER / "pylock.toml", tmp_path)
    (tmp_path / "pyproject.toml").write_text(project, encoding="utf-8")
    provided = load_file(tmp_path, "pylock.toml")
    assert provided.version == version
    assert versions(provided).get("host-app") == version
    assert ("host-app" in provided.unversioned[LINUX]) == (version is None)
    assert bool(provided.warnings) == (version is None)
