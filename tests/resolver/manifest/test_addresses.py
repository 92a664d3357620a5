"""Plugins that do not come from an index are added by their address, or by an entry of a catalogue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lock.errors import InputError
from resolver.manifest import catalogue
from resolver.manifest.edit import add
from resolver.manifest.reader import parse

if TYPE_CHECKING:
    from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"
BASE = '[host]\nname = "host"\npython = "3.12"\n\n[targets]\nsystems = ["x86_64-linux"]\n\n[plugins]\n'
ENTRY = f"""\
name: Alans_Way
repo: https://host.example/user/alans-way-agents
sha: {COMMIT}
subdir: alans-way
version: "0.4.1"
description: One line,
  and another.
platforms: [linux]
known_issues:
  - "Read: this"
capabilities:
  provides_tools: [proactive_control]
"""


def after_add(*requirements: str, entries: str = "") -> str:
    return add(f"{BASE}{entries}", requirements).removeprefix(BASE)


def refused(*requirements: str, index: str | None = None) -> str:
    text = f'{BASE}[[index]]\nname = "corp"\nurl = "https://index.example/simple/"\n'
    with pytest.raises(InputError) as raised:
        add(text, requirements, index=index)
    return str(raised.value)


@pytest.mark.parametrize(
    ("requirement", "line"),
    [
        (
            "some-plugin @ git+https://host.example/user/some-plugin@v1.2#subdirectory=x",
            'some-plugin = { git = "https://host.example/user/some-plugin", tag = "v1.2", subdirectory = "x" }',
        ),
        (
            "git+https://host.example/user/hermes-Some_Plugin.git",
            'hermes-some-plugin = { git = "https://host.example/user/hermes-Some_Plugin.git" }',
        ),
        ("git+https://host.example/u/x@main", 'x = { git = "https://host.example/u/x", branch = "main" }'),
        ("git+https://host.example/u/x@feature/y1", 'x = { git = "https://host.example/u/x", tag = "feature/y1" }'),
        (f"git+https://host.example/u/x@{COMMIT}", f'x = {{ git = "https://host.example/u/x", rev = "{COMMIT}" }}'),
        ("https://host.example/u/x.git@v1", 'x = { git = "https://host.example/u/x.git", tag = "v1" }'),
        ("git+ssh://git@host.example/u/x@v1", 'x = { git = "ssh://git@host.example/u/x", tag = "v1" }'),
        ("ssh://git@host.example/u/x", 'x = { git = "ssh://git@host.example/u/x" }'),
        ("git@host.example:u/x.git@v1", 'x = { git = "git@host.example:u/x.git", tag = "v1" }'),
        ("y @ git@host.example:u/x.git", 'y = { git = "git@host.example:u/x.git" }'),
        ("git+file:///srv/git/x", 'x = { git = "file:///srv/git/x" }'),
        (
            "git+https://host.example/u/all#subdirectory=plugins/weather",
            'weather = { git = "https://host.example/u/all", subdirectory = "plugins/weather" }',
        ),
        (
            "git+https://host.example/u/all#egg=Weather&subdirectory=a",
            'weather = { git = "https://host.example/u/all", subdirectory = "a" }',
        ),
        ("https://host.example/f/Blob_x-1.0.tar.gz", 'blob-x = { url = "https://host.example/f/Blob_x-1.0.tar.gz" }'),
        (
            "https://host.example/b/a_b-1.0-py3-none-any.whl",
            'a-b = { url = "https://host.example/b/a_b-1.0-py3-none-any.whl" }',
        ),
        ("blob@https://host.example/main.zip", 'blob = { url = "https://host.example/main.zip" }'),
        ("./plugins/notes/", 'notes = { path = "plugins/notes" }'),
        ("my-notes @ ./plugins/notes", 'my-notes = { path = "plugins/notes" }'),
        (
            "x[b_B,a] @ git+https://host.example/u/x ; sys_platform == 'linux'",
            """x = { git = "https://host.example/u/x", extras = ["a", "b-b"], marker = "sys_platform == 'linux'" }""",
        ),
    ],
)
def test_an_address_becomes_one_line(requirement: str, line: str) -> None:
    assert after_add(requirement) == f"{line}\n"


def test_the_repository_is_asked_whether_a_name_is_a_tag_or_a_branch() -> None:
    asked: list[tuple[str, str]] = []

    def kind_of_ref(url: str, name: str) -> str:
        asked.append((url, name))
        return "branch"

    edited = add(
        BASE, ["git+https://host.example/u/x@v1", f"git+https://host.example/u/y@{COMMIT}"], kind_of_ref=kind_of_ref
    )
    assert 'x = { git = "https://host.example/u/x", branch = "v1" }\n' in edited
    assert asked == [("https://host.example/u/x", "v1")]


def test_an_entry_of_a_catalogue_is_accepted_as_it_stands(tmp_path: Path) -> None:
    line = (
        'alans-way = { git = "https://host.example/user/alans-way-agents", '
        f'rev = "{COMMIT}", subdirectory = "alans-way" }}\n'
    )
    assert after_add(ENTRY) == line
    file = tmp_path / "alans-way.yaml"
    file.write_text(ENTRY)
    assert after_add(str(file)) == line


def test_an_entry_of_a_catalogue_may_be_json_and_its_subdirectory_empty() -> None:
    entry = f'{{"name": "x", "repository": "https://host.example/u/x", "commit": "{COMMIT}", "subdir": ""}}'
    assert after_add(entry) == f'x = {{ git = "https://host.example/u/x", rev = "{COMMIT}" }}\n'


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (ENTRY.replace(COMMIT, "main"), '"main" is not a full commit'),
        (ENTRY.replace(COMMIT, COMMIT[:12]), '"0123456789ab" is not a full commit'),
        (ENTRY.replace("sha:", "sah:"), "the catalogue entry has no sha"),
        ("{}", "the catalogue entry has no name and no repo and no sha"),
        ("a: b: c\nd", "this looks like a catalogue entry, and is no YAML"),
        ("a\nb", "this looks like a catalogue entry, and is no mapping"),
        (ENTRY.replace("subdir: ", "subdir: ../"), '"../alans-way" is not a folder inside the repository or archive'),
        (ENTRY.replace("https://", "https://alice:hunter2@"), "the URL holds a user name or a password"),
        (ENTRY.replace("name: Alans_Way", "name: [x]"), "the name of the catalogue entry is no text"),
        (ENTRY + "commit: x\n", "the catalogue entry has both sha and commit"),
        (ENTRY + "# " + "x" * catalogue.MAX_BYTES, "the catalogue entry is longer than 65536 bytes"),
        ("/no/such/entry.yaml", "/no/such/entry.yaml: there is no such file"),
    ],
)
def test_an_entry_that_pins_nothing_or_is_none_is_refused(entry: str, message: str) -> None:
    error = refused(entry)
    assert error.partition("\n")[0] == message
    assert "hunter2" not in error


@pytest.mark.parametrize(
    ("requirement", "message"),
    [
        ("https://host.example/u/x", '"https://…" ends neither as an archive nor as a wheel does'),
        ("../x", '"../x" is not a folder inside the project'),
        ("/srv/x", '"/srv/x" is not a folder inside the project'),
        ("~/x", '"~/x" is not a folder inside the project'),
        (".", '"." is the folder of plugins.toml itself'),
        ("x @ file:///srv/x", '"file://…" is on this machine alone'),
        ("git+https://host.example/u/x@..", '".." is not the name of a branch or tag'),
        ("git+https://host.example/u/x@", '"" is not the name of a branch or tag'),
        ("git+https://host.example/", "the URL names no repository"),
        ("git+ext::sh -c x", '"git+ext::sh -c x" is not a requirement'),
        ("-x@host.example:u/x", "the URL is not an absolute URL with a host"),
        ("ssh://-x@host.example/u/x", "the URL is not an ssh URL such as ssh://git@host/path"),
        ("git+file:///srv/../etc", "the URL holds `..`"),
        ("git+https://host.example/u/-", '"-", which the address ends with, cannot name a plugin'),
        ("git+git://host.example/x", '"git://…" does not begin with https'),
        ("x[a] @ ./x ; extra == 'y'", '"x[a] ; extra == \'y\'" asks for "extra", which has no meaning here'),
        (
            "https://host.example/x-1.0.tar.gz#sha256=00",
            "behind the # of the address stands something else than subdirectory=… or egg=…",
        ),
    ],
)
def test_an_address_that_cannot_be_locked_is_refused(requirement: str, message: str) -> None:
    assert refused(requirement).partition("\n")[0] == message


@pytest.mark.parametrize(
    "requirement",
    [
        "git+https://alice:hunter2@host.example/x",
        "x @ git+https://hunter2@host.example/x@v1",
        "git+ssh://git:hunter2@host.example/x",
        "https://host.example/x-1.0.tar.gz?token=hunter2",
        "https://host.example/x-1.0.tar.gz#hunter2",
        "git+https://host.example/x#token=hunter2",
        "https://alice:hunter2@host.example/x.git",
        "alice:hunter2@host.example:u/x",
    ],
)
def test_a_secret_in_an_address_is_refused_and_not_repeated(requirement: str) -> None:
    assert "hunter2" not in refused(requirement)


def test_an_index_and_an_address_exclude_each_other() -> None:
    message = "an index is named, and a plugin that comes from elsewhere"
    assert refused("git+https://host.example/u/x", index="corp").startswith(message)
    assert refused(ENTRY, index="corp").startswith(message)


def test_a_plugin_from_an_index_can_become_one_from_git_and_back() -> None:
    entries = """x = { version = ">=1", extras = ["a"], marker = "sys_platform == 'linux'" } # why\n"""
    from_git = after_add("x @ git+https://host.example/u/x@v1", entries=entries)
    rest = """extras = ["a"], marker = "sys_platform == 'linux'" } # why\n"""
    assert from_git == f'x = {{ git = "https://host.example/u/x", tag = "v1", {rest}'
    assert after_add("x", entries=from_git) == from_git
    assert after_add("x>=2", entries=from_git) == (
        """x = { extras = ["a"], marker = "sys_platform == 'linux'", version = ">=2" } # why\n"""
    )


def test_another_tag_replaces_the_branch_and_keeps_what_else_was_said() -> None:
    entries = '[plugins.x]\ngit = "https://host.example/u/x" # why\nbranch = "main"\nkind = "directory" # it is\n'
    assert after_add("x @ git+https://host.example/u/x@v2", entries=entries) == (
        '[plugins.x]\ngit = "https://host.example/u/x" # why\nkind = "directory" # it is\ntag = "v2"\n'
    )


@given(
    st.tuples(
        st.sampled_from(["", "x @ ", "x[a]@", "git+"]),
        st.sampled_from(
            [
                "https://h.example/",
                "ssh://git@h.example/",
                "git@h.example:",
                "file:///",
                "./",
                "/",
                "{",
                "name: x\nrepo: ",
            ]
        ),
        st.text(max_size=20)
        | st.sampled_from(["a/b@v1", "a.git@", "x.zip#subdirectory=..", "a ; os_name == 'x'", "%2e%2e/a", "@@"]),
    ).map("".join)
)
def test_any_address_is_added_or_refused(requirement: str) -> None:
    try:
        edited = add(BASE, [requirement])
    except InputError:
        return
    assert len(parse(edited, "plugins.toml").plugins) == 1
