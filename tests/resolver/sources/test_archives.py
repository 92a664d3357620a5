"""An archive is known by the hash of its bytes, and its tree is the same whatever its packing."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from lock.errors import InputError, WorldError
from resolver.index.credentials import CredentialStore
from resolver.index.downloads import Downloads
from resolver.index.transport import Transport
from resolver.sources import archives
from resolver.sources.archives import ArchiveSources
from resolver.sources.errors import SourceError
from tests.resolver.sources.archive_builder import Entry, tar, zipped
from tests.resolver.sources.repositories import content
from tests.servers.index_server import IndexServer, ServedFile

if TYPE_CHECKING:
    from pathlib import Path

    from resolver.sources.trees import TreeCache

URL = "https://host.example/files/blob-1.0.tar.gz"
ENTRIES: list[Entry] = [("blob-1.0/plugin.yaml", b"name: blob\n"), ("blob-1.0/bin/run", b"#!/bin/sh\n")]


def serving(trees: TreeCache, folder: Path, data: bytes) -> ArchiveSources:
    def download(url: str) -> Path:
        assert url == URL
        path = folder / "downloaded"
        path.write_bytes(data)
        return path

    return ArchiveSources(trees, download)


def test_an_archive_is_fetched_and_hashed(trees: TreeCache, tmp_path: Path) -> None:
    data = tar(ENTRIES)
    fetched = serving(trees, tmp_path, data).fetch(URL)
    assert (fetched.filename, fetched.size) == ("blob-1.0.tar.gz", len(data))
    assert fetched.sha256 == hashlib.sha256(data).hexdigest()
    assert not fetched.is_wheel


def test_the_same_files_have_the_same_hash_however_they_are_packed(trees: TreeCache, tmp_path: Path) -> None:
    hashes = set()
    for data in (tar(ENTRIES), tar(ENTRIES, "xz"), zipped(ENTRIES), zipped(ENTRIES[::-1])):
        sources = serving(trees, tmp_path, data)
        tree = sources.tree(sources.fetch(URL))
        assert content(tree.folder(None))["bin/run"] == (b"#!/bin/sh\n", True)
        hashes.add(tree.nar_hash)
    assert len(hashes) == 1


def test_an_archive_that_was_replaced_is_refused_with_both_hashes(trees: TreeCache, tmp_path: Path) -> None:
    data = tar(ENTRIES)
    found, locked = hashlib.sha256(data).hexdigest(), "0" * 64
    with pytest.raises(SourceError) as raised:
        serving(trees, tmp_path, data).fetch(URL, sha256=locked)
    assert str(raised.value) == (
        f"{URL}: it has sha256 {found}, and {locked} is locked: it was replaced, or damaged on its way\n"
        "  help: ask whoever publishes it; an archive made anew at each request cannot be locked, a git tag can"
    )
    assert serving(trees, tmp_path, data).fetch(URL, sha256=found).sha256 == found


def test_an_archive_that_is_too_large_is_refused(
    trees: TreeCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 10)
    with pytest.raises(SourceError, match="bytes, more than the limit of 10"):
        serving(trees, tmp_path, tar(ENTRIES)).fetch(URL)


def test_a_hostile_archive_leaves_nothing_in_the_cache(trees: TreeCache, tmp_path: Path) -> None:
    sources = serving(trees, tmp_path, tar([*ENTRIES, ("../evil", b"")]))
    with pytest.raises(SourceError) as raised:
        sources.tree(sources.fetch(URL))
    assert raised.value.problems[0].path == URL
    assert not [path for path in (tmp_path / "cache" / "trees-1").rglob("*") if path.is_file()]


def test_a_file_that_is_gone_is_the_worlds_fault(trees: TreeCache, tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="cannot be kept: No such file or directory"):
        ArchiveSources(trees, lambda _: tmp_path / "gone").fetch(URL)


@pytest.mark.parametrize("name", ["%2e%2e%2fevil.tar.gz", "..", "", "a%0ab.zip", "-x.zip"])
def test_an_address_that_ends_with_no_file_name_is_refused(trees: TreeCache, tmp_path: Path, name: str) -> None:
    def download(_: str) -> Path:
        (tmp_path / "file").write_bytes(b"")
        return tmp_path / "file"

    with pytest.raises(InputError, match=r"which is not a file name \(letters, digits"):
        ArchiveSources(trees, download).fetch(f"https://host.example/{name}")


def test_an_archive_comes_over_http_with_the_credentials_of_netrc(trees: TreeCache, tmp_path: Path) -> None:
    data = tar(ENTRIES)
    home = tmp_path / "home"
    home.mkdir()
    (home / ".netrc").write_text("machine 127.0.0.1 login alice password hunter2\n")
    (home / ".netrc").chmod(0o600)
    environ = {"HOME": str(home)}
    with IndexServer(login=("alice", "hunter2")) as server:
        served = server.add("blob", ServedFile(name="blob-1.0.tar.gz", data=data))
        url = f"{server.url.removesuffix('simple/')}files/blob/{served.name}"
        transport = Transport(CredentialStore(environ), environ, connections=1)
        downloads = Downloads(transport, None)
        try:
            sources = ArchiveSources(trees, archives.from_network(downloads))
            fetched = sources.fetch(url)
            assert content(sources.tree(fetched).path)["plugin.yaml"] == b"name: blob\n"
        finally:
            downloads.close()
            transport.close()
    assert fetched.sha256 == hashlib.sha256(data).hexdigest()
