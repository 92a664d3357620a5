"""Secrets that are planted, and a search for them in everything a run leaves behind."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import sys
import tempfile
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from click.testing import CliRunner

from tests.plugin_lock.conftest import Program, Ran

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

USER = "ada"
PASSWORD = "canary/S3cr3t+0f=ada"
TOKEN = "canary-t0ken-in-a-query"
BASIC = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
"""What HTTP Basic authentication makes of them, and what a server may therefore echo."""

_IN_ADDRESS = quote(PASSWORD, safe="")
LOGIN = f"{USER}:{_IN_ADDRESS}@"
"""As it stands in an address."""

_LARGEST = 64 << 20
_watched: list[list[str]] = []
_given: list[str] = []


def needles() -> dict[str, bytes]:
    """Return every form in which a secret may be found, by what it is called."""
    found = {"the token": TOKEN.encode(), "the header": BASIC.encode()}
    for name, text in (
        ("the password", PASSWORD),
        ("the quoted password", _IN_ADDRESS),
        ("the form's password", quote_plus(PASSWORD)),
        ("the password in JSON", json.dumps(PASSWORD)[1:-1].replace("/", "\\/")),
    ):
        found[name] = text.encode()
    for shift in range(3):
        # Base64 of a longer text that holds it, at any offset: the ends are cut off, where the neighbours show.
        encoded = base64.b64encode(b"x" * shift + PASSWORD.encode())
        found[f"the password in base64 at {shift}"] = encoded[4 if shift else 0 : -4]
    return found


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if _watched and event in {"subprocess.Popen", "os.exec", "os.posix_spawn", "os.system"}:
        _watched[-1].append(repr(arguments[:2]))
        _given.append(repr(arguments[3:]))


# An audit hook stays for the life of the process; it notes nothing while nobody watches.
sys.addaudithook(_note)


@dataclass(kw_only=True)
class Stage:
    """A project, a home, a cache and a folder for temporary files below one root.

    `planted` are files in which a secret stands because a user put it there.  `started` are the programs that were
    run with their arguments, `given` their environments.
    """

    root: Path
    monkeypatch: pytest.MonkeyPatch
    planted: set[Path] = field(default_factory=set)
    streams: dict[str, str] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    given: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("project", "home", "temporary"):
            (self.root / name).mkdir()
        for name in list(os.environ):
            if name.startswith(("PIP_", "UV_", "PLUGIN_LOCK_", "NETRC", "XDG_", "GIT_")) or name.lower().endswith(
                "_proxy"
            ):
                self.monkeypatch.delenv(name)
        self.monkeypatch.setenv("HOME", str(self.home))
        self.monkeypatch.setenv("XDG_CACHE_HOME", str(self.home / "cache"))
        self.monkeypatch.setenv("TMPDIR", str(self.root / "temporary"))
        self.monkeypatch.setattr(tempfile, "tempdir", None)
        self.monkeypatch.setattr("resolver.index.retries._FIRST_DELAY_SECONDS", 0.0)
        self.monkeypatch.chdir(self.project)

    @property
    def project(self) -> Path:
        return self.root / "project"

    @property
    def home(self) -> Path:
        return self.root / "home"

    def plant(self, path: Path, text: str) -> None:
        """Write a file that a secret stands in."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)
        self.planted.add(path)

    def run(self, *arguments: str) -> Ran:
        """Run the program and remember its streams, and what it starts."""
        _watched.append(self.started)
        try:
            result = CliRunner().invoke(Program(name="plugin-lock"), arguments, catch_exceptions=False)
        finally:
            _watched.pop()
            self.given += _given
            _given.clear()
        name = f"{len(self.streams)}: plugin-lock {' '.join(arguments[:1])}"
        self.streams[f"{name} (stdout)"] = result.stdout
        self.streams[f"{name} (stderr)"] = result.stderr
        return Ran(code=result.exit_code, out=result.stdout, err=result.stderr)

    def leaks(self) -> list[str]:
        """Return where a secret was found: files, their names, streams, arguments of other programs."""
        found = []
        for place, content in self.everything():
            found += [f"{name} in {place}" for name, needle in needles().items() if needle in content]
        return found

    def everything(self) -> Iterator[tuple[str, bytes]]:
        """Give all that is searched: what it is called, and its content."""
        for name, text in self.streams.items():
            yield name, text.encode("utf-8", "surrogatepass")
        for number, text in enumerate(self.started):
            yield f"process {number}: {text[:80]}", text.encode()
        for folder, folders, files in os.walk(self.root):
            for name in (*folders, *files):
                path = Path(folder, name)
                place = str(path.relative_to(self.root))
                yield f"the name {place}", os.fsencode(name)
                if path.is_symlink():
                    yield f"the link {place}", os.fsencode(path.readlink())
                elif path.is_file() and path not in self.planted:
                    content = path.read_bytes()
                    yield place, content
                    yield from _unpacked(place, content)


def _unpacked(place: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """Give what is inside of archives and of git's objects."""
    if content[:2] == b"\x1f\x8b":
        yield f"{place} (inflated)", gzip.decompress(content)
    elif content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                assert member.file_size < _LARGEST
                yield f"{place}!{member.filename}", archive.read(member)
    elif content[:1] == b"\x78" and "/objects/" in place:
        yield f"{place} (inflated)", zlib.decompress(content)
