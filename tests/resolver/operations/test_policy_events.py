"""A weakened policy is an event, and stands in the lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lock.errors import ResolutionError
from lock.options import Policy

if TYPE_CHECKING:
    from tests.projects import Workshop

ALLOWED = """
[policy]
allow-build = { plug = "read it" }
allow-startup-code = { plug = "sets up tracing" }
allow-modules = { plug = "the same code" }
allow-origins = { "https://git.example" = "our own" }
"""


def events(workshop: Workshop, **arguments: bool) -> dict[tuple[str, str], str]:
    return {(event.code, event.name): event.message for event in workshop.lock(**arguments).events}


def test_a_first_lock_has_no_events_and_records_the_policy(workshop: Workshop) -> None:
    workshop.settings = ALLOWED
    assert events(workshop) == {}
    assert workshop.read().policy == Policy(
        allow_build={"plug": "read it"},
        allow_startup_code={"plug": "sets up tracing"},
        allow_modules={"plug": "the same code"},
        allow_origins={"https://git.example": "our own"},
    )
    assert workshop.check().problems == ()


def test_nothing_stands_in_the_lock_where_nothing_is_allowed(workshop: Workshop) -> None:
    workshop.lock()
    assert "policy" not in workshop.lock_path.read_text(encoding="utf-8")


def test_each_new_exception_is_told_with_its_reason(workshop: Workshop) -> None:
    workshop.lock()
    workshop.settings = ALLOWED
    assert events(workshop, dry_run=True) == {
        ("allow-build", "plug"): "plug may now be built, which runs its code: read it",
        ("allow-modules", "plug"): "plug may now bring modules that something else brings as well: the same code",
        ("allow-origins", "https://git.example"): (
            "https://git.example may now be where requirements of dependencies lead: our own"
        ),
        ("allow-startup-code", "plug"): "plug may now run code whenever an interpreter starts: sets up tracing",
    }
    assert workshop.read().policy == Policy()
    assert len(events(workshop)) == 4
    assert events(workshop) == {}


def test_an_exception_that_is_gone_is_no_event_and_leaves_the_lock(workshop: Workshop) -> None:
    workshop.settings = ALLOWED
    workshop.lock()
    workshop.settings = ""
    assert events(workshop) == {}
    assert workshop.read().policy == Policy()


def test_another_reason_is_told(workshop: Workshop) -> None:
    workshop.settings = '[policy]\nallow-build = { plug = "read it" }'
    workshop.lock()
    workshop.settings = '[policy]\nallow-build = { plug = "in a hurry" }'
    assert events(workshop) == {("reason", "plug"): "the reason for which plug is excepted changed to: in a hurry"}


def test_check_finds_a_policy_that_the_lock_was_not_made_for(workshop: Workshop) -> None:
    workshop.lock()
    workshop.settings = ALLOWED
    (problem,) = workshop.check().problems
    assert (problem.code, problem.message) == ("outdated", "[policy] changed since the lock was made")


@pytest.mark.attack(22)
@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("P7D", "P1D", "exclude-newer was shortened from P7D to P1D"),
        ("P7D", None, "exclude-newer (P7D) was taken out"),
        ("2026-01-02", "2026-01-03", "exclude-newer was shortened from 2026-01-02 to 2026-01-03"),
        ("P1D", "P7D", None),
        (None, "P7D", None),
    ],
)
def test_a_shorter_cooldown_is_told(
    workshop: Workshop, before: str | None, after: str | None, message: str | None
) -> None:
    for text in (before, after):
        workshop.settings = f'[resolution]\nexclude-newer = "{text}"' if text else ""
        found = events(workshop)
    assert found == ({("exclude-newer", "exclude-newer"): message} if message else {})


def test_more_prereleases_and_a_new_override_are_told(workshop: Workshop) -> None:
    workshop.lock()
    workshop.settings = (
        '[resolution]\nprereleases = "allow"\noverrides = [{ requirement = "helper>=1", reason = "tested" }]'
    )
    assert events(workshop) == {
        ("override", "helper>=1"): "helper>=1 now takes the place of what anybody requires: tested",
        ("prereleases", "prereleases"): "prereleases went from 'if-necessary' to 'allow'",
    }


def test_an_exception_that_nothing_needs_is_warned_of(workshop: Workshop) -> None:
    workshop.settings = ALLOWED
    workshop.lock()
    assert workshop.check().warnings == (
        "[policy].allow-build excepts plug, and nothing that is locked needs that: take it out",
        "[policy].allow-modules excepts plug, and nothing that is locked needs that: take it out",
        "[policy].allow-origins excepts https://git.example, and nothing that is locked needs that: take it out",
        "[policy].allow-startup-code excepts plug, and nothing that is locked needs that: take it out",
    )


def test_an_exception_that_something_needs_is_not_warned_of(workshop: Workshop) -> None:
    workshop.server.projects["helper"].clear()
    workshop.server.add_wheel("helper", "1.0", files={"helper.pth": "import helper\n"})
    workshop.settings = '[policy]\nallow-startup-code = { helper = "read it" }'
    workshop.lock()
    assert workshop.check().warnings == ()


@pytest.mark.attack(22)
def test_where_everything_is_too_new_the_nearest_version_is_named(workshop: Workshop) -> None:
    workshop.server.projects["plug"].clear()
    workshop.server.add_wheel("plug", "1.0", upload_time="2026-01-02T03:04:05Z")
    workshop.server.add_wheel("plug", "2.0", upload_time="2026-03-02T03:04:05Z")
    workshop.settings = '[resolution]\nexclude-newer = "2025-01-01"'
    with pytest.raises(ResolutionError) as caught:
        workshop.lock()
    remedy = caught.value.problems[0].remedy or ""
    assert "the nearest version that a later exclude-newer admits is 1.0: it was uploaded on 2026-01-02" in remedy
    assert not workshop.lock_path.exists()


@pytest.mark.attack(22)
def test_a_version_outside_the_cooldown_that_was_not_asked_for_is_offered(workshop: Workshop) -> None:
    workshop.server.projects["plug"].clear()
    workshop.server.add_wheel("plug", "1.0", upload_time="2026-01-02T03:04:05Z")
    workshop.server.add_wheel("plug", "2.0", upload_time="2026-03-02T03:04:05Z")
    workshop.plugins["plug"] = '">=2"'
    workshop.settings = '[resolution]\nexclude-newer = "2026-02-01"'
    with pytest.raises(ResolutionError, match=r"plug 1\.0 would work") as caught:
        workshop.lock()
    assert "plug 2.0: it was uploaded on 2026-03-02, inside the exclude-newer window" in str(caught.value)


@pytest.mark.attack(22)
def test_an_index_without_upload_times_is_told_from_one_that_has_only_new_files(workshop: Workshop) -> None:
    workshop.server.projects["plug"].clear()
    workshop.server.add_wheel("plug", "1.0", upload_time=None)
    workshop.settings = '[resolution]\nexclude-newer = "2026-02-01"'
    with pytest.raises(ResolutionError) as caught:
        workshop.lock()
    assert "the index gives no upload time, so exclude-newer cannot be applied" in str(caught.value)
    assert "an index that gives upload times (PEP 700)" in (caught.value.problems[0].remedy or "")


@pytest.mark.attack(22)
def test_a_file_from_the_future_is_inside_every_cooldown(workshop: Workshop) -> None:
    workshop.server.projects["plug"].clear()
    workshop.server.add_wheel("plug", "1.0", upload_time="2026-01-02T03:04:05Z")
    workshop.server.add_wheel("plug", "2.0", upload_time="2999-01-01T00:00:00Z")
    workshop.settings = '[resolution]\nexclude-newer = "PT1S"'
    workshop.lock()
    assert workshop.versions()["plug"] == "1.0"
