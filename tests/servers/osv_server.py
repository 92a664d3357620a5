"""A service on loopback that speaks OSV's API (querybatch and vulns), with pages and faults on demand."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping


class OsvServer:
    """Knows which advisories concern which release because it was told; use it as a context manager.

    `page` is how many advisories one page holds.  `answers` replaces the answer to a path: status and body.
    """

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self.matches: dict[tuple[str, str], list[str]] = {}
        self.page = 1000
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.redirect: str | None = None
        self.queries: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str, Mapping[str, str]]] = []
        self._server: _Server | None = None

    def __enter__(self) -> Self:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.osv = self
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    @property
    def url(self) -> str:
        assert self._server is not None, "the server is not running"
        return f"http://127.0.0.1:{self._server.server_port}"

    def add(self, name: str, version: str, record: dict[str, Any]) -> None:
        """Serve a record, and say that it concerns a release."""
        self.records[record["id"]] = record
        self.matches.setdefault((name, version), []).append(record["id"])

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        if path in self.answers:
            return self.answers[path]
        if path == "/v1/querybatch":
            queries = json.loads(body)["queries"]
            self.queries += queries
            return 200, json.dumps({"results": [self._result(query) for query in queries]}).encode()
        record = self.records.get(path.removeprefix("/v1/vulns/"))
        return (200, json.dumps(record).encode()) if record is not None else (404, b'{"code":5,"message":"not found"}')

    def _result(self, query: dict[str, Any]) -> dict[str, Any]:
        assert query["package"]["ecosystem"] == "PyPI"
        ids = self.matches.get((query["package"]["name"], query["version"]), [])
        start = int(query.get("page_token", "0"))
        result: dict[str, Any] = {}
        if ids[start:]:
            shown = ids[start : start + self.page]
            result["vulns"] = [{"id": name, "modified": "2026-01-01T00:00:00Z"} for name in shown]
        if ids[start + self.page :]:
            result["next_page_token"] = str(start + self.page)
        return result


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    osv: OsvServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body: bytes) -> None:
        osv = self.server.osv
        osv.requests.append((self.command, self.path, {key.lower(): value for key, value in self.headers.items()}))
        if osv.redirect is not None:
            self.send_response_only(307)
            self.send_header("Location", osv.redirect)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        status, content = osv.answer(self.path, body)
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep the tests' output clean."""
