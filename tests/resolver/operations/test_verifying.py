"""`verify`: everything that is locked, fetched again and compared."""

from __future__ import annotations

import hashlib
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from lock.errors import InputError
from resolver.operations.checking import check
from resolver.operations.verifying import VerifyRequest, verify
from resolver.progress import Silent
from resolver.verification.nix_store import flat_file_path, tree_path
from tests.resolver.building.sources import project
from tests.resolver.sources.repositories import Repository
from tests.servers.index_server import Fault, IndexServer, ServedFile
from tests.wheels import wheel_bytes, wheel_name

if TYPE_CHECKING:
    from resolver.verification.model import VerifyReport
    from tests.projects import Workshop


def verified(
    workshop: Workshop, *names: str, offline: bool = False, mirror: str | None = None, **own: Any
) -> VerifyReport:
    surroundings = replace(workshop.surroundings(), offline=offline, **own)
    request = VerifyRequest(names=names, mirror=mirror)
    return verify(workshop.write(), surroundings, request, Silent())


def outcomes(report: VerifyReport) -> set[tuple[str, str]]:
    return {(finding.outcome, finding.artifact) for finding in report.findings}


def served(workshop: Workshop, name: str) -> ServedFile:
    (file,) = workshop.server.projects[name]
    return file


@pytest.fixture
def locked(workshop: Workshop) -> Workshop:
    workshop.lock()
    return workshop


PLUG, HELPER = wheel_name("plug", "1.0", "py3-none-any"), wheel_name("helper", "1.0", "py3-none-any")


def test_what_did_not_change_is_as_locked(locked: Workshop) -> None:
    before = locked.lock_path.read_bytes()
    report = verified(locked)
    assert (report.findings, report.artifacts, report.verified, report.exit_code) == ((), 2, 2, 0)
    assert locked.lock_path.read_bytes() == before


def test_the_cache_is_not_believed(locked: Workshop) -> None:
    locked.server.requests.clear()
    verified(locked)
    assert {path for path in locked.server.paths() if path.endswith(".whl")} == {
        f"/files/plug/{PLUG}",
        f"/files/helper/{HELPER}",
    }


@pytest.mark.attack(4)
def test_other_bytes_are_changed_with_both_hashes(locked: Workshop) -> None:
    file = served(locked, "helper")
    first = hashlib.sha256(file.data).hexdigest()
    file.data = wheel_bytes("helper", "1.0", files={"helper.py": "other = 1\n"})
    report = verified(locked)
    assert outcomes(report) == {("changed", HELPER)}
    message = report.findings[0].problem.message
    assert first in message
    assert hashlib.sha256(file.data).hexdigest() in message
    assert "--accept-changed helper" in (report.findings[0].problem.remedy or "")
    assert report.exit_code == 1


@pytest.mark.attack(4)
def test_a_page_with_another_hash_is_changed_even_where_the_bytes_are_right(locked: Workshop) -> None:
    served(locked, "helper").sha256 = "0" * 64
    report = verified(locked)
    assert outcomes(report) == {("changed", HELPER)}
    assert f"lists sha256 {'0' * 64}" in report.findings[0].problem.message


def test_an_entry_of_another_version_that_is_damaged_is_in_nobodys_way(locked: Workshop) -> None:
    locked.server.add_wheel("helper", "2.0").sha256 = "no hash"
    assert verified(locked).findings == ()
    assert verified(locked, mirror=locked.server.url).findings == ()


def test_an_entry_that_is_damaged_says_nothing_of_the_file(locked: Workshop) -> None:
    served(locked, "helper").sha256 = "no hash"
    served(locked, "plug").yanked = "broken"
    report = verified(locked)
    assert outcomes(report) == {("failed", HELPER), ("withdrawn", PLUG)}


@pytest.mark.attack(25)
@pytest.mark.parametrize("status", [404, 410])
def test_a_file_that_nobody_serves_is_gone_and_not_changed(locked: Workshop, status: int) -> None:
    locked.server.fail("helper-1.0.*whl$", Fault(status=status))
    report = verified(locked)
    assert outcomes(report) == {("gone", HELPER)}
    assert "no longer has it" in report.findings[0].problem.message
    assert report.exit_code == 1
    assert check(locked.write(), locked.surroundings()).problems == ()


