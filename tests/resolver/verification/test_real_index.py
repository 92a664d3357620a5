"""A small lock of real projects, verified against the index it comes from."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from resolver.operations.locking import lock
from resolver.operations.project import Surroundings, find
from resolver.operations.verifying import VerifyRequest, verify
from resolver.progress import Silent
from tests.moments import NOON

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.network

MANIFEST = """\
[host]
name = "the-host"
python = "3.12"
entry-points = ["the_host.plugins"]

[targets]
systems = ["aarch64-linux", "x86_64-linux"]

[plugins]
httpx = { version = "==0.28.1", extras = ["http2"] }
markupsafe = "==3.0.2"
"""


def test_real_wheels_are_what_was_locked_of_them(tmp_path: Path) -> None:
    (tmp_path / "plugins.toml").write_text(MANIFEST, encoding="utf-8")
    surroundings = Surroundings(environ=os.environ, now=NOON, cache_dir=tmp_path / "cache")
    project = find(tmp_path)
    lock(project, surroundings, progress=Silent())
    report = verify(project, surroundings, VerifyRequest(), Silent())
    assert (report.findings, report.verified) == ((), report.artifacts)
    assert report.artifacts > 8
    text = project.lock_path.read_text(encoding="utf-8")
    project.lock_path.write_text(text.replace('  "markupsafe",\n', '  "marksafe",\n', 1), encoding="utf-8")
    report = verify(project, replace(surroundings, refresh=True), VerifyRequest(names=("markupsafe",)), Silent())
    assert {finding.outcome for finding in report.findings} == {"different"}
