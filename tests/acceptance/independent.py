"""What a lock must say, worked out again from the wheels and the host's own lock: `packaging` and uv, nothing of ours.

Only the cache is ours, as a place where wheels lie; their sha256 is computed anew.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

import urllib3
from packaging.metadata import Metadata
from packaging.pylock import PackageWheel, Pylock
from packaging.requirements import Requirement
from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import canonicalize_name
from packaging.version import Version
from uv import find_uv_bin

from resolver.index.cache import Cache

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from packaging.markers import Environment
    from packaging.tags import Tag

OLDEST_GLIBC = {"x86_64": 5, "aarch64": 17}
LEGACY = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}


def marker_environment(system: str, python: str) -> dict[str, str]:
    """Return the values of markers on a Linux system (Dependency specifiers, environment markers)."""
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{python}.0",
        "os_name": "posix",
        "platform_machine": system.removesuffix("-linux"),
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": "linux",
    }


def wheel_tags(system: str, python: str) -> list[Tag]:
    """Return what a machine with glibc 2.28 can install, best first (PEP 425, PEP 600)."""
    machine = system.removesuffix("-linux")
    platforms = []
    for minor in range(28, OLDEST_GLIBC[machine] - 1, -1):
        platforms.append(f"manylinux_2_{minor}_{machine}")
        platforms += [f"{LEGACY[minor]}_{machine}"] if minor in LEGACY else []
    version = tuple(int(part) for part in python.split("."))
    interpreter = f"cp{version[0]}{version[1]}"
    return [
        *cpython_tags(version, abis=[interpreter], platforms=platforms),
        *compatible_tags(version, interpreter=interpreter, platforms=platforms),
    ]


def selected(lock: Mapping[str, Any], system: str, python: str) -> dict[str, tuple[Version, PackageWheel]]:
    """Return what an installer of pylock files (PEP 751) would install on a system: version and wheel by name."""
    chosen = Pylock.from_dict(lock).select(
        environment=cast("Environment", marker_environment(system, python)), tags=wheel_tags(system, python)
    )
    found: dict[str, tuple[Version, PackageWheel]] = {}
    for package, wheel in chosen:
        assert isinstance(wheel, PackageWheel), f"{package.name} is no wheel"
        assert package.version is not None
        assert package.name not in found, f"{package.name} is there twice"
        found[package.name] = (package.version, wheel)
    return found


def index_of(lock: Mapping[str, Any]) -> str:
    """Return the address of the one index that a lock's packages come from."""
    (index,) = lock["tool"]["plugin-lock"]["indexes"]
    return str(index["url"])


