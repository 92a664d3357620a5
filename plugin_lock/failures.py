"""What every exception means to the caller: a text on stderr (or JSON on stdout) and an exit code."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lock.errors import PluginLockError, Problem
from plugin_lock.early_interrupts import INTERRUPTED, MESSAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plugin_lock.invocation import Invocation

WRONG_USE = 2
WORLD_FAILED = 3
UNEXPECTED = 3
"""Neither a finding nor wrong use: whoever runs this in a script must not take it for either."""
OUTPUT_CLOSED = 141
"""128 + SIGPIPE, as a shell reports it."""
TRACEBACK_VARIABLE = "PLUGIN_LOCK_TRACEBACK"


def exit_code_for(error: BaseException, invocation: Invocation, arguments: Sequence[str]) -> int:
    """Report an exception, with its traceback where PLUGIN_LOCK_TRACEBACK asks for it; return its exit code."""
    if isinstance(error, BrokenPipeError):
        _forget_output()
        return OUTPUT_CLOSED
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return WRONG_USE
    code, problems = _meaning(error)
    if os.environ.get(TRACEBACK_VARIABLE) and code != INTERRUPTED and not isinstance(error, click.ClickException):
        from traceback import print_exception  # noqa: PLC0415 - only for a bug

        print_exception(error)
    try:
        _report(code, problems, invocation, arguments)
    except BrokenPipeError:
        _forget_output()
    except OSError:
        _report_on_stderr(problems, invocation)
        _forget_output()
    return code


def _meaning(error: BaseException) -> tuple[int, tuple[Problem, ...]]:
    if isinstance(error, PluginLockError):
        return error.exit_code, error.problems
    if isinstance(error, click.ClickException):
        return WRONG_USE, (_wrong_use(error),)
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED, (Problem(code="interrupted", message=MESSAGE),)
    if isinstance(error, OSError):
        return WORLD_FAILED, (_system_failure(error),)
    return UNEXPECTED, (_unexpected(error),)


def _wrong_use(error: click.ClickException) -> Problem:
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context else "plugin-lock"
    return Problem(code="usage", message=error.format_message(), remedy=f"run `{command} --help`")


def _system_failure(error: OSError) -> Problem:
    return Problem(
        code="system",
        message=error.strerror or type(error).__name__,
        path=str(error.filename) if error.filename is not None else None,
        remedy="check the disk, its space and its permissions, then run the command again",
    )


def _unexpected(error: BaseException) -> Problem:
    # The exception's own text may hold an address with a password; its type and place are enough to find it by.
    from traceback import extract_tb  # noqa: PLC0415 - only for a bug

    frames = extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return Problem(
        code="unexpected",
        message=f"plugin-lock met an error it does not know: {type(error).__name__}{place}",
        remedy=f"this is a bug: report it with what the same command shows under {TRACEBACK_VARIABLE}=1",
    )


def _report(code: int, problems: tuple[Problem, ...], invocation: Invocation, arguments: Sequence[str]) -> None:
    terminal = invocation.terminal
    # Wrong use may stop the parser before it comes to --json.
    if invocation.json or "--json" in arguments:
        from plugin_lock.json_shapes import error_shape  # noqa: PLC0415 - only runs with --json need it

        terminal.json(error_shape(code, problems))
        if sys.stdout is not None:
            sys.stdout.flush()
        return
    for problem in problems:
        terminal.error(problem)


def _report_on_stderr(problems: tuple[Problem, ...], invocation: Invocation) -> None:
    """Say on stderr what a full disk kept from stdout; where stderr fails too, the exit code is all that is left."""
    with suppress(OSError):
        for problem in problems:
            invocation.terminal.error(problem)


def _forget_output() -> None:
    """Point stdout and stderr nowhere, so that the interpreter's last flush has nothing to complain of."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
