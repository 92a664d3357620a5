"""Whether `verify` tells what changed from what is gone and from a network that fails, beside a running index."""

from __future__ import annotations

import dataclasses
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from lock.errors import InputError, LockError
from resolver.operations.verifying import VerifyRequest, verify
from resolver.progress import Silent
from resolver.verification.nix_store import flat_file_path
from tests.projects import Workshop
from tests.servers.index_server import Fault, IndexServer, ServedFile
from tests.wheels import sha256_of, wheel_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from resolver.verification.model import VerifyReport

HELPER = "helper-1.0-py3-none-any.whl"


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer() as running:
        yield running


@pytest.fixture
def locked(tmp_path: Path, server: IndexServer) -> Workshop:
    """A project that is locked: one plugin, a library of its own, and one that the host ships."""
    entry_points = {"the_host.plugins": {"plug": "plug:register"}}
    server.add_wheel("plug", "1.0", requires=["helper>=1", "web"], entry_points=entry_points)
    server.add_wheel("helper", "1.0")
    workshop = Workshop(root=tmp_path, server=server, plugins={"plug": '"*"'}, host={"web": "2.0"})
    workshop.lock()
    return workshop


def looked(workshop: Workshop, *names: str, mirror: str | None = None, **surroundings: Any) -> VerifyReport:
    """Run `verify`, and see that it wrote nothing."""
    before = workshop.lock_path.read_bytes()
    report = verify(
        workshop.write(),
        replace(workshop.surroundings(), **surroundings),
        VerifyRequest(names=names, mirror=mirror),
        Silent(),
    )
    assert workshop.lock_path.read_bytes() == before
    return report


def told(report: VerifyReport) -> set[tuple[str, str, str]]:
    return {(finding.outcome, finding.artifact, finding.problem.code) for finding in report.findings}


def served(workshop: Workshop, project: str = "helper") -> ServedFile:
    return workshop.server.projects[project][0]


def replaced(workshop: Workshop) -> bytes:
    """Serve other bytes as the helper's wheel, with a page that says so."""
    served(workshop).data = wheel_bytes("helper", "1.0", files={"helper/__init__.py": b"print('other')\n"})
    return served(workshop).data


def edited(workshop: Workshop, old: str, new: str) -> None:
    text = workshop.lock_path.read_text(encoding="utf-8")
    assert old in text
    workshop.lock_path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_lock_whose_files_are_as_they_were_is_verified(locked: Workshop) -> None:
    report = looked(locked)
    assert (report.findings, report.notes, report.artifacts, report.verified, report.exit_code) == ((), (), 2, 2, 0)


def test_the_files_are_fetched_though_the_cache_has_them(locked: Workshop) -> None:
    locked.server.requests.clear()
    looked(locked)
    assert any(path.endswith(HELPER) for path in locked.server.paths())


@pytest.mark.attack(4)
def test_other_bytes_under_a_locked_name_are_told_with_both_hashes_and_likely_causes(locked: Workshop) -> None:
    old = sha256_of(served(locked).data)
    new = sha256_of(replaced(locked))
    report = looked(locked)
    assert report.exit_code == 1
    assert {finding.outcome for finding in report.findings} == {"changed"}
    problem = report.findings[0].problem
    assert old in problem.message
    assert new in problem.message
    assert "proxy" in str(problem.remedy)
    assert "--accept-changed helper" in str(problem.remedy)


@pytest.mark.attack(4)
def test_lock_keeps_the_old_entry_where_bytes_changed_until_a_person_names_the_package(locked: Workshop) -> None:
    before = locked.lock_path.read_bytes()
    old, new = sha256_of(served(locked).data), sha256_of(replaced(locked))
    for upgrade in ((), ("helper",), "everything"):
        with pytest.raises(LockError) as caught:
            locked.lock(upgrade=upgrade)
        assert old in str(caught.value)
        assert new in str(caught.value)
        assert locked.lock_path.read_bytes() == before
    with pytest.raises(LockError):
        locked.lock(upgrade=("helper",), accept_changed=("plug",))
    assert locked.lock_path.read_bytes() == before
    locked.lock(upgrade=("helper",), accept_changed=("helper",))
    assert new in locked.lock_path.read_text(encoding="utf-8")
    assert looked(locked).exit_code == 0


