"""Whether `verify` looks again at what is no wheel: commits, folders, archives, sdists and what builds them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from lock.errors import LockError
from resolver.operations.verifying import VerifyRequest, verify
from resolver.progress import Silent
from tests.projects import Workshop
from tests.resolver.building.sources import project
from tests.resolver.sources.repositories import Repository
from tests.sdists import sdist_bytes, sdist_name, tar_bytes
from tests.servers.index_server import IndexServer, ServedFile
from tests.wheels import sha256_of, wheel_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from resolver.verification.model import VerifyReport


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer() as running:
        yield running


@pytest.fixture
def sources(tmp_path: Path, server: IndexServer) -> Workshop:
    """A project with no plugin yet, that may build `mine`."""
    server.add_wheel("tool", "1.0")
    return Workshop(
        root=tmp_path,
        server=server,
        settings='[policy]\nallow-build = { mine = "tested" }',
        python=f"{sys.version_info[0]}.{sys.version_info[1]}",
    )


def looked(workshop: Workshop) -> VerifyReport:
    before = workshop.lock_path.read_bytes()
    report = verify(workshop.write(), workshop.surroundings(), VerifyRequest(), Silent())
    assert workshop.lock_path.read_bytes() == before
    return report


def outcomes(report: VerifyReport) -> set[tuple[str, str]]:
    return {(finding.outcome, finding.name) for finding in report.findings}


def repository(workshop: Workshop) -> Repository:
    repo = Repository(workshop.root / "served" / "mine.git")
    repo.commit(project("mine", "1.2", built_with=["tool"]))
    repo.git("tag", "v1.2")
    workshop.plugins["mine"] = f'{{ git = "{repo.url}", tag = "v1.2" }}'
    workshop.lock()
    return repo


def archive(workshop: Workshop) -> ServedFile:
    data = tar_bytes({f"mine-1.2/{path}": text for path, text in project("mine", "1.2", built_with=["tool"]).items()})
    file = workshop.server.add("archives", ServedFile(name="mine-1.2.tar.gz", data=data))
    url = f"{workshop.server.origin}{workshop.server.file_url('archives', file)}"
    workshop.plugins["mine"] = f'{{ url = "{url}" }}'
    workshop.lock()
    return file


def sdist(workshop: Workshop) -> ServedFile:
    data = sdist_bytes("mine", "1.2", project("mine", "1.2", built_with=["tool"]), static=False)
    file = workshop.server.add("mine", ServedFile(name=sdist_name("mine", "1.2"), data=data))
    workshop.plugins["mine"] = '"*"'
    workshop.lock()
    return file


def test_a_commit_that_is_as_it_was_is_verified_with_what_builds_it(sources: Workshop) -> None:
    repository(sources)
    report = looked(sources)
    assert (report.findings, report.artifacts, report.verified) == ((), 2, 2)


@pytest.mark.attack(6)
def test_a_tag_that_moved_is_told_and_the_commit_is_still_compared(sources: Workshop) -> None:
    repo = repository(sources)
    repo.commit({"more.txt": "x"})
    repo.git("tag", "--force", "v1.2")
    report = looked(sources)
    assert outcomes(report) == {("moved", "mine")}
    assert report.exit_code == 1


@pytest.mark.attack(25)
def test_a_commit_that_vanished_is_gone(sources: Workshop) -> None:
    repo = repository(sources)
    repo.git("tag", "--delete", "v1.2")
    repo.git("checkout", "--orphan", "other")
    repo.commit({"more.txt": "x"})
    repo.git("branch", "--delete", "--force", "main")
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "--prune=now", "--quiet")
    report = looked(sources)
    assert ("gone", "mine") in outcomes(report)
    assert not any(outcome in {"changed", "failed"} for outcome, _ in outcomes(report))


def test_a_repository_that_cannot_be_reached_is_the_worlds_fault(sources: Workshop) -> None:
    repo = repository(sources)
    repo.folder.rename(repo.folder.with_name("elsewhere"))
    report = looked(sources)
    assert outcomes(report) == {("failed", "mine")}
    assert report.exit_code == 3


def test_a_folder_whose_files_changed_is_told(sources: Workshop) -> None:
    folder = sources.root / "plugins" / "mine"
    folder.mkdir(parents=True)
    for path, text in project("mine", "1.2", built_with=["tool"]).items():
        (folder / path).write_text(text, encoding="utf-8")
    sources.plugins["mine"] = '{ path = "plugins/mine" }'
    sources.lock()
    assert looked(sources).exit_code == 0
    (folder / "more.txt").write_text("x", encoding="utf-8")
    assert outcomes(looked(sources)) == {("changed", "mine")}


@pytest.mark.attack(4)
@pytest.mark.parametrize("kind", [archive, sdist])
def test_a_source_served_with_other_bytes_is_told_and_lock_keeps_the_old_entry(sources: Workshop, kind: object) -> None:
    file = kind(sources)  # type: ignore[operator]  # one of the functions above
    assert looked(sources).exit_code == 0
    before = sources.lock_path.read_bytes()
    old = sha256_of(file.data)
    file.data += b"\0" * 512
    assert ("changed", "mine") in outcomes(looked(sources))
    sources.server.add_wheel("other", "1.0")
    sources.plugins["other"] = '"*"'
    with pytest.raises(LockError) as caught:
        sources.lock()
    assert old in str(caught.value)
    assert sha256_of(file.data) in str(caught.value)
    assert sources.lock_path.read_bytes() == before


@pytest.mark.attack(4)
def test_a_build_package_served_with_other_bytes_is_told_and_lock_keeps_the_old_entry(sources: Workshop) -> None:
    sdist(sources)
    before = sources.lock_path.read_bytes()
    tool = sources.server.projects["tool"][0]
    old = sha256_of(tool.data)
    tool.data = wheel_bytes("tool", "1.0", files={"tool/evil.py": b"x = 1\n"})
    assert ("changed", "tool") in outcomes(looked(sources))
    sources.server.add_wheel("other", "1.0")
    sources.plugins["other"] = '"*"'
    with pytest.raises(LockError) as caught:
        sources.lock()
    assert old in str(caught.value)
    assert sources.lock_path.read_bytes() == before