@pytest.mark.attack(25)
def test_a_file_that_its_page_no_longer_lists_is_gone_from_the_index(locked: Workshop) -> None:
    files = list(locked.server.projects["helper"])
    locked.server.projects["helper"].clear()
    locked.server.projects["elsewhere"] = files
    report = verified(locked)
    assert outcomes(report) == {("gone", HELPER)}


@pytest.mark.attack(25)
def test_a_yanked_file_is_withdrawn_and_check_stays_green(locked: Workshop) -> None:
    served(locked, "helper").yanked = "breaks everything"
    report = verified(locked)
    assert outcomes(report) == {("withdrawn", HELPER)}
    assert "was yanked: breaks everything" in report.findings[0].problem.message
    assert check(locked.write(), locked.surroundings()).problems == ()
    assert locked.lock().status == "current"


@pytest.mark.attack(25)
def test_a_quarantined_project_is_withdrawn(locked: Workshop) -> None:
    locked.server.page_keys["helper"] = {"project-status": {"status": "quarantined"}}
    report = verified(locked)
    assert outcomes(report) == {("withdrawn", HELPER)}
    assert "has quarantined helper" in report.findings[0].problem.message


def test_an_archived_project_is_worth_a_note_only(locked: Workshop) -> None:
    locked.server.page_keys["helper"] = {"project-status": {"status": "archived"}}
    report = verified(locked)
    assert (report.findings, report.exit_code) == ((), 0)
    assert report.notes == ("helper is archived: no new release is expected",)


def test_a_network_that_fails_is_neither_changed_nor_gone(locked: Workshop) -> None:
    locked.server.fail("helper-1.0.*whl$", Fault(status=403))
    report = verified(locked)
    assert outcomes(report) == {("failed", HELPER)}
    assert report.exit_code == 3


def test_a_finding_counts_more_than_a_failure(locked: Workshop) -> None:
    locked.server.fail("helper-1.0.*whl$", Fault(status=403))
    locked.server.fail("plug-1.0.*whl$", Fault(status=404))
    assert verified(locked).exit_code == 1


def test_names_limit_what_is_looked_at(locked: Workshop) -> None:
    locked.server.fail("helper-1.0.*whl$", Fault(status=404))
    assert verified(locked, "plug").findings == ()
    assert outcomes(verified(locked, "helper")) == {("gone", HELPER)}


def test_a_name_that_is_not_locked_is_an_error_with_the_nearest(locked: Workshop) -> None:
    with pytest.raises(InputError, match='"helpr" is neither') as caught:
        verified(locked, "helpr")
    assert "helper" in (caught.value.problems[0].remedy or "")


