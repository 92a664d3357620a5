"""Attack 21: a secret in the files of a project, or in an argument, is refused and not repeated by any command."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.security.canaries import LOGIN, PASSWORD, TOKEN
from tests.security.runs import PLUGINS, project, run_everything

if TYPE_CHECKING:
    from tests.security.canaries import Stage
    from tests.servers.index_server import IndexServer

pytestmark = pytest.mark.attack(21)

MANIFESTS = {
    "an index": f'{PLUGINS}\n[[index]]\nname = "corp"\nurl = "https://{LOGIN}index.example/simple/"\n',
    "an index's token": f'{PLUGINS}\n[[index]]\nname = "corp"\nurl = "https://index.example/simple/?token={TOKEN}"\n',
    "an index's files": f'{PLUGINS}\n[[index]]\nname = "c"\nurl = "https://i.example/"\nfiles = ["https://{LOGIN}f.example"]\n',
    "a repository": f'[plugins]\nx = {{ git = "https://{LOGIN}git.example/x.git" }}\n',
    "a repository over ssh": f'[plugins]\nx = {{ git = "ssh://{LOGIN}git.example/x.git" }}\n',
    "a repository's token": f'[plugins]\nx = {{ git = "https://git.example/x.git?private_token={TOKEN}" }}\n',
    "an archive": f'[plugins]\nx = {{ url = "https://{LOGIN}files.example/x-1.0.tar.gz" }}\n',
    "an archive's token": f'[plugins]\nx = {{ url = "https://files.example/x-1.0.tar.gz?token={TOKEN}" }}\n',
    "a requirement": f'[plugins]\nx = "x @ https://{LOGIN}files.example/x-1.0.tar.gz"\n',
    "a constraint": f'{PLUGINS}[resolution]\nconstraints = ["x @ https://{LOGIN}files.example/x-1.0.tar.gz"]\n',
    "a reason": f'{PLUGINS}[policy.allow-build]\nx = "see https://{LOGIN}wiki.example/"\n',
    "an ignored advisory": f'{PLUGINS}[policy.ignore-advisories]\nCVE-1 = {{ reason = "https://{LOGIN}w" }}\n',
    "a mistyped string": f'{PLUGINS}x = "https://{LOGIN}files.example\n',
}


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_secret_in_plugins_toml_is_refused_and_not_repeated(stage: Stage, name: str) -> None:
    project(stage, None, MANIFESTS[name])
    stage.planted.add(stage.project / "plugins.toml")
    codes = run_everything(stage)
    assert codes["lock"] == 2, stage.streams
    assert stage.leaks() == []


HOSTS = {
    "requirements.txt": {
        "an index": f"--index-url https://{LOGIN}index.example/simple/\nhttpx==0.28.1\n",
        "an address": f"httpx @ https://{LOGIN}files.example/httpx-0.28.1-py3-none-any.whl\n",
        "a repository": f"httpx @ git+https://{LOGIN}git.example/httpx.git@v1\n",
        "a line that cannot be read": f"https://{LOGIN}files.example/httpx === ?\n",
        "an option": f"--global-option=https://{LOGIN}files.example\n",
    },
    "uv.lock": {
        "a registry": 'version = 1\nrequires-python = ">=3.12"\n[[package]]\nname = "demo"\nversion = "1"\n'
        f'source = {{ registry = "https://{LOGIN}index.example/simple/" }}\n',
        "a repository": 'version = 1\nrequires-python = ">=3.12"\n[[package]]\nname = "demo"\nversion = "1"\n'
        f'source = {{ git = "https://{LOGIN}git.example/x?rev={TOKEN}#0123" }}\n',
        "a version": 'version = 1\nrequires-python = ">=3.12"\n[[package]]\nname = "demo"\n'
        f'version = "https://{LOGIN}x"\nsource = {{ editable = "." }}\n',
        "a marker": 'version = 1\nrequires-python = ">=3.12"\n[[package]]\nname = "demo"\nversion = "1"\n'
        f'source = {{ editable = "." }}\ndependencies = [{{ name = "x", marker = "https://{LOGIN}x" }}]\n',
        "a broken line": f'version = 1\nsource = "https://{LOGIN}index.example\n',
    },
    "pylock.toml": {
        "an address": 'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "httpx"\nversion = "0.28.1"\n'
        f'archive = {{ url = "https://{LOGIN}files.example/x.zip", hashes = {{ sha256 = "{PASSWORD}" }} }}\n',
        "a version": 'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "httpx"\n'
        f'version = "https://{LOGIN}files.example"\n',
        "a marker": 'lock-version = "1.0"\ncreated-by = "x"\n[[packages]]\nname = "httpx"\nversion = "1"\n'
        f"marker = \"https://{LOGIN}files.example == 'x'\"\n",
        "an environment": f'lock-version = "1.0"\ncreated-by = "x"\nenvironments = ["https://{LOGIN}x"]\n',
        "another version": f'lock-version = "https://{LOGIN}x"\ncreated-by = "x"\n',
    },
}


@pytest.mark.parametrize(("file", "name"), [(file, name) for file, cases in HOSTS.items() for name in cases])
def test_a_secret_in_a_hosts_file_is_not_repeated(stage: Stage, private: IndexServer, file: str, name: str) -> None:
    private.login = None
    project(stage, private.url)
    manifest = stage.project / "plugins.toml"
    manifest.write_text(manifest.read_text().replace("requirements.txt", file))
    stage.plant(stage.project / file, HOSTS[file][name])
    run_everything(stage)
    assert stage.leaks() == []


def test_a_secret_in_a_flake_lock_is_not_repeated(stage: Stage, private: IndexServer) -> None:
    private.login = None
    project(stage, private.url)
    manifest = stage.project / "plugins.toml"
    source = '{ flake-input = "demo", path = "uv.lock" }'
    manifest.write_text(manifest.read_text().replace('"requirements.txt"', source))
    locked = {"type": "git", "url": f"https://{LOGIN}git.example/demo.git?token={TOKEN}", "rev": "0" * 40}
    nodes = {"root": {"inputs": {"demo": "demo"}}, "demo": {"locked": locked, "original": locked}}
    stage.plant(stage.project / "flake.lock", json.dumps({"version": 7, "root": "root", "nodes": nodes}))
    assert run_everything(stage)["lock"] != 0
    assert stage.leaks() == []


@pytest.mark.parametrize(
    "argument",
    [
        f"git+https://{LOGIN}git.example/x.git",
        f"x @ https://{LOGIN}files.example/x-1.0.tar.gz",
        f"https://files.example/x-1.0.tar.gz?token={TOKEN}",
        f"ssh://{LOGIN}git.example/x",
        f"name: x\nrepo: https://{LOGIN}git.example/x\nsha: {'0' * 40}\n",
    ],
)
@pytest.mark.parametrize("how", [(), ("--json",), ("--verbose",), ("--no-lock",)])
def test_a_secret_given_to_add_is_refused_and_not_repeated(stage: Stage, argument: str, how: tuple[str, ...]) -> None:
    project(stage, None)
    assert stage.run("add", argument, *how).code == 2
    assert stage.leaks() == []
