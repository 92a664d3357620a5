"""flake.lock: which repository at which commit an input stands for."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lock.errors import InputError
from resolver.hosts.files import HostText
from resolver.hosts.flake_lock import PinnedFolder, PinnedRepository, pinned_input
from tests.resolver.hosts.settings import DATA, host

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FIXTURE = (DATA / "flake" / "flake.lock").read_text(encoding="utf-8")


def pinned(name, text=FIXTURE):
    return pinned_input(HostText(path="flake.lock", text=text, label="flake.lock"), name, host())


def with_node(**node):
    return json.dumps({"version": 7, "root": "root", "nodes": {"root": {"inputs": {"x": "x"}}, "x": node}})


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("hermes-agent", "https://github.com/NousResearch/hermes-agent.git"),
        ("enterprise", "https://github.corp.example/team/host.git"),
        ("grouped", "https://gitlab.com/group/sub/host.git"),
        ("hut", "https://git.sr.ht/~user/host"),
        ("plain-git", "https://git.example/host"),
        ("over-ssh", "ssh://git@git.example/host.git"),
        ("followed", "https://github.com/NousResearch/hermes-agent.git"),
        ("other/host", "https://github.com/NousResearch/hermes-agent.git"),
    ],
)
def test_an_input_is_found_with_its_repository(name, url):
    assert pinned(name) == PinnedRepository(url=url, commit=COMMIT)


def test_a_flake_in_a_folder_of_its_repository_is_found_there():
    assert pinned("in-folder").folder == "nix/host"


@pytest.mark.parametrize(("name", "path"), [("local", "/srv/host/sub"), ("relative", "./host/")])
def test_a_path_input_is_a_folder_on_this_disk(name, path):
    assert pinned(name) == PinnedFolder(path=path)


def test_an_unknown_input_is_refused_with_the_nearest_one():
    with pytest.raises(InputError) as caught:
        pinned("hermes-agnet")
    problem = caught.value.problems[0]
    assert problem.message == "flake.lock has no input 'hermes-agnet'"
    assert problem.remedy == "did you mean 'hermes-agent'?"
    assert (problem.path, problem.line, problem.key) == ("plugins.toml", 3, "host.lock.flake-input")


def test_an_input_that_is_a_folder_of_another_is_not_read_yet():
    with pytest.raises(InputError, match="a folder of another input"):
        pinned("other/nested")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "this is not valid JSON: Expecting value"),
        ("{", "this is not valid JSON: Expecting property name enclosed in double quotes"),
        ("[" * 100_000, "the file holds a value that is nested too deeply or too long"),
        ('{"version": ' + "9" * 5000 + "}", "the file holds a value that is nested too deeply or too long"),
        ("[]", "this is no flake.lock: it has no nodes"),
        ('{"nodes": {}, "version": 8}', "flake.lock has format version 8; versions 5 to 7 are read"),
        ('{"nodes": {}, "version": 7, "root": "root"}', "there is no node 'root'"),
        ('{"nodes": {"r": {"inputs": {"x": "y"}}}, "version": 7, "root": "r"}', "there is no node 'y'"),
        ('{"nodes": {"r": {"inputs": {"x": ["x"]}}}, "version": 7, "root": "r"}', "the input x follows itself"),
        (with_node(flake=False), "the input x is not locked"),
        (
            with_node(locked={"type": "tarball", "url": "https://x.example/a.tar.gz"}),
            "an input of type 'tarball' cannot be read without Nix yet",
        ),
        (with_node(locked={"type": "git", "url": "https://git.example/a"}), "rev is missing or no string"),
        (with_node(locked={"type": "github", "owner": "o", "rev": COMMIT}), "repo is missing or no string"),
        (
            with_node(locked={"type": "git", "url": "https://user:hunter2@git.example/a", "rev": COMMIT}),
            "the address of this input is not taken: ",
        ),
        (
            with_node(locked={"type": "git", "url": "git://git.example/a", "rev": COMMIT}),
            "the address of this input is not taken: ",
        ),
    ],
)
def test_a_flake_lock_that_says_too_little_is_refused(text, message):
    with pytest.raises(InputError) as caught:
        pinned("x", text)
    problem = caught.value.problems[0]
    assert problem.message.startswith(message)
    assert problem.path == "flake.lock"
    assert problem.remedy
    assert "hunter2" not in str(caught.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["x", "root", "git", "path", COMMIT]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["inputs", "locked", "type", "url", "path", "rev", "x", "root"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["root", "x"]), json_values))
def test_any_nodes_are_read_or_refused(nodes):
    text = json.dumps({"version": 7, "root": "root", "nodes": nodes})
    try:
        found = pinned("x", text)
    except InputError as error:
        found = error.problems[0].message
    assert found
