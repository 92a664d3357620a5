"""A package that comes from another index than before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.servers.index_server import IndexServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resolver.operations.reports import LockReport
    from tests.projects import Workshop


@pytest.fixture
def public() -> Iterator[IndexServer]:
    """A second index, on which somebody took the name of the private helper."""
    with IndexServer() as running:
        running.add_wheel("helper", "99.0")
        yield running


@pytest.fixture
def guarded(workshop: Workshop, public: IndexServer) -> Workshop:
    """A lock with a helper of the first index."""
    workshop.settings = f'[[index]]\nname = "public"\nurl = "{public.url}"\n'
    workshop.lock()
    return workshop


def told(report: LockReport) -> list[tuple[str, str, str]]:
    return [(event.about, event.name, event.message) for event in report.events if event.code == "index-changed"]


@pytest.mark.attack(9)
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_name_that_its_index_shows_no_more_and_another_has_is_told(
    guarded: Workshop, public: IndexServer, dry_run: bool
) -> None:
    del guarded.server.projects["helper"]
    report = guarded.lock(upgrade="everything", dry_run=dry_run)
    ((about, name, message),) = told(report)
    assert (about, name) == ("index", "helper")
    was = guarded.server.url
    assert message == (
        f"helper now comes from {public.url}; before it was from {was}, which is still asked as well:"
        " see whether it is the same project"
    )


def test_a_name_that_stays_with_its_index_is_not_told(guarded: Workshop) -> None:
    guarded.server.add_wheel("helper", "1.1")
    assert told(guarded.lock(upgrade="everything")) == []


def test_a_new_name_and_an_index_that_plugins_toml_names_no_more_are_not_told(
    guarded: Workshop, public: IndexServer
) -> None:
    public.add_wheel("newcomer", "1.0")
    guarded.plugins["newcomer"] = '"*"'
    assert told(guarded.lock()) == []
    with IndexServer() as moved:
        moved.projects.update(guarded.server.projects)
        guarded.server = moved
        assert told(guarded.lock()) == []
