"""The files of a directory plugin's unpacked tree: regular ones inside it, of bounded size, and nothing else.

The tree is foreign.  A link may point at a file of this machine, whose content would then stand in an error message
or in plugins.lock; a pipe would block for ever.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NoReturn

from lock.errors import InputError, Problem, WorldError

MAX_MANIFEST = 64 * 1024
"""Bytes of a manifest; real ones have some hundreds."""

MAX_PYPROJECT = 256 * 1024
"""Bytes of a pyproject.toml."""

MAX_SOURCE = 1024 * 1024
"""Bytes of an `__init__.py`."""


class PluginFolder:
    """The folder of one directory plugin; `shown` is how messages name it (`plugins/notes`, `weather`)."""

    def __init__(self, path: Path, shown: str) -> None:
        self.root = Path(os.path.realpath(path))
        self._shown = shown

    def shown(self, name: str) -> str:
        """Return how messages name a file of this folder."""
        return f"{self._shown}/{name}" if self._shown else name

    def has(self, name: str) -> bool:
        """Tell whether there is anything of this name, be it a link that leads nowhere."""
        return os.path.lexists(self.root / name)

    def find(self, name: str) -> Path | None:
        """Return the real path of a regular file, None where there is nothing of this name.

        Raises `InputError` for a link that leads nowhere or out of the folder, and for what is no regular file.
        """
        if not self.has(name):
            return None
        try:
            real = Path(os.path.realpath(self.root / name, strict=True))
            mode = real.stat().st_mode
        except OSError:
            self._refuse(name, "it is a link that leads nowhere", "put the file itself there")
        if not real.is_relative_to(self.root):
            self._refuse(name, "it is a link that leads out of the plugin's folder", "put the file itself there")
        if not stat.S_ISREG(mode):
            self._refuse(name, "it is not a regular file", "put a file there, or take it away")
        return real

    def text(self, name: str, limit: int) -> str | None:
        """Return a file's text without a byte order mark, its line ends made plain; None where there is no such file.

        Raises `InputError` for more than `limit` bytes or for what is not UTF-8, `WorldError` where it cannot be read.
        """
        path = self.find(name)
        if path is None:
            return None
        try:
            with path.open("rb") as file:
                data = file.read(limit + 1)
        except OSError as error:
            reason = error.strerror or "unknown reason"
            problem = Problem(code="cannot-read", message=f"cannot be read: {reason}", path=self.shown(name))
            raise WorldError(problem) from error
        if len(data) > limit:
            self._refuse(name, f"it is larger than {limit // 1024} KiB", "no such file needs to be", code="too-large")
        try:
            return data.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            self._refuse(name, "it is not UTF-8", "save it as UTF-8", line=data.count(b"\n", 0, error.start) + 1)

    def _refuse(
        self, name: str, message: str, remedy: str, *, code: str = "directory-file", line: int | None = None
    ) -> NoReturn:
        raise InputError(Problem(code=code, message=message, path=self.shown(name), line=line, remedy=remedy))
