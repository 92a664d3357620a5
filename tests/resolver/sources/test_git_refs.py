"""A tag, a branch or nothing names a commit; a commit is one only in full; a tag that moved is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lock.errors import InputError, WorldError
from resolver.manifest.model import GitSource
from resolver.sources import git_refs
from tests.resolver.sources.repositories import Repository

if TYPE_CHECKING:
    from resolver.sources.git import GitSources


def source(repository: Repository, **asked: str) -> GitSource:
    return GitSource(url=repository.url, **asked)


def refusal(repository: Repository, **asked: str) -> str:
    with pytest.raises(InputError) as raised:
        git_refs.commit_of(source(repository, **asked))
    return str(raised.value).removeprefix(f"{repository.url}: ")


def test_a_tag_a_branch_and_the_default_branch_name_their_commits(repository: Repository) -> None:
    first = repository.commit({"a": "1"})
    repository.git("tag", "v1")
    repository.git("branch", "feature/x")
    second = repository.commit({"a": "2"})
    assert git_refs.commit_of(source(repository, tag="v1")) == first
    assert git_refs.commit_of(source(repository, branch="feature/x")) == first
    assert git_refs.commit_of(source(repository, branch="main")) == second
    assert git_refs.commit_of(source(repository)) == second


def test_annotated_tags_are_peeled_however_deep(repository: Repository) -> None:
    first = repository.commit({"a": "1"})
    repository.git("tag", "-a", "-m", "one", "v1")
    repository.git("tag", "-a", "-m", "two", "v1-again", "v1")
    assert repository.git("rev-parse", "v1-again") != first
    assert git_refs.commit_of(source(repository, tag="v1")) == first
    assert git_refs.commit_of(source(repository, tag="v1-again")) == first


def test_a_ref_is_found_by_its_whole_name_only(repository: Repository) -> None:
    repository.commit({"a": "1"})
    repository.git("branch", "other/main")
    repository.git("branch", "-m", "main", "trunk")
    assert refusal(repository, branch="main") == (
        "the repository has no branch 'main'\n  help: the known branches are other/main, trunk".replace(
            "other/main", '"other/main"'
        )
    )


def test_a_missing_tag_names_the_nearest(repository: Repository) -> None:
    repository.commit()
    repository.git("tag", "v1.2.0")
    assert refusal(repository, tag="v1.2") == "the repository has no tag 'v1.2'\n  help: did you mean \"v1.2.0\"?"


def test_a_tag_asked_for_as_a_branch_is_told(repository: Repository) -> None:
    repository.commit()
    repository.git("tag", "v1")
    assert refusal(repository, branch="v1") == (
        "the repository has no branch 'v1'\n  help: it has a tag of that name: write tag = \"v1\""
    )


@pytest.mark.parametrize("revision", ["main", "HEAD", "0123456", "A" * 40, "1" * 41, "v1", "--upload-pack=x", ""])
def test_a_symbolic_or_shortened_revision_is_refused(repository: Repository, revision: str) -> None:
    repository.commit()
    assert refusal(repository, revision=revision) == (
        f"'{revision}' is not a full commit of 40 (or 64) lower-case hex digits\n"
        "  help: write the full commit (`git rev-parse` gives it), or name a tag or branch as such"
    )


def test_an_empty_repository_has_no_commit(repository: Repository) -> None:
    assert refusal(repository).startswith("the repository is empty, or its default branch is\n")


def test_the_kind_of_a_ref_is_asked_of_the_repository(repository: Repository) -> None:
    repository.commit()
    repository.git("tag", "v1")
    repository.git("tag", "both")
    repository.git("branch", "both")
    assert git_refs.kind_of_ref(repository.url, "v1") == "tag"
    assert git_refs.kind_of_ref(repository.url, "main") == "branch"
    with pytest.raises(InputError, match="'both' is a tag and a branch"):
        git_refs.kind_of_ref(repository.url, "both")
    with pytest.raises(
        InputError, match=r"has no tag or branch 'v2'\n  help: the known tags and branches are both, main, v1"
    ):
        git_refs.kind_of_ref(repository.url, "v2")


def test_a_moved_tag_is_told_and_its_locked_commit_stays(repository: Repository, sources: GitSources) -> None:
    first = repository.commit({"a": "1"})
    repository.git("tag", "-a", "-m", "one", "v1")
    asked = source(repository, tag="v1")
    assert not git_refs.check_unmoved(asked, first).has_moved
    second = repository.commit({"a": "2"})
    repository.git("tag", "-f", "-a", "-m", "one", "v1")
    check = git_refs.check_unmoved(asked, first)
    assert check.has_moved
    assert check.now == second
    assert str(check.problem("weather")) == (
        f"{repository.url}: weather: the tag 'v1' was moved from {first}, which stays locked, to {second}\n"
        "  help: tags are not expected to move: compare the two commits, and ask the maintainers before taking it"
    )


def test_a_tag_that_is_gone_is_told(repository: Repository) -> None:
    first = repository.commit({"a": "1"})
    check = git_refs.check_unmoved(source(repository, tag="v1"), first)
    assert (check.has_moved, check.now) == (True, None)
    assert f"the tag 'v1' is gone; {first} stays locked" in str(check.problem("weather"))


def test_a_branch_that_went_on_is_no_alarm(repository: Repository) -> None:
    first = repository.commit({"a": "1"})
    second = repository.commit({"a": "2"})
    check = git_refs.check_unmoved(source(repository, branch="main"), first)
    assert str(check.problem("weather")) == (
        f"{repository.url}: weather: the branch 'main' went on from {first} to {second}\n"
        "  help: run `plugin-lock update weather` to take it"
    )
    assert not git_refs.check_unmoved(source(repository, revision=first), first).has_moved


def test_a_repository_that_cannot_be_reached_is_not_a_moved_tag(tmp_path) -> None:
    with pytest.raises(WorldError, match="does not appear to be a git repository"):
        git_refs.check_unmoved(GitSource(url=f"file://{tmp_path}/gone", tag="v1"), "1" * 40)


def test_the_repository_one_stands_in_is_not_asked(repository: Repository, tmp_path, monkeypatch) -> None:
    commit = repository.commit({"a": "1"})
    around = Repository(tmp_path / "around")
    around.git("config", f"url.file://{tmp_path}/elsewhere/.insteadOf", "file://")
    monkeypatch.chdir(around.folder)
    assert git_refs.commit_of(source(repository)) == commit


def test_a_repository_of_sha_256_is_read(tmp_path, sources: GitSources) -> None:
    repository = Repository(tmp_path / "long", algorithm="sha256")
    commit = repository.commit({"a": "1"})
    assert len(commit) == 64
    assert git_refs.commit_of(source(repository)) == commit
    assert (sources.tree(source(repository), commit).path / "a").read_text() == "1"
