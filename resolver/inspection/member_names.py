"""What the names of an archive's members must not be: paths out of it, or two spellings of one file."""

from __future__ import annotations

import re
import unicodedata
import zlib
from typing import TYPE_CHECKING

from resolver.inspection.findings import shown
from resolver.inspection.zip_structure import extra_fields, raw_name

if TYPE_CHECKING:
    from zipfile import ZipInfo

    from resolver.inspection.findings import Findings

MAX_NAME_BYTES = 1024
MAX_DEPTH = 100

_DRIVE = re.compile(r"[A-Za-z]:")
_UTF8 = 0x800
_UNICODE_PATH = 0x7075


def path_of(name: str) -> str:
    """Return where a member is unpacked: as it is named, without the `./` that some backends put before it."""
    return name.removeprefix("./")


def check_names(members: list[ZipInfo], findings: Findings) -> None:
    """Check each name by itself."""
    for info in members:
        fault = _name_fault(path_of(info.orig_filename))
        if fault:
            findings.add("wheel-unsafe-member", fault, member=info.orig_filename)


def _name_fault(name: str) -> str | None:
    if len(name.encode(errors="surrogatepass")) > MAX_NAME_BYTES:
        return f"is a name longer than {MAX_NAME_BYTES} bytes"
    if "\\" in name:
        return "has a backslash in its name"
    if name.startswith("/") or _DRIVE.match(name):
        return "is an absolute path"
    if any(segment in ("", ".", "..") for segment in name.removesuffix("/").split("/")):
        return "has an empty segment, `.` or `..` in its path"
    if name.count("/") > MAX_DEPTH:
        return f"lies more than {MAX_DEPTH} folders deep"
    if any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in name):
        return "has a control character in its name"
    return None


def check_spelling(members: list[ZipInfo], findings: Findings) -> None:
    """Check that each reader reads the same name: UTF-8 said to be UTF-8, and no second name in an extra field.

    Without the flag one reader takes the bytes for code page 437 and the next for UTF-8.
    """
    for info in members:
        if not info.orig_filename.isascii() and not info.flag_bits & _UTF8:
            findings.add("wheel-unsafe-member", "has a name that is not marked as UTF-8", member=info.orig_filename)
        for kind, content in extra_fields(info.extra):
            if kind == _UNICODE_PATH and not _repeats(content, raw_name(info)):
                findings.add("wheel-unsafe-member", "has another name in an extra field", member=info.orig_filename)


def _repeats(field: bytes, name: bytes) -> bool:
    return field[1:5] == zlib.crc32(name).to_bytes(4, "little") and field[5:] == name


def check_twins(members: list[ZipInfo], findings: Findings) -> None:
    """Check that no two members are one file, on systems that fold case or normalize names too."""
    seen: dict[str, str] = {}
    for info in members:
        name = path_of(info.orig_filename).removesuffix("/")
        key = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
        if key not in seen:
            seen[key] = name
        elif seen[key] == name:
            findings.add("wheel-duplicate-member", "stands twice in the archive", member=name)
        else:
            message = f"is the same file as {shown(seen[key])} on some systems"
            findings.add("wheel-duplicate-member", message, member=name)
    _check_folders(members, findings)


def _check_folders(members: list[ZipInfo], findings: Findings) -> None:
    files = {path_of(info.orig_filename) for info in members if not info.orig_filename.endswith("/")}
    told = set()
    for name in sorted(files):
        folder = name.rpartition("/")[0]
        while folder:
            if folder in files and folder not in told:
                told.add(folder)
                findings.add("wheel-duplicate-member", "is a file and a folder", member=folder)
            folder = folder.rpartition("/")[0]
