"""Sources made for tests: archives, a build backend of a few lines, and git repositories."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lock.model import Build

if TYPE_CHECKING:
    from collections.abc import Mapping

TINY_BACKEND = (Path(__file__).parent / "tiny_backend.py").read_text(encoding="utf-8")


def project(name: str, version: str | None = "1.0", **more: Any) -> dict[str, bytes | str]:
    """Return the files of a project for the tiny backend: one module with `register`."""
    module = name.replace("-", "_")
    described = {"name": name, **({} if version is None else {"version": version}), **more}
    return {
        "project.json": json.dumps(described),
        f"{module}.py": f"def register():\n    return {name!r}\n",
    }


IN_TREE = Build(backend="tiny_backend", backend_path=("build-tools",), requires=())
"""How a source is built that has the tiny backend inside it."""


def with_backend(files: dict[str, bytes | str]) -> dict[str, bytes | str]:
    """Add the tiny backend to a source."""
    return {**files, "build-tools/tiny_backend.py": TINY_BACKEND}


def tar_bytes(top: str, files: Mapping[str, bytes | str], *, executable: tuple[str, ...] = ()) -> bytes:
    """Make a gzipped tar file whose members lie in the folder `top`."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(f"{top}/{path}" if top else path)
            info.size = len(data)
            info.mode = 0o755 if path in executable else 0o644
            info.mtime = 1_700_000_000
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def zip_archive(top: str, files: Mapping[str, bytes | str]) -> bytes:
    """Make a zip file whose members lie in the folder `top`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(f"{top}/{path}"), content)
    return buffer.getvalue()


def write_tree(root: Path, files: Mapping[str, bytes | str], *, executable: tuple[str, ...] = ()) -> Path:
    """Write files below a folder and return it."""
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        file.chmod(0o755 if path in executable else 0o644)
    return root


def git(folder: Path, *arguments: str) -> str:
    """Run git with nothing of the user's own configuration, and return what it printed."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        **{
            f"GIT_{role}_{key}": "tests@example.invalid"
            for role in ("AUTHOR", "COMMITTER")
            for key in ("NAME", "EMAIL")
        },
        **{f"GIT_{role}_DATE": "2026-01-02T03:04:05Z" for role in ("AUTHOR", "COMMITTER")},
    }
    # Submodules of tests lie on this machine.
    command = ["git", "-c", "protocol.file.allow=always", *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, cwd=folder)
    return done.stdout.strip()


def commit(folder: Path, files: Mapping[str, bytes | str], *, executable: tuple[str, ...] = ()) -> str:
    """Commit files to the repository of a folder, which is made where it is missing; return the commit."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet", "--initial-branch", "main")
    write_tree(folder, files, executable=executable)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "A change")
    return git(folder, "rev-parse", "HEAD")
