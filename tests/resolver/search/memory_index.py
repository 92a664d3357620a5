"""An index that is a dictionary, for tests of the search alone."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from resolver.index.model import CoreMetadata, Index, ProjectFile, ProjectPage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from resolver.provenance.parsing import Attestations

_T = TypeVar("_T")
INDEX = Index(name="default", url="https://index.example/simple/")


def release(
    requires: Sequence[str] = (),
    *,
    tags: Sequence[str] = ("py3-none-any",),
    requires_python: str | None = None,
    yanked: str | None = None,
    upload_time: str | None = None,
    extras: Sequence[str] = (),
    sdist: bool = False,
) -> dict[str, Any]:
    """One version of a project: its requirements and its wheels by tag."""
    return {
        "requires": requires,
        "tags": tags,
        "requires_python": requires_python,
        "yanked": yanked,
        "upload_time": upload_time,
        "extras": extras,
        "sdist": sdist,
    }


class MemoryIndexes:
    """Projects by name and version; counts what was asked for.  `said` is what else is told of their pages."""

    def __init__(
        self, projects: Mapping[str, Mapping[str, dict[str, Any]]], said: Mapping[str, Mapping[str, Any]] | None = None
    ) -> None:
        self._projects = projects
        self._said = said or {}
        self.pages: Counter[str] = Counter()
        self.metadata_read: Counter[str] = Counter()

    def page(self, name: str, index: str | None = None) -> Future[ProjectPage | None]:
        self.pages[name] += 1
        versions = self._projects.get(name)
        if versions is None:
            return _done(None)
        newest_first = sorted(versions, key=Version, reverse=True)
        files = {text: self._files(name, text, versions[text]) for text in newest_first}
        return _done(ProjectPage(name=name, index=INDEX, versions=files, **self._said.get(name, {})))

    def _files(self, name: str, text: str, spec: dict[str, Any]) -> tuple[ProjectFile, ...]:
        stem = f"{name.replace('-', '_')}-{text}"
        names = [(f"{stem}-{tag}.whl", "wheel") for tag in spec["tags"]]
        if spec["sdist"]:
            names.append((f"{stem}.tar.gz", "sdist"))
        return tuple(
            ProjectFile(
                filename=filename,
                url=f"https://files.example/{filename}",
                kind=kind,  # type: ignore[arg-type]  # one of the two literals above
                version=text,
                sha256="0" * 64,
                requires_python=spec["requires_python"],
                yanked=spec["yanked"],
                upload_time=spec["upload_time"],
            )
            for filename, kind in names
        )

    def metadata(self, page: ProjectPage, file: ProjectFile) -> Future[CoreMetadata]:
        self.metadata_read[f"{page.name} {file.version}"] += 1
        spec = self._projects[page.name][file.version]
        requires_python = spec["requires_python"]
        return _done(
            CoreMetadata(
                name=page.name,
                version=file.version,
                requires_dist=tuple(Requirement(text) for text in spec["requires"]),
                requires_python=SpecifierSet(requires_python) if requires_python else None,
                provides_extra=tuple(canonicalize_name(extra) for extra in spec["extras"]),
            )
        )

    def provenance(self, page: ProjectPage, file: ProjectFile) -> Future[tuple[Attestations, ...]]:
        raise AssertionError("the search asks nobody who published a file")

    def download(self, page: ProjectPage, file: ProjectFile, report: Callable[[int], None]) -> Future[Path]:
        raise AssertionError("the search downloads nothing")


def _done(value: _T) -> Future[_T]:
    future: Future[_T] = Future()
    future.set_result(value)
    return future
