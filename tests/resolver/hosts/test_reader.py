"""[host] names one source, and it is read as what it is, from where it is pinned."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from packaging.requirements import Requirement

from lock.errors import InputError
from lock.model import Source
from resolver.hosts import reader
from resolver.manifest.model import HostFile, HostFlakeInput, HostGit, HostRequirement
from tests.resolver.hosts.settings import DATA, HERMES, LINUX, host, load_file, load_text, targets, versions
from tests.resolver.test_git_files import git


@pytest.fixture
def repository(tmp_path):
    """A host's repository with its locks, some of them in a folder."""
    folder = tmp_path / "repository"
    (folder / "nix").mkdir(parents=True)
    (folder / "uv.lock").write_bytes((DATA / "uv" / "forks" / "uv.lock").read_bytes())
    (folder / "nix" / "requirements.txt").write_text("-r ../common.txt\nnet==1\n")
    (folder / "nix" / "outside.txt").write_text("-r ../../outside.txt\n")
    (folder / "common.txt").write_text("tls==9\n")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "locks")
    return folder


def flake_lock(folder, **locked):
    document = {"version": 7, "root": "root", "nodes": {"root": {"inputs": {"app": "app"}}, "app": {"locked": locked}}}
    (folder / "flake.lock").write_text(json.dumps(document))


def load(folder, source, **options):
    return reader.load(host(source), targets(LINUX), folder, **options)


def test_a_git_source_is_read_at_its_revision(repository, tmp_path):
    commit, url = git(repository, "rev-parse", "HEAD"), f"file://{repository}"
    (repository / "uv.lock").write_text("something else\n")
    git(repository, "commit", "--quiet", "-am", "later")
    provided = load(tmp_path, HostGit(url=url, revision=commit, path="uv.lock"))
    assert versions(provided)["helper"] == "1.0"
    assert provided.source == Source(kind="uv-lock", location="uv.lock", url=url, revision=commit)
    assert provided.on(LINUX, "driver").origin == f"{url}@{commit[:12]}:uv.lock:11"


def test_a_flake_input_is_read_at_the_revision_of_flake_lock(repository, tmp_path):
    commit, url = git(repository, "rev-parse", "HEAD"), f"file://{repository}"
    flake_lock(tmp_path, type="git", url=url, rev=commit)
    provided = load(tmp_path, HostFlakeInput(flake_input="app", path="uv.lock"), git_cache=tmp_path / "cache")
    assert provided.source == Source(kind="uv-lock", location="uv.lock", flake_input="app", url=url, revision=commit)
    assert provided.on(LINUX, "driver").origin == "app:uv.lock:11"
    assert (tmp_path / "cache").is_dir()


def test_a_path_is_relative_to_the_folder_of_the_flake_and_includes_follow_it(repository, tmp_path):
    commit = git(repository, "rev-parse", "HEAD")
    flake_lock(tmp_path, type="git", url=f"file://{repository}", rev=commit, dir="nix")
    provided = load(tmp_path, HostFlakeInput(flake_input="app", path="requirements.txt"))
    assert versions(provided) == {"net": "1", "tls": "9"}


def test_an_include_cannot_leave_the_repository(repository, tmp_path):
    source = HostGit(url=f"file://{repository}", revision=git(repository, "rev-parse", "HEAD"), path="nix/outside.txt")
    with pytest.raises(
        InputError,
        match=r"outside\.txt:1: \.\./\.\./outside\.txt cannot be included: the path leads out of the repository",
    ):
        load(tmp_path, source)


def test_a_path_input_is_read_from_this_disk(repository, tmp_path):
    flake_lock(tmp_path, type="path", path="./repository")
    provided = load(tmp_path, HostFlakeInput(flake_input="app", path="uv.lock"))
    assert versions(provided)["helper"] == "1.0"
    assert provided.source == Source(kind="uv-lock", location="uv.lock", flake_input="app")


def test_a_file_the_repository_does_not_hold_is_refused_by_name(repository, tmp_path):
    commit = git(repository, "rev-parse", "HEAD")
    flake_lock(tmp_path, type="git", url=f"file://{repository}", rev=commit)
    with pytest.raises(InputError) as caught:
        load(tmp_path, HostFlakeInput(flake_input="app", path="poetry.lock"))
    assert str(caught.value).startswith("app:poetry.lock: there is no such file\n  help: ")


def test_without_a_flake_lock_there_is_no_input(tmp_path):
    with pytest.raises(InputError, match=r"flake\.lock: there is no such file"):
        load(tmp_path, HostFlakeInput(flake_input="app", path="uv.lock"))


def test_without_a_source_nothing_is_provided_and_a_warning_says_so(tmp_path):
    provided = load(tmp_path, None)
    assert provided.packages == {LINUX: {}}
    assert provided.source == Source(kind="none")
    (warning,) = provided.warnings
    assert warning.startswith("plugins.toml:3: [host] names no lock, environment or requirement: nothing counts as")
    assert provided.ships(LINUX, "host-app")


