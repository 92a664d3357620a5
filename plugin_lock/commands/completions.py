"""`plugin-lock completions`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plugin_lock.global_options import WithGlobalOptions

if TYPE_CHECKING:
    from plugin_lock.invocation import Invocation


# The backspace (click's mark for lines that stay as they are) has no place in a docstring.
HELP = """Write a shell's completion script.

Put it where the shell looks for such scripts:

\b
bash  ~/.local/share/bash-completion/completions/plugin-lock
zsh   a file named _plugin-lock in a folder of $fpath
fish  ~/.config/fish/completions/plugin-lock.fish
"""


@click.command("completions", cls=WithGlobalOptions, help=HELP)
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_obj
def command(run: Invocation, shell: str) -> int:
    """Run `plugin-lock completions`."""
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - asked for by a shell only

    from plugin_lock.command_group import commands  # noqa: PLC0415 - it imports this module
    from plugin_lock.running import COMPLETION_VARIABLE, PROGRAM  # noqa: PLC0415 - as above

    if run.json:
        raise click.UsageError("a completion script has no JSON form")
    kind = get_completion_class(shell)
    if kind is None:
        raise AssertionError(f"click completes no {shell}")
    click.echo(kind(commands, {}, PROGRAM, COMPLETION_VARIABLE).source())
    return 0
