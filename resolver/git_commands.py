"""Runs git with nothing of the user's settings: no configuration, hooks, helpers, filters or prompts but ours.

A command may use the one transport that the repository's address names, so that no redirect and no file inside the
repository can lead to another.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from typing import TYPE_CHECKING

from lock.errors import Problem, WorldError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

TIMEOUT = 600.0
"""Seconds one git command may take."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_REDIRECT = re.compile(r"The requested URL returned error: 30[12378]\b")
_SCHEME = re.compile(r"(https?|ssh|file)://")
_SCP_LIKE = re.compile(r"[A-Za-z0-9_.@-]+:(?!/?/).*")
SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.autocrlf=false",
    "core.eol=lf",
    "core.symlinks=true",
    "core.fileMode=true",
    "protocol.allow=never",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    # A server could lead to an address inside of the user's network, and curl would send it netrc's password.
    "http.followRedirects=false",
    "http.lowSpeedLimit=1",
    "http.lowSpeedTime=60",
    "gc.auto=0",
    "maintenance.auto=false",
    "advice.detachedHead=false",
)
# Where a user's git finds its transport, not what it does.
_KEPT_VARIABLES = frozenset({"GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_EXEC_PATH"})


class GitFailedError(WorldError):
    """git ended with an error; `said` is all it wrote, for code that tells kinds of failure apart."""

    def __init__(self, problem: Problem, said: str) -> None:
        super().__init__(problem)
        self.said = said


class Git:
    """git in one repository of our own, whose objects come from `url`; `what` names it in messages."""

    def __init__(self, directory: Path | None, url: str, *, what: str | None = None, timeout: float = TIMEOUT) -> None:
        self._directory = directory
        self._url = url
        self._what = what or url
        self._timeout = timeout

    def run(
        self,
        *arguments: str,
        settings: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        remote: bool = False,
    ) -> bytes:
        """Run a command and return what it printed; only with `remote` may it use the network.

        Raises `GitFailedError` where git fails, `WorldError` where it is absent or does not answer in time.
        """
        # Without `remote` git could still go and fetch what a partial clone lacks.
        allowed = (f"protocol.{protocol(self._url)}.allow=always",) if remote else ()
        options = [part for setting in (*SETTINGS, *allowed, *settings) for part in ("-c", setting)]
        place = [f"--git-dir={self._directory}"] if self._directory is not None else []
        command = ["git", *options, *place, "--literal-pathspecs", *arguments]
        lazily = {"GIT_NO_LAZY_FETCH": "0" if remote else "1"}
        code, out, said = self._finished(command, {**clean_environment(), **lazily, **(environment or {})})
        if code != 0:
            text = said.decode("utf-8", "replace")
            raise GitFailedError(self._failure(text), text)
        return out

    def _finished(self, command: list[str], environment: dict[str, str]) -> tuple[int, bytes, bytes]:
        try:
            process = subprocess.Popen(  # noqa: S603 - no shell; URLs and commits are checked by grammar before
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            message = "git is not installed, and a repository is to be read"
            raise WorldError(Problem(code="git-missing", message=message, remedy="install git")) from error
        with process:
            try:
                out, said = process.communicate(timeout=self._timeout)
            except subprocess.TimeoutExpired as error:
                _end(process)
                message = f"git did not answer within {self._timeout:g} seconds for {self._url}"
                raise WorldError(Problem(code="git-timeout", message=message, remedy="try again later")) from error
            except BaseException:
                _end(process)
                raise
        return process.returncode, out, said

    def _failure(self, said: str) -> Problem:
        lines = [line for line in said.splitlines() if line.strip()]
        # The first fatal line is the cause; those after it are consequences.
        cause = next((line for line in lines if line.startswith("fatal:")), lines[-1] if lines else "no reason given")
        if _REDIRECT.search(cause):
            message = f"git could not read {self._what}: the server redirects to another address, which is not followed"
            remedy = f"if that is to be trusted, name the repository by it; `git ls-remote {self._url}` shows it"
            return Problem(code="git-redirect", message=message, remedy=remedy)
        reason = _CONTROL.sub("?", _unsaid(cause.removeprefix("fatal:").strip()))[:500]
        message = f"git could not read {self._what}: {reason}"
        remedy = "check the address, your access to it (netrc, ssh agent) and the network"
        return Problem(code="git-failed", message=message, remedy=remedy)


def protocol(url: str) -> str:
    """Return the one transport an address may use, `https`, `http`, `ssh` or `file`; `none` for others."""
    match = _SCHEME.match(url)
    if match is not None:
        return match[1]
    return "ssh" if "://" not in url and "::" not in url and _SCP_LIKE.fullmatch(url) else "none"


def clean_environment() -> dict[str, str]:
    """Return the environment without what would change git's doing; it asks nobody for a password.

    Nor does git learn those of indexes, which stand in variables of ours, of uv and of pip.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GIT_", "PLUGIN_LOCK_", "UV_", "PIP_")) or name in _KEPT_VARIABLES
    }
    if "GIT_SSH" not in kept:
        kept.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
    return {
        **kept,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "SSH_ASKPASS": "",
        "GIT_OPTIONAL_LOCKS": "0",
        "LC_ALL": "C",
    }


def _unsaid(said: str) -> str:
    """Return git's words, in which a server may have repeated what curl took from netrc, without that."""
    from resolver.index.credentials import netrc_secrets  # noqa: PLC0415 - only for an error

    for secret in netrc_secrets(os.environ):
        said = said.replace(secret, "…")
    return said


def _end(process: subprocess.Popen[bytes]) -> None:
    """End git and what it started: its transport runs on otherwise, and holds the pipes open."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
