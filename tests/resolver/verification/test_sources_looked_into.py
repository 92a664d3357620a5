"""Whether `verify` looks inside sdists, archives and trees, and not only at their hashes."""

from __future__ import annotations

import io
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.projects import Workshop
from tests.resolver.building.sources import project
from tests.resolver.sources.repositories import Repository
from tests.resolver.verification.locked_projects import edited, looked, messages, smuggled
from tests.sdists import sdist_bytes, sdist_name, tar_bytes
from tests.servers.index_server import IndexServer, ServedFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SDIST = "mine-1.2.tar.gz"
WEATHER = {
    "plugin.yaml": 'name: weather\nversion: 1.0.0\nprovides_tools: [forecast]\npip_dependencies: ["helper>=1"]\n',
    "__init__.py": "def register(ctx): ...\n",
}


@pytest.fixture
def server() -> Iterator[IndexServer]:
    with IndexServer() as running:
        running.add_wheel("tool", "1.0")
        running.add_wheel("other-tool", "1.0")
        running.add_wheel("helper", "1.0")
        yield running


@pytest.fixture
def workshop(tmp_path: Path, server: IndexServer) -> Workshop:
    return Workshop(
        root=tmp_path,
        server=server,
        settings='[policy]\nallow-build = { mine = "tested" }',
        python=f"{sys.version_info[0]}.{sys.version_info[1]}",
    )


def files(*, built_with: str = "tool", needs: tuple[str, ...] = ("helper>=1",)) -> dict[str, str]:
    return project("mine", "1.2", built_with=[built_with], needs=needs)


def locked_sdist(workshop: Workshop, *, static: bool = False) -> ServedFile:
    data = sdist_bytes("mine", "1.2", files(), requires=["helper>=1"], static=static)
    file = workshop.server.add("mine", ServedFile(name=sdist_name("mine", "1.2"), data=data))
    workshop.plugins["mine"] = '"*"'
    workshop.lock()
    assert messages(looked(workshop)) == []
    return file


def with_pkg_info(text: str) -> bytes:
    members: Mapping[str, str] = {**files(), "PKG-INFO": text}
    return tar_bytes({f"mine-1.2/{path}": content for path, content in members.items()})


@pytest.mark.attack(17)
def test_an_sdist_whose_pkg_info_names_another_distribution_is_different(workshop: Workshop) -> None:
    file = locked_sdist(workshop)
    smuggled(workshop, file, with_pkg_info("Metadata-Version: 1.0\nName: yours\nVersion: 1.2\n"))
    assert messages(looked(workshop)) == [f'{SDIST}: its PKG-INFO names the distribution "yours", and the lock mine']


@pytest.mark.attack(17)
def test_an_sdist_whose_pkg_info_gives_another_version_is_different(workshop: Workshop) -> None:
    file = locked_sdist(workshop)
    smuggled(workshop, file, with_pkg_info("Metadata-Version: 1.0\nName: Mine\nVersion: 1.2.1\n"))
    assert messages(looked(workshop)) == [f'{SDIST}: its PKG-INFO gives the version "1.2.1", and the lock 1.2']


@pytest.mark.attack(14)
def test_an_sdist_that_would_write_outside_its_folder_is_different_and_writes_nothing(workshop: Workshop) -> None:
    file = locked_sdist(workshop)
    smuggled(workshop, file, tar_bytes({"mine-1.2/PKG-INFO": "", "mine-1.2/../../../outside-of-an-sdist": "x"}))
    assert any("`..`" in message for message in messages(looked(workshop)))
    assert not list(workshop.root.parent.rglob("outside-of-an-sdist"))


@pytest.mark.attack(14)
def test_an_sdist_with_a_device_in_it_is_different(workshop: Workshop) -> None:
    file = locked_sdist(workshop)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        device = tarfile.TarInfo("mine-1.2/tty")
        device.type = tarfile.CHRTYPE
        archive.addfile(device)
    smuggled(workshop, file, buffer.getvalue())
    assert any("is a device" in message for message in messages(looked(workshop)))