@pytest.mark.parametrize(
    ("key", "line", "told"),
    [
        ("modules", '  "helper",\n', "modules are helper, and the lock says other"),
        ("license", None, "its licence is not given, and the lock says MIT"),
        ("dependencies", '  { name = "helper" },\n', "it requires helper>=1 on"),
    ],
)
def test_a_lock_that_says_something_else_of_right_bytes_is_different(
    locked: Workshop, key: str, line: str | None, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Through the model: the rules of the format would refuse most such edits before anything is fetched.
    from resolver.operations.project import Project  # noqa: PLC0415 - patched here alone

    lock = locked.read()
    packages = []
    for package in lock.packages:
        artifacts = package.artifacts
        if package.name == "helper" and key == "modules":
            artifacts = tuple(replace(artifact, modules=("other",)) for artifact in artifacts)
        if package.name == "helper" and key == "license":
            artifacts = tuple(replace(artifact, license="MIT") for artifact in artifacts)
        edges = () if package.name == "plug" and key == "dependencies" else package.dependencies
        packages.append(replace(package, artifacts=artifacts, dependencies=edges))
    edited = replace(lock, packages=tuple(packages))
    monkeypatch.setattr(Project, "required_lock", lambda _: edited)
    report = verified(locked)
    assert {finding.outcome for finding in report.findings} == {"different"}
    assert any(told in finding.problem.message for finding in report.findings)


def test_a_mirror_with_the_same_bytes_is_as_good(locked: Workshop) -> None:
    with IndexServer() as mirror:
        for name in ("plug", "helper"):
            mirror.add(name, served(locked, name))
        locked.server.fail("", Fault(status=500))
        report = verified(locked, mirror=mirror.url)
        assert (report.findings, report.verified) == ((), 2)
        assert {path for path in mirror.paths() if path.endswith(".whl")} == {
            f"/files/plug/{PLUG}",
            f"/files/helper/{HELPER}",
        }


def test_a_mirror_that_lacks_a_file_or_has_other_bytes_is_told(locked: Workshop) -> None:
    with IndexServer() as mirror:
        mirror.add("plug", ServedFile(name=PLUG, data=wheel_bytes("plug", "1.0")))
        report = verified(locked, mirror=mirror.url)
    assert outcomes(report) == {("changed", PLUG), ("gone", HELPER)}


def test_a_mirror_with_a_password_in_its_address_is_refused(locked: Workshop) -> None:
    with pytest.raises(InputError, match="a user name or a password") as caught:
        verified(locked, mirror="https://u:hunter2@mirror.example/simple/")
    assert "hunter2" not in str(caught.value)


def test_offline_the_cache_is_looked_at(locked: Workshop) -> None:
    locked.server.requests.clear()
    report = verified(locked, offline=True)
    assert (report.findings, report.verified) == ((), 2)
    assert locked.server.requests == []


def test_offline_what_is_nowhere_is_not_told(locked: Workshop) -> None:
    for kept in locked.root.rglob(HELPER):
        kept.unlink()
    report = verified(locked, offline=True)
    assert outcomes(report) == {("unknown", HELPER)}
    assert (report.exit_code, report.verified) == (2, 1)


def test_offline_a_damaged_copy_in_the_cache_is_told_as_such_and_blames_nobody_else(locked: Workshop) -> None:
    (kept,) = locked.root.rglob(HELPER)
    kept.write_bytes(b"damaged")
    report = verified(locked, offline=True)
    assert outcomes(report) == {("damaged", HELPER)}
    problem = report.findings[0].problem
    assert problem.path == str(kept)
    assert problem.message == (f"this copy of {HELPER} is damaged: its bytes have not the hash that it lies under")
    assert "proxy" not in str(problem)
    assert (report.exit_code, report.verified) == (1, 1)


@pytest.mark.parametrize("right", [True, False])
def test_offline_the_nix_store_is_looked_at(locked: Workshop, *, right: bool) -> None:
    for kept in locked.root.rglob(HELPER):
        kept.unlink()
    store = locked.root / "store"
    store.mkdir()
    data = served(locked, "helper").data
    digest = hashlib.sha256(data).hexdigest()
    place = locked.root / flat_file_path(HELPER, digest, str(store))
    place.write_bytes(data if right else b"damaged")
    report = verified(locked, offline=True, environ={"HOME": str(locked.root), "NIX_STORE_DIR": str(store)})
    assert outcomes(report) == (set() if right else {("damaged", HELPER)})
    if not right:
        assert report.findings[0].problem.path == str(place)
        assert report.findings[0].problem.remedy == (
            f"let Nix fetch it anew, as root where the store is root's: nix-store --repair-path {place}"
        )


def test_offline_a_right_copy_in_the_store_is_looked_into_beside_a_damaged_one_in_the_cache(locked: Workshop) -> None:
    for kept in locked.root.rglob(HELPER):
        kept.write_bytes(b"damaged")
    store = locked.root / "store"
    store.mkdir()
    data = served(locked, "helper").data
    (locked.root / flat_file_path(HELPER, hashlib.sha256(data).hexdigest(), str(store))).write_bytes(data)
    text = locked.lock_path.read_text(encoding="utf-8")
    locked.lock_path.write_text(text.replace('modules = [\n  "helper",\n]', 'modules = [\n  "other",\n]', 1), "utf-8")
    report = verified(locked, offline=True, environ={"HOME": str(locked.root), "NIX_STORE_DIR": str(store)})
    assert outcomes(report) == {("damaged", HELPER), ("different", HELPER)}


def git_plugin(workshop: Workshop) -> Repository:
    workshop.python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    workshop.server.add_wheel("tool", "1.0")
    repo = Repository(workshop.root / "served" / "plugin.git")
    repo.commit(project("some-plugin", "1.2", built_with=["tool"]))
    repo.git("tag", "v1.2")
    workshop.plugins["some-plugin"] = f'{{ git = "{repo.url}", tag = "v1.2" }}'
    workshop.settings = '[policy]\nallow-build = { some-plugin = "tested" }'
    workshop.lock()
    return repo


@pytest.mark.attack(6)
def test_a_commit_is_fetched_again_and_a_moved_tag_told(workshop: Workshop) -> None:
    repo = git_plugin(workshop)
    first = repo.git("rev-parse", "HEAD")
    assert verified(workshop).findings == ()
    repo.commit({"more.txt": "x"})
    repo.git("tag", "--force", "v1.2")
    report = verified(workshop, "some-plugin")
    assert outcomes(report) == {("moved", f"some-plugin-{first}")}
    assert f"was moved from {first}" in report.findings[0].problem.message


@pytest.mark.attack(7)
def test_a_commit_that_is_on_no_branch_any_more_is_gone(workshop: Workshop) -> None:
    repo = git_plugin(workshop)
    first = repo.git("rev-parse", "HEAD")
    repo.git("checkout", "--quiet", "--orphan", "new")
    repo.commit({"other.txt": "x"})
    repo.git("branch", "--quiet", "-D", "main")
    repo.git("tag", "--force", "v1.2")
    assert ("gone", f"some-plugin-{first}") in outcomes(verified(workshop, "some-plugin"))


def test_offline_a_repository_is_not_asked_and_the_kept_tree_is_looked_at(workshop: Workshop) -> None:
    repo = git_plugin(workshop)
    shutil.rmtree(repo.folder)
    report = verified(workshop, "some-plugin", offline=True)
    assert (report.findings, report.verified) == ((), 1)


@pytest.mark.parametrize("library", [True, False], ids=["fetchgit", "builtins.fetchGit"])
@pytest.mark.parametrize("right", [True, False])
def test_offline_a_commit_is_looked_for_in_the_nix_store(workshop: Workshop, *, library: bool, right: bool) -> None:
    repo = git_plugin(workshop)
    commit = repo.git("rev-parse", "HEAD")
    artifact = f"some-plugin-{commit}"
    shutil.rmtree(workshop.root / "cache")
    store = workshop.root / "store"
    store.mkdir()
    nar_hash = next(p for p in workshop.read().packages if p.name == "some-plugin").artifacts[0].nar_hash
    assert nar_hash is not None
    own = {"HOME": str(workshop.root), "NIX_STORE_DIR": str(store)}
    assert outcomes(verified(workshop, "some-plugin", offline=True, environ=own)) == {("unknown", artifact)}
    place = workshop.root / tree_path(artifact if library else "source", nar_hash, str(store))
    shutil.copytree(repo.folder, place, ignore=shutil.ignore_patterns(".git"))
    if not right:
        (place / "more.txt").write_text("x", encoding="utf-8")
    report = verified(workshop, "some-plugin", offline=True, environ=own)
    assert outcomes(report) == (set() if right else {("damaged", artifact)})
    assert report.exit_code == (0 if right else 1)


def test_a_folder_that_changed_is_changed(workshop: Workshop) -> None:
    folder = workshop.root / "plugins" / "notes"
    folder.mkdir(parents=True)
    (folder / "plugin.yaml").write_text("name: notes\nversion: 1.0.0\n", encoding="utf-8")
    (folder / "__init__.py").write_text("def register(ctx): ...\n", encoding="utf-8")
    workshop.plugins["notes"] = '{ path = "plugins/notes" }'
    workshop.lock()
    assert verified(workshop, "notes").findings == ()
    (folder / "__init__.py").write_text("def register(ctx): evil()\n", encoding="utf-8")
    assert outcomes(verified(workshop, "notes")) == {("changed", "notes-source")}
