"""Plugins that are no wheels, from plugins.toml to plugins.lock."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from lock.errors import InputError, LockError, PluginLockError, ResolutionError, WorldError
from lock.model import Archive, Asked, Directory, Sdist, Vcs
from tests.resolver.building.sources import project
from tests.resolver.sources.repositories import Repository
from tests.sdists import sdist_bytes, sdist_name, tar_bytes
from tests.servers.git_servers import GitHttpServer, GitSshServer, sshd
from tests.servers.index_server import IndexServer, ServedFile

if TYPE_CHECKING:
    from pathlib import Path

    from lock.model import Package, Plugin
    from tests.projects import Workshop

ENTRY_POINTS = "[the_host.plugins]\nsome = some_plugin:register\n"


@pytest.fixture
def sources(workshop: Workshop) -> Workshop:
    """The project of the other tests without its plugin, for the Python that runs the tests: builds find one."""
    workshop.python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    workshop.plugins.clear()
    allow("some-plugin", workshop)
    workshop.server.add_wheel("tool", "1.0")
    return workshop


def allow(name: str, workshop: Workshop) -> None:
    workshop.settings = f'[policy]\nallow-build = {{ {name} = "tested" }}'


def plugin_files(version: str = "1.2", **said: object) -> dict[str, str]:
    """A package plugin that registers itself, needs one package of the index and one of the host."""
    arguments: dict[str, object] = {
        "built_with": ["tool"],
        "needs": ["helper", "web>=2"],
        "files": {f"some_plugin-{version}.dist-info/entry_points.txt": ENTRY_POINTS},
        **said,
    }
    return project("some-plugin", version, **arguments)  # type: ignore[arg-type]  # keywords of `project`


def package(workshop: Workshop, name: str) -> Package:
    return next(package for package in workshop.read().packages if package.name == name)


def plugin(workshop: Workshop, name: str) -> Plugin:
    return next(plugin for plugin in workshop.read().plugins if plugin.name == name)


def repository(workshop: Workshop) -> Repository:
    repo = Repository(workshop.root / "served" / "plugin.git")
    repo.commit(plugin_files())
    repo.git("tag", "v1.2")
    return repo


def _check_git_plugin(workshop: Workshop, url: str, commit: str) -> None:
    locked = package(workshop, "some-plugin")
    assert locked.source == Vcs(url=url, commit_id=commit, requested_revision="v1.2")
    assert (locked.version, locked.dependencies, locked.provided) == ("1.2", ("helper",), ("web",))
    (artifact,) = locked.artifacts
    assert artifact.name == f"some-plugin-{commit}"
    assert str(artifact.nar_hash).startswith("sha256-")
    assert artifact.build is not None
    assert [(entry.name, entry.version) for entry in artifact.build.requires] == [("tool", "1.0")]
    assert [built.name for built in workshop.read().build_packages] == ["tool"]
    assert [entry.name for entry in plugin(workshop, "some-plugin").entry_points] == ["some"]
    assert plugin(workshop, "some-plugin").asked == Asked(git=url, tag="v1.2")
    assert workshop.check().problems == ()


def test_a_git_plugin_is_locked_with_what_it_is_built_with(sources: Workshop) -> None:
    repo = repository(sources)
    sources.plugins["some-plugin"] = f'{{ git = "{repo.url}", tag = "v1.2" }}'
    sources.lock()
    _check_git_plugin(sources, repo.url, repo.git("rev-parse", "HEAD"))
    assert sources.lock().status == "current"


def test_a_git_plugin_comes_over_http(sources: Workshop) -> None:
    repo = repository(sources)
    with GitHttpServer(sources.root / "served") as server:
        url = server.url("plugin.git")
        sources.plugins["some-plugin"] = f'{{ git = "{url}", tag = "v1.2" }}'
        sources.lock()
        _check_git_plugin(sources, url, repo.git("rev-parse", "HEAD"))


def test_a_git_plugin_comes_over_ssh(sources: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    program = sshd()
    if program is None:
        pytest.skip("there is no sshd: install openssh-server")
    repo = repository(sources)
    with GitSshServer(sources.root / "ssh", program) as server:
        monkeypatch.setenv("GIT_SSH_COMMAND", server.command)
        url = server.url(repo.folder)
        sources.plugins["some-plugin"] = f'{{ git = "{url}", tag = "v1.2" }}'
        sources.lock()
        _check_git_plugin(sources, url, repo.git("rev-parse", "HEAD"))


@pytest.mark.attack(19)
def test_a_source_is_not_built_unless_the_policy_names_it(sources: Workshop) -> None:
    sources.settings = ""
    repo = repository(sources)
    sources.plugins["some-plugin"] = f'{{ git = "{repo.url}", tag = "v1.2" }}'
    with pytest.raises(ResolutionError, match="some-plugin") as caught:
        sources.lock()
    assert "allow-build" in str(caught.value)
    assert not sources.lock_path.exists()


@pytest.mark.attack(6)
def test_a_tag_that_moved_stays_locked_until_it_is_accepted(sources: Workshop) -> None:
    repo = repository(sources)
    first = repo.git("rev-parse", "HEAD")
    sources.plugins["some-plugin"] = f'{{ git = "{repo.url}", tag = "v1.2" }}'
    sources.lock()
    moved = repo.commit({"more.txt": "x"})
    repo.git("tag", "--force", "v1.2")
    sources.plugins["plug"] = '"*"'
    sources.lock()
    assert package(sources, "some-plugin").source == Vcs(url=repo.url, commit_id=first, requested_revision="v1.2")
    before = sources.lock_path.read_bytes()
    with pytest.raises(LockError, match=f"was moved from {first}") as caught:
        sources.lock(upgrade=("some-plugin",))
    assert "--accept-changed some-plugin" in str(caught.value)
    assert sources.lock_path.read_bytes() == before
    sources.lock(upgrade=("some-plugin",), accept_changed=("some-plugin",))
    assert package(sources, "some-plugin").source == Vcs(url=repo.url, commit_id=moved, requested_revision="v1.2")


def test_a_branch_goes_on_with_update_alone(sources: Workshop) -> None:
    repo = repository(sources)
    first = repo.git("rev-parse", "HEAD")
    sources.plugins["some-plugin"] = f'{{ git = "{repo.url}", branch = "main" }}'
    sources.lock()
    second = repo.commit({"more.txt": "x"})
    sources.plugins["plug"] = '"*"'
    sources.lock()
    assert package(sources, "some-plugin").artifacts[0].name == f"some-plugin-{first}"
    sources.lock(upgrade=("some-plugin",))
    assert package(sources, "some-plugin").artifacts[0].name == f"some-plugin-{second}"


def test_a_folder_of_the_project_is_locked_and_a_change_of_it_noticed(sources: Workshop) -> None:
    folder = sources.root / "plugins" / "mine"
    folder.mkdir(parents=True)
    for path, text in plugin_files().items():
        target = folder / path
        target.write_text(text, encoding="utf-8")
    sources.plugins["some-plugin"] = '{ path = "plugins/mine" }'
    sources.lock()
    assert package(sources, "some-plugin").source == Directory(path="plugins/mine")
    assert package(sources, "some-plugin").artifacts[0].name == "some-plugin-source"
    assert sources.check().problems == ()
    before = package(sources, "some-plugin").artifacts[0].nar_hash
    (folder / "more.txt").write_text("x", encoding="utf-8")
    assert [problem.message for problem in sources.check().problems] == [
        "the files of some-plugin in plugins/mine are no longer those that were locked"
    ]
    sources.lock()
    assert package(sources, "some-plugin").artifacts[0].nar_hash != before


def test_an_archive_is_locked_by_its_bytes(sources: Workshop, server: IndexServer) -> None:
    data = tar_bytes({f"some-plugin-1.2/{path}": text for path, text in plugin_files().items()})
    file = server.add("archives", ServedFile(name="some-plugin-1.2.tar.gz", data=data))
    url = f"{server.origin}{server.file_url('archives', file)}"
    sources.plugins["some-plugin"] = f'{{ url = "{url}" }}'
    sources.lock()
    source = package(sources, "some-plugin").source
    assert isinstance(source, Archive)
    assert (source.url, source.size) == (url, len(data))
    assert sources.check().problems == ()
    before = sources.lock_path.read_bytes()
    file.data = tar_bytes({f"some-plugin-1.2/{path}": text for path, text in plugin_files("1.3").items()})
    sources.plugins["plug"] = '"*"'
    with pytest.raises(LockError, match="it was replaced, or damaged on its way"):
        sources.lock()
    assert sources.lock_path.read_bytes() == before


def _directory_plugin(workshop: Workshop, name: str, manifest: str, file: str = "plugin.yaml") -> Path:
    folder = workshop.root / "plugins" / name
    folder.mkdir(parents=True)
    (folder / file).write_text(manifest, encoding="utf-8")
    (folder / "__init__.py").write_text("def register(ctx):\n    raise SystemExit\n", encoding="utf-8")
    workshop.plugins[name] = f'{{ path = "plugins/{name}" }}'
    return folder


def test_a_directory_plugin_brings_its_python_needs(sources: Workshop) -> None:
    sources.settings = ""
    _directory_plugin(sources, "weather", 'name: weather\nversion: 1.0.0\npip_dependencies: ["helper>=1", "web"]\n')
    sources.lock()
    locked = plugin(sources, "weather")
    assert (locked.kind, locked.version) == ("directory", {})
    assert locked.tree is not None
    assert (locked.tree.dependencies, locked.tree.provided) == (("helper",), ("web",))
    assert locked.tree.manifest.id == "weather"
    assert sources.versions() == {"helper": "1.0"}
    assert sources.check().problems == ()


def test_what_a_directory_plugin_cannot_have_beside_the_host_is_explained(sources: Workshop) -> None:
    _directory_plugin(sources, "weather", 'name: weather\nversion: 1.0.0\npip_dependencies: ["web<2"]\n')
    with pytest.raises(ResolutionError, match=r"plugins\.toml asks for weather, whose plugin\.yaml requires web<2"):
        sources.lock()


def test_two_skills_of_one_id_are_refused(sources: Workshop) -> None:
    for name in ("one", "two"):
        manifest = f'id = "notes"\nname = "{name}"\ndescription = "x"\nrisk = "safe"\n'
        folder = _directory_plugin(sources, name, manifest, "skill.toml")
        (folder / "run").write_text("#!/bin/sh\n", encoding="utf-8")
        (folder / "run").chmod(0o755)
    with pytest.raises(InputError, match='one and two are skills with the id "notes"'):
        sources.lock()


@pytest.mark.parametrize(
    ("was", "now", "message"),
    [
        ("caution", "safe", "now calls itself safe; it was caution"),
        ("dangerous", "caution", "now calls itself caution; it was dangerous"),
        ("dangerous", None, "no longer says how risky it is; it was dangerous"),
        ("safe", "caution", None),
        ("safe", None, None),
    ],
)
def test_a_risk_that_falls_is_an_event(sources: Workshop, was: str, now: str | None, message: str | None) -> None:
    said = 'id = "notes"\nname = "notes"\ndescription = "x"\n'
    folder = _directory_plugin(sources, "notes", f'{said}risk = "{was}"\n', "skill.toml")
    (folder / "run").write_text("#!/bin/sh\n", encoding="utf-8")
    (folder / "run").chmod(0o755)
    sources.lock()
    (folder / "skill.toml").write_text(said + (f'risk = "{now}"\n' if now else ""), encoding="utf-8")
    told = [event.message for event in sources.lock().events if event.code == "risk"]
    assert [text.startswith(f"notes {message}") for text in told] == ([True] if message else [])


def test_a_source_distribution_is_used_where_no_wheel_fits_and_the_policy_allows(
    sources: Workshop, server: IndexServer
) -> None:
    allow("helper", sources)
    sources.plugins["plug"] = '"*"'
    server.projects["helper"].clear()
    data = sdist_bytes("helper", "1.5", project("helper", "1.5", built_with=["tool"]), static=False)
    server.add("helper", ServedFile(name=sdist_name("helper", "1.5"), data=data))
    sources.lock()
    locked = package(sources, "helper")
    assert isinstance(locked.source, Sdist)
    assert locked.source.size == len(data)
    assert locked.artifacts[0].modules == ("helper",)
    assert sources.check().problems == ()
    sources.settings = ""
    assert {problem.code for problem in sources.check().problems} == {"build-not-allowed", "outdated"}


def test_a_build_that_fails_names_the_step_and_shows_its_output(sources: Workshop) -> None:
    sources.plugins["plug"] = '"*"'
    sources.lock()
    before = sources.lock_path.read_bytes()
    repo = Repository(sources.root / "broken")
    repo.commit(plugin_files(run={"build_wheel": "raise RuntimeError('no compiler in sight')"}))
    sources.plugins["some-plugin"] = f'{{ git = "{repo.url}", branch = "main" }}'
    with pytest.raises(WorldError, match="build_wheel") as caught:
        sources.lock()
    assert "no compiler in sight" in str(caught.value)
    assert sources.lock_path.read_bytes() == before


def test_a_repository_that_is_not_there_is_an_error_of_the_world(sources: Workshop) -> None:
    sources.plugins["some-plugin"] = f'{{ git = "file://{sources.root}/nowhere", branch = "main" }}'
    with pytest.raises(PluginLockError, match="nowhere"):
        sources.lock()
