"""The shared libraries that a wheel's native code needs and does not bring along."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from resolver.inspection.archive import BROKEN
from resolver.inspection.linkage import ELF_MAGIC, MACHO_MAGICS

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

    from resolver.inspection.archive import Sighting, WheelArchive
    from resolver.inspection.linkage import Linkage

# The smallest header of any format we read.
_MIN_BYTES = 28
# What plugins.lock can hold as a library's name; real ones have nothing else.
_LIBRARY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+@\-]*")
# Always there on macOS, and no files since macOS 11: nothing to provide, nothing to record.
_MACOS = ("/usr/lib/", "/System/Library/")
_LOADABLE = re.compile(r"\.(so(\.[\w.]+)?|dylib)$")


class NativeCode:
    """What native files a wheel holds, by the name of the member."""

    def __init__(self) -> None:
        self.elf: dict[str, Linkage] = {}
        self.macho: dict[str, Linkage] = {}

    def __bool__(self) -> bool:
        """Say whether there is any native code."""
        return bool(self.elf or self.macho)

    def missing(self) -> set[str]:
        """Return, by file name, the libraries that must come from elsewhere."""
        return _missing_elf(self.elf) | _missing_macho(self.macho)


def note_native_code(archive: WheelArchive, name: str, seen: Sighting, found: NativeCode) -> None:
    """Read the headers of a member that begins as an ELF or Mach-O file, whatever it is called."""
    if seen.size < _MIN_BYTES:
        return
    if seen.magic == ELF_MAGIC:
        # Most wheels hold no native code and need not pay for this import.
        from resolver.inspection.elf import elf_linkage  # noqa: PLC0415  (imported lazily, see above)

        _note(archive, name, seen, elf_linkage, found.elf)
    elif seen.magic in MACHO_MAGICS:
        from resolver.inspection.macho import macho_linkage  # noqa: PLC0415  (imported lazily, see above)

        _note(archive, name, seen, macho_linkage, found.macho)


def _note(
    archive: WheelArchive,
    name: str,
    seen: Sighting,
    read: Callable[[IO[bytes]], Linkage | None],
    linkages: dict[str, Linkage],
) -> None:
    try:
        with archive.stream(name, seen.content) as stream:
            linkage = read(stream)
    except BROKEN as error:
        # A file that no loader would take asks nothing of it; but what is called a library should be one.
        if _LOADABLE.search(name):
            archive.findings.add("wheel-native-code", f"cannot be loaded: {error}", member=name)
        return
    if linkage is None:
        return
    linkages[name] = linkage
    for library in linkage.needed:
        if not _is_plain(_file_name(library)):
            archive.findings.add("wheel-native-code", f"needs a library named {library!r}", member=name)


def _missing_elf(files: dict[str, Linkage]) -> set[str]:
    # A library that is loaded already satisfies its soname, wherever it lies: auditwheel's folders, and preloading by
    # hand, both rest on that.
    brought = {_file_name(name) for name in files}.union(*(linkage.offered for linkage in files.values()))
    needed: set[str] = set().union(*(linkage.needed for linkage in files.values()))
    return {_file_name(library) for library in needed - brought} - brought


def _missing_macho(files: dict[str, Linkage]) -> set[str]:
    brought = {_file_name(name) for name in files}
    offered: set[str] = set().union(*(linkage.offered for linkage in files.values()))
    needed: set[str] = set().union(*(linkage.needed for linkage in files.values()))
    missing = set()
    for install_name in needed - offered:
        inside = not install_name.startswith("/") and _file_name(install_name) in brought
        if not inside and not install_name.startswith(_MACOS):
            missing.add(_file_name(install_name))
    return missing


def _file_name(path: str) -> str:
    return path.rsplit("/", 1)[-1]


def _is_plain(library: str) -> bool:
    return bool(_LIBRARY.fullmatch(library)) and ".." not in library
