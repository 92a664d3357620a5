"""Attack 21: a secret that got into a file of ours, at any place, is not repeated by what reads the file."""

from __future__ import annotations

import re
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from lock.errors import PluginLockError
from lock.reader import parse as parse_lock
from resolver.hosts.reader import load as load_host
from resolver.manifest.model import HostConfig, HostFile, Place
from resolver.manifest.reader import parse as parse_manifest
from resolver.targets import Target, TargetSet
from tests.security.canaries import LOGIN, TOKEN, needles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.attack(21)

DATA = Path(__file__).parents[1] / "data"
_STRING = re.compile(r'"[^"\n]*"')
_KEY = re.compile(r"^[A-Za-z][A-Za-z0-9-]*(?= = )", re.MULTILINE)
SECRETS = (
    f"https://{LOGIN}index.example/simple/?token={TOKEN}",
    f"{LOGIN}index.example:x",
    f"ssh://{LOGIN}git.example/x",
)


TARGETS = TargetSet(targets=(Target(system="x86_64-linux", python="3.12"),))


def damaged(text: str) -> Iterator[str]:
    """Give a file with a secret in the place of each of its strings and keys in turn, and with strings left open."""
    secrets = cycle(SECRETS)
    for match in (*_STRING.finditer(text), *_KEY.finditer(text)):
        yield f'{text[: match.start()]}"{next(secrets)}"{text[match.end() :]}'
    for match in list(_STRING.finditer(text))[::7]:
        yield f'{text[: match.start()]}"{next(secrets)}{text[match.end() :]}'


def _host(text: str, path: str, options: str = "") -> object:
    with TemporaryDirectory() as folder:
        Path(folder, path).write_text(text, encoding="utf-8")
        place = Place(path="plugins.toml", line=1, key="host")
        host = HostConfig(
            name="host-app",
            python="3.12",
            entry_points=(),
            source=HostFile(path=path),
            extras=("git",) if path == "uv.lock" else (),
            place=place,
        )
        return load_host(host, TARGETS, Path(folder))


FILES: dict[str, Callable[[str, str], object]] = {
    "locks/good.lock": lambda text, path: parse_lock(text.encode(), path),
    "locks/good-sources.lock": lambda text, path: parse_lock(text.encode(), path),
    "manifests/right/full.toml": parse_manifest,
    "manifests/right/sources.toml": parse_manifest,
    "hosts/uv/sources/uv.lock": lambda text, _: _host(text, "uv.lock"),
    "hosts/pylock/pylock.toml": lambda text, _: _host(text, "pylock.toml"),
}


@pytest.mark.parametrize("name", FILES)
def test_no_message_repeats_what_stands_in_the_place_of_anything(name: str) -> None:
    text = (DATA / name).read_text(encoding="utf-8")
    FILES[name](text, name)
    refused = 0
    found = set()
    for changed in damaged(text):
        try:
            FILES[name](changed, name)
        except PluginLockError as error:
            refused += 1
            said = repr(error.problems).encode()
            found |= {(label, str(error)[:300]) for label, needle in needles().items() if needle in said}
    assert refused > 15
    assert found == set()


@pytest.mark.parametrize("secret", SECRETS)
def test_no_message_repeats_a_line_of_requirements(secret: str) -> None:
    found = set()
    for line in (
        "{}",
        "-r {}",
        "-e {}",
        "--index-url {}",
        "--{}",
        "x @ {}",
        "x=={}",
        "x ; {}",
        "x[{}]",
        "x --hash={}",
        "-c {}",
    ):
        try:
            _host(f"httpx==1.0\n{line.format(secret)}\n", "requirements.txt")
        except PluginLockError as error:
            said = repr(error.problems).encode()
            found |= {(label, str(error)[:300]) for label, needle in needles().items() if needle in said}
    assert found == set()
