"""A copy of the Nix library in a user's own repository, and whether it is current."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from lock.errors import InputError, Problem, WorldError
from resolver.inspection.libraries import nix_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RECORD = "vendored.json"
"""The file that says what a copy was when it was made."""

DEFAULT_FOLDER = "nix/plugin-lock"

_LEFT_OUT = frozenset({"examples", "overlay.nix", "plugin-lock", "templates"})
_DEPTH = 4
_SHOWN = 5


class Record(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """The version that a copy came from, and each file's sha256 by its path."""

    plugin_lock: str
    files: dict[str, str]


_DECODER = msgspec.json.Decoder(Record)


class VendorReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `init --vendor` did to the copy in `folder`, now of `version`."""

    status: Literal["written", "updated", "current"]
    folder: str
    version: str
    files: int


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """A copy that was found: files that are no longer as they were written, and whether the library is this one."""

    folder: Path
    version: str
    edited: tuple[str, ...]
    is_current: bool


def vendor(root: Path, folder: str, *, force: bool = False) -> VendorReport:
    """Copy the Nix library into a folder below `root`, or bring a copy there up to date.

    Raises `InputError` for a folder outside, one that is no copy, or (unless `force`) one that was edited;
    `WorldError` where the disk fails.
    """
    place = root / folder
    if not folder or not place.resolve().is_relative_to(root.resolve()) or place.resolve() == root.resolve():
        message = f"{folder!r} is no folder inside of the project"
        raise InputError(Problem(code="vendor-folder", message=message, remedy=f"name one such as {DEFAULT_FOLDER}"))
    ours = _library()
    known = None
    if place.exists():
        known = _state(place, ours)
        if known is None:
            message = "this folder is no copy of the Nix library, and it is not replaced"
            remedy = "name a folder that is not there yet"
            raise InputError(Problem(code="vendor-folder", message=message, path=str(place), remedy=remedy))
        if known.edited and not force:
            raise InputError(_edited(known, "give --force to replace it, and your changes with it"))
    status: Literal["written", "updated", "current"] = "written" if known is None else "updated"
    if known is not None and known.is_current and not known.edited:
        status = "current"
    else:
        _write(place, ours)
    return VendorReport(status=status, folder=str(place), version=_version(), files=len(ours))


def copies(root: Path) -> tuple[Copy, ...]:
    """Return the copies of the Nix library in a project, sorted by place; a few folders deep are looked at."""
    found = []
    ours = _library()
    for depth in range(1, _DEPTH + 1):
        for record in sorted(root.glob("/".join(["*"] * depth) + f"/{RECORD}")):
            if not any(part.startswith(".") for part in record.relative_to(root).parts):
                copy = _state(record.parent, ours)
                if copy is not None:
                    found.append(copy)
    return tuple(found)


def problems_of(copy: Copy, root: Path) -> Iterator[Problem]:
    """Say in which way a copy in the project at `root` is not this program's library."""
    command = f"plugin-lock init --vendor {copy.folder.relative_to(root).as_posix()}"
    if copy.edited:
        yield _edited(copy, f"run {command} --force, or keep your own library elsewhere")
    elif not copy.is_current:
        message = f"this copy of the Nix library is that of plugin-lock {copy.version}, and this is {_version()}"
        remedy = f"run {command}, and review the change"
        yield Problem(code="vendor-old", message=message, path=str(copy.folder), remedy=remedy)


def _edited(copy: Copy, remedy: str) -> Problem:
    more = f" and {len(copy.edited) - _SHOWN} more" if len(copy.edited) > _SHOWN else ""
    shown = ", ".join(copy.edited[:_SHOWN]) + more
    message = f"this copy of the Nix library was edited: {shown}"
    return Problem(code="vendor-edited", message=message, path=str(copy.folder), remedy=remedy)


def _library() -> dict[str, bytes]:
    folder = nix_folder()
    found = {}
    for name in _files(folder):
        if name.split("/")[0] not in _LEFT_OUT:
            found[name] = (folder / name).read_bytes()
    return found


def _files(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(folder).as_posix()


def _state(place: Path, ours: Mapping[str, bytes]) -> Copy | None:
    """Read what a copy is; None for a folder that is none."""
    try:
        record = _DECODER.decode((place / RECORD).read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    there = {name: _sha256((place / name).read_bytes()) for name in _files(place) if name != RECORD}
    edited = [name for name in sorted({*there, *record.files}) if there.get(name) != record.files.get(name)]
    hashes = {name: _sha256(content) for name, content in ours.items()}
    return Copy(folder=place, version=record.plugin_lock, edited=tuple(edited), is_current=record.files == hashes)


def _write(place: Path, ours: Mapping[str, bytes]) -> None:
    """Put the whole copy beside its place first, so that what is there is whole at any time."""
    record = Record(plugin_lock=_version(), files={name: _sha256(content) for name, content in ours.items()})
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".vendoring-", dir=place.parent) as temporary:
            new, old = Path(temporary) / "new", Path(temporary) / "old"
            for name, content in ours.items():
                target = new / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            (new / RECORD).write_bytes(msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")
            new.chmod(0o755)
            if place.exists():
                place.rename(old)
            new.rename(place)
            shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        message = f"the copy cannot be written: {error.strerror or type(error).__name__}"
        raise WorldError(
            Problem(code="disk", message=message, path=os.fspath(place), remedy="check the disk and its permissions")
        ) from None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _version() -> str:
    try:
        return version("plugin-lock")
    except PackageNotFoundError:
        return "of a checkout"
