"""The options every command takes, before its name or after it; the last one given counts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from plugin_lock.invocation import Invocation

if TYPE_CHECKING:
    from collections.abc import Iterator


class GlobalOption(click.Option):
    """An option whose value goes into the `Invocation`, not to the command's function."""


class WithGlobalOptions(click.Command):
    """A command that takes the global options and lists them apart from its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.extend(_options())

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse, then refuse global options that contradict each other."""
        rest = super().parse_args(ctx, args)
        if not ctx.resilient_parsing:
            ctx.ensure_object(Invocation).require_sense()
        return rest

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's own options, a group's commands, then the global options."""
        own: list[tuple[str, str]] = []
        everywhere: list[tuple[str, str]] = []
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                (everywhere if isinstance(parameter, GlobalOption) else own).append(record)
        for title, records in (("Options", own), ("Global options", everywhere)):
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)


def _remember(ctx: click.Context, parameter: click.Parameter, value: Any) -> Any:
    if parameter.name and ctx.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE:
        setattr(ctx.ensure_object(Invocation), parameter.name, value)
    return value


def _options() -> Iterator[GlobalOption]:
    def flag(*names: str, text: str) -> GlobalOption:
        return GlobalOption(names, is_flag=True, help=text, expose_value=False, callback=_remember)

    def value(*names: str, kind: click.ParamType[Any], metavar: str, text: str) -> GlobalOption:
        return GlobalOption(names, type=kind, metavar=metavar, help=text, expose_value=False, callback=_remember)

    file = click.Path(dir_okay=False, path_type=Path)
    existing_folder = click.Path(exists=True, file_okay=False, path_type=Path)
    folder = click.Path(file_okay=False, path_type=Path)
    yield value(
        "--project",
        "project_directory",
        kind=existing_folder,
        metavar="DIR",
        text="Look for plugins.toml in DIR and above it, not in the current folder.",
    )
    yield value("--manifest", kind=file, metavar="PATH", text="Use this plugins.toml.")
    yield flag("--offline", text="Use the cache only; what is not in it is an error.")
    yield flag("--refresh", text="Ask the indexes again, whatever the cache holds.")
    yield value("--cache-dir", kind=folder, metavar="DIR", text="Keep the cache in DIR.")
    yield flag("--json", text="Write results and errors as JSON to stdout.")
    yield value(
        "--color",
        kind=click.Choice(("auto", "always", "never")),
        metavar="WHEN",
        text="Use colours: auto, always or never. NO_COLOR and FORCE_COLOR are heeded.",
    )
    yield flag("--quiet", "-q", text="Show results that were asked for and errors only.")
    yield flag("--verbose", "-v", text="Show each step on stderr, and every package that changes.")
