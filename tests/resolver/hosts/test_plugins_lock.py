"""Another plugins.lock as the host's file: what it locks and what it relies on."""

from __future__ import annotations

import pytest

from lock.errors import InputError, LockError
from tests.resolver.hosts.settings import DATA, LINUX, load_file, load_text, versions

FOLDER = DATA.parent / "locks"
ARM = "aarch64-linux"
HOST = "example-host"


def test_its_packages_and_what_they_rely_on_are_shipped_per_system():
    provided = load_file(FOLDER, "good.lock", LINUX, ARM, name=HOST)
    on_linux, on_arm = versions(provided), versions(provided, ARM)
    assert (on_linux["helper"], on_arm["helper"]) == ("2.0", "1.0")
    assert "fast-loop" not in on_arm
    assert (on_linux["httpx"], on_linux["uvloop"]) == ("0.28.1", "0.22.1")
    assert "uvloop" not in on_arm
    assert provided.source.kind == "plugins-lock"


def test_the_host_of_that_lock_is_shipped_too():
    provided = load_file(FOLDER, "good.lock", name=HOST)
    assert provided.version == versions(provided)[HOST] == "0.17.0"


def test_a_host_of_another_name_is_shipped_beside_the_host_of_that_lock():
    provided = load_file(FOLDER, "good.lock", name="on-top")
    assert provided.version is None
    assert versions(provided)[HOST] == "0.17.0"
    assert provided.unversioned[LINUX] == {"on-top": "[host]"}


def test_a_warning_says_that_this_is_not_all_the_host_ships():
    warnings = load_file(FOLDER, "good.lock", name=HOST, extras=["all"]).warnings
    assert warnings == (
        "good.lock names of its own host only what its plugins rely on; the host may ship more",
        "good.lock: extras and groups of [host] choose nothing in a plugins.lock",
    )


def test_a_lock_for_other_targets_is_refused():
    with pytest.raises(InputError) as caught:
        load_file(FOLDER, "good.lock", LINUX, "x86_64-darwin", name=HOST, python="3.13")
    assert [problem.message for problem in caught.value.problems] == [
        "this lock is not for x86_64-darwin",
        "this lock is for Python 3.12, and [host] says 3.13",
    ]


def test_a_damaged_lock_is_refused_by_its_own_rules(tmp_path):
    text = (FOLDER / "good.lock").read_text(encoding="utf-8").replace("sha256 =", "md5 =", 1)
    with pytest.raises(LockError) as caught:
        load_text(tmp_path, "plugins.lock", text)
    assert caught.value.problems[0].path == "plugins.lock"