def test_bytes_that_changed_on_the_server_alone_are_told_though_the_page_still_says_the_old_hash(
    locked: Workshop,
) -> None:
    old = sha256_of(served(locked).data)
    replaced(locked)
    served(locked).sha256 = old
    assert told(looked(locked)) == {("changed", HELPER, "changed-bytes")}


def test_a_page_that_lists_another_hash_is_told_though_the_file_is_the_same(locked: Workshop) -> None:
    served(locked).sha256 = "0" * 64
    report = looked(locked)
    assert told(report) == {("changed", HELPER, "changed-bytes")}
    assert "lists sha256 0000" in report.findings[0].problem.message


@pytest.mark.attack(25)
@pytest.mark.parametrize("status", [404, 410])
def test_a_file_that_is_gone_is_not_called_changed(locked: Workshop, status: int) -> None:
    locked.server.fail(rf"{HELPER}$", Fault(status=status))
    report = looked(locked)
    assert told(report) == {("gone", HELPER, "gone")}
    assert report.exit_code == 1
    assert locked.check().problems == ()


@pytest.mark.attack(25)
def test_a_release_that_the_index_has_removed_is_gone(locked: Workshop) -> None:
    locked.server.projects["helper"].clear()
    locked.server.add_wheel("helper", "1.1")
    report = looked(locked)
    assert {finding.outcome for finding in report.findings} == {"gone"}
    assert locked.check().problems == ()
    assert [change.new for change in locked.lock(upgrade=("helper",)).changes] == ["1.1"]


@pytest.mark.attack(25)
def test_a_file_that_only_its_page_has_lost_is_gone_from_the_page(locked: Workshop) -> None:
    locked.server.raw_pages["helper"] = (
        "application/vnd.pypi.simple.v1+json",
        b'{"meta": {"api-version": "1.0"}, "name": "helper", "files": []}',
    )
    assert told(looked(locked)) == {("gone", HELPER, "unlisted")}


@pytest.mark.attack(25)
def test_a_yanked_file_is_told_with_its_reason_and_the_lock_stays_valid(locked: Workshop) -> None:
    served(locked).yanked = "breaks the disk"
    report = looked(locked)
    assert told(report) == {("withdrawn", HELPER, "yanked")}
    assert "breaks the disk" in report.findings[0].problem.message
    assert report.exit_code == 1
    assert locked.check().problems == ()


@pytest.mark.attack(25)
def test_a_quarantined_project_is_withdrawn_and_no_file_of_it_is_called_changed(locked: Workshop) -> None:
    locked.server.page_keys["helper"] = {"project-status": {"status": "quarantined"}}
    assert ("withdrawn", HELPER, "quarantined") in told(looked(locked))
    assert locked.check().problems == ()


@pytest.mark.parametrize("status", ["archived", "deprecated"])
def test_a_project_that_is_archived_or_deprecated_is_a_note_and_no_finding(locked: Workshop, status: str) -> None:
    locked.server.page_keys["helper"] = {"project-status": {"status": status}}
    report = looked(locked)
    assert (report.findings, report.exit_code) == ((), 0)
    assert report.notes[0].startswith(f"helper is {status}")


@pytest.mark.attack(25)
def test_a_server_that_fails_is_the_worlds_fault_and_neither_gone_nor_changed(locked: Workshop) -> None:
    locked.server.fail(rf"{HELPER}$", Fault(status=403))
    report = looked(locked)
    assert {finding.outcome for finding in report.findings} == {"failed"}
    assert report.exit_code == 3
    assert report.verified == 1


def test_a_finding_counts_more_than_a_failure_beside_it(locked: Workshop) -> None:
    served(locked).yanked = ""
    locked.server.fail(r"plug-1.0-py3-none-any.whl$", Fault(status=403))
    assert looked(locked).exit_code == 1


def test_only_what_is_named_is_looked_at(locked: Workshop) -> None:
    replaced(locked)
    assert looked(locked, "plug").exit_code == 0
    assert looked(locked, "helper").exit_code == 1


def test_a_name_that_is_not_locked_is_wrong_use(locked: Workshop) -> None:
    with pytest.raises(InputError, match='"helpr" is neither a plugin nor a locked package'):
        looked(locked, "helpr")


def test_a_name_that_is_not_locked_is_shown_as_it_was_typed(locked: Workshop) -> None:
    with pytest.raises(InputError) as caught:
        looked(locked, "../x")
    problem = caught.value.problems[0]
    assert problem.message == '"../x" is neither a plugin nor a locked package'
    assert problem.remedy == "plugin-lock tree shows what there is"


