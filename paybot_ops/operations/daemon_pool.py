"""Threads that an ended process leaves behind: an executor's keep it alive until the slowest call has come back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, Self, TypeVar

T = TypeVar("T")


def start(work: Callable[[], T]) -> Future[T]:
    """Begin in a thread of its own."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # handed to the one who asks for the result
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


class DaemonPool:
    """As much of an executor as is used here; at most so many calls are under way at once."""

    def __init__(self, max_workers: int) -> None:
        self._free = threading.Semaphore(max_workers)
        self._futures: list[Future[Any]] = []

    def submit(self, work: Callable[..., T], *arguments: Any) -> Future[T]:
        """Begin as soon as a worker is free."""

        def run() -> T:
            with self._free:
                return work(*arguments)

        future = start(run)
        self._futures.append(future)
        return future

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        wait(self._futures)
