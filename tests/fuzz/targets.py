"""One function for each reader of foreign input: bytes in, whether they were accepted out.

A target lets through nothing but success and refusal.  Whatever else comes out of a reader is a fault of it: another
exception, an error without a reason, or something accepted that is not fit for what comes after.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lock import grammar, rules
from lock.errors import PluginLockError
from lock.model import Source
from lock.reader import parse as parse_lock
from lock.writer import render
from resolver.directories.reading import read_plugin
from resolver.hosts import requirements_host, uv_host
from resolver.hosts.files import HostText, LocalFiles, decode
from resolver.hosts.flake_lock import pinned_input
from resolver.index import core_metadata, pages, provenance
from resolver.index.addresses import origin
from resolver.index.errors import MetadataError
from resolver.index.model import Index, ProjectFile
from resolver.index.questions import Answer
from resolver.inspection.wheel import inspect
from resolver.manifest import reader as manifest_reader
from resolver.manifest.model import HostConfig, HostFile, Place
from resolver.sources import static_metadata, unpack
from resolver.targets import Target, TargetSet
from tests.fuzz.archives import tar_of, wheel_of

if TYPE_CHECKING:
    from collections.abc import Callable

INDEX = Index(name="corp", url="https://index.example/simple/", files=("https://files.example",))
PAGE = "https://index.example/simple/thing/"
WHEEL = "thing-1.0-py3-none-any.whl"
HASH = "0123456789abcdef" * 4
HOST = HostConfig(
    name="host-app",
    python="3.12",
    entry_points=("host.plugins",),
    source=HostFile(path="uv.lock"),
    extras=(),
    dependency_groups=(),
    place=Place(path="plugins.toml", line=1, key="host"),
)
TARGETS = TargetSet(
    targets=tuple(Target(system=system, python="3.12") for system in ("aarch64-darwin", "x86_64-linux"))
)


@dataclass(frozen=True, slots=True)
class FuzzTarget:
    """A reader to be fed.  `feed` is True for what was accepted, False for what was refused."""

    name: str
    reads: str
    feed: Callable[[bytes], bool]


def _judged(feed: Callable[[bytes], object]) -> Callable[[bytes], bool]:
    def judged(data: bytes) -> bool:
        try:
            feed(data)
        except PluginLockError as error:
            return _refused([problem.message for problem in error.problems])
        except MetadataError as error:
            return _refused([error.reason])
        return True

    return judged


def _refused(reasons: list[str]) -> bool:
    assert reasons, "a refusal says why"
    assert all(reasons), "a refusal says why"
    return False


def _lock(data: bytes) -> None:
    lock = parse_lock(data, "plugins.lock")
    assert rules.problems(lock) == ()
    text = render(lock)
    assert parse_lock(text, "plugins.lock") == lock, "an accepted lock is written as it was read"
    assert render(parse_lock(text, "plugins.lock")) == text


def _manifest(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plugins.toml"
        path.write_bytes(data)
        manifest_reader.load(path)


def _page(kind: str) -> Callable[[bytes], None]:
    def feed(data: bytes) -> None:
        answer = Answer(status=200, url=PAGE, headers={"content-type": kind}, body=data)
        page = pages.page(INDEX, "thing", pages.read(INDEX, "thing", answer))
        pages.has_tokens(data)
        for version in page.versions:
            for file in page.versions[version]:
                assert origin(file.url) in {origin(INDEX.url), *INDEX.files}, "from a place nobody agreed to"
                assert file.sha256 is None or len(file.sha256) == 64
                assert file.filename.isprintable()

    return feed


def _provenance(data: bytes) -> None:
    file = ProjectFile(filename=WHEEL, url=f"{PAGE}{WHEEL}", kind="wheel", version="1.0", sha256=HASH)
    for attested in provenance.read(INDEX, file, data):
        for key, value in attested.identity.items():
            assert grammar.IDENTITY_KEY.fits(key), "no key that a lock could hold"
            assert value.isprintable(), "no text that a lock could hold"
        assert attested.attestations, "a publisher without an attestation"


def _host_text(data: bytes, name: str) -> HostText:
    return HostText(path=name, text=decode(data, name), label=name)


def _uv_lock(data: bytes) -> None:
    uv_host.read_uv_lock(_host_text(data, "uv.lock"), HOST, TARGETS, Source(kind="uv-lock", location="uv.lock"))


def _requirements(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Source(kind="requirements", location="requirements.txt")
        file = _host_text(data, "requirements.txt")
        requirements_host.read_requirements(file, LocalFiles(Path(folder)), HOST, TARGETS, source)


def _flake_lock(data: bytes) -> None:
    pinned_input(_host_text(data, "flake.lock"), "host", HOST)


def _metadata(data: bytes) -> None:
    file = ProjectFile(filename=WHEEL, url=PAGE + WHEEL, kind="wheel", version="1.0")
    core_metadata.checked(file, "thing", core_metadata.read(data))


def _directory(name: str) -> Callable[[bytes], None]:
    def feed(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            (folder / "__init__.py").write_text("def register(ctx): ...\n")
            (folder / "run").write_text("#!/bin/sh\n")
            (folder / "run").chmod(0o755)
            (folder / name).write_bytes(data)
            read_plugin(folder, shown="", fallback_id="folder")

    return feed


def _wheel(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / WHEEL
        path.write_bytes(data)
        inspect(path, name="thing", version="1.0")


def _archive(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve()
        (folder / "archive").write_bytes(data)
        tree = folder / "tree"
        tree.mkdir()
        try:
            unpack.unpack(folder / "archive", tree, source="archive")
        finally:
            assert sorted(path.name for path in folder.iterdir()) == ["archive", "tree"], "written outside"
        # A link may lead to itself; `Path.resolve` fails at that.
        places = [Path(os.path.realpath(path)) for path in tree.rglob("*")]
        assert all(place.is_relative_to(tree) for place in places), "a link leads out"


def _sdist(data: bytes) -> None:
    """Read what a source says of itself: the first half is PKG-INFO, the second pyproject.toml."""
    info, _, project = data.partition(b"\n--8<--\n")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve()
        (folder / "PKG-INFO").write_bytes(info)
        (folder / "pyproject.toml").write_bytes(project)
        static_metadata.read(folder, top=folder, source="thing-1.0.tar.gz", is_sdist=True)


ALL = {
    target.name: target
    for target in (
        FuzzTarget("lock", "plugins.lock", _judged(_lock)),
        FuzzTarget("manifest", "plugins.toml", _judged(_manifest)),
        FuzzTarget("wheel", "a wheel, as bytes", _judged(_wheel)),
        FuzzTarget("wheel-members", "a sound zip file of any members", _judged(lambda data: _wheel(wheel_of(data)))),
        FuzzTarget("page-json", "a project page (PEP 691)", _judged(_page("application/vnd.pypi.simple.v1+json"))),
        FuzzTarget("page-html", "a project page (PEP 503)", _judged(_page("text/html"))),
        FuzzTarget("provenance", "a provenance object (PEP 740)", _judged(_provenance)),
        FuzzTarget("uv-lock", "uv.lock of a host", _judged(_uv_lock)),
        FuzzTarget("requirements", "requirements.txt of a host", _judged(_requirements)),
        FuzzTarget("flake-lock", "flake.lock", _judged(_flake_lock)),
        FuzzTarget("metadata", "METADATA", _judged(_metadata)),
        FuzzTarget("plugin-yaml", "plugin.yaml", _judged(_directory("plugin.yaml"))),
        FuzzTarget("skill-toml", "skill.toml", _judged(_directory("skill.toml"))),
        FuzzTarget("archive", "a tar or zip archive, as bytes", _judged(_archive)),
        FuzzTarget("archive-members", "a sound tar file of any members", _judged(lambda data: _archive(tar_of(data)))),
        FuzzTarget("sdist", "PKG-INFO and pyproject.toml", _judged(_sdist)),
    )
}
