"""The recording on disk: project pages as PEP 691 JSON, and files by the host and path they came from."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

DEFAULT_FOLDER = Path(__file__).resolve().parent.parent / ".work" / "recording"

Page = dict[str, Any]


class Recording:
    """A folder of pages (`pages/<name>.json`) and files (`files/<host>/<path>`).

    What upstream answered with 404 is recorded too, as an empty file with the suffix `.absent`, so that a replay
    can tell "does not exist" from "was never asked for".
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def page_path(self, name: str) -> Path:
        """Return where the page of a project stands, by normalized name."""
        return self.folder / "pages" / f"{name}.json"

    def file_path(self, address: str) -> Path:
        """Return where a file stands; `address` is host and path, with no scheme.

        Raises ValueError where the address would leave the recording.
        """
        parts = address.split("/")
        if len(parts) < 2 or any(part in {"", ".", ".."} or "\\" in part for part in parts):
            raise ValueError(f"not the address of a file: {address!r}")
        return self.folder.joinpath("files", *parts)

    def page_names(self) -> list[str]:
        """Return the names of all recorded pages, sorted."""
        return sorted(path.stem for path in (self.folder / "pages").glob("*.json"))

    def set_path(self, name: str, python: str) -> Path:
        """Return the mark that a reference set was recorded for a Python version."""
        return self.folder / "sets" / f"{name}-{python}"

    def read_page(self, name: str) -> bytes | None:
        """Return a page as it was recorded, with upstream's addresses; None where there is none."""
        return _read(self.page_path(name))

    def read_file(self, address: str) -> bytes | None:
        """Return the bytes of a recorded file, None where there is none."""
        return _read(self.file_path(address))

    def is_absent(self, path: Path) -> bool:
        """Say whether upstream is known not to have what would stand at this path."""
        return _absent(path).exists()

    def write(self, path: Path, body: bytes | None) -> None:
        """Record a body, or with None that upstream has nothing there."""
        target = path if body is not None else _absent(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as file:
            file.write(body or b"")
        Path(file.name).replace(target)


def dump(page: Page) -> bytes:
    """Write a page in the one form the server relies on: compact, `"url":"https://` before every address."""
    return json.dumps(page, separators=(",", ":"), ensure_ascii=False).encode()


def _absent(path: Path) -> Path:
    return path.with_name(path.name + ".absent")


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
