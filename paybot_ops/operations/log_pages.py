"""Log groups read side by side: each by a thread of its own, one page ahead of what is shown and no further."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, Queue

from paybot_ops.adapters.logs import Page
from paybot_ops.core.log_lines import LogEvent, parse_event
from paybot_ops.core.log_query import LogGroup, Query


@dataclass(frozen=True, slots=True)
class _End:
    """No more pages, and why, where that is a failure."""

    error: BaseException | None = None


class PageReader:
    """Begins to read when it is made; its thread ends with the pages, or when nobody wants more of them."""

    def __init__(self, pages: Callable[[], Iterator[Page | None]]) -> None:
        self._pages = pages
        self._ready: Queue[Page | _End | None] = Queue(maxsize=1)
        self._unwanted = threading.Event()
        threading.Thread(target=self._read, name="log pages", daemon=True).start()

    def pages(self) -> Iterator[Page | None]:
        """The pages as they come. Raises what reading them has raised."""
        while not isinstance(page := self._ready.get(), _End):
            yield page
        if page.error is not None:
            raise page.error

    def close(self) -> None:
        """Let the thread end: what it has read is no longer wanted."""
        self._unwanted.set()
        with suppress(Empty):
            self._ready.get_nowait()

    def _read(self) -> None:
        end = _End()
        try:
            for page in self._pages():
                self._ready.put(page)
                if self._unwanted.is_set():
                    return
        except BaseException as error:  # it belongs to whoever waits for the page
            end = _End(error)
        self._ready.put(end)


def events_of(query: Query, reader: PageReader, missing: Callable[[LogGroup], None]) -> Iterator[LogEvent]:
    """The events that a query finds; `missing` is told of a group that does not exist."""
    group = query.group
    for page in reader.pages():
        if page is None:
            missing(group)
            return
        for found in page:
            yield parse_event(group.source, group.name, found)
