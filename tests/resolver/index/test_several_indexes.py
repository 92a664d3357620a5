from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lock.errors import InputError, WorldError
from resolver.index.model import Index
from tests.servers.index_server import Fault, IndexServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.resolver.index.conftest import Desk


@pytest.fixture
def second() -> Iterator[IndexServer]:
    with IndexServer() as running:
        yield running


@pytest.mark.attack(9)
def test_the_first_index_that_knows_a_name_wins_even_with_an_older_version(
    server: IndexServer, second: IndexServer, desk: Desk
) -> None:
    server.add_wheel("thing", "1.0")
    second.add_wheel("thing", "99.0")
    page = desk.page(server, second)
    assert (page.index.name, list(page.versions)) == ("corp", ["1.0"])
    assert second.requests == []


def test_a_name_the_first_index_lacks_is_looked_for_in_the_next(
    server: IndexServer, second: IndexServer, desk: Desk
) -> None:
    second.add_wheel("thing", "1.0")
    assert desk.page(server, second).index.name == "index1"
    assert server.paths() == second.paths() == ["/simple/thing/"]


@pytest.mark.parametrize("status", [401, 403, 410, 418, 500, 503])
@pytest.mark.attack(9)
def test_a_failing_index_is_an_error_and_never_a_reason_to_look_elsewhere(
    server: IndexServer, second: IndexServer, desk: Desk, status: int
) -> None:
    server.fail("thing", Fault(status=status))
    second.add_wheel("thing", "99.0")
    with pytest.raises(WorldError, match=rf"index corp \({server.url}\): it answered {status}"):
        desk.page(server, second)
    assert second.requests == []


@pytest.mark.attack(9)
def test_an_unreachable_index_is_an_error_and_never_a_reason_to_look_elsewhere(second: IndexServer, desk: Desk) -> None:
    second.add_wheel("thing", "99.0")
    gone = Index(name="corp", url="http://127.0.0.1:9/simple/")
    with pytest.raises(WorldError, match=r"index corp .*: no answer for the page of thing"):
        desk.page(gone, Index(name="default", url=second.url))
    assert second.requests == []


@pytest.mark.attack(9)
def test_an_explicit_index_is_asked_only_by_name(server: IndexServer, second: IndexServer, desk: Desk) -> None:
    server.add_wheel("thing", "1.0")
    second.add_wheel("thing", "2.0")
    client = desk.client(Index(name="corp", url=server.url, explicit=True), Index(name="default", url=second.url))
    usual, named = client.page("thing").result(), client.page("thing", "corp").result()
    assert usual is not None
    assert named is not None
    assert (usual.index.name, named.index.name) == ("default", "corp")


def test_an_index_asked_by_name_is_asked_alone(server: IndexServer, second: IndexServer, desk: Desk) -> None:
    second.add_wheel("thing", "2.0")
    assert desk.client(server, second).page("thing", "corp").result() is None
    assert second.requests == []


def test_an_unknown_index_is_an_input_error(server: IndexServer, desk: Desk) -> None:
    with pytest.raises(InputError, match="there is no index named 'crop'"):
        desk.client(server).page("thing", "crop")


def test_that_an_index_lacks_a_project_is_asked_anew_each_run(
    server: IndexServer, second: IndexServer, desk: Desk
) -> None:
    second.add_wheel("thing", "99.0")
    assert desk.page(server, second).index.name == "index1"
    server.add_wheel("thing", "1.0")
    assert desk.page(server, second).index.name == "corp"
