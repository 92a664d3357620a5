"""When the search takes a source instead of a wheel."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from resolver.search.search import Conflict
from resolver.search.verdicts import Unmet
from tests.resolver.search.memory_index import release
from tests.resolver.search.searches import ARM, INTEL, TARGETS, chosen, search

ALLOWED = {"allow_build": {"plug": "tested"}}
INTEL_ONLY = ["cp312-cp312-manylinux_2_28_x86_64"]


def reason(spec: dict[str, Any], **settings: Any) -> str:
    with pytest.raises(Conflict) as caught:
        search({"plug": {"1": spec}}, "plug", **settings)
    unmet = caught.value.failures[0].reason
    assert isinstance(unmet, Unmet)
    return "; ".join(getattr(against, "detail", "") for _, against in unmet.tried)


def test_a_source_is_taken_where_no_wheel_fits_and_the_policy_allows_it() -> None:
    solution = search({"plug": {"1": release(tags=INTEL_ONLY, sdist=True)}}, "plug", **ALLOWED)
    (package,) = solution.found.packages
    kinds = {TARGETS.systems(1 << bit)[0]: file.kind for bit, file in package.files.items()}
    assert kinds == {ARM: "sdist", INTEL: "wheel"}


def test_a_source_is_not_taken_where_a_wheel_fits() -> None:
    solution = search({"plug": {"1": release(sdist=True)}}, "plug", **ALLOWED)
    assert {file.kind for file in solution.found.packages[0].files.values()} == {"wheel"}


def test_a_version_with_a_source_alone_is_newer_than_one_with_a_wheel() -> None:
    projects = {"plug": {"2": release(tags=[], sdist=True), "1": release()}}
    assert chosen(search(projects, "plug", **ALLOWED)) == {"plug": "2"}
    assert chosen(search(projects, "plug")) == {"plug": "1"}


def test_a_source_that_is_not_allowed_is_told_with_what_would_allow_it() -> None:
    assert reason(release(tags=[], sdist=True)) == (
        "it has no wheel, only a source distribution; building runs its code: to allow that, write under [policy]:"
        ' allow-build = { "plug" = "why this is acceptable" }'
    )
    assert reason(release(tags=INTEL_ONLY, sdist=True)).startswith(
        "it has no wheel for aarch64-linux, only a source distribution; building runs"
    )


@pytest.mark.parametrize(
    ("spec", "settings", "expected"),
    [
        (release(tags=[], sdist=True, requires_python=">=3.13"), {}, "it requires Python >=3.13"),
        (release(tags=[], sdist=True, yanked="broken"), {}, "it was yanked (broken)"),
        (
            release(tags=[], sdist=True, upload_time="2026-05-30T00:00:00Z"),
            {"exclude_newer": datetime(2026, 5, 1, tzinfo=UTC)},
            "it was uploaded on 2026-05-30, inside the exclude-newer window",
        ),
        (release(tags=INTEL_ONLY), {}, "it has no wheel for aarch64-linux"),
    ],
)
def test_the_rules_for_files_hold_for_sources(spec: Any, settings: dict[str, Any], expected: str) -> None:
    assert reason(spec, **ALLOWED, **settings) == expected
