"""Names for shell completion, read from the project's own files and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugin_lock.invocation import Invocation

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import click
    from click.shell_completion import CompletionItem


def complete_plugins(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the names in `[plugins]`, without those already on the line."""
    given = context.params.get(parameter.name or "") or ()
    plugins = _tables(context, "plugins.toml").get("plugins")
    return _matching((name for name in plugins if name not in given) if isinstance(plugins, dict) else (), incomplete)


def complete_packages(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the names of the packages in plugins.lock."""
    packages = _tables(context, "plugins.lock").get("packages")
    entries = packages if isinstance(packages, list) else []
    return _matching((str(entry.get("name", "")) for entry in entries if isinstance(entry, dict)), incomplete)


def _matching(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem  # noqa: PLC0415 - asked for by a shell only

    # The shell reads one name a line: one with a blank or a line end in it would become several words.
    fit = {name for name in names if name.startswith(incomplete) and name.isprintable() and " " not in name}
    return [CompletionItem(name) for name in sorted(fit) if name]


def _tables(context: click.Context, file_name: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - only a completion reads files this way

    path = _file(context.ensure_object(Invocation), file_name)
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # Somebody is typing: a file that cannot be read has no names to offer, and no place to complain.
        return {}


def _file(run: Invocation, file_name: str) -> Path | None:
    if run.manifest is not None:
        return run.manifest if file_name == "plugins.toml" else run.manifest.with_name(file_name)
    start = run.directory.absolute()
    folder = next((folder for folder in (start, *start.parents) if (folder / "plugins.toml").is_file()), None)
    return folder / file_name if folder else None
