"""The threads that put questions to indexes: few where answers come at once, many where a network is in between."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar, TypeVarTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")

MOST = 40
"""How many calls may be under way at a time, over all indexes."""

FEW = 4
"""How many are as long as they keep the processor busy: threads that all compute only take it from each other."""

LOOK_SECONDS = 0.005
"""How long calls wait in vain before it is looked whether more threads would help."""

BUSY = 0.75
"""The processor seconds a second, of this process, from which on more threads are of no help."""


class Workers:
    """Runs calls in threads: `few` at first, up to `most` once calls wait although the processor does not.

    A call must not wait for another.  `processor` tells the seconds that this process has computed, `clock` those
    that have passed.
    """

    def __init__(
        self,
        most: int = MOST,
        *,
        few: int = FEW,
        processor: Callable[[], float] = time.process_time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        few = min(few, most)
        self._calls: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._few = ThreadPoolExecutor(few, thread_name_prefix="index")
        self._more = ThreadPoolExecutor(most - few, thread_name_prefix="index-more") if most > few else None
        self._watcher = ThreadPoolExecutor(1, thread_name_prefix="index-watch")
        self._all = False
        self._watched = False
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._processor = processor
        self._clock = clock

    def submit(self, future: Future[_T], call: Callable[[*_Ts], _T], *arguments: *_Ts) -> None:
        """Have a call settle a future as soon as a thread is free; raises `RuntimeError` after `close`."""
        self._calls.put(lambda: settle(future, call, *arguments))
        self._few.submit(self._next)
        if self._more is None:
            return
        if self._all:
            self._more.submit(self._next)
        elif not self._calls.empty():
            self._watch()

    def close(self) -> None:
        """Drop what has not begun, its futures unsettled, and wait for what has."""
        self._closing.set()
        # The watcher first: it hands calls to the others.
        for pool in (self._watcher, self._few, self._more):
            if pool is not None:
                pool.shutdown(wait=True, cancel_futures=True)

    def _next(self) -> None:
        """Run the call that waits longest, unless another thread has taken it."""
        try:
            call = self._calls.get_nowait()
        except Empty:
            return
        call()

    def _watch(self) -> None:
        with self._lock:
            if self._watched:
                return
            self._watched = True
        self._watcher.submit(self._look)

    def _look(self) -> None:
        """Bring in the other threads when calls wait and the processor does too; end when no call waits."""
        computed, passed = self._processor(), self._clock()
        while not self._closing.wait(LOOK_SECONDS):
            with self._lock:
                if self._calls.empty():
                    self._watched = False
                    return
            before = computed, passed
            computed, passed = self._processor(), self._clock()
            if computed - before[0] < BUSY * (passed - before[1]):
                self._bring_in_all()
                return

    def _bring_in_all(self) -> None:
        self._all = True
        if self._more is not None:
            for _ in range(self._calls.qsize()):
                self._more.submit(self._next)


def settle(future: Future[_T], call: Callable[[*_Ts], _T], *arguments: *_Ts) -> None:
    """Put what a call returns, or what it raises, into a future."""
    try:
        result = call(*arguments)
    except BaseException as error:  # noqa: BLE001 - whoever waits for the future is told, as by any executor
        future.set_exception(error)
    else:
        future.set_result(result)
