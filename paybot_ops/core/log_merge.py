"""Streams of log events as one, by time: nothing is held but what every stream shows next."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator

from paybot_ops.core.log_lines import LogEvent


def merge(streams: Iterable[Iterator[LogEvent]], *, newest_first: bool = False) -> Iterator[LogEvent]:
    """The events of streams that are each in order, each event once.

    Two streams may find the same event, with the same time; within a time the order of a stream stays.
    """
    merged = heapq.merge(*streams, key=lambda event: event.timestamp, reverse=newest_first)
    seen: set[tuple[str, str]] = set()
    now: int | None = None
    for event in merged:
        if event.timestamp != now:
            now = event.timestamp
            seen.clear()
        known = (event.group, event.event_id)
        if known not in seen:
            seen.add(known)
            yield event


class Seen:
    """What was shown already, as far back as something may still arrive: all in milliseconds."""

    def __init__(self, start: int, late: int) -> None:
        self._late = late
        self._start = self._newest = self._swept = start
        self._known: dict[tuple[str, str], int] = {}

    def since(self, now: int, skew: int) -> int:
        """From when on the log must be read again; `skew` is how far this machine's clock may be ahead of AWS's."""
        return max(self._start, self._newest - self._late, now - skew - self._late)

    def note(self, event: LogEvent) -> bool:
        """Remember an event; False when it was shown before."""
        known = (event.group, event.event_id)
        if known in self._known:
            return False
        self._known[known] = event.timestamp
        self._newest = max(self._newest, event.timestamp)
        if self._newest - self._swept > self._late:
            self._sweep()
        return True

    def _sweep(self) -> None:
        # What is older than this is not asked for again.
        since = self._newest - self._late
        self._swept = self._newest
        self._known = {known: time for known, time in self._known.items() if time >= since}
