"""The program's commands: their names and one line of help each; a command's module is imported when it is used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

import click

from plugin_lock.global_options import WithGlobalOptions

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# In the order of a project's life.  A module holds its command as `command`.
COMMANDS = {
    "init": "Write a plugins.toml to begin with.",
    "add": "Add plugins to plugins.toml and lock them.",
    "remove": "Remove plugins from plugins.toml and from the lock.",
    "lock": "Write plugins.lock, changing as little as can be.",
    "update": "Lock the newest versions of all plugins, or of some.",
    "check": "Check plugins.lock against its rules and plugins.toml.",
    "verify": "Fetch everything that is locked again, and compare.",
    "audit": "Report known vulnerabilities of what is locked.",
    "host": "Show what the host provides.",
    "tree": "Show what each plugin needs.",
    "build": "Build the plugin environment with Nix.",
    "completions": "Write a shell's completion script.",
}


class LazyGroup(WithGlobalOptions, click.Group):
    """The group of all commands, which knows their names without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return all names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import a command, None where there is none of the name."""
        if cmd_name not in COMMANDS:
            return None
        return cast("click.Command", import_module(f"plugin_lock.commands.{cmd_name}").command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, naming the nearest one where the name is unknown.  Raises `click.UsageError`."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise click.UsageError(unknown_command(args[0]), ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """List all commands, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a command's name, importing none."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - asked for by a shell only

        names = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        return names if not incomplete.startswith("-") else click.Command.shell_complete(self, ctx, incomplete)


def unknown_command(name: str) -> str:
    """Say that there is no such command, and which one was probably meant."""
    from difflib import get_close_matches  # noqa: PLC0415 - needed only once something is wrong

    near = get_close_matches(name.lower(), COMMANDS, n=1, cutoff=0.5)
    known = f"Did you mean {near[0]!r}?" if near else f"The commands are {', '.join(COMMANDS)}."
    return f"No such command {name!r}. {known}"


def _show_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if not value or ctx.resilient_parsing:
        return
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - slow to import, seldom asked for

    try:
        click.echo(f"plugin-lock {version('plugin-lock')}")
    except PackageNotFoundError:
        click.echo("plugin-lock, run from a checkout that is not installed")
    ctx.exit()


@click.group(cls=LazyGroup, name="plugin-lock", context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    "-V",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and exit.",
)
def commands() -> None:
    """Lock the plugins of a Python program on Nix.

    Decides at development time which plugins go together with what the host ships, and writes every file with its
    hash to plugins.lock, from which Nix builds the plugin environment with no further decision.
    """
