"""Directory plugins: the folders that a host loads from disk, and what their programs find."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from lock.model import Archive, Directory, PluginManifest, Vcs
from lock.nar import nar_hash
from tests.nix.machine import DISTRIBUTION_PYTHON, SYSTEM, Nix, standalone, write_flake
from tests.nix.sources import commit, git, tar_bytes, write_tree
from tests.servers.git_servers import GitHttpServer
from tests.wheels import sha256_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.nix.locks import LockMaker

pytestmark = pytest.mark.nix

SKILL = {
    "plugin.yaml": "name: weather\n",
    "__init__.py": "def register(ctx): ...\n",
    "run": "#!/usr/bin/env python3\nimport sys\nprint(sys.executable)\n",
    "bin/shell": "#!/bin/sh\necho shell\n",
    "doc/manual.txt": "read me",
    "notes.txt": "#!/usr/bin/env python3 is not the first line of a program here\n",
}
PROGRAMS = ("run", "bin/shell")


def lock_weather(lock: LockMaker, files: dict[str, Any] | None = None, **more: Any) -> Path:
    """Lock a folder of the project as a directory plugin."""
    folder = write_tree(lock.path.parent / "plugins/weather", files or SKILL, executable=PROGRAMS)
    lock.directory_plugin("weather", Directory(path="plugins/weather"), nar_hash(folder), **more)
    return folder


def directory(nix: Nix, lock: LockMaker, **arguments: object) -> Path:
    """Build the folder of the plugin twice and return it."""
    expression = f"({standalone(lock.write(), **arguments)}).plugins.weather.directory"
    (path,) = nix.build(expression)
    again = nix.try_build(expression, "--check")
    assert again.code == 0, again.err
    return path


def output(program: Path, given: str = "") -> str:
    """Run a program with nothing in its environment."""
    return subprocess.run([program], check=True, capture_output=True, text=True, input=given, env={}).stdout


def test_a_folder_stays_as_its_author_made_it_but_for_the_interpreter(nix: Nix, lock: LockMaker) -> None:
    lock_weather(lock)
    built = directory(nix, lock)
    assert sorted(str(path.relative_to(built)) for path in built.rglob("*") if path.is_file()) == sorted(SKILL)
    assert (built / "run").read_text().splitlines()[0] == f"#!{DISTRIBUTION_PYTHON}"
    assert (built / "notes.txt").read_text() == SKILL["notes.txt"]
    assert output(built / "bin/shell") == "shell\n"
    assert not (built / "plugin.yaml").stat().st_mode & 0o111


@pytest.mark.parametrize(
    ("line", "arguments"),
    [
        ("#!/usr/bin/env python3", ""),
        ("#!/usr/bin/env python", ""),
        ("#! /usr/bin/env -S python3 -u", " -u"),
        ("#!/usr/local/bin/python3.12 -B", " -B"),
        ("#!/usr/bin/python", ""),
    ],
)
def test_every_way_to_name_python_is_replaced(nix: Nix, lock: LockMaker, line: str, arguments: str) -> None:
    lock_weather(lock, {**SKILL, "run": f"{line}\nprint(1)\n"})
    built = directory(nix, lock)
    assert (built / "run").read_text().splitlines()[0] == f"#!{DISTRIBUTION_PYTHON}{arguments}"


def test_other_interpreters_are_left(nix: Nix, lock: LockMaker) -> None:
    files = {**SKILL, "run": "#!/usr/bin/env pythonic\n", "bin/shell": "#!/usr/bin/env node\n"}
    lock_weather(lock, files)
    built = directory(nix, lock)
    assert (built / "run").read_text() == files["run"]
    assert (built / "bin/shell").read_text() == files["bin/shell"]


def test_hosts_get_the_name_of_the_plugin_and_the_version_of_its_manifest(nix: Nix, lock: LockMaker) -> None:
    lock_weather(lock)
    library = standalone(lock.write())
    found = nix.evaluate(
        f"map (plugin: {{ inherit (plugin) pname version name pluginName; }}) ({library}).directoryPlugins"
    )
    assert found == [{"pname": "weather", "version": "2.0", "name": "weather-2.0", "pluginName": "weather"}]
    plugin = nix.evaluate(f"{{ inherit (({library}).plugins.weather) kind package version manifest; }}")
    assert plugin == {
        "kind": "directory",
        "package": None,
        "version": "2.0",
        "manifest": {"file": "plugin.yaml", "id": "weather", "version": "2.0"},
    }


def test_the_python_needs_of_a_folder_are_in_the_environment_and_found_by_its_programs(
    nix: Nix, lock: LockMaker
) -> None:
    lock.package("forecast", needs=["tables"], files={"forecast.py": "import tables\nWORD = 'rain'\n"})
    lock.package("tables")
    program = "#!/usr/bin/env python3\nimport forecast, json, sys\nprint(json.load(sys.stdin)['day'], forecast.WORD)\n"
    lock_weather(lock, {**SKILL, "run": program}, needs=["forecast"])
    lock.plugin("other-plugin")
    built = directory(nix, lock)
    assert output(built / "run", json.dumps({"day": "monday"})) == "monday rain\n"
    library = standalone(lock.path)
    names = f"map (package: package.pname) ({library})"
    assert nix.evaluate(f"{names}.pythonPackages") == ["forecast", "other-plugin", "tables"]
    assert nix.evaluate(f"{names}.plugins.weather.closure") == ["forecast", "tables"]
    (environment,) = nix.build(f"({library}).environment")
    assert (environment / "share/plugins/weather").resolve() == built
    assert (environment / f"lib/python{lock.python}/site-packages/tables.py").exists()
    (alone,) = nix.build(f"({library}).plugins.weather.environment")
    assert (alone / "share/plugins/weather").resolve() == built
    assert not (alone / f"lib/python{lock.python}/site-packages/other_plugin.py").exists()


def test_a_program_of_a_folder_prefers_the_hosts_packages(nix: Nix, lock: LockMaker, tmp_path: Path) -> None:
    host = write_tree(tmp_path / "host", {"forecast.py": "WORD = 'of the host'\n"})
    lock.package("forecast", files={"forecast.py": "WORD = 'of the plugin'\n"})
    program = "#!/usr/bin/env python3\nimport forecast\nprint(forecast.WORD)\n"
    lock_weather(lock, {**SKILL, "run": program}, needs=["forecast"])
    assert output(directory(nix, lock, host=host) / "run") == "of the host\n"


def test_a_loader_gets_one_folder_with_every_plugin_under_its_name(nix: Nix, lock: LockMaker) -> None:
    lock_weather(lock)
    clock = write_tree(lock.path.parent / "skills", {"clock/skill.toml": "id = 'clock'\n", "clock/run": "#!/bin/sh\n"})
    lock.directory_plugin(
        "clock",
        Directory(path="skills", subdirectory="clock"),
        nar_hash(clock),
        manifest=PluginManifest(file="skill.toml", id="clock", executable="run"),
    )
    lock.plugins.sort(key=lambda plugin: plugin.name)
    library = standalone(lock.write())
    (folders,) = nix.build(f"({library}).skillsDirectory")
    assert sorted(path.name for path in folders.iterdir()) == ["clock", "weather"]
    assert (folders / "clock/skill.toml").is_file()
    assert nix.evaluate(f"({library}).plugins.clock.directory.name") == "clock"
    only = standalone(lock.path, plugins=["weather"])
    (folders,) = nix.build(f"({only}).skillsDirectory")
    assert [path.name for path in folders.iterdir()] == ["weather"]


def test_a_folder_from_an_archive_is_unpacked(nix: Nix, lock: LockMaker) -> None:
    files = {f"plugins/weather/{path}": content for path, content in SKILL.items()}
    data = tar_bytes("weather-2.0", files, executable=("plugins/weather/run",))
    url = lock.archive_url("weather-2.0.tar.gz", data)
    source = Archive(url=url, size=len(data), sha256=sha256_of(data), subdirectory="plugins/weather")
    lock.directory_plugin("weather", source, "sha256-" + "A" * 43 + "=")
    built = directory(nix, lock)
    assert (built / "run").stat().st_mode & 0o111
    assert (built / "plugin.yaml").is_file()


def test_a_folder_from_git_is_named_by_its_commit(nix: Nix, lock: LockMaker, tmp_path: Path) -> None:
    repository = tmp_path / "weather"
    revision = commit(repository, {**SKILL, "where.txt": str(tmp_path)}, executable=PROGRAMS)
    served = tmp_path / "served"
    served.mkdir()
    git(served, "clone", "--quiet", "--bare", str(repository), "weather.git")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(repository), str(clone))
    shutil.rmtree(clone / ".git")
    with GitHttpServer(served) as server:
        source = Vcs(url=server.url("weather.git"), commit_id=revision)
        lock.directory_plugin("weather", source, nar_hash(clone))
        built = directory(nix, lock)
    assert built.name.endswith(f"weather-2.0-{revision[:12]}")
    assert (built / "where.txt").read_text() == str(tmp_path)
    library = standalone(lock.path)
    assert nix.evaluate(f"({library}).plugins.weather.sourcePath") is None


def test_a_folder_of_the_project_can_be_read_at_evaluation(nix: Nix, lock: LockMaker, tmp_path: Path) -> None:
    folder = lock_weather(lock)
    flake = write_flake(
        tmp_path / "flake",
        lock.write(),
        "{ files = builtins.attrNames (builtins.readDir library.plugins.weather.sourcePath); }",
    )
    done = nix.run("nix", "eval", "--json", f"{flake}#files")
    assert done.code == 0, done.err
    assert json.loads(done.out) == sorted(path.name for path in folder.iterdir())


def test_a_folder_that_changed_is_refused_with_its_name_and_the_command(nix: Nix, lock: LockMaker) -> None:
    folder = lock_weather(lock)
    library = standalone(lock.write())
    nix.build(f"({library}).environment")
    (folder / "run").chmod(0o644)
    message = nix.refusal(f"({library}).environment.drvPath")
    assert "the folder plugins/weather of plugin weather is not what was locked" in message
    assert "plugin-lock lock" in message


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (PluginManifest(file="skill.toml", id="weather"), "plugin weather: its folder has no skill.toml at its root"),
        (
            PluginManifest(file="plugin.yaml", id="weather", executable="bin/missing"),
            "plugin weather: its program bin/missing is not in its folder",
        ),
    ],
    ids=["manifest", "executable"],
)
def test_a_folder_that_no_host_could_load_is_refused(
    nix: Nix, lock: LockMaker, manifest: PluginManifest, words: str
) -> None:
    lock_weather(lock, manifest=manifest)
    done = nix.try_build(f"({standalone(lock.write())}).plugins.weather.directory")
    assert done.code != 0
    assert words in done.err


def test_a_link_that_leads_out_of_the_folder_is_refused(nix: Nix, lock: LockMaker) -> None:
    folder = write_tree(lock.path.parent / "plugins", {f"weather/{path}": text for path, text in SKILL.items()})
    write_tree(folder, {"secret.txt": "x"})
    (folder / "weather/link").symlink_to("../secret.txt")
    (folder / "weather/inner").symlink_to("doc/manual.txt")
    source = Directory(path="plugins", subdirectory="weather")
    lock.directory_plugin("weather", source, nar_hash(folder))
    done = nix.try_build(f"({standalone(lock.write())}).plugins.weather.directory")
    assert done.code != 0
    assert "the link link leads to ../secret.txt, out of its folder" in done.err


def test_an_override_reaches_a_folder(nix: Nix, lock: LockMaker) -> None:
    lock_weather(lock)
    change = '={ weather = previous: { postPatch = "echo added > added.txt"; }; }'
    assert (directory(nix, lock, overrides=change) / "added.txt").exists()


def test_a_plugin_of_no_system_here_is_left_out(nix: Nix, lock: LockMaker) -> None:
    other = "aarch64-linux" if SYSTEM == "x86_64-linux" else "x86_64-linux"
    lock.systems = tuple(sorted((SYSTEM, other)))
    lock_weather(lock)
    path = lock.write()
    machine = other.partition("-")[0]
    text = path.read_text(encoding="utf-8")
    text = text.replace('subdirectory = "x"', "")
    text = text.replace(
        'kind = "directory"\nasked = { path = "plugins/weather" }\n',
        f'kind = "directory"\nasked = {{ path = "plugins/weather" }}\nmarker = "platform_machine == \'{machine}\'"\n',
    )
    hash_line = next(line for line in text.splitlines() if line.startswith("nar-hash"))
    path.write_text(text.replace(hash_line, f'{hash_line}\nsystems = [\n  "{other}",\n]'), encoding="utf-8")
    assert nix.evaluate(f"({standalone(path)}).directoryPlugins") == []
    assert nix.evaluate(f"builtins.attrNames ({standalone(path, system=other)}).plugins") == ["weather"]
    message = nix.refusal(f"({standalone(path, plugins=['weather'])}).pythonPackages")
    assert f"plugin weather is not locked for {SYSTEM}" in message
