"""What an archive would put on disk, checked as a whole before one byte of it is written."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Literal

import msgspec

from lock.errors import Problem
from lock.grammar import quoted
from resolver.sources.errors import SHOWN, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import IO

MAX_MEMBERS = 100_000
MAX_UNPACKED_BYTES = 4 * 1024**3
MAX_NAME_BYTES = 1024
MAX_PART_BYTES = 255  # of one name between slashes; file systems take no more
MAX_DEPTH = 100

_REMEDY = "do not use this archive; choose another version or source, and tell its maintainers"
_DRIVE = re.compile(r"[A-Za-z]:")


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One member of an archive: `name` as the archive spells it, `size` in bytes.

    `target` is where a symbolic link points; `open` gives the bytes of a file.  `other` says in words what it is where
    it is none of the three.
    """

    name: str
    kind: Literal["file", "folder", "link", "other"]
    size: int = 0
    is_executable: bool = False
    target: str = ""
    other: str = ""
    open: Callable[[], IO[bytes]] | None = None


class Plan:
    """The checked members of an archive by their paths."""

    def __init__(self, members: Iterable[Member], source: str) -> None:
        """Take the members; raises `SourceError` with what is wrong with them."""
        self._source = source
        self._problems: list[Problem] = []
        self.members: dict[str, Member] = {}
        self._seen: dict[str, str] = {}
        total = 0
        for number, member in enumerate(members, start=1):
            total += member.size
            # At once: what follows may be endless.
            if number > MAX_MEMBERS:
                raise self._limit(f"it holds more than {MAX_MEMBERS} files")
            if total > MAX_UNPACKED_BYTES:
                raise self._limit(f"it unpacks to more than {MAX_UNPACKED_BYTES} bytes")
            self._take(member)
        for path, member in self.members.items():
            self._check_place(path)
            if member.kind == "link":
                self._check_target(path, member.target)
        if not self.members and not self._problems:
            self._add("holds no files", None)
        if self._problems:
            raise SourceError(*self._problems)

    def _take(self, member: Member) -> None:
        name = member.name
        while name.startswith("./"):
            name = name[2:]
        path = name.removesuffix("/")
        if path in {"", "."} and member.kind == "folder":
            return
        wrong = _name_fault(path) or (f"is {member.other}" if member.kind == "other" else None)
        if wrong is not None:
            self._add(wrong, member.name)
            return
        if path in self.members:
            if not (member.kind == "folder" and self.members[path].kind == "folder"):
                self._add("stands twice in the archive", member.name)
            return
        folded = unicodedata.normalize("NFC", path).casefold()
        if folded in self._seen:
            self._add(f"is the same file as {quoted(self._seen[folded])} on some systems", member.name)
        self._seen[folded] = path
        self.members[path] = member

    def _check_place(self, path: str) -> None:
        for above in _above(path):
            kind = self.members[above].kind if above in self.members else "folder"
            if kind != "folder":
                self._add(f"lies behind {quoted(above)}, which is a {kind}", path)
                return

    def _check_target(self, path: str, target: str) -> None:
        """Check that a link stays inside at every step of its way, and goes through no other link."""
        steps = steps_of(target)
        if not target or target.startswith("/") or _name_fault("/".join(step for step in steps if step != "..") or "x"):
            self._add(f"is a symbolic link to {quoted(target)}, which is no plain relative path", path)
            return
        if rises_above(path, target, 0):
            self._add(f"is a symbolic link to {quoted(target)}, out of the archive", path)
            return
        place = path.split("/")[:-1]
        for step in steps[:-1]:
            if step == "..":
                place.pop()
                continue
            place.append(step)
            passed = "/".join(place)
            if passed in self.members and self.members[passed].kind == "link":
                self._add(f"is a symbolic link through another, {quoted(passed)}", path)
                return

    def _add(self, message: str, name: str | None) -> None:
        if len(self._problems) < SHOWN:
            text = f"{quoted(name)} {message}" if name is not None else message
            self._problems.append(
                Problem(code="archive-unsafe", message=text, path=self._source, key=name, remedy=_REMEDY)
            )

    def _limit(self, message: str) -> SourceError:
        return SourceError(Problem(code="archive-limit", message=message, path=self._source, remedy=_REMEDY))


def steps_of(target: str) -> list[str]:
    """Return the names and `..` of a link's target; `.` and doubled or final slashes lead nowhere."""
    return [step for step in target.split("/") if step not in {"", "."}]


def rises_above(path: str, target: str, top: int) -> bool:
    """Tell whether the way of a link at `path` leaves, if only to come back, the folder `top` levels below the root."""
    depth = path.count("/") - top
    for step in steps_of(target):
        depth += -1 if step == ".." else 1
        if depth < 0:
            return True
    return False


def _above(path: str) -> list[str]:
    """Return the folders above a path, the topmost first."""
    parts = path.split("/")
    return ["/".join(parts[:number]) for number in range(1, len(parts))]


def _name_fault(path: str) -> str | None:
    try:
        length = len(path.encode())
    except UnicodeEncodeError:
        return "has a name that is not UTF-8"
    if length > MAX_NAME_BYTES:
        return f"has a name longer than {MAX_NAME_BYTES} bytes"
    if any(len(part.encode()) > MAX_PART_BYTES for part in path.split("/")):
        return f"has a part of its name longer than {MAX_PART_BYTES} bytes"
    if path.startswith("/") or _DRIVE.match(path):
        return "is an absolute path"
    if "\\" in path:
        return "has a backslash in its name"
    if any(part in {"", ".", ".."} for part in path.split("/")):
        return "has an empty segment, `.` or `..` in its path"
    if path.count("/") > MAX_DEPTH:
        return f"lies more than {MAX_DEPTH} folders deep"
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in path):
        return "has a control character in its name"
    return None
