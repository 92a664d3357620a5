"""A server, a client with a clock that tests turn, and a keyring that holds what tests put in."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import keyring
import keyring.backend
import pytest

from resolver.index.cache import Cache
from resolver.index.client import IndexClient
from resolver.index.credentials import CredentialStore
from resolver.index.model import Index
from tests.servers.index_server import IndexServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from resolver.index.model import CoreMetadata, ProjectFile, ProjectPage

NOON = 1_800_000_000.0


@dataclass
class Clock:
    """The time as the client sees it; waiting moves it on and is remembered."""

    time: float = NOON
    waits: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds


@dataclass
class Desk:
    """Opens clients that share a cache folder, a clock and a home without any configuration."""

    home: Path
    clock: Clock
    stack: ExitStack

    @property
    def cache_folder(self) -> Path:
        return self.home / "cache"

    def client(
        self,
        *indexes: Index | IndexServer,
        environ: dict[str, str] | None = None,
        store: CredentialStore | None = None,
        cached: bool = True,
        **options: Any,
    ) -> IndexClient:
        environ = {"HOME": str(self.home)} | (environ or {})
        named = [
            Index(name=f"index{place}" if place else "corp", url=index.url) if isinstance(index, IndexServer) else index
            for place, index in enumerate(indexes)
        ]
        return self.stack.enter_context(
            IndexClient(
                named,
                cache=Cache(self.cache_folder) if cached else None,
                credentials=store or CredentialStore(environ),
                environ=environ,
                now=self.clock.now,
                sleep=self.clock.sleep,
                **options,
            )
        )

    def page(self, *indexes: Index | IndexServer, name: str = "thing", **options: Any) -> ProjectPage:
        """The page of a project, asked by a client of its own that is closed again, so that the cache is written."""
        with self.client(*indexes, **options) as client:
            page = client.page(name).result()
            assert page is not None
            return page

    def metadata(self, *indexes: Index | IndexServer, name: str = "thing", **options: Any) -> CoreMetadata:
        """The metadata of the first wheel of a project's newest version."""
        with self.client(*indexes, **options) as client:
            page = client.page(name).result()
            assert page is not None
            return client.metadata(page, newest_wheel(page)).result()


def newest_wheel(page: ProjectPage) -> ProjectFile:
    """The first wheel of the newest version."""
    return next(file for file in page.versions[next(iter(page.versions))] if file.kind == "wheel")


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A backend of the keyring library that keeps passwords in memory and notes what it was asked for."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.asked: list[tuple[str, str | None]] = []

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def get_credential(self, service: str, username: str | None) -> Any:
        self.asked.append((service, username))
        for (kept_service, kept_username), password in self.kept.items():
            if kept_service == service and username in {None, kept_username}:
                return keyring.credentials.SimpleCredential(kept_username, password)
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password


@pytest.fixture(autouse=True)
def memory_keyring() -> Iterator[MemoryKeyring]:
    """The only keyring that tests see."""
    before = keyring.get_keyring()
    backend = MemoryKeyring()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer() as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with ExitStack() as stack:
        yield Desk(tmp_path, Clock(), stack)
