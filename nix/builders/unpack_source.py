"""Unpack `$src`, an archive or a tree, into the folder `source`; runs inside a Nix build.

An archive with one folder and nothing beside it, as sdists and the archives of forges are, becomes that folder.  Only
files, folders and links inside the tree are taken.  All times are 1980-01-01, the earliest that zip files, and so
wheels, can hold: what is built does not tell when it was unpacked.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, NoReturn

EPOCH = 315532800
"""1980-01-01 in seconds."""


def refuse(problem: str) -> NoReturn:
    """End the build over what the archive holds."""
    sys.exit(f"plugin-lock: {os.environ['name']}: {problem}; report it to the author of {os.environ['src']}")


class Tree:
    """A folder that is filled member by member, and never beyond."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.root.mkdir()

    def place(self, name: str) -> Path:
        """Return where a member goes; its folders are made."""
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or "\\" in name:
            refuse(f"the archive holds {name!r}, which leads out of its folder")
        target = self.root / path
        # A link made by an earlier member may lead anywhere.
        if not target.parent.resolve().is_relative_to(self.root) or target.is_symlink():
            refuse(f"the archive holds {name!r}, which lies behind a link")
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def folder(self, name: str) -> None:
        """Add a folder."""
        self.place(name).mkdir(exist_ok=True)

    def file(self, name: str, content: IO[bytes], mode: int) -> None:
        """Add a file; of its mode only the execute bit counts."""
        target = self.place(name)
        with target.open("wb") as file:
            shutil.copyfileobj(content, file)
        target.chmod(0o755 if mode & stat.S_IXUSR else 0o644)

    def link(self, name: str, destination: str) -> None:
        """Add a symbolic link."""
        target = self.place(name)
        end = Path(os.path.normpath(target.parent / destination))
        if PurePosixPath(destination).is_absolute() or not end.is_relative_to(self.root):
            refuse(f"the link {name!r} leads to {destination!r}, out of its folder")
        target.symlink_to(destination)


def unpack_tar(archive: Path, tree: Tree) -> None:
    """Unpack a tar file of any compression that Python knows."""
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isdir():
                tree.folder(member.name)
            elif member.issym():
                tree.link(member.name, member.linkname)
            elif member.isfile() or member.islnk():
                content = tar.extractfile(member)  # of a hard link: what the file has that it is another name of
                if content is None:
                    refuse(f"the archive holds {member.name!r} without its content")
                tree.file(member.name, content, member.mode)
            else:
                refuse(f"the archive holds {member.name!r}, which is no file, folder or link")


def unpack_zip(archive: Path, tree: Tree) -> None:
    """Unpack a zip file."""
    with zipfile.ZipFile(archive) as members:
        for member in members.infolist():
            mode = member.external_attr >> 16
            if member.is_dir():
                tree.folder(member.filename)
            elif stat.S_ISLNK(mode):
                tree.link(member.filename, members.read(member).decode("utf-8"))
            else:
                with members.open(member) as content:
                    tree.file(member.filename, content, mode)


def unpack(archive: Path, destination: Path) -> None:
    """Unpack an archive; what it is shows in its first bytes, as addresses need not tell."""
    with archive.open("rb") as file:
        is_zip = file.read(2) == b"PK"
    unpacked = destination.with_name("unpacked")
    try:
        (unpack_zip if is_zip else unpack_tar)(archive, Tree(unpacked))
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError, zlib.error) as error:
        refuse(f"it is no tar or zip file that can be read: {error}")
    inside = list(unpacked.iterdir())
    only_folder = len(inside) == 1 and inside[0].is_dir() and not inside[0].is_symlink()
    (inside[0] if only_folder else unpacked).rename(destination)


def settle(path: Path) -> None:
    """Make a tree writable, with one time for all of it."""
    for folder, _, files in os.walk(path, topdown=False):
        for name in files:
            file = Path(folder, name)
            if not file.is_symlink():
                file.chmod(0o755 if file.stat().st_mode & stat.S_IXUSR else 0o644)
            os.utime(file, (EPOCH, EPOCH), follow_symlinks=False)
        Path(folder).chmod(0o755)
        os.utime(folder, (EPOCH, EPOCH))


def main() -> None:
    """Unpack what the build's variables describe."""
    source = Path(os.environ["src"])
    destination = Path("source").absolute()
    if source.is_dir():
        shutil.copytree(source, destination, symlinks=True, copy_function=shutil.copy)
    else:
        unpack(source, destination)
    settle(destination)


if __name__ == "__main__":
    main()
