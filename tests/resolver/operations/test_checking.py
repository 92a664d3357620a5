from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lock.errors import LockError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.projects import Workshop
    from tests.servers.index_server import IndexServer


def test_check_asks_no_index(workshop: Workshop, server: IndexServer) -> None:
    workshop.lock()
    server.requests.clear()
    workshop.check()
    assert server.requests == []


def test_check_without_a_lock_says_what_to_do(workshop: Workshop) -> None:
    with pytest.raises(LockError, match="there is no lock yet") as caught:
        workshop.check()
    assert caught.value.problems[0].remedy == "run plugin-lock lock"


def _add_plugin(workshop: Workshop) -> None:
    workshop.plugins["more"] = '"*"'


def _drop_plugin(workshop: Workshop) -> None:
    workshop.plugins.clear()


def _ask_for_more(workshop: Workshop) -> None:
    workshop.plugins["plug"] = '">=1"'


def _move_host(workshop: Workshop) -> None:
    workshop.host["web"] = "2.1"


def _drop_from_host(workshop: Workshop) -> None:
    workshop.host.clear()


def _ship_what_is_locked(workshop: Workshop) -> None:
    workshop.host["helper"] = "1.0"


def _change_python(workshop: Workshop) -> None:
    workshop.python = "3.13"


def _add_system(workshop: Workshop) -> None:
    workshop.systems = ("aarch64-darwin", *workshop.systems)


def _constrain(workshop: Workshop) -> None:
    workshop.settings = '[resolution]\nconstraints = ["helper<9"]'


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_add_plugin, "more is not locked yet"),
        (_drop_plugin, "plug is locked, but plugins.toml no longer names it"),
        (_ask_for_more, 'plug was locked for version "*", and plugins.toml asks for ">=1"'),
        (_move_host, "the host ships web 2.1 on aarch64-linux; the lock relies on 2.0"),
        (_drop_from_host, "the host no longer ships web on aarch64-linux; the lock relies on 2.0"),
        (_ship_what_is_locked, "the host now ships helper on aarch64-linux, which is locked as well"),
        (_change_python, 'the lock was made for [host].python = "3.12", not "3.13"'),
        (_add_system, "aarch64-darwin is not locked yet"),
        (_constrain, "[resolution].constraints changed since the lock was made"),
    ],
)
def test_whatever_changed_since_is_named(workshop: Workshop, change: Callable[[Workshop], None], message: str) -> None:
    workshop.lock()
    change(workshop)
    assert message in [problem.message for problem in workshop.check().problems]


def test_a_host_whose_versions_are_no_longer_known_is_told_as_such(workshop: Workshop) -> None:
    workshop.host_source = 'lock = "requirements.txt"\nversions = { the-host = "3.0" }'
    workshop.lock()
    assert workshop.check().problems == ()
    (workshop.root / "other.txt").write_text("web @ git+https://git.example/web@main\n", encoding="utf-8")
    workshop.host_source = 'lock = "other.txt"'
    messages = [problem.message for problem in workshop.check().problems]
    assert "the host is at an unknown version, the lock was made for 3.0" in messages
    assert "the host ships web at an unknown version on aarch64-linux; the lock relies on 2.0" in messages


def test_a_version_that_was_edited_alone_is_found(workshop: Workshop) -> None:
    workshop.lock()
    text = workshop.lock_path.read_text(encoding="utf-8").replace('\nversion = "1.0"', '\nversion = "1.1"', 1)
    workshop.lock_path.write_text(text, encoding="utf-8")
    with pytest.raises(LockError, match=r"helper-1\.0-py3-none-any\.whl is of version 1\.0, the entry of 1\.1"):
        workshop.check()


def test_an_address_on_a_host_that_plugins_toml_does_not_explain_is_found(workshop: Workshop) -> None:
    workshop.lock()
    text = workshop.lock_path.read_text(encoding="utf-8").replace(workshop.server.origin, "https://evil.example")
    workshop.lock_path.write_text(text, encoding="utf-8")
    found = [problem for problem in workshop.check().problems if problem.code == "rule-3-origin"]
    assert any("https://evil.example" in problem.message for problem in found)


def test_start_up_code_that_the_policy_no_longer_allows_is_found(workshop: Workshop, server: IndexServer) -> None:
    server.add_wheel("helper", "1.1", files={"helper.py": "", "helper.pth": "import helper\n"})
    workshop.settings = '[policy]\nallow-startup-code = { helper = "it only sets a flag" }'
    workshop.lock()
    assert workshop.check().problems == ()
    workshop.settings = ""
    assert [problem.code for problem in workshop.check().problems] == ["outdated", "startup-code"]
