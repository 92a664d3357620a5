"""Runs one command and turns whatever happens into an exit code."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from typing import TYPE_CHECKING

import click

from plugin_lock.command_group import commands
from plugin_lock.early_interrupts import INTERRUPTED
from plugin_lock.failures import exit_code_for
from plugin_lock.interrupts import Interrupts
from plugin_lock.invocation import Invocation

if TYPE_CHECKING:
    from collections.abc import Sequence

PROGRAM = "plugin-lock"
COMPLETION_VARIABLE = "_PLUGIN_LOCK_COMPLETE"
"""Set by the scripts that `plugin-lock completions` writes."""


def run_process() -> None:
    """Run on this process's arguments and exit."""
    # What libraries warn programmers of helps no user; `python -W` and PYTHONWARNINGS still show it.
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    arguments = sys.argv[1:]
    invocation = Invocation()

    def give_up() -> int:
        invocation.hide_progress()
        return exit_code_for(KeyboardInterrupt(), invocation, arguments)

    interrupts = Interrupts(give_up)
    try:
        code = run(arguments, invocation)
    finally:
        interrupts.ended()
    if code == INTERRUPTED:
        # The interpreter's own end would wait for threads that still wait for the network.
        os._exit(code)
    # What is left needs no search for cycles either: the system takes it all back at once.
    gc.freeze()
    sys.exit(code)


def run(arguments: Sequence[str], invocation: Invocation | None = None) -> int:
    """Run on these arguments and return the exit code; raises nothing."""
    invocation = invocation or Invocation()
    try:
        code = _dispatch(list(arguments), invocation)
        # A full disk or a closed pipe shows itself here, not at the interpreter's end where nobody can say so.
        if sys.stdout is not None:
            sys.stdout.flush()
    except BaseException as error:  # noqa: BLE001 - the one place where exceptions become exit codes
        return exit_code_for(error, invocation, arguments)
    return code


def _dispatch(arguments: list[str], invocation: Invocation) -> int:
    instruction = os.environ.get(COMPLETION_VARIABLE)
    if instruction:
        from click.shell_completion import shell_complete  # noqa: PLC0415 - asked for by a shell only

        return shell_complete(commands, {"obj": invocation}, PROGRAM, COMPLETION_VARIABLE, instruction)
    # Not click's own `main`: it has exit codes and texts of its own for interrupts, closed pipes and end of file.
    try:
        with commands.make_context(PROGRAM, arguments, obj=invocation) as context:
            return int(commands.invoke(context))
    except click.exceptions.Exit as done:
        return done.exit_code
