"""The wheel that a source becomes, built at lock time to learn what is inside."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from lock.errors import LockError, Problem, WorldError
from resolver.building.failures import step_failed
from resolver.building.store import BuildStore, StoredWheel
from resolver.index.model import ProjectFile
from resolver.index.remote_wheel import read_local
from resolver.inspection.wheel import inspect

if TYPE_CHECKING:
    from pathlib import Path

    from resolver.building.source import SourceTree
    from resolver.building.workshop import Workshop
    from resolver.inspection.model import WheelContents


class BuiltWheel(msgspec.Struct, frozen=True, kw_only=True):
    """A wheel built at lock time: where it is (until the workshop closes), its METADATA, and what is inside.

    A build elsewhere need not give the same bytes, so nothing of it but `contents` goes into a lock.
    """

    path: Path
    metadata: bytes
    contents: WheelContents


def build_wheel(workshop: Workshop, source: SourceTree) -> BuiltWheel:
    """Build a source, or return what an earlier run built of the same source with the same requirements.

    Raises `ResolutionError` where the policy does not allow it or no build requirements can be found, `LockError` for
    a wheel that must not be locked, `WorldError` where the build fails.
    """
    bench = workshop.bench(source)
    known = workshop.store.wheel(bench.key)
    if known is None:
        with workshop.room(bench) as room:
            known = _kept(workshop, bench.key, source, room.wheel())
    stored, path = known
    return BuiltWheel(path=path, metadata=stored.metadata, contents=stored.contents)


def _kept(workshop: Workshop, key: str, source: SourceTree, path: Path) -> tuple[StoredWheel, Path]:
    try:
        _, version, _, _ = parse_wheel_filename(path.name)
    except InvalidWheelFilename:
        raise step_failed(source, "build_wheel", "wrote a wheel whose name is no wheel's") from None
    text = source.version or str(version)
    try:
        contents = inspect(path, name=source.name, version=text)
    except LockError as error:
        raise LockError(
            *(replace(problem, message=f"built from {source}: {problem.message}") for problem in error.problems)
        ) from None
    file = ProjectFile(filename=path.name, url="", kind="wheel", version=text)
    with path.open("rb") as stream:
        metadata = read_local(stream, source.name, file)
        stream.seek(0)
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    stored = StoredWheel(
        filename=path.name, sha256=sha256, size=path.stat().st_size, metadata=metadata, contents=contents
    )
    for store in (workshop.store, BuildStore(workshop.folder)):
        try:
            return stored, store.keep_wheel(key, stored, path)
        except OSError as error:
            # A cache that cannot be written is done without: the run's own folder serves as well.
            reason = error.strerror or type(error).__name__
    raise WorldError(
        Problem(code="disk", message=f"{path.name} cannot be kept: {reason}", remedy="make room for temporary files")
    )
