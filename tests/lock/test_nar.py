"""NAR hashes: those of real Nix for any tree, known ones without it, and what has no hash."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tracemalloc
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lock import grammar
from lock.errors import InputError, WorldError
from lock.nar import is_git_folder, nar_hash

Tree = dict[bytes, "File | Link | Tree"]


@dataclass(frozen=True)
class File:
    content: bytes
    mode: int = 0o644
    times: int = 1


@dataclass(frozen=True)
class Link:
    target: bytes


def make(path: bytes, node: File | Link | Tree) -> None:
    """Write a node where nothing is yet."""
    if isinstance(node, File):
        with open(path, "wb") as file:  # noqa: PTH123 - pathlib has no paths of bytes
            file.write(node.content * node.times)
        os.chmod(path, node.mode)  # noqa: PTH101 - as above
    elif isinstance(node, Link):
        os.symlink(node.target, path)  # noqa: PTH211 - as above
    else:
        os.mkdir(path)  # noqa: PTH102 - as above
        for name, child in node.items():
            make(path + b"/" + name, child)


NAMES = st.sampled_from(
    [
        b"a",
        b"A",
        b"a.b",
        b"a-b",
        b"ab",
        b".git",
        b".hidden",
        b" ",
        b"\n",
        b"\xff",
        b"\xc3\xa9",
        b"e\xcc\x81",
        b"~",
        b"-x",
    ]
) | st.binary(min_size=1, max_size=24).map(lambda name: name.translate(bytes.maketrans(b"\0/", b"01"))).filter(
    lambda name: name not in {b".", b".."}
)
FILES = st.builds(
    File,
    st.binary(max_size=20),
    st.sampled_from([0o644, 0o755, 0o600, 0o444, 0o700, 0o654, 0o645, 0o500]),
    st.sampled_from([1, 1, 1, 8, 4096, 70_001]),
)
LINKS = st.builds(Link, st.sampled_from([b"a", b"../../etc/passwd", b"/nowhere", b".", b"\xff\n", b"x" * 200]))
TREES = st.dictionaries(
    NAMES,
    st.recursive(FILES | LINKS, lambda child: st.dictionaries(NAMES, child, max_size=4), max_leaves=12),
    max_size=6,
)


def nix_hashes(paths: list[Path]) -> list[str]:
    """Return what Nix says, in one call: starting it takes longer than hashing."""
    command = ["nix", "--extra-experimental-features", "nix-command", "hash", "path", "--type", "sha256", "--sri"]
    done = subprocess.run([*command, *map(str, paths)], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.nix
@pytest.mark.skipif(shutil.which("nix") is None, reason="needs Nix")
@settings(deadline=None, max_examples=12)
@given(trees=st.lists(TREES | FILES | LINKS, min_size=20, max_size=40))
def test_any_tree_has_the_hash_that_nix_gives_it(
    trees: list[Tree | File | Link], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("trees")
    paths = [folder / str(number) for number in range(len(trees))]
    for path, tree in zip(paths, trees, strict=True):
        make(os.fsencode(path), tree)
    assert [nar_hash(path) for path in paths] == nix_hashes(paths)
    shutil.rmtree(folder)


# What `nix hash path --type sha256 --sri` printed for each.
KNOWN: list[tuple[File | Link | Tree, str]] = [
    ({}, "sha256-pQpattmS9VmO3ZIQUFn66az8GSmB4IvYhTTCFn6SUmo="),
    (File(b""), "sha256-d6xi4mKdjkX2JFicDIv5niSzpyI0m/Hnm8GGAIU04kY="),
    (File(b"hello\n"), "sha256-HDfQGvQL4ugGkd48w99EN3ppmvuxfGjwgJZLL9Bx/BM="),
    (File(b"hello\n", 0o755), "sha256-ZUNgOdP5PKGajb8cYLFXOe1Y9T8UuNNyrMGzUVMwEPo="),
    (File(b"hello\n", 0o655), "sha256-HDfQGvQL4ugGkd48w99EN3ppmvuxfGjwgJZLL9Bx/BM="),
    (Link(b"hello"), "sha256-RrFTrfWQ3buydmXbrdgK0QUvtCgBcouDqbf0zUtUgSU="),
    (
        {b"a": File(b"12345678"), b"B": {b"empty": {}}, b"c": Link(b"a")},
        "sha256-Drr8L7rBl2Ts887M0q+8Ceh6/ByPZUnixBuyNZIWlsI=",
    ),
    (
        {b"\xff": File(b"1"), b"~": File(b"2"), b"a b": File(b"3"), b"\xc3\xa9": {}, b"\n": Link(b"\xff")},
        "sha256-dCr57Iq2IGVT4SLhmN0HssV5WIsciljCNKb8P569Wgk=",
    ),
    (
        {b"run": File(b"#!/bin/sh\n", 0o755), b".git": {b"HEAD": File(b"ref: refs/heads/main\n")}},
        "sha256-ukgVvgt5fUtQaVJVDqSL1iNY3i/3+H/T9sVvcD1xXkk=",
    ),
]


@pytest.mark.parametrize(("tree", "expected"), KNOWN)
def test_a_known_tree_has_its_hash(tmp_path: Path, tree: File | Link | Tree, expected: str) -> None:
    make(os.fsencode(tmp_path / "tree"), tree)
    assert nar_hash(tmp_path / "tree") == expected
    assert grammar.NAR_HASH.fits(expected)


def test_what_is_excluded_counts_for_nothing(tmp_path: Path) -> None:
    tree: Tree = {b"a": {b".git": File(b"kept")}, b"b": File(b"x")}
    make(os.fsencode(tmp_path / "plain"), tree)
    make(os.fsencode(tmp_path / "checkout"), {**tree, b".git": {b"HEAD": File(b"y")}})
    make(os.fsencode(tmp_path / "submodule"), {**tree, b".git": File(b"gitdir: ../x\n")})
    plain = nar_hash(tmp_path / "plain")
    assert nar_hash(tmp_path / "checkout") != plain
    assert nar_hash(tmp_path / "checkout", exclude=is_git_folder) == plain
    assert nar_hash(tmp_path / "submodule", exclude=is_git_folder) == plain
    assert nar_hash(tmp_path / "plain", exclude=is_git_folder) == plain


def test_an_excluded_path_is_given_from_the_root(tmp_path: Path) -> None:
    make(os.fsencode(tmp_path / "tree"), {b"a": {b"b": {b"\xff": File(b"")}}})
    asked: list[bytes] = []

    def nothing(path: bytes) -> bool:
        asked.append(path)
        return False

    nar_hash(tmp_path / "tree", exclude=nothing)
    assert asked == [b"a", b"a/b", b"a/b/\xff"]


def test_groups_times_and_names_on_the_way_count_for_nothing(tmp_path: Path) -> None:
    tree: Tree = {b"a": File(b"x"), b"b": {}}
    make(os.fsencode(tmp_path / "one"), tree)
    make(os.fsencode(tmp_path / "two"), tree)
    os.utime(tmp_path / "two/a", (1, 1))
    (tmp_path / "two/b").chmod(0o700)
    assert nar_hash(tmp_path / "one") == nar_hash(tmp_path / "two")


def test_a_pipe_a_socket_and_a_device_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(tmp_path / "socket"))
    for path, kind in (
        (tmp_path / "pipe", "a pipe"),
        (tmp_path / "socket", "a socket"),
        (Path("/dev/null"), "a device"),
    ):
        with pytest.raises(InputError) as caught:
            nar_hash(path)
        assert str(caught.value) == (
            f"{str(path)!r} is {kind}, which no lock can hold\n"
            "  help: take it out of the tree: an archive of Nix holds regular files, folders and symbolic links only"
        )
    with pytest.raises(InputError, match="is a pipe"):
        nar_hash(tmp_path)
    listening.close()


def test_an_absent_tree_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="cannot be read: No such file or directory"):
        nar_hash(tmp_path / "absent")


def test_a_name_that_would_change_a_terminal_is_shown_escaped(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "\x1b[31m\u202e")
    with pytest.raises(InputError) as caught:
        nar_hash(tmp_path)
    assert "\\x1b[31m\\u202e" in str(caught.value)


@pytest.mark.parametrize("said", [-1, 1])
def test_a_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: int
) -> None:
    make(os.fsencode(tmp_path / "file"), File(b"content"))
    true = os.fstat

    def other_size(descriptor: int) -> os.stat_result:
        facts = list(true(descriptor))
        facts[6] += said
        return os.stat_result(facts)

    monkeypatch.setattr(os, "fstat", other_size)
    with pytest.raises(WorldError, match="changed while it was read"):
        nar_hash(tmp_path / "file")


def test_a_link_that_takes_the_place_of_a_file_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(os.fsencode(tmp_path / "file"), File(b"content"))
    make(os.fsencode(tmp_path / "link"), Link(b"file"))
    true = os.lstat
    monkeypatch.setattr(os, "lstat", lambda path: true(os.fsencode(path).replace(b"link", b"file")))
    with pytest.raises(WorldError, match="cannot be read"):
        nar_hash(tmp_path / "link")


def test_a_large_file_takes_little_memory(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    tracemalloc.start()
    nar_hash(tmp_path / "large")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 1024 * 1024


def test_a_deep_tree_takes_no_stack(tmp_path: Path) -> None:
    folders = [f"{tmp_path}{'/d' * depth}" for depth in range(1, 1500)]
    for folder in folders:
        os.mkdir(folder)  # noqa: PTH102 - pathlib and shutil do take stack
    deep = nar_hash(tmp_path / "d")
    for folder in reversed(folders):
        os.rmdir(folder)  # noqa: PTH106 - as above
    assert grammar.NAR_HASH.fits(deep)
