"""A package index on loopback: Simple API as JSON and HTML, PEP 658, ranges, passwords, and faults on demand.

Nothing in it waits: every fault is an answer that comes at once, so tests need no sleep.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import threading
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, unquote, urlsplit

from tests.wheels import core_metadata, sha256_of, wheel_bytes, wheel_name

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping, Sequence

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "application/vnd.pypi.simple.v1+html"
INTEGRITY = "application/vnd.pypi.integrity.v1+json"


@dataclass(kw_only=True)
class ServedFile:
    """A file of a project with what the page says of it; `said` replaces or adds JSON keys of the entry.

    `provenance` is the provenance object (PEP 740), served beside it and named by the page.
    """

    name: str
    data: bytes
    metadata: bytes | None = None
    requires_python: str | None = None
    yanked: str | None = None
    upload_time: str | None = "2026-01-02T03:04:05.000000Z"
    advertised: bool = True
    sha256: str | None = None
    provenance: bytes | None = None
    said: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request as it came in."""

    method: str
    path: str
    headers: Mapping[str, str]


@dataclass(kw_only=True)
class Fault:
    """What to answer instead; None leaves the usual answer's part as it is.

    `cut` sends only so many bytes of the body under the full Content-Length, then closes the connection;
    `chunked` sends the body in chunks, and with `cut` leaves the last one out.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    cut: int | None = None
    chunked: bool = False
    drop: bool = False
    times: int | None = None


@dataclass(kw_only=True)
class _Answer:
    status: int
    headers: dict[str, str]
    body: bytes = b""


class IndexServer:
    """A running index; use it as a context manager.  Its options may be changed at any time."""

    def __init__(
        self,
        *,
        json: bool = True,
        html: bool = True,
        etag: bool = True,
        cache_control: str | None = None,
        ranges: bool = True,
        compress: bool = True,
        login: tuple[str, str] | None = None,
        file_origin: str | None = None,
        meta: Mapping[str, Any] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.tls = tls
        self.json = json
        self.html = html
        self.etag = etag
        self.cache_control = cache_control
        self.ranges = ranges
        self.compress = compress
        self.login = login
        self.file_origin = file_origin
        self.meta = dict(meta or {})
        self.projects: dict[str, list[ServedFile]] = {}
        self.page_keys: dict[str, dict[str, Any]] = {}
        self.raw_pages: dict[str, tuple[str, bytes]] = {}
        self.requests: list[Seen] = []
        self._faults: list[tuple[re.Pattern[str], Fault]] = []
        self._server: _Server | None = None

    # -- running -------------------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.index = self
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    @property
    def port(self) -> int:
        assert self._server is not None, "the server is not running"
        return self._server.server_address[1]

    @property
    def origin(self) -> str:
        return f"{'https' if self.tls is not None else 'http'}://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The address of the Simple API, with a slash at the end."""
        return f"{self.origin}/simple/"

    # -- content -------------------------------------------------------------------------------------------------

    def add(self, project: str, file: ServedFile) -> ServedFile:
        """Serve a file under a normalized project name."""
        self.projects.setdefault(project, []).append(file)
        return file

    def add_wheel(
        self,
        name: str,
        version: str,
        *,
        requires: Sequence[str] = (),
        requires_python: str | None = None,
        tags: str = "py3-none-any",
        extras: Sequence[str] = (),
        files: Mapping[str, bytes | str] | None = None,
        entry_points: Mapping[str, Mapping[str, str]] | None = None,
        yanked: str | None = None,
        upload_time: str | None = "2026-01-02T03:04:05.000000Z",
        advertised: bool = True,
    ) -> ServedFile:
        """Make a wheel and serve it, with a PEP 658 file beside it (`advertised`: the page says so)."""
        metadata = core_metadata(name, version, requires=requires, requires_python=requires_python, extras=extras)
        return self.add(
            re.sub(r"[-_.]+", "-", name).lower(),
            ServedFile(
                name=wheel_name(name, version, tags),
                data=wheel_bytes(name, version, tags=tags, files=files, entry_points=entry_points, metadata=metadata),
                metadata=metadata,
                requires_python=requires_python,
                yanked=yanked,
                upload_time=upload_time,
                advertised=advertised,
            ),
        )

    def fail(self, pattern: str, fault: Fault) -> None:
        """Answer with a fault where the regular expression is found in the path; the first that matches wins."""
        self._faults.append((re.compile(pattern), fault))

    def mend(self) -> None:
        """Forget all faults."""
        self._faults.clear()

    def paths(self) -> list[str]:
        """The paths asked for so far, in order."""
        return [seen.path for seen in self.requests]

    # -- answers -------------------------------------------------------------------------------------------------

    def fault_for(self, path: str) -> Fault | None:
        for pattern, fault in self._faults:
            if pattern.search(path) and fault.times != 0:
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None

    def answer(self, path: str, headers: Mapping[str, str]) -> _Answer:
        if self.login is not None and headers.get("authorization") != _basic(*self.login):
            return _Answer(status=401, headers={"WWW-Authenticate": 'Basic realm="tests"'})
        parts = unquote(urlsplit(path).path).strip("/").split("/")
        if parts[0] == "simple" and len(parts) == 2:
            return self._page(parts[1], headers)
        if parts[0] == "integrity" and len(parts) == 3:
            return self._provenance(parts[1], parts[2])
        if parts[0] == "files" and len(parts) == 3:
            return self._file(parts[1], parts[2], headers)
        return _Answer(status=404, headers={})

    def _page(self, project: str, headers: Mapping[str, str]) -> _Answer:
        if project in self.raw_pages:
            kind, body = self.raw_pages[project]
        elif project not in self.projects and project not in self.page_keys:
            return _Answer(status=404, headers={})
        elif self.json and (JSON in headers.get("accept", "") or not self.html):
            kind, body = JSON, self._json_page(project)
        else:
            kind, body = (HTML if HTML in headers.get("accept", "") else "text/html"), self._html_page(project)
        answer = _Answer(status=200, headers={"Content-Type": kind}, body=body)
        if self.cache_control is not None:
            answer.headers["Cache-Control"] = self.cache_control
        if self.etag:
            answer.headers["ETag"] = f'"{sha256_of(body)[:16]}"'
            if headers.get("if-none-match") == answer.headers["ETag"]:
                return _Answer(status=304, headers=answer.headers)
        if self.compress and "gzip" in headers.get("accept-encoding", ""):
            answer.headers["Content-Encoding"] = "gzip"
            answer.body = gzip.compress(body, 1, mtime=0)
        return answer

    def _file(self, project: str, name: str, headers: Mapping[str, str]) -> _Answer:
        for file in self.projects.get(project, ()):
            if file.name == name:
                return self._ranged(file.data, headers.get("range"))
            if file.name + ".metadata" == name and file.metadata is not None:
                return _Answer(status=200, headers={"Content-Type": "application/octet-stream"}, body=file.metadata)
        return _Answer(status=404, headers={})

    def _provenance(self, project: str, name: str) -> _Answer:
        for file in self.projects.get(project, ()):
            if file.name == name and file.provenance is not None:
                return _Answer(status=200, headers={"Content-Type": INTEGRITY}, body=file.provenance)
        return _Answer(status=404, headers={})

    def _ranged(self, data: bytes, wanted: str | None) -> _Answer:
        headers = {"Content-Type": "application/octet-stream"}
        if not self.ranges or wanted is None:
            return _Answer(status=200, headers=headers, body=data)
        first, last = wanted.removeprefix("bytes=").split("-")
        start = max(0, len(data) - int(last)) if first == "" else int(first)
        end = len(data) if first == "" or last == "" else min(len(data), int(last) + 1)
        if start >= end:
            return _Answer(status=416, headers={"Content-Range": f"bytes */{len(data)}"})
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(data)}"
        return _Answer(status=206, headers=headers, body=data[start:end])

    def file_url(self, project: str, file: ServedFile) -> str:
        """The address a page gives for a file."""
        return f"{self.file_origin or ''}/files/{project}/{quote(file.name)}"

    def _json_page(self, project: str) -> bytes:
        page = {
            "meta": {"api-version": "1.1", **self.meta},
            "name": project,
            "files": [self._entry(project, file) for file in self.projects.get(project, ())],
            **self.page_keys.get(project, {}),
        }
        return json.dumps(page).encode()

    def _entry(self, project: str, file: ServedFile) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "filename": file.name,
            "url": self.file_url(project, file),
            "hashes": {"sha256": file.sha256 or sha256_of(file.data)},
            "size": len(file.data),
            "yanked": False if file.yanked is None else file.yanked or True,
        }
        if file.requires_python is not None:
            entry["requires-python"] = file.requires_python
        if file.upload_time is not None:
            entry["upload-time"] = file.upload_time
        if file.metadata is not None and file.advertised:
            entry["core-metadata"] = {"sha256": sha256_of(file.metadata)}
        if file.provenance is not None:
            entry["provenance"] = self._provenance_url(project, file)
        return entry | dict(file.said)

    def _provenance_url(self, project: str, file: ServedFile) -> str:
        return f"{self.origin}/integrity/{project}/{quote(file.name)}"

    def _html_page(self, project: str) -> bytes:
        lines = ["<!DOCTYPE html>", "<html><head>"]
        lines.append(f'<meta name="pypi:repository-version" content="{self.meta.get("api-version", "1.1")}">')
        lines.append("</head><body>")
        for file in self.projects.get(project, ()):
            address = f"{self.file_url(project, file)}#sha256={file.sha256 or sha256_of(file.data)}"
            attributes = {"href": address}
            if file.requires_python is not None:
                attributes["data-requires-python"] = file.requires_python
            if file.yanked is not None:
                attributes["data-yanked"] = file.yanked
            if file.upload_time is not None:
                attributes["data-upload-time"] = file.upload_time
            if file.metadata is not None and file.advertised:
                attributes["data-dist-info-metadata"] = f"sha256={sha256_of(file.metadata)}"
            if file.provenance is not None:
                attributes["data-provenance"] = self._provenance_url(project, file)
            said = " ".join(f'{key}="{escape(value)}"' for key, value in attributes.items())
            lines.append(f"<a {said}>{escape(file.name)}</a><br>")
        lines.append("</body></html>")
        return "\n".join(lines).encode()


def _basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    index: IndexServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients of these tests hang up on purpose."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def do_GET(self) -> None:
        index = self.server.index
        headers = {key.lower(): value for key, value in self.headers.items()}
        index.requests.append(Seen(method=self.command, path=self.path, headers=headers))
        fault = index.fault_for(self.path)
        if fault is not None and fault.drop:
            self.close_connection = True
            return
        answer = index.answer(self.path, headers)
        if fault is not None:
            if fault.status is not None:
                answer = _Answer(status=fault.status, headers={})
            if fault.body is not None:
                answer.body = fault.body
                answer.headers.pop("Content-Encoding", None)
            answer.headers |= fault.headers
        self._send(answer, fault or Fault())

    def _send(self, answer: _Answer, fault: Fault) -> None:
        self.send_response_only(answer.status)
        for key, value in answer.headers.items():
            self.send_header(key, value)
        if fault.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif answer.status != 304:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        body = answer.body if fault.cut is None else answer.body[: fault.cut]
        if fault.chunked:
            body = b"%x\r\n%b\r\n" % (len(body), body) + (b"0\r\n\r\n" if fault.cut is None else b"")
        self.wfile.write(body)
        self.wfile.flush()
        if fault.cut is not None:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""
