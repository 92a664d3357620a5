from __future__ import annotations

import threading
from concurrent.futures import Future, wait
from itertools import count

import pytest

from resolver.index.workers import FEW, Workers

SECONDS = 30.0
"""After which a test that waits in vain fails."""


def idle() -> float:
    return 0.0


def started(workers: Workers, calls: int) -> tuple[list[Future[int]], threading.Event, threading.Semaphore]:
    """Submit calls that all wait for the event; the semaphore is released by each that has begun."""
    go = threading.Event()
    begun = threading.Semaphore(0)

    def call() -> int:
        begun.release()
        return int(go.wait(SECONDS))

    futures: list[Future[int]] = [Future() for _ in range(calls)]
    for future in futures:
        workers.submit(future, call)
    return futures, go, begun


def test_calls_that_leave_the_processor_idle_get_all_threads() -> None:
    workers = Workers(10, processor=idle)
    together = threading.Barrier(10, timeout=SECONDS)
    futures: list[Future[int]] = [Future() for _ in range(10)]
    for future in futures:
        workers.submit(future, together.wait)
    assert sorted(future.result(SECONDS) for future in futures) == list(range(10))
    # And those that come later are not held up either.
    later: list[Future[int]] = [Future() for _ in range(10)]
    for future in later:
        workers.submit(future, together.wait)
    assert sorted(future.result(SECONDS) for future in later) == list(range(10))
    workers.close()


def test_calls_that_keep_the_processor_busy_get_few_threads() -> None:
    looks = count()
    looked_often = threading.Event()

    def busy() -> float:
        look = next(looks)
        if look > 5:
            looked_often.set()
        return float(look)

    ticks = count()
    workers = Workers(20, processor=busy, clock=lambda: float(next(ticks)))
    futures, go, begun = started(workers, 20)
    assert looked_often.wait(SECONDS)
    go.set()
    assert [future.result(SECONDS) for future in futures] == [1] * 20
    workers.close()
    assert begun.acquire(blocking=False)
    names = {thread.name for thread in threading.enumerate()}
    assert not any(name.startswith("index-more") for name in names)


def test_no_more_than_few_begin_while_the_processor_is_busy() -> None:
    ticks = count()
    workers = Workers(20, processor=lambda: float(next(ticks)), clock=iter([0.0] * 1000).__next__)
    futures, go, begun = started(workers, 20)
    for _ in range(FEW):
        assert begun.acquire(timeout=SECONDS)
    assert not begun.acquire(blocking=False)
    go.set()
    wait(futures, SECONDS)
    workers.close()


def test_fewer_than_few_may_be_asked_for() -> None:
    workers = Workers(1, processor=idle)
    futures, go, begun = started(workers, 3)
    assert begun.acquire(timeout=SECONDS)
    assert not begun.acquire(blocking=False)
    go.set()
    assert [future.result(SECONDS) for future in futures] == [1, 1, 1]
    workers.close()


def test_what_a_call_raises_is_in_its_future() -> None:
    workers = Workers(2)
    future: Future[int] = Future()
    workers.submit(future, int, "no number")
    with pytest.raises(ValueError, match="no number"):
        future.result(SECONDS)
    workers.close()


def test_closing_drops_what_has_not_begun_and_takes_nothing_more() -> None:
    workers = Workers(1)
    (first, second), go, begun = started(workers, 2)
    assert begun.acquire(timeout=SECONDS)
    closing = threading.Thread(target=workers.close)
    closing.start()
    # The first call ends only after closing has begun, which is when nothing more is taken.
    late: Future[int] = Future()

    def go_on() -> None:
        while True:
            workers.submit(late, int)

    with pytest.raises(RuntimeError, match="shutdown"):
        go_on()
    go.set()
    closing.join(SECONDS)
    assert first.result(SECONDS) == 1
    assert not second.done()
    assert not late.done()
