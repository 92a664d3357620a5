"""What the replay server says: recorded pages and files as answers, with validators and lifetimes."""

from __future__ import annotations

import gzip
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from recording import dump

if TYPE_CHECKING:
    from recording import Recording

PAGE_TYPE = "application/vnd.pypi.simple.v1+json"
FILE_LIFETIME = "max-age=365000000, immutable, public"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A body ready to be sent; `packed` is its gzip form where clients may have it."""

    body: bytes
    packed: bytes | None
    content_type: str
    etag: str
    cache_control: str

    def message(self, method: str, headers: dict[str, str]) -> tuple[int, bytes]:
        """Return the status and the whole HTTP answer to a request with these headers (names in lower case)."""
        if self.etag in headers.get("if-none-match", ""):
            return 304, self._head("304 Not Modified")
        body, extra, status = self.body, [], "200 OK"
        if self.packed is not None and "gzip" in headers.get("accept-encoding", ""):
            body, extra = self.packed, ["Content-Encoding: gzip"]
        elif (part := _asked_range(headers.get("range"), len(body))) is not None:
            start, stop = part
            extra = [f"Content-Range: bytes {start}-{stop - 1}/{len(body)}"]
            body, status = body[start:stop], "206 Partial Content"
        head = self._head(
            status,
            f"Content-Type: {self.content_type}",
            f"Content-Length: {len(body)}",
            *extra,
        )
        return int(status[:3]), head if method == "HEAD" else head + body

    def _head(self, status: str, *fields: str) -> bytes:
        lines = [
            f"HTTP/1.1 {status}",
            f"Date: {formatdate(usegmt=True)}",
            f"ETag: {self.etag}",
            f"Cache-Control: {self.cache_control}",
            "Vary: Accept, Accept-Encoding",
            "Accept-Ranges: bytes",
            *fields,
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Site:
    """All that a server with one address answers, out of a recording.

    Pages are rendered beforehand, with this server's address in place of upstream's; files are read as they are
    asked for (metadata files stay in memory).  `page_lifetime` is the `max-age` of pages in seconds.
    """

    def __init__(self, recording: Recording, origin: str, page_lifetime: int) -> None:
        self._recording = recording
        self._origin = origin
        self._page_lifetime = page_lifetime
        self._pages: dict[str, Stored] = {}
        self._metadata: dict[str, Stored] = {}
        self._releases: dict[str, Stored] = {}

    def load(self) -> None:
        """Render every recorded page, on all processors."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(self.page, self._recording.page_names()))

    def page(self, name: str) -> Stored | None:
        """Return the page of a project by normalized name."""
        if name not in self._pages:
            body = self._recording.read_page(name)
            if body is None:
                return None
            body = self._with_metadata_hashes(body)
            body = body.replace(b'"url":"https://', f'"url":"{self._origin}/files/'.encode())
            self._pages[name] = self._stored(body, PAGE_TYPE, f"max-age={self._page_lifetime}, public")
        return self._pages[name]

    def _with_metadata_hashes(self, body: bytes) -> bytes:
        """Give the hash of each metadata file that is recorded, as the usual index does (PEP 714)."""
        page = json.loads(body)
        for file in page["files"]:
            if file.get("core-metadata") is True:
                text = self._recording.read_file(f"{file['url'].removeprefix('https://')}.metadata")
                if text is not None:
                    sha256 = hashlib.sha256(text).hexdigest()
                    file["core-metadata"] = file["data-dist-info-metadata"] = {"sha256": sha256}
        return dump(page)

    def file(self, address: str) -> Stored | None:
        """Return a file by the host and path it came from."""
        if address in self._metadata:
            return self._metadata[address]
        body = self._recording.read_file(address)
        if body is None:
            return None
        stored = Stored(
            body=body,
            packed=None,
            content_type="application/octet-stream",
            etag=_etag(address.encode()),
            cache_control=FILE_LIFETIME,
        )
        if address.endswith(".metadata"):
            self._metadata[address] = stored
        return stored

    def releases(self, name: str) -> Stored | None:
        """Return the old JSON form of a project, from which pip-tools takes the hashes of all files."""
        if name not in self._releases:
            page = self.page(name)
            if page is None:
                return None
            body = json.dumps({"releases": _releases(json.loads(page.body))}).encode()
            self._releases[name] = self._stored(body, "application/json", "max-age=900, public")
        return self._releases[name]

    def _stored(self, body: bytes, content_type: str, cache_control: str) -> Stored:
        return Stored(
            body=body,
            packed=gzip.compress(body, 6, mtime=0),
            content_type=content_type,
            etag=_etag(body),
            cache_control=cache_control,
        )


def _releases(page: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    releases: dict[str, list[dict[str, Any]]] = {}
    for file in page["files"]:
        filename = file["filename"]
        try:
            if filename.endswith(".whl"):
                name, version = parse_wheel_filename(filename)[:2]
            else:
                name, version = parse_sdist_filename(filename)
        except (InvalidWheelFilename, InvalidSdistFilename):
            continue
        if name == canonicalize_name(page["name"]):
            kind = "bdist_wheel" if filename.endswith(".whl") else "sdist"
            entry = {"url": file["url"], "digests": file["hashes"], "packagetype": kind}
            releases.setdefault(str(version), []).append(entry)
    return releases


def _etag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


def _asked_range(value: str | None, size: int) -> tuple[int, int] | None:
    """Read a `Range` of one part (RFC 9110, section 14); None stands for the whole body."""
    if value is None or not value.startswith("bytes=") or "," in value:
        return None
    first, _, last = value.removeprefix("bytes=").partition("-")
    if not first:
        return (max(0, size - int(last)), size) if last.isdigit() else None
    if not first.isdigit() or int(first) >= size:
        return None
    return int(first), min(int(last) + 1, size) if last.isdigit() else size
