"""One run of the command line: what its global options say, and what commands make of it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plugin_lock.terminal import Colour, Terminal

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from plugin_lock.progress import Live
    from resolver.operations.project import Project, Surroundings
    from resolver.progress import Progress


@dataclass(slots=True, kw_only=True)
class Invocation:
    """The values of the global options, filled in as they are parsed, wherever on the line they stand."""

    json: bool = False
    quiet: bool = False
    verbose: bool = False
    color: Colour = "auto"
    manifest: Path | None = None
    project_directory: Path | None = None
    offline: bool = False
    refresh: bool = False
    cache_dir: Path | None = None
    _live: Live | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def terminal(self) -> Terminal:
        """The streams, as these options want them."""
        return Terminal(os.environ, colour=self.color, quiet=self.quiet)

    @property
    def directory(self) -> Path:
        """The folder in which the run begins to look."""
        return self.project_directory or Path()

    def require_sense(self) -> None:
        """Refuse options that contradict each other.  Raises `click.UsageError`."""
        if self.quiet and self.verbose:
            raise click.UsageError("--quiet and --verbose contradict each other")
        if self.offline and self.refresh:
            raise click.UsageError("--offline and --refresh contradict each other")

    def project(self) -> Project:
        """Find the project.  Raises `InputError` where there is none."""
        from resolver.operations.project import find  # noqa: PLC0415 - not for help and completion

        return find(self.directory, manifest=self.manifest)

    def surroundings(self) -> Surroundings:
        """Gather what an operation may know of the world."""
        from resolver.operations.project import surroundings  # noqa: PLC0415 - not for help and completion

        return surroundings(os.environ, offline=self.offline, refresh=self.refresh, cache_dir=self.cache_dir)

    def progress(self) -> AbstractContextManager[Progress]:
        """Show progress on stderr while the context lasts: lines with --verbose, live on a terminal, else nothing."""
        from plugin_lock import progress  # noqa: PLC0415 - only long commands show progress

        if self.verbose:
            return progress.Lines(self.terminal)
        if not self.terminal.is_live:
            return progress.nothing()
        self._live = progress.Live()
        return self._live

    def hide_progress(self) -> None:
        """Wipe live progress, if any is shown; may be called from any thread."""
        if self._live is not None:
            self._live.hide()
