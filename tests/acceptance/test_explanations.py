"""Plugins that cannot live with the host, or not in their newest version: what a person reads then."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.projects import hermes_project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.acceptance.projects import Place, Ran

pytestmark = pytest.mark.network


@pytest.fixture
def lock_with(hermes: Callable[[str], Place], cache_dir: Path, tmp_path: Path) -> Callable[[str], tuple[Ran, bool]]:
    """Runs `plugin-lock lock` for the sixteen plugins and one more; tells the run and whether the lock is as before."""

    def run(plugin: str) -> tuple[Ran, bool]:
        place = hermes_project(tmp_path / "project", cache_dir, python="3.12", more=(plugin,))
        before = hermes("3.12").lock_file.read_bytes()
        place.lock_file.write_bytes(before)
        ran = place.run("lock")
        return ran, place.lock_file.read_bytes() == before

    return run


def test_memori_is_refused_for_the_hosts_protobuf(lock_with: Callable[[str], tuple[Ran, bool]]) -> None:
    ran, untouched = lock_with("hermes-memori")
    assert ran.code == 1
    assert ran.out == ""
    assert re.match(r"error: plugins\.toml:\d+: hermes-memori cannot be used beside hermes-agent 0\.17\.0\n", ran.err)
    assert re.search(r"hermes-memori [^\n]*requires memori>=3\.3\.3", ran.err)
    assert re.search(
        r"memori 3\.3\.3[^\n]* requires protobuf<6[^\n]* ships protobuf 6\.33\.5 [^\n]*uv\.lock:\d+", ran.err
    )
    assert re.search(r"help: use a hermes-agent that ships protobuf<6", ran.err)
    assert 'overrides = [{ package = "memori", requirement = "protobuf==6.33.5"' in ran.err
    assert "plugin-lock remove hermes-memori" in ran.err
    assert "Traceback" not in ran.err
    assert untouched


def test_cognee_is_refused_for_the_hosts_pydantic_settings(lock_with: Callable[[str], tuple[Ran, bool]]) -> None:
    ran, untouched = lock_with("cognee-integration-hermes-agent")
    assert ran.code == 1
    assert ran.out == ""
    assert "cognee-integration-hermes-agent cannot be used beside hermes-agent 0.17.0" in ran.err
    assert re.search(r"cognee-integration-hermes-agent [^\n]*requires cognee==", ran.err)
    assert re.search(r"cognee [^\n]*requires pydantic-settings[^\n]* ships [^\n]*pydantic-settings 2\.13\.1", ran.err)
    assert re.search(r"help: use a hermes-agent that ships [^\n]*pydantic-settings", ran.err)
    assert "plugin-lock remove cognee-integration-hermes-agent" in ran.err
    assert "Traceback" not in ran.err
    assert untouched


def test_couchbase_is_held_back_by_the_host_and_the_run_says_why(lock_with: Callable[[str], tuple[Ran, bool]]) -> None:
    ran, untouched = lock_with("couchbase-agent-memory")
    assert ran.code == 0, ran.err
    assert not untouched
    said = ran.out + ran.err
    assert re.search(r"^Added couchbase-agent-memory v1\.0\.0$", said, re.MULTILINE)
    assert re.search(r"^Locked 17 plugins", said, re.MULTILINE)
    assert re.search(
        r"couchbase-agent-memory 1\.0\.0 \(newest [^)]+\): held back by the host: "
        r"couchbase-agent-memory \S+ requires anyio>=[^\n]* hermes-agent 0\.17\.0 ships anyio 4\.12\.1",
        said,
    )
