"""Real sdists with the backends that people use, built by Nix from a lock alone.  They need the package index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace
from pip._internal.models.index import PyPI

from lock.model import Artifact, Build, BuildRequirement, IndexRecord, Package, Plugin, Sdist, Wheel
from lock.urls import origin
from lock.writer import render
from resolver.index.client import IndexClient
from resolver.index.model import Index
from tests.nix.machine import SYSTEM, Nix, standalone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.nix.locks import LockMaker

pytestmark = [pytest.mark.nix, pytest.mark.network]


@dataclass(frozen=True, kw_only=True)
class Case:
    """An sdist and what it is built with."""

    name: str
    version: str
    backend: str
    requires: tuple[str, ...] = ()
    backend_path: tuple[str, ...] = ()


SETUPTOOLS = "setuptools==80.9.0"
CASES = [
    Case(name="flit-core", version="3.12.0", backend="flit_core.buildapi", backend_path=(".",)),
    Case(name="packaging", version="25.0", backend="flit_core.buildapi", requires=("flit-core==3.12.0",)),
    Case(
        name="iniconfig",
        version="2.1.0",
        backend="hatchling.build",
        requires=(
            "hatch-vcs==0.5.0",
            "hatchling==1.27.0",
            "packaging==25.0",
            "pathspec==0.12.1",
            "pluggy==1.6.0",
            SETUPTOOLS,
            "setuptools-scm==8.3.1",
            "trove-classifiers==2025.5.9.12",
            "typing-extensions==4.14.1",
        ),
    ),
    Case(name="tomlkit", version="0.13.2", backend="poetry.core.masonry.api", requires=("poetry-core==2.1.3",)),
    Case(name="pdm-backend", version="2.4.5", backend="pdm.backend.intree", backend_path=("src",)),
    # No pyproject.toml, so that the standard's default builds it.
    Case(name="langdetect", version="1.0.9", backend="setuptools.build_meta:__legacy__", requires=(SETUPTOOLS,)),
    # Native code.
    Case(name="markupsafe", version="3.0.2", backend="setuptools.build_meta", requires=(SETUPTOOLS,)),
]


def locked(client: IndexClient, name: str, version: str, build: Build | None = None) -> Package:
    """Return a package of the real index: an sdist where it is built, else a wheel for everybody."""
    page = client.page(name).result()
    assert page is not None
    ending = ".tar.gz" if build else "-none-any.whl"
    (file,) = [file for file in page.versions[version] if file.filename.endswith(ending)]
    assert file.sha256 is not None
    # Not every mirror says how large a file is, and Nix does not ask.
    size = file.size or 1
    artifact = Artifact(name=file.filename, systems=(SYSTEM,), build=build)
    package = Package(name=name, version=version, index=client.indexes[0].url, artifacts=(artifact,))
    if build:
        return replace(package, source=Sdist(name=file.filename, url=file.url, size=size, sha256=file.sha256))
    return replace(package, wheels=(Wheel(name=file.filename, url=file.url, size=size, sha256=file.sha256),))


@pytest.fixture(scope="module")
def client() -> Iterator[IndexClient]:
    """A client of the real index."""
    files = (f"https://{PyPI.file_storage_domain}",)
    with IndexClient([Index(name="default", url=f"{PyPI.simple_url}/", files=files)]) as running:
        yield running


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_real_sdist_is_built_the_same_twice(nix: Nix, lock: LockMaker, client: IndexClient, case: Case) -> None:
    requires = [requirement.split("==") for requirement in case.requires]
    build = Build(
        backend=case.backend,
        backend_path=case.backend_path,
        requires=tuple(BuildRequirement(name=name, version=version) for name, version in requires),
    )
    package = locked(client, case.name, case.version, build)
    build_packages = tuple(locked(client, name, version) for name, version in requires)
    files = [file.url for entry in build_packages for file in entry.wheels]
    files += [package.source.url] if isinstance(package.source, Sdist) else []
    origins = tuple(sorted({origin(url) or "" for url in files}))
    model = replace(
        lock.model(),
        packages=(package,),
        build_packages=build_packages,
        plugins=(Plugin(name=case.name, kind="package", specifier="*", version={SYSTEM: case.version}),),
        indexes=(IndexRecord(url=client.indexes[0].url, files=origins),),
    )
    lock.path.write_text(render(model), encoding="utf-8")
    expression = f"({standalone(lock.path)}).packages.{case.name}"
    (built,) = nix.build(expression)
    assert list((built / f"lib/python{lock.python}/site-packages").glob("*.dist-info"))
    again = nix.try_build(expression, "--check")
    assert again.code == 0, again.err
