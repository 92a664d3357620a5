"""`plugin-lock verify` as a user runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.plugin_lock.test_documentation import assert_documented
from tests.servers.index_server import Fault, IndexServer
from tests.wheels import sha256_of, wheel_bytes

if TYPE_CHECKING:
    from tests.plugin_lock.conftest import Demo

ALPHA, SHARED = "alpha_plugin-1.0-py3-none-any.whl", "shared-1.5-py3-none-any.whl"


def changed(demo: Demo) -> tuple[str, str]:
    """Serve other bytes for a locked wheel; return the hash before and after."""
    (file,) = (file for file in demo.index.projects["shared"] if file.name == SHARED)
    old = sha256_of(file.data)
    file.data = wheel_bytes("shared", "1.5", files={"shared.py": "other = 1\n"})
    return old, sha256_of(file.data)


def test_a_lock_that_is_as_it_was_is_one_line_and_exit_0(locked: Demo) -> None:
    ran = locked.process("verify")
    assert (ran.code, ran.out, ran.err) == (0, "plugins.lock: 2 of 2 artifacts as locked\n", "")


def test_other_bytes_are_exit_1_with_what_where_and_what_to_do(locked: Demo) -> None:
    old, new = changed(locked)
    ran = locked.process("verify")
    assert ran.code == 1
    assert f"{SHARED} has sha256 {new}, and {old} is locked" in ran.out
    assert "plugin-lock update shared --accept-changed shared takes them" in ran.out
    assert ran.out.endswith("plugins.lock: 1 of 2 artifacts as locked, 1 finding\n")


def test_json_holds_the_findings_and_nothing_else_is_written(locked: Demo) -> None:
    locked.index.fail(f"{SHARED}$", Fault(status=404))
    ran = locked.process("verify", "--json")
    assert (ran.code, ran.err) == (1, "")
    assert_documented(ran.json, "verify")
    assert ran.json["status"] == "findings"
    assert [(found["outcome"], found["artifact"]) for found in ran.json["findings"]] == [("gone", SHARED)]
    assert ran.json["verified"] == 1


def test_what_cannot_be_told_offline_is_exit_2_and_a_warning(locked: Demo) -> None:
    for kept in locked.folder.parent.rglob(SHARED):
        kept.unlink()
    ran = locked.process("--offline", "verify")
    assert ran.code == 2
    assert ran.out == "plugins.lock: 1 of 2 artifacts as locked, 1 not looked at\n"
    assert f"{SHARED} is neither in the cache nor in the Nix store" in ran.err
    assert locked.process("--offline", "verify", "--json").json["status"] == "unknown"


def test_a_damaged_copy_is_told_with_its_place_and_not_as_a_change_on_the_server(locked: Demo) -> None:
    (kept,) = locked.folder.parent.rglob(SHARED)
    kept.write_bytes(b"damaged")
    ran = locked.process("--offline", "verify")
    assert ran.code == 1
    assert f"{kept}: this copy of {SHARED} is damaged" in ran.out
    assert "remove it; the next run with a network fetches it anew" in ran.out
    assert "server" not in ran.out
    found = locked.process("--offline", "verify", "--json").json["findings"]
    assert [each["outcome"] for each in found] == ["damaged"]


def test_a_server_that_fails_is_exit_3(locked: Demo) -> None:
    locked.index.fail(f"{SHARED}$", Fault(status=403))
    ran = locked.process("verify", "--json")
    assert (ran.code, ran.json["status"]) == (3, "failed")


def test_an_unreachable_mirror_is_one_error_and_exit_3(locked: Demo) -> None:
    with IndexServer() as gone:
        address = gone.url
    ran = locked.process("verify", "--mirror", address)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.count("the connection was refused") == 1
    as_json = locked.process("verify", "--mirror", address, "--json")
    assert as_json.code == 3
    assert_documented(as_json.json, "error")
    assert len(as_json.json["problems"]) == 1


def test_a_mirror_is_taken_in_place_of_the_index(locked: Demo) -> None:
    with IndexServer() as mirror:
        for name, files in locked.index.projects.items():
            for file in files:
                mirror.add(name, file)
        locked.index.fail("", Fault(status=500))
        assert locked.process("verify", "--mirror", mirror.url).code == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("verify", "../x"), '"../x" is neither a plugin nor a locked package'),
        (("verify", "shard"), "did you mean shared?"),
        (("--offline", "verify", "--mirror", "https://mirror.example/simple/"), "contradict each other"),
        (("verify", "--mirror", "mirror.example"), "the mirror: "),
    ],
    ids=["a path", "a near name", "offline with a mirror", "no address"],
)
def test_wrong_use_is_exit_2(locked: Demo, arguments: tuple[str, ...], told: str) -> None:
    ran = locked.process(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err


def test_what_is_typed_reaches_the_terminal_escaped(locked: Demo) -> None:
    ran = locked.process("verify", "\x1b[31mred\u202e")
    assert ran.code == 2
    assert "\x1b" not in ran.err
    assert "\u202e" not in ran.err


def test_without_a_lock_there_is_nothing_to_verify(demo: Demo) -> None:
    ran = demo.process("verify")
    assert ran.code == 1
    assert "there is no lock yet" in ran.err
    assert "run plugin-lock lock" in ran.err


def test_quiet_leaves_out_the_summary_and_keeps_the_findings(locked: Demo) -> None:
    ran = locked.process("--quiet", "verify")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    changed(locked)
    ran = locked.process("--quiet", "verify")
    assert ran.code == 1
    assert f"{SHARED} has sha256" in ran.out
    assert "artifacts as locked" not in ran.out


def test_colours_are_for_terminals_that_want_them(locked: Demo) -> None:
    changed(locked)
    coloured = locked.process("verify", environ={"FORCE_COLOR": "1"})
    plain = locked.process("verify", environ={"FORCE_COLOR": "1", "NO_COLOR": "1"})
    assert "\x1b[" in coloured.out
    assert "\x1b[" not in plain.out + plain.err


def test_names_limit_what_is_looked_at(locked: Demo) -> None:
    changed(locked)
    assert locked.process("verify", "Alpha_Plugin").out == "plugins.lock: 1 of 1 artifact as locked\n"
    assert locked.process("verify", "shared").code == 1
