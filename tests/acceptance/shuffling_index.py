"""An index on loopback that answers requests in flight together in an order of its own choosing."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING, Any

from tests.servers.index_server import IndexServer

if TYPE_CHECKING:
    from collections.abc import Mapping

TOGETHER = 4
"""How many requests are gathered before the first of them is answered."""

PATIENCE = 0.05
"""For how many seconds a request waits for others, which may never come."""


class ShufflingIndex(IndexServer):
    """Each `seed` gives another order; `answered` are the paths in the order in which they were answered."""

    def __init__(self) -> None:
        super().__init__()
        self.seed = 0
        self.answered: list[str] = []
        self._waiting: list[str] = []
        self._changed = threading.Condition()

    def answer(self, path: str, headers: Mapping[str, str]) -> Any:
        """Answer when it is this request's turn among those that wait."""
        with self._changed:
            self._waiting.append(path)
            self._changed.notify_all()
            self._changed.wait_for(lambda: len(self._waiting) >= TOGETHER, timeout=PATIENCE)
            self._changed.wait_for(lambda: path == min(self._waiting, key=self._rank), timeout=PATIENCE)
            self._waiting.remove(path)
            self.answered.append(path)
            self._changed.notify_all()
        return super().answer(path, headers)

    def _rank(self, path: str) -> bytes:
        return hashlib.sha256(f"{self.seed} {path}".encode()).digest()
