"""The system's keyring: through the keyring library where it is installed, else through its command."""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib.util import find_spec
from typing import TYPE_CHECKING

from resolver.index.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from resolver.index.credentials import Keyring

_COMMAND_SECONDS = 60


def system_keyring(environ: Mapping[str, str], notes: list[str]) -> Keyring:
    """Choose how to reach the keyring; `notes` takes what a user should know when no password was found."""
    if find_spec("keyring") is not None:
        return _Library(notes)
    command = shutil.which("keyring", path=environ.get("PATH"))
    if command is not None:
        return _Command(command, environ, notes)
    notes.append("keyring is not installed")
    return _Nothing()


class _Nothing:
    place = "no keyring"

    def find(self, service: str, username: str | None) -> Credentials | None:
        del service, username
        return None


class _Library:
    place = "the keyring library"

    def __init__(self, notes: list[str]) -> None:
        self._notes = notes

    def find(self, service: str, username: str | None) -> Credentials | None:
        import keyring  # noqa: PLC0415 - an optional dependency
        import keyring.errors  # noqa: PLC0415 - as above

        try:
            found = keyring.get_credential(service, username)
        except keyring.errors.KeyringError as error:
            # Only the kind: a backend's message may quote what it holds.
            note = f"the keyring failed ({type(error).__name__})"
            if note not in self._notes:
                self._notes.append(note)
            return None
        if found is None or found.password is None:
            return None
        return Credentials(found.username or username or "", found.password)


class _Command:
    place = "the keyring command"

    def __init__(self, command: str, environ: Mapping[str, str], notes: list[str]) -> None:
        self._command = command
        self._environ = dict(environ)
        self._notes = notes

    def find(self, service: str, username: str | None) -> Credentials | None:
        if username is not None:
            password = self._run("get", service, username)
            return Credentials(username, password) if password else None
        answer = self._run("--mode", "creds", "--output", "json", "get", service)
        try:
            found = json.loads(answer) if answer else None
        except ValueError:
            found = None
        if not isinstance(found, dict) or not isinstance(found.get("password"), str):
            return None
        return Credentials(str(found.get("username") or ""), found["password"])

    def _run(self, *arguments: str) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - the user's own keyring, no shell in between
                [self._command, *arguments],
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=_COMMAND_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            self._notes.append(f"the keyring command failed ({type(error).__name__})")
            return ""
        return done.stdout.decode("utf-8", "replace").strip("\r\n") if done.returncode == 0 else ""
