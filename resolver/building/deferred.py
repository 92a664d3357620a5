"""A future that is completed by whoever waits for it."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")


class Deferred(Future[_T]):
    """Begins its work when its result is asked for, in the thread that asks.

    A build runs a stranger's code and takes long: it must not begin because somebody looked ahead, and it must not
    hold a worker's thread while it waits for other builds.  `done` and callbacks behave as of any future, so
    whoever only listens hears of it once somebody has needed it.  `concurrent.futures.wait` does not begin it.
    """

    def __init__(self, work: Callable[[], _T]) -> None:
        super().__init__()
        self._work = work
        # Reentrant: work that leads back to its own result begins a second time, and must notice that by its own
        # means, instead of waiting for ever.
        self._working = threading.RLock()

    def result(self, timeout: float | None = None) -> _T:
        """Do the work if nobody has, and return what it gave or raise what it raised."""
        self._complete()
        return super().result(timeout)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Do the work if nobody has, and return what it raised."""
        self._complete()
        return super().exception(timeout)

    def _complete(self) -> None:
        with self._working:
            if self.done():
                return
            try:
                value = self._work()
            except BaseException as error:
                if isinstance(error, Exception) and not self.done():
                    self.set_exception(error)
                raise
            if not self.done():
                self.set_result(value)
