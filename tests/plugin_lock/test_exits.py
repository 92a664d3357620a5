"""Exit codes and streams of real processes: errors, interrupts, closed pipes, full disks."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from lock.errors import InputError, LockError, Problem, ResolutionError, WorldError
from plugin_lock.failures import exit_code_for
from plugin_lock.invocation import Invocation

if TYPE_CHECKING:
    from tests.plugin_lock.conftest import Demo


def test_results_go_to_stdout_and_nothing_to_stderr(locked: Demo) -> None:
    ran = locked.process("check")
    assert (ran.code, ran.out, ran.err) == (0, "plugins.lock is in order: 1 plugin, 2 packages\n", "")


def test_no_command_shows_the_help_on_stderr(demo: Demo) -> None:
    ran = demo.process()
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("Usage: plugin-lock [OPTIONS] COMMAND")


def test_help_and_version_go_to_stdout(demo: Demo) -> None:
    for option in ("--help", "-h", "--version", "-V"):
        ran = demo.process(option)
        assert (ran.code, ran.err) == (0, "")
        assert "plugin-lock" in ran.out


def test_wrong_use_is_2(demo: Demo) -> None:
    ran = demo.process("lock", "--frobnicate")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: No such option")


def test_an_unreachable_index_is_3(demo: Demo) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    demo.manifest.write_text(demo.manifest.read_text().replace(demo.index.url, f"http://127.0.0.1:{port}/simple/"))
    ran = demo.process("lock")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("error: ")
    assert "Traceback" not in ran.err
    assert not demo.lock.exists()


def test_errors_are_json_on_stdout_where_json_was_asked_for(demo: Demo) -> None:
    for arguments in (("--json", "chekc"), ("tree", "--json"), ("lock", "--nope", "--json")):
        ran = demo.process(*arguments)
        assert ran.err == ""
        assert ran.json["schema"] == "plugin-lock/error/1"
        assert ran.json["exit_code"] == ran.code != 0
        (problem,) = ran.json["problems"]
        assert list(problem) == ["code", "message", "path", "line", "key", "remedy"]


def test_colours_follow_the_environment(locked: Demo) -> None:
    assert "\x1b" not in locked.process("tree").out
    assert "\x1b[1malpha-plugin\x1b[0m" in locked.process("tree", environ={"FORCE_COLOR": "1"}).out
    assert "\x1b" not in locked.process("tree", environ={"FORCE_COLOR": "1", "NO_COLOR": "1"}).out
    assert "\x1b" in locked.process("tree", "--color", "always", environ={"NO_COLOR": "1"}).out


def test_a_terminal_gets_colours_unless_it_says_no(locked: Demo) -> None:
    def on_a_terminal(environ: dict[str, str]) -> str:
        ours, theirs = os.openpty()
        with locked.start("tree", environ={"TERM": "xterm", **environ}, stdout=theirs) as process:
            os.close(theirs)
            process.communicate(timeout=60)
        with os.fdopen(ours, "rb", buffering=0) as screen:
            return screen.read(65536).decode()

    assert "\x1b[1malpha-plugin\x1b[0m" in on_a_terminal({})
    assert "\x1b" not in on_a_terminal({"NO_COLOR": "1"})


def test_an_encoding_without_box_drawing_gets_plain_strokes(locked: Demo) -> None:
    ran = locked.process("tree", environ={"PYTHONIOENCODING": "ascii"})
    assert ran.code == 0
    assert "`-- shared v1.5\n" in ran.out


def test_a_pipe_that_nobody_reads_is_quiet(locked: Demo) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    for arguments in (("tree",), ("tree", "--json"), ("--help",)):
        with locked.start(*arguments, stdout=theirs) as process:
            _, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (141, "")
    os.close(theirs)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_under_stdout_is_3_and_said(locked: Demo) -> None:
    with Path("/dev/full").open("w") as full:
        ran = locked.process("tree", stdout=full)
    assert ran.code == 3
    assert ran.err.startswith("error: No space left on device\n")
    assert "Exception" not in ran.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_what_a_full_disk_keeps_from_json_is_said_on_stderr(locked: Demo) -> None:
    with Path("/dev/full").open("w") as full:
        ran = locked.process("tree", "--json", stdout=full)
    assert (ran.code, ran.err.splitlines()[0]) == (3, "error: No space left on device")


def test_a_closed_stdout_is_no_traceback(locked: Demo) -> None:
    ran = locked.process("tree", preexec_fn=lambda: os.close(1), stdout=None)
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("command", [("update",), ("add", "beta-plugin")])
def test_an_interrupt_is_130_and_leaves_the_files_whole(locked: Demo, command: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        text = locked.manifest.read_text()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/simple/"
        locked.manifest.write_text(text.replace(locked.index.url, address))
        before = locked.manifest.read_bytes(), locked.lock.read_bytes()
        process = locked.start(*command, "--refresh")
        try:
            connection, _ = silent.accept()
            with connection:
                connection.recv(1)  # now it waits for an answer that does not come
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=20)
        finally:
            process.kill()
            process.communicate()
    assert (process.returncode, out) == (130, "")
    assert err == "error: interrupted; plugins.toml and plugins.lock are whole\n"
    assert (locked.manifest.read_bytes(), locked.lock.read_bytes()) == before
    assert sorted(path.name for path in locked.folder.iterdir()) == ["plugins.lock", "plugins.toml", "requirements.txt"]


INTERRUPTED_WHILE_IMPORTING = """
import os, signal, sys

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "click":
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Finder())
sys.argv = ["plugin-lock", "lock"]
from plugin_lock.main import main
main()
"""


def test_an_interrupt_before_the_program_is_read_is_no_traceback(locked: Demo) -> None:
    command = [sys.executable, "-c", INTERRUPTED_WHILE_IMPORTING]
    ran = subprocess.run(command, cwd=locked.folder, env=locked.environ, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (130, "")
    assert ran.stderr == "error: interrupted; plugins.toml and plugins.lock are whole\n"


def test_an_interrupt_gives_the_terminal_back(locked: Demo) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/simple/"
        locked.manifest.write_text(locked.manifest.read_text().replace(locked.index.url, address))
        ours, theirs = os.openpty()
        process = locked.start("update", "--refresh", environ={"TERM": "xterm"}, stderr=theirs)
        os.close(theirs)
        try:
            connection, _ = silent.accept()
            with connection:
                connection.recv(1)
                shown = b""
                while b"resolving" not in shown:
                    shown += os.read(ours, 65536)
                process.send_signal(signal.SIGINT)
                process.wait(20)
        finally:
            process.kill()
            process.communicate()
            shown += os.read(ours, 65536)
            os.close(ours)
    assert process.returncode == 130
    hidden, visible = b"\x1b[?25l", b"\x1b[?25h"
    assert shown.rindex(visible) > shown.rindex(hidden)
    assert shown.endswith(b"interrupted; plugins.toml and plugins.lock are whole\r\n")


WARNED_BY_A_LIBRARY = """
import sys, warnings
import plugin_lock.running as running