def test_an_sdist_that_is_no_archive_is_different(workshop: Workshop) -> None:
    file = locked_sdist(workshop)
    smuggled(workshop, file, b"\x1f\x8b no archive")
    assert any("it is no tar or zip archive" in message for message in messages(looked(workshop)))


def test_a_source_with_another_backend_than_the_lock_says_is_different(workshop: Workshop) -> None:
    locked_sdist(workshop)
    edited(workshop, ('backend = "backend"', 'backend = "other_backend"'))
    assert messages(looked(workshop)) == [f"{SDIST}: it is built by backend, and the lock says other_backend"]


def test_a_source_that_is_built_with_something_else_is_different(workshop: Workshop) -> None:
    file = locked_sdist(workshop)
    smuggled(workshop, file, sdist_bytes("mine", "1.2", files(built_with="other-tool"), static=False))
    told = messages(looked(workshop))
    assert told == [
        f"{SDIST}: it is built with other-tool on {system}, and the lock does not say so"
        for system in ("aarch64-linux", "x86_64-linux")
    ]


def test_a_source_that_wants_another_version_of_its_tool_is_different(workshop: Workshop) -> None:
    file = locked_sdist(workshop)
    smuggled(workshop, file, sdist_bytes("mine", "1.2", files(built_with="tool>=2"), static=False))
    assert f"{SDIST}: it is built with tool>=2 on x86_64-linux, and the lock says tool 1.0" in messages(
        looked(workshop)
    )


def test_static_metadata_of_an_sdist_must_state_the_edges_of_the_lock(workshop: Workshop) -> None:
    file = locked_sdist(workshop, static=True)
    smuggled(workshop, file, sdist_bytes("mine", "1.2", files(), requires=["left>=1"], static=True))
    told = messages(looked(workshop))
    assert f"{SDIST}: it requires left>=1 on x86_64-linux, and the lock has no edge to left there" in told
    assert f"{SDIST}: it does not require helper on x86_64-linux, and the lock has an edge to it there" in told


def test_an_archive_that_is_a_package_is_looked_into(workshop: Workshop) -> None:
    data = tar_bytes({f"top/{path}": text for path, text in files().items()})
    file = workshop.server.add("archives", ServedFile(name="mine.tar.gz", data=data))
    url = f"{workshop.server.origin}{workshop.server.file_url('archives', file)}"
    workshop.plugins["mine"] = f'{{ url = "{url}" }}'
    workshop.lock()
    assert messages(looked(workshop)) == []
    broken = files() | {"pyproject.toml": "[build-system\n"}
    smuggled(workshop, file, tar_bytes({f"top/{path}": text for path, text in broken.items()}))
    assert any("pyproject.toml is not TOML" in message for message in messages(looked(workshop)))


@pytest.mark.attack(17)
def test_an_archive_that_is_an_sdist_has_a_pkg_info_that_must_agree(workshop: Workshop) -> None:
    file = workshop.server.add(
        "archives", ServedFile(name=SDIST, data=sdist_bytes("mine", "1.2", files(), static=False))
    )
    url = f"{workshop.server.origin}{workshop.server.file_url('archives', file)}"
    workshop.plugins["mine"] = f'{{ url = "{url}" }}'
    workshop.lock()
    assert messages(looked(workshop)) == []
    smuggled(workshop, file, with_pkg_info("Metadata-Version: 1.0\nName: yours\nVersion: 1.2\n"))
    assert messages(looked(workshop)) == [f'{SDIST}: its PKG-INFO names the distribution "yours", and the lock mine']


# -- directory plugins -------------------------------------------------------------------------------------------------


def as_folder(workshop: Workshop) -> None:
    folder = workshop.root / "plugins" / "weather"
    folder.mkdir(parents=True)
    for name, text in WEATHER.items():
        (folder / name).write_text(text, encoding="utf-8")
    workshop.plugins["weather"] = '{ path = "plugins/weather" }'


def as_commit(workshop: Workshop) -> None:
    repo = Repository(workshop.root / "served" / "weather.git")
    repo.commit({f"deep/{name}": text for name, text in WEATHER.items()})
    workshop.plugins["weather"] = f'{{ git = "{repo.url}", branch = "main", subdirectory = "deep" }}'


