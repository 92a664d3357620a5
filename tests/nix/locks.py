"""Locks made for tests: wheels are made, served on loopback, and written down as the resolver would."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lock.model import (
    Archive,
    Artifact,
    Asked,
    Build,
    BuildRequirement,
    Directory,
    EntryPoint,
    Host,
    IndexRecord,
    Lock,
    Package,
    Plugin,
    PluginManifest,
    PluginTree,
    Sdist,
    Source,
    TargetRecord,
    Vcs,
    Wheel,
)
from lock.writer import render
from tests.nix.machine import SYSTEM, distribution_version
from tests.nix.sources import TINY_BACKEND
from tests.servers.index_server import ServedFile
from tests.wheels import sha256_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.servers.index_server import IndexServer

GROUP = "example_host.plugins"


@dataclass(kw_only=True)
class LockMaker:
    """Collects packages and plugins, then writes the lock."""

    index: IndexServer
    path: Path
    systems: tuple[str, ...] = (SYSTEM,)
    packages: list[Package] = field(default_factory=list)
    plugins: list[Plugin] = field(default_factory=list)
    build_packages: list[Package] = field(default_factory=list)
    provided: dict[str, dict[str, str]] = field(default_factory=dict)
    python: str = field(default_factory=lambda: ".".join(distribution_version().split(".")[:2]))

    def package(
        self,
        name: str,
        version: str = "1.0",
        *,
        needs: Sequence[str] = (),
        provided: Sequence[str] = (),
        systems: Sequence[str] | None = None,
        edge_systems: Mapping[str, tuple[str, ...]] | None = None,
        tags: str = "py3-none-any",
        files: Mapping[str, bytes | str] | None = None,
        entry_points: Mapping[str, Mapping[str, str]] | None = None,
        native: bool = False,
        libraries: Sequence[str] = (),
        startup_files: Sequence[str] = (),
        serve: bool = True,
    ) -> Package:
        """Make a wheel, serve it, and lock it."""
        file = self.index.add_wheel(name, version, tags=tags, files=files, entry_points=entry_points)
        url = f"{self.index.origin}{self.index.file_url(name, file)}"
        scripts = (entry_points or {}).get("console_scripts", {})
        package = Package(
            name=name,
            version=version,
            index=self.index.url,
            dependencies=tuple(needs),
            provided=tuple(provided),
            edge_systems=edge_systems or {},
            wheels=(Wheel(name=file.name, url=url, size=len(file.data), sha256=sha256_of(file.data)),),
            artifacts=(
                Artifact(
                    name=file.name,
                    systems=tuple(systems or self.systems),
                    modules=(name.replace("-", "_"),),
                    console_scripts=tuple(scripts),
                    native=native,
                    libraries=tuple(libraries),
                    startup_files=tuple(startup_files),
                ),
            ),
        )
        if not serve:
            self.index.projects[name].remove(file)
        self.packages.append(package)
        return package

    def plugin(
        self, name: str, version: str = "1.0", *, value: str | None = None, marker: str | None = None, **more: Any
    ) -> Package:
        """Lock a package that is a plugin with one entry point; `more` goes to `package`."""
        module = name.replace("-", "_")
        value = value or f"{module}:register"
        files = more.pop("files", None) or {f"{module}.py": f"def register():\n    return {name!r}\n"}
        points = {GROUP: {name: value}, **(more.pop("entry_points", None) or {})}
        package = self.package(name, version, files=files, entry_points=points, **more)
        self.plugins.append(
            Plugin(
                name=name,
                kind="package",
                specifier="*",
                version=dict.fromkeys(package.systems, version),
                marker=marker,
                entry_points=(EntryPoint(group=GROUP, name=name, value=value),),
            )
        )
        return package

    def sdist(self, name: str, data: bytes, build: Build, version: str = "1.0", *, suffix: str = ".tar.gz") -> Package:
        """Serve an archive as an sdist, and lock it."""
        file = ServedFile(name=f"{name.replace('-', '_')}-{version}{suffix}", data=data)
        self.index.add(name, file)
        url = f"{self.index.origin}{self.index.file_url(name, file)}"
        source = Sdist(name=file.name, url=url, size=len(data), sha256=sha256_of(data))
        package = Package(
            name=name,
            version=version,
            index=self.index.url,
            source=source,
            artifacts=(Artifact(name=file.name, systems=self.systems, build=build),),
        )
        self.packages.append(package)
        return package

    def archive_url(self, name: str, data: bytes) -> str:
        """Serve a file that belongs to no index, and return its address."""
        file = self.index.add("downloads", ServedFile(name=name, data=data))
        return f"{self.index.origin}{self.index.file_url('downloads', file)}"

    def direct(
        self,
        name: str,
        source: Archive | Vcs | Directory,
        build: Build | None,
        version: str = "1.0",
        *,
        nar_hash: str | None = None,
        submodules: bool = False,
        needs: Sequence[str] = (),
    ) -> Package:
        """Lock a package plugin that is from no index."""
        file = {
            Archive: lambda: str(source.url).rpartition("/")[2],  # type: ignore[union-attr]
            Vcs: lambda: f"{name}-{source.commit_id}",  # type: ignore[union-attr]
            Directory: lambda: f"{name}-source",
        }[type(source)]()
        artifact = Artifact(name=file, systems=self.systems, nar_hash=nar_hash, submodules=submodules, build=build)
        package = Package(name=name, version=version, source=source, dependencies=tuple(needs), artifacts=(artifact,))
        self.packages.append(package)
        self.plugins.append(
            Plugin(
                name=name,
                kind="package",
                asked=asked_for(source, submodules=submodules),
                version=dict.fromkeys(self.systems, version),
                entry_points=(EntryPoint(group=GROUP, name=name, value=f"{name.replace('-', '_')}:register"),),
            )
        )
        return package

    def build_package(self, name: str, version: str = "1.0", **more: Any) -> BuildRequirement:
        """Make a wheel that sources are built with; `more` goes to `package`."""
        self.build_packages.append(self.package(name, version, **more))
        self.packages.pop()
        return BuildRequirement(name=name, version=version)

    def tiny_backend(self, **more: Any) -> Build:
        """Lock the tiny backend as a wheel, and return how something is built with it."""
        requirement = self.build_package("tiny-backend", files={"tiny_backend.py": TINY_BACKEND}, **more)
        return Build(backend="tiny_backend", requires=(requirement,))

    def as_plugin(self, package: Package) -> None:
        """Ask for a package of the index as a plugin."""
        version = dict.fromkeys(package.systems, package.version)
        self.plugins.append(Plugin(name=package.name, kind="package", specifier="*", version=version))

    def directory_plugin(
        self,
        name: str,
        source: Archive | Vcs | Directory,
        nar_hash: str,
        *,
        needs: Sequence[str] = (),
        manifest: PluginManifest | None = None,
        submodules: bool = False,
    ) -> None:
        """Lock a directory plugin."""
        self.plugins.append(
            Plugin(
                name=name,
                kind="directory",
                version={},
                asked=asked_for(source, submodules=submodules),
                tree=PluginTree(
                    source=source,
                    nar_hash=nar_hash,
                    manifest=manifest or PluginManifest(file="plugin.yaml", id=name, version="2.0"),
                    submodules=submodules,
                    dependencies=tuple(needs),
                ),
            )
        )

    def model(self) -> Lock:
        """Return the lock as a value."""
        return Lock(
            host=Host(
                name="example-host",
                python=self.python,
                source=Source(kind="none"),
                entry_points=(GROUP,),
                provided=self.provided,
            ),
            targets=tuple(TargetRecord(system=system, platform="manylinux_2_28") for system in self.systems),
            packages=tuple(self.packages),
            plugins=tuple(self.plugins),
            build_packages=tuple(self.build_packages),
            indexes=(IndexRecord(url=self.index.url, files=(self.index.origin,)),) if self._uses_index() else (),
        )

    def _uses_index(self) -> bool:
        return any(package.index is not None for package in (*self.packages, *self.build_packages))

    def write(self) -> Path:
        """Write the lock and return its path."""
        self.path.write_text(render(self.model()), encoding="utf-8")
        return self.path


def asked_for(source: Archive | Vcs | Directory, *, submodules: bool = False) -> Asked:
    """Return what plugins.toml asks for to get a source."""
    match source:
        case Archive():
            return Asked(url=source.url, subdirectory=source.subdirectory)
        case Vcs():
            revision = source.requested_revision
            return Asked(git=source.url, branch=revision, subdirectory=source.subdirectory, submodules=submodules)
        case Directory():
            return Asked(path=source.path, subdirectory=source.subdirectory)