def run_uv(*arguments: str, cwd: Path, index: str | None = None) -> str:
    """Run uv and return what it printed; its own words are the error where it fails.

    This machine's settings of uv and pip do not reach it, as they must not choose for us.  Without `index` it is
    offline.
    """
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("UV_", "PIP_", "PYTHON"))}
    environment = {**ours, "UV_NO_CONFIG": "1", "UV_PYTHON_DOWNLOADS": "never"}
    environment |= {"UV_OFFLINE": "1"} if index is None else {"UV_DEFAULT_INDEX": index}
    done = subprocess.run(
        [find_uv_bin(), *arguments], cwd=cwd, env=environment, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def host_requirements(folder: Path) -> str:
    """Return the host's lock as uv itself writes it for pip, extra `all`, with hashes and markers, without the host."""
    return run_uv(
        *("export", "--frozen", "--no-default-groups", "--extra=all", "--format=requirements-txt"),
        *("--no-emit-project", "--no-header", "--no-annotate"),
        cwd=folder,
    )


def host_versions(requirements: str, system: str, python: str) -> dict[str, Version]:
    """Return what pip would install of such requirements on a system."""
    versions: dict[str, Version] = {}
    for line in requirements.replace("\\\n", " ").splitlines():
        requirement = Requirement(line.split(" --hash=")[0].strip())
        if requirement.marker is None or requirement.marker.evaluate(marker_environment(system, python)):
            (specifier,) = requirement.specifier
            assert specifier.operator == "=="
            versions[canonicalize_name(requirement.name)] = Version(specifier.version)
    return versions


@dataclass(frozen=True, kw_only=True)
class Wheels:
    """Reads METADATA: of locked wheels out of the cache's files or the addresses in the lock, of the host's by uv."""

    cache: Path
    unpacked: Path
    index: str

    def of_host(self, name: str, version: Version) -> Metadata:
        """Return the core metadata of a release that the host ships, which no lock of ours has an address of."""
        folder = self.unpacked / f"{name}-{version}"
        if not folder.exists():
            run_uv(
                *("pip", "install", "--quiet", "--no-deps", "--only-binary=:all:", "--python", sys.executable),
                *("--target", str(folder), f"{name}=={version}"),
                cwd=self.unpacked,
                index=self.index,
            )
        (path,) = folder.glob("*.dist-info/METADATA")
        return Metadata.from_email(path.read_bytes(), validate=False)

    def metadata(self, wheel: PackageWheel) -> Metadata:
        """Return a wheel's core metadata; the bytes are those the lock has the sha256 of."""
        assert wheel.url is not None
        name = wheel.url.rpartition("/")[2]
        cached = Cache(self.cache).file(wheel.hashes["sha256"], name)
        data = cached.read_bytes() if cached is not None else urllib3.request("GET", wheel.url, timeout=60).data
        assert hashlib.sha256(data).hexdigest() == wheel.hashes["sha256"], wheel.url
        with zipfile.ZipFile(BytesIO(data)) as archive:
            (path,) = [
                path for path in archive.namelist() if path.count("/") == 1 and path.endswith(".dist-info/METADATA")
            ]
            return Metadata.from_email(archive.read(path), validate=False)


@dataclass(frozen=True, kw_only=True)
class Unmet:
    """A requirement that neither the lock nor the host meets, in words."""

    asker: str
    requirement: str
    found: str


@dataclass(frozen=True, kw_only=True)
class Recomputed:
    """What a walk over the wheels' own requirements found: the locked names it came by, and what is missing."""

    reached: frozenset[str]
    unmet: tuple[Unmet, ...]


def walk(
    plugins: Iterable[str],
    locked: Mapping[str, tuple[Version, PackageWheel]],
    host: Mapping[str, Version],
    environment: Mapping[str, str],
    wheels: Wheels,
) -> Recomputed:
    """Follow every `Requires-Dist` that applies from the plugins on, extras included, and hold each against the lock.

    A distribution of the host is followed only where a plugin asks for one of its extras.
    """
    seen: dict[str, set[str]] = {}
    unmet: list[Unmet] = []
    waiting = [(name, frozenset[str]()) for name in sorted(plugins)]
    while waiting:
        name, wanted = waiting.pop()
        if name in seen and wanted <= seen[name]:
            continue
        extras = seen.setdefault(name, set())
        extras |= wanted
        if name in locked:
            version, wheel = locked[name]
            metadata = wheels.metadata(wheel)
        else:
            version, metadata = host[name], wheels.of_host(name, host[name])
        assert (canonicalize_name(metadata.name), metadata.version) == (name, version)
        if metadata.requires_python is not None:
            assert metadata.requires_python.contains(environment["python_full_version"]), name
        for requirement in applying(metadata.requires_dist or (), extras, environment):
            needed = canonicalize_name(requirement.name)
            found = locked[needed][0] if needed in locked else host.get(needed)
            if found is None or not requirement.specifier.contains(found, prereleases=True):
                unmet.append(Unmet(asker=f"{name} {version}", requirement=str(requirement), found=str(found)))
            elif needed in locked or requirement.extras:
                waiting.append((needed, frozenset(canonicalize_name(extra) for extra in requirement.extras)))
    return Recomputed(reached=frozenset(seen.keys() & locked.keys()), unmet=tuple(unmet))


def applying(
    requirements: Sequence[Requirement], extras: Iterable[str], environment: Mapping[str, str]
) -> Iterator[Requirement]:
    """Return the requirements that apply with some extras, which may be none."""
    for requirement in requirements:
        marker = requirement.marker
        if marker is None or any(marker.evaluate({**environment, "extra": extra}) for extra in ("", *extras)):
            yield requirement