def as_archive(workshop: Workshop) -> None:
    data = tar_bytes({f"weather-1/{name}": text for name, text in WEATHER.items()})
    file = workshop.server.add("archives", ServedFile(name="weather.tar.gz", data=data))
    url = f"{workshop.server.origin}{workshop.server.file_url('archives', file)}"
    workshop.plugins["weather"] = f'{{ url = "{url}" }}'


@pytest.fixture(params=[as_folder, as_commit, as_archive])
def weather(request: pytest.FixtureRequest, workshop: Workshop) -> Workshop:
    """A locked directory plugin that needs one package; from each kind of source."""
    request.param(workshop)
    workshop.lock()
    report = looked(workshop)
    assert (messages(report), report.artifacts, report.verified) == ([], 2, 2)
    return workshop


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('tools = [\n  "forecast",\n]', 'tools = [\n  "shell",\n]', "tools is forecast, and the lock says shell"),
        ('version = "1.0.0"\n', 'version = "1.0.1"\n', "version is 1.0.0, and the lock says 1.0.1"),
        ('version = "1.0.0"\n', 'version = "1.0.0"\nrisk = "safe"\n', "risk is nothing, and the lock says safe"),
        ('id = "weather"', 'id = "clock"', "id is weather, and the lock says clock"),
    ],
    ids=["tools", "version", "risk", "id"],
)
def test_a_manifest_that_says_something_else_than_the_lock_is_different(
    weather: Workshop, old: str, new: str, told: str
) -> None:
    edited(weather, (old, new))
    (message,) = messages(looked(weather))
    assert message.endswith(f": its manifest's {told}")


def test_an_edge_of_a_directory_plugin_that_it_does_not_state_is_different(weather: Workshop) -> None:
    text = weather.lock_path.read_text(encoding="utf-8")
    before, marker, tree = text.partition("[tool.plugin-lock.plugins.tree]")
    assert 'dependencies = [\n  "helper",\n]' in tree
    # The plugin asks for nothing, says plugins.toml, and so says the lock of what was asked.
    asked = before.replace("asked = { ", "asked = { ", 1)
    line = next(line for line in asked.splitlines() if line.startswith("asked = {"))
    with_none = line.removesuffix(" }") + ", dependencies = [] }"
    weather.lock_path.write_text(asked.replace(line, with_none) + marker + tree, encoding="utf-8")
    told = messages(looked(weather))
    assert len(told) == 2
    assert all("it does not require helper on" in message for message in told)


def test_an_archive_that_unpacks_to_another_hash_than_the_lock_says_is_different(workshop: Workshop) -> None:
    as_archive(workshop)
    workshop.lock()
    (plugin,) = workshop.read().plugins
    assert plugin.tree is not None
    other = "sha256-" + "A" * 43 + "="
    edited(workshop, (plugin.tree.nar_hash, other))
    assert messages(looked(workshop)) == [
        f"weather.tar.gz: it unpacks to the NAR hash {plugin.tree.nar_hash}, and the lock says {other}"
    ]


def test_two_plugins_of_one_commit_are_both_looked_at_and_it_is_fetched_once(workshop: Workshop) -> None:
    repo = Repository(workshop.root / "served" / "both.git")
    clock = {name: text.replace("weather", "clock") for name, text in WEATHER.items()}
    repo.commit({f"weather/{name}": text for name, text in WEATHER.items()})
    repo.commit({f"clock/{name}": text for name, text in clock.items()})
    for name in ("weather", "clock"):
        workshop.plugins[name] = f'{{ git = "{repo.url}", subdirectory = "{name}" }}'
    workshop.lock()
    report = looked(workshop)
    assert (messages(report), report.artifacts, report.verified) == ([], 3, 3)
    edited(workshop, ('id = "clock"', 'id = "sundial"'))
    report = looked(workshop)
    assert [finding.name for finding in report.findings] == ["clock"]
    assert report.verified == 2