def test_at_most_five_near_names_are_proposed_for_one_that_is_not_locked(locked: Workshop) -> None:
    for number in range(9):
        locked.server.add_wheel(f"helper{number}", "1.0")
        locked.plugins[f"helper{number}"] = '"*"'
    locked.lock()
    with pytest.raises(InputError) as caught:
        looked(locked, "helperr")
    assert (caught.value.problems[0].remedy or "").count("helper") == 5


def test_names_are_normalized(locked: Workshop) -> None:
    locked.server.fail(rf"{HELPER}$", Fault(status=404))
    assert looked(locked, "HELPER").exit_code == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('modules = [\n  "helper",\n]', 'modules = [\n  "other",\n]'),
        ('value = "plug:register"', 'value = "plug:evil"'),
    ],
    ids=["modules", "entry-point"],
)
def test_content_that_the_lock_tells_otherwise_is_different(locked: Workshop, old: str, new: str) -> None:
    edited(locked, old, new)
    assert {finding.outcome for finding in looked(locked).findings} == {"different"}


def test_a_requires_python_that_metadata_does_not_say_is_different(locked: Workshop) -> None:
    entry = 'name = "helper"\nversion = "1.0"\n'
    edited(locked, entry, entry + 'requires-python = ">=3.1"\n')
    assert {finding.outcome for finding in looked(locked).findings} == {"different"}


def test_other_systems_in_plugins_toml_than_in_the_lock_do_not_matter(locked: Workshop) -> None:
    locked.systems = ("x86_64-linux",)
    assert looked(locked).exit_code == 0


def test_an_index_that_plugins_toml_no_longer_has_is_not_passed_over_in_silence(locked: Workshop) -> None:
    with IndexServer() as other:
        locked.server, old = other, locked.server
        report = looked(locked)
        locked.server = old
    assert report.notes or report.findings


@pytest.mark.parametrize("damage", [False, True])
def test_a_mirror_is_believed_for_its_bytes_whatever_its_address(locked: Workshop, *, damage: bool) -> None:
    with IndexServer() as mirror:
        for name, files in locked.server.projects.items():
            for file in files:
                mirror.add(name, dataclasses.replace(file))
        if damage:
            mirror.projects["helper"][0].data = wheel_bytes("helper", "1.0", files={"helper/x.py": b"x = 1\n"})
        locked.server.requests.clear()
        report = looked(locked, mirror=mirror.url)
    assert locked.server.requests == []
    assert report.exit_code == (1 if damage else 0)
    assert {finding.outcome for finding in report.findings} == ({"changed"} if damage else set())


def test_a_file_that_the_mirror_lacks_is_gone(locked: Workshop) -> None:
    with IndexServer() as mirror:
        mirror.add("plug", dataclasses.replace(served(locked, "plug")))
        assert told(looked(locked, mirror=mirror.url)) == {("gone", HELPER, "gone")}


def test_offline_the_cache_is_enough_and_nobody_is_asked(locked: Workshop) -> None:
    locked.server.requests.clear()
    report = looked(locked, offline=True)
    assert (report.exit_code, report.verified, locked.server.requests) == (0, 2, [])


def test_offline_without_the_cache_nothing_can_be_told(locked: Workshop) -> None:
    shutil.rmtree(locked.root / "cache")
    report = looked(locked, offline=True)
    assert {finding.outcome for finding in report.findings} == {"unknown"}
    assert (report.exit_code, report.verified) == (2, 0)


def test_offline_a_damaged_file_of_the_cache_is_never_called_verified(locked: Workshop) -> None:
    for path in (locked.root / "cache").rglob(HELPER):
        path.chmod(0o644)
        path.write_bytes(b"damaged")
    report = looked(locked, offline=True)
    assert told(report) == {("damaged", HELPER, "damaged-copy")}
    assert (report.exit_code, report.verified) == (1, 1)


def test_offline_a_nix_store_is_looked_into(locked: Workshop, tmp_path: Path) -> None:
    shutil.rmtree(locked.root / "cache")
    store = tmp_path / "store"
    store.mkdir()
    for files in locked.server.projects.values():
        path = flat_file_path(files[0].name, sha256_of(files[0].data), str(store))
        (store / path.rpartition("/")[2]).write_bytes(files[0].data)
    environ = {"HOME": str(locked.root), "NIX_STORE_DIR": str(store)}
    assert looked(locked, offline=True, environ=environ).exit_code == 0