def test_a_requirement_is_resolved_by_whom_the_caller_names(tmp_path):
    asked = []

    def resolve(requirement, targets):
        asked.append((str(requirement), targets.systems(targets.all)))
        return {LINUX: {"host-app": "1.9", "net": "3.1"}}

    source = HostRequirement(requirement=Requirement("host-app[web]==1.9"))
    config = host(source, extras=["more"])
    provided = reader.load(config, targets(LINUX), tmp_path, resolve_requirement=resolve)
    assert asked == [("host-app[more,web]==1.9", (LINUX,))]
    assert versions(provided) == {"host-app": "1.9", "net": "3.1"}
    assert provided.version == "1.9"
    assert provided.source == Source(kind="requirement", location="host-app[web]==1.9")


def test_a_requirement_has_no_dependency_groups(tmp_path):
    config = host(HostRequirement(requirement=Requirement("host-app")), groups=["dev"])
    with pytest.raises(InputError) as caught:
        reader.load(config, targets(LINUX), tmp_path, resolve_requirement=lambda *_: {})
    assert (caught.value.problems[0].line, caught.value.problems[0].key) == (3, "host.dependency-groups")


def test_a_requirement_without_anyone_to_resolve_it_is_refused(tmp_path):
    with pytest.raises(InputError, match="only a run that may ask the index can resolve"):
        load(tmp_path, HostRequirement(requirement=Requirement("host-app")))


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        (
            "host.lock",
            'version = 1\n\n[[package]]\nname = "host-app"\nversion = "1"\nsource = { virtual = "." }\n',
            "uv-lock",
        ),
        ("script.py.lock", 'version = 1\nrevision = 3\n[manifest]\nrequirements = [{ name = "a" }]\n', "uv-lock"),
        ("locked.toml", 'lock-version = "1.0"\ncreated-by = "x"\npackages = []\n', "pylock"),
        ("pins.in", "a==1\n", "requirements"),
        ("empty.txt", "", "requirements"),
    ],
)
def test_a_file_of_another_name_is_known_by_its_content(tmp_path, name, text, kind):
    assert load_text(tmp_path, name, text).source.kind == kind


@pytest.mark.parametrize(
    ("name", "help_text"),
    [
        ("poetry.lock", "export it: `poetry export --format requirements.txt`, and name that file"),
        ("Pipfile.lock", "export it: `pipenv requirements`, and name that file"),
        ("pdm.lock", "export it: `pdm export --format pylock`, and name that file"),
        ("pyproject.toml", "name the lock file beside it"),
        ("host.lock", "name a uv.lock, a pylock.toml, a pinned requirements.txt or a plugins.lock"),
    ],
)
def test_a_file_of_no_kind_we_read_is_refused_with_what_to_do(tmp_path, name, help_text):
    with pytest.raises(InputError) as caught:
        load_text(tmp_path, name, "[[package]]\n")
    assert caught.value.problems[0].code == "host-kind"
    assert caught.value.problems[0].remedy.startswith(help_text)


@pytest.mark.parametrize(("path", "code"), [("gone.txt", "host-missing-file"), ("folder", "host-directory")])
def test_a_path_that_is_no_file_is_refused(tmp_path, path, code):
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError) as caught:
        load_file(tmp_path, path)
    assert (caught.value.problems[0].code, caught.value.problems[0].path) == (code, path)


def test_a_file_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("resolver.hosts.files.MAX_BYTES", 10)
    with pytest.raises(InputError, match="larger than 10 bytes"):
        load_text(tmp_path, "requirements.txt", "a==1\n" * 10)


def test_what_is_provided_does_not_depend_on_the_hash_seed():
    code = (
        "from tests.resolver.hosts.settings import *\n"
        "print(load_file(HERMES, 'uv.lock', *SYSTEMS, name='hermes-agent', extras=['all', 'messaging']))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "TZ": zone, "PATH": ""},
            cwd=HERMES.parents[1],
            check=True,
            capture_output=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    ]
    assert runs[0] == runs[1]


def test_starting_imports_no_reader_that_is_not_needed():
    code = (
        "import sys, resolver.hosts.reader\n"
        "print(sorted({'packaging.pylock', 'subprocess', 'json', 'importlib.metadata'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-c",
            f"sys = __import__('sys'); sys.path.insert(0, {str(HERMES.parents[1])!r})\n{code}",
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "[]\n"


def test_a_host_file_may_stand_outside_the_folder_of_plugins_toml(tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "requirements.txt").write_text("a==1\n")
    provided = reader.load(host(HostFile(path="../requirements.txt")), targets(LINUX), tmp_path / "below")
    assert versions(provided) == {"a": "1"}
