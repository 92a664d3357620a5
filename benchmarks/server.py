"""A local package index that replays a recording, or with `--record` completes it from upstream.

Prints one line of JSON, its index address, when it is ready.  `/counters` tells what was served since the last
time it was asked.  Pages are at `/simple/<name>/`, files at `/files/<host>/<path>`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from answers import Site, Stored
from packaging.utils import canonicalize_name
from recording import DEFAULT_FOLDER, Recording
from upstream import Upstream, default_index

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD_END = b"\r\n\r\n"
COUNTERS = "/counters"


@dataclass(slots=True)
class Counters:
    """What was served.  `missing` are paths that the recording lacks; what upstream lacks too is not counted."""

    requests: int = 0
    not_modified: int = 0
    recorded: int = 0
    bytes_sent: int = 0
    connections: int = 0
    most_in_flight: int = 0
    missing: list[str] = field(default_factory=list)


class Replay:
    """Finds the answer to a path; without `upstream`, only what is recorded."""

    def __init__(self, site: Site, recording: Recording, upstream: Upstream | None, round_trip: float) -> None:
        self.site = site
        self.recording = recording
        self.upstream = upstream
        self.round_trip = round_trip
        self.counters = Counters()
        self.in_flight = 0
        self._fetching: dict[str, asyncio.Future[None]] = {}

    def find(self, path: str) -> Stored | None:
        """Return what stands at a path, if it is recorded."""
        match path.strip("/").split("/"):
            case ["simple", name]:
                return self.site.page(canonicalize_name(name))
            case ["files", *_]:
                return self.site.file(_file_address(path))
            case [name, "json"] | ["pypi", name, "json"]:
                return self.site.releases(canonicalize_name(name))
        return None

    def known_absent(self, path: str) -> bool:
        """Say whether upstream was asked for this path and had nothing."""
        match path.strip("/").split("/"):
            case ["simple", name]:
                return self.recording.is_absent(self.recording.page_path(canonicalize_name(name)))
            case ["files", *_]:
                return self.recording.is_absent(self.recording.file_path(_file_address(path)))
        return False

    async def record(self, path: str) -> None:
        """Fetch what a path stands for; requests for one path share one fetch."""
        assert self.upstream is not None
        fetch: Callable[[], None]
        upstream = self.upstream
        match path.strip("/").split("/"):
            case ["simple", name]:
                fetch = lambda: upstream.record_page(canonicalize_name(name))  # noqa: E731 - one of two forms
            case ["files", *_]:
                fetch = lambda: upstream.record_file(_file_address(path))  # noqa: E731 - one of two forms
            case _:
                return
        if path not in self._fetching:
            self.counters.recorded += 1
            self._fetching[path] = asyncio.get_running_loop().run_in_executor(None, fetch)
        try:
            await self._fetching[path]
        finally:
            self._fetching.pop(path, None)

    def take_counters(self) -> bytes:
        """Return the counters as a whole HTTP answer, and start anew."""
        body = json.dumps(asdict(self.counters)).encode()
        self.counters = Counters()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d%s%s" % (len(body), HEAD_END, body)


class Connection(asyncio.Protocol):
    """One keep-alive connection (HTTP/1.1, no request bodies); answers leave in the order of the requests."""

    def __init__(self, replay: Replay) -> None:
        self._replay = replay
        self._loop = asyncio.get_running_loop()
        self._buffer = b""
        self._waiting: deque[list[bytes]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        # Opening a connection costs one round trip more: paid by its first answer.
        self._delay = 2 * replay.round_trip

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._opened = False

    def data_received(self, data: bytes) -> None:
        """Answer every complete request in the buffer."""
        self._buffer += data
        while HEAD_END in self._buffer:
            head, self._buffer = self._buffer.split(HEAD_END, 1)
            self._request(head.decode("latin-1"))

    def _request(self, head: str) -> None:
        first, *lines = head.split("\r\n")
        method, target, _ = first.split(" ", 2)
        path = unquote(target.split("?", 1)[0])
        if path == COUNTERS:
            self._transport.write(self._replay.take_counters())
            return
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        counters = self._replay.counters
        counters.requests += 1
        counters.connections += not self._opened
        self._opened = True
        self._replay.in_flight += 1
        counters.most_in_flight = max(counters.most_in_flight, self._replay.in_flight)
        slot: list[bytes] = []
        self._waiting.append(slot)
        stored = self._replay.find(path)
        if stored is None and self._replay.upstream and not self._replay.known_absent(path):
            task = self._loop.create_task(self._record_then_answer(slot, method, path, headers))
            self._tasks.add(task)
            task.add_done_callback(self._recorded)
        else:
            self._answer(slot, stored, method, path, headers)

    def _recorded(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            print(f"upstream failed: {error}", file=sys.stderr, flush=True)
            self._transport.abort()

    async def _record_then_answer(self, slot: list[bytes], method: str, path: str, headers: dict[str, str]) -> None:
        await self._replay.record(path)
        self._answer(slot, self._replay.find(path), method, path, headers)

    def _answer(
        self, slot: list[bytes], stored: Stored | None, method: str, path: str, headers: dict[str, str]
    ) -> None:
        if stored is not None:
            status, message = stored.message(method, headers)
            self._replay.counters.not_modified += status == 304
        else:
            message = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0" + HEAD_END
            if not self._replay.known_absent(path):
                self._replay.counters.missing.append(path)
        delay, self._delay = self._delay, self._replay.round_trip
        if delay:
            self._loop.call_later(delay, self._send, slot, message)
        else:
            self._send(slot, message)

    def _send(self, slot: list[bytes], message: bytes) -> None:
        slot.append(message)
        while self._waiting and self._waiting[0]:
            ready = self._waiting.popleft()[0]
            self._replay.in_flight -= 1
            self._replay.counters.bytes_sent += len(ready)
            self._transport.write(ready)


def _file_address(path: str) -> str:
    return path.removeprefix("/files/")


async def serve(options: argparse.Namespace) -> None:
    """Serve until the process is ended."""
    recording = Recording(options.recording)
    upstream = Upstream(options.index or default_index(), recording) if options.record else None
    replays: list[Replay] = []
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(replays[0]), "127.0.0.1", options.port, start_serving=False, backlog=512
    )
    origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    site = Site(recording, origin, options.max_age)
    replays.append(Replay(site, recording, upstream, options.round_trip / 1000))
    if not options.record:
        site.load()
    await server.start_serving()
    print(json.dumps({"index": f"{origin}/simple/"}), flush=True)
    await server.serve_forever()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recording", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--max-age", type=int, default=600, help="lifetime of pages in seconds; 0: revalidate")
    parser.add_argument("--round-trip", type=float, default=0, help="artificial latency in milliseconds")
    parser.add_argument("--record", action="store_true", help="fetch from upstream what is not recorded yet")
    parser.add_argument("--index", help="the upstream index (default: the one pip uses)")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