def run(arguments, invocation):
    warnings.warn("System time is way off")
    return 0

running.run = run
running.run_process()
"""


@pytest.mark.parametrize(("options", "shown"), [((), False), (("-W", "default"), True)])
def test_what_libraries_warn_programmers_of_is_kept_from_users(options: tuple[str, ...], *, shown: bool) -> None:
    command = [sys.executable, *options, "-c", WARNED_BY_A_LIBRARY]
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"}
    ran = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert ("System time is way off" in ran.stderr) == shown


PROBLEM = Problem(code="x", message="text")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError(PROBLEM), 2),
        (LockError(PROBLEM), 1),
        (ResolutionError(PROBLEM), 1),
        (WorldError(PROBLEM), 3),
        (click.UsageError("text"), 2),
        (click.BadParameter("text"), 2),
        (KeyboardInterrupt(), 130),
        (OSError(28, "No space left on device", "plugins.lock"), 3),
        (EOFError("text"), 3),
        (RecursionError("text"), 3),
    ],
)
def test_every_exception_has_its_exit_code(error: BaseException, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_for(error, Invocation(), ()) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")


def test_an_unexpected_error_asks_for_a_report_and_tells_no_secret(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLUGIN_LOCK_TRACEBACK", raising=False)
    with pytest.raises(KeyError) as caught:
        dict[str, str]()["https://user:password@index.example"]
    assert exit_code_for(caught.value, Invocation(), ()) == 3
    err = capsys.readouterr().err
    assert "KeyError at test_exits.py:" in err
    assert "PLUGIN_LOCK_TRACEBACK=1" in err
    assert "password" not in err
    assert "Traceback" not in err


def test_the_traceback_is_there_for_those_who_ask(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUGIN_LOCK_TRACEBACK", "1")
    assert exit_code_for(KeyError("key"), Invocation(), ()) == 3
    assert "KeyError: 'key'" in capsys.readouterr().err


def test_the_entry_point_is_the_same_program(demo: Demo) -> None:
    code = "import sys; sys.argv = ['plugin-lock', 'chekc']; from plugin_lock.main import main; main()"
    ran = subprocess.run([sys.executable, "-c", code], env=demo.environ, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "Did you mean 'check'?" in ran.stderr
