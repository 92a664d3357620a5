"""Wheels of a release for several systems: their pages mostly give one hash for the metadata of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lock.errors import WorldError
from resolver.index.errors import MetadataError
from resolver.index.model import Index
from tests.servers.index_server import Fault, IndexServer, ServedFile
from tests.wheels import core_metadata, sha256_of, wheel_bytes

if TYPE_CHECKING:
    from resolver.index.client import IndexClient
    from resolver.index.model import CoreMetadata
    from tests.resolver.index.conftest import Desk

SYSTEMS = ("manylinux_2_28_x86_64", "manylinux_2_28_aarch64")


def serve(server: IndexServer, *, version: str = "1.0", system: str = SYSTEMS[0], needs: str = "a") -> ServedFile:
    metadata = core_metadata("thing", version, requires=[needs])
    data = wheel_bytes("thing", version, requires=[needs])
    return server.add(
        "thing", ServedFile(name=f"thing-{version}-cp312-cp312-{system}.whl", data=data, metadata=metadata)
    )


def needs_of(client: IndexClient) -> list[list[str]]:
    """What each file of the page asks for, all asked at once."""
    page = client.page("thing").result()
    assert page is not None
    files = [file for version in page.versions for file in page.versions[version]]
    return [
        [str(need) for need in future.result().requires_dist] for future in [client.metadata(page, f) for f in files]
    ]


def metadata_requests(server: IndexServer) -> list[str]:
    return [path for path in server.paths() if path.endswith(".metadata")]


def wheel_requests(server: IndexServer) -> list[str]:
    return [path for path in server.paths() if path.endswith(".whl")]


def test_files_of_one_metadata_hash_are_asked_for_once_and_all_kept(server: IndexServer, desk: Desk) -> None:
    for system in SYSTEMS:
        serve(server, system=system)
    with desk.client(server) as client:
        assert needs_of(client) == [["a"], ["a"]]
        # Asked later, when the first is known.
        assert needs_of(client) == [["a"], ["a"]]
    assert len(metadata_requests(server)) == 1
    with desk.client(server, offline=True) as client:
        assert needs_of(client) == [["a"], ["a"]]


def test_files_of_different_metadata_are_each_asked_for(server: IndexServer, desk: Desk) -> None:
    serve(server)
    serve(server, system=SYSTEMS[1], needs="b")
    with desk.client(server) as client:
        assert sorted(needs_of(client)) == [["a"], ["b"]]
    assert len(metadata_requests(server)) == 2


def test_a_hash_is_worth_nothing_at_another_index(server: IndexServer, desk: Desk) -> None:
    with IndexServer() as other:
        for index in (server, other):
            serve(index)
        named = [Index(name="one", url=server.url), Index(name="two", url=other.url)]
        with desk.client(*named) as client:
            for index in named:
                page = client.page("thing", index.name).result()
                assert page is not None
                client.metadata(page, page.versions["1.0"][0]).result()
        assert len(metadata_requests(server)) == len(metadata_requests(other)) == 1


def test_where_a_promise_is_not_kept_each_wheel_is_read(server: IndexServer, desk: Desk) -> None:
    """No file stands beside the wheels, and what is in them is not what the page promised."""
    for system in SYSTEMS:
        serve(server, system=system).data = wheel_bytes("thing", "1.0", requires=["b"])
    server.fail("metadata$", Fault(status=404))
    with desk.client(server) as client:
        assert needs_of(client) == [["b"], ["b"]]
        assert len({path.rpartition("/")[2] for path in wheel_requests(server)}) == 2


def test_a_file_is_judged_by_its_own_name_though_another_has_its_metadata(server: IndexServer, desk: Desk) -> None:
    serve(server, version="1.0")
    own = serve(server, version="1.1")
    own.metadata = core_metadata("thing", "1.0", requires=["a"])
    with desk.client(server) as client:
        page = client.page("thing").result()
        assert page is not None
        asked = {version: client.metadata(page, page.versions[version][0]) for version in ("1.0", "1.1")}
        assert asked["1.0"].result().version == "1.0"
        with pytest.raises(MetadataError, match="names another version"):
            asked["1.1"].result()
    assert len(metadata_requests(server)) == 1


def test_what_one_failed_at_is_tried_for_the_other(server: IndexServer, desk: Desk) -> None:
    """The file beside one wheel is not what its page says; that beside the other is."""
    bad, good = (serve(server, system=system) for system in SYSTEMS)
    assert bad.metadata is not None
    said = {"core-metadata": {"sha256": sha256_of(bad.metadata)}}
    bad.said = good.said = said
    bad.metadata = bad.metadata + b"Requires-Dist: evil\n"
    with desk.client(server) as client:
        page = client.page("thing").result()
        assert page is not None
        files = {file.filename: file for file in page.versions["1.0"]}
        results: list[CoreMetadata | WorldError] = []
        for future in [client.metadata(page, files[served.name]) for served in (bad, good)]:
            try:
                results.append(future.result())
            except WorldError as error:
                results.append(error)
    assert isinstance(results[0], WorldError)
    assert [str(need) for need in results[1].requires_dist] == ["a"]  # type: ignore[union-attr]
