"""What can go wrong, as values: every error says what, where, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong.

    `path` is the file as the user named it, `line` is 1-based, `key` is the dotted path inside the file
    (`packages[3].wheels[0].url`), `remedy` is what to do next.  `code` is a stable word for programs.
    """

    code: str
    message: str
    path: str | None = None
    line: int | None = None
    key: str | None = None
    remedy: str | None = None

    def __str__(self) -> str:
        where = self.path or ""
        if where and self.line is not None:
            where += f":{self.line}"
        text = f"{where}: {self.message}" if where else self.message
        if self.remedy:
            text += f"\n  help: {self.remedy}"
        return text


class PluginLockError(Exception):
    """The base of every error a user is meant to see; `problems` is never empty."""

    exit_code = 2

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class InputError(PluginLockError):
    """Wrong use: plugins.toml, a host file or an argument cannot be understood.  Exit code 2."""

    exit_code = 2


class LockError(PluginLockError):
    """A lock that cannot be read or breaks a rule of the format.  Exit code 1: a finding."""

    exit_code = 1


class ResolutionError(PluginLockError):
    """The plugins cannot live together with the host.  Exit code 1: a finding."""

    exit_code = 1


class WorldError(PluginLockError):
    """The network, the disk or another program failed.  Exit code 3."""

    exit_code = 3
