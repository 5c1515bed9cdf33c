"""Log streams as one: in order, each event once, and in the memory of a few pages whatever their length."""

from __future__ import annotations

import itertools
import threading
import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paybot_ops.adapters.logs import Page
from paybot_ops.core.log_lines import LogEvent, Source
from paybot_ops.core.log_merge import Seen, merge
from paybot_ops.core.log_query import LogGroup, Query
from paybot_ops.errors import AwsError
from paybot_ops.operations.log_pages import PageReader, events_of


def event(timestamp: int, identifier: str = "", group: str = "a") -> LogEvent:
    return LogEvent(Source.BOT, group, "s", identifier or str(timestamp), timestamp, timestamp, "m")


@given(st.lists(st.lists(st.integers(0, 50), max_size=30), max_size=5), st.booleans())
@settings(max_examples=200, deadline=None)
def test_every_event_of_every_stream_once_and_in_order(streams: list[list[int]], newest_first: bool) -> None:
    made = [
        [event(time, f"{time}-{place}", f"g{number}") for place, time in enumerate(sorted(times, reverse=newest_first))]
        for number, times in enumerate(streams)
    ]
    found = list(merge([iter(stream) for stream in made], newest_first=newest_first))
    assert sorted(map(repr, found)) == sorted(repr(one) for stream in made for one in stream)
    times = [one.timestamp for one in found]
    assert times == sorted(times, reverse=newest_first)


def test_what_two_streams_find_is_shown_once_also_where_times_are_the_same() -> None:
    first, second = [event(1, "x"), event(1, "y"), event(2, "z")], [event(1, "y"), event(1, "x"), event(2, "z")]
    assert [one.event_id for one in merge([iter(first), iter(second)])] == ["x", "y", "z"]
    other = event(1, "x", group="b")
    assert len(list(merge([iter(first), iter([other])]))) == 4


def test_what_came_late_is_shown_once_and_nothing_twice() -> None:
    seen = Seen(0, late=1000)
    assert [seen.note(event(time)) for time in (10, 20, 15, 20, 10)] == [True, True, True, False, False]


def test_what_is_read_again_reaches_back_as_far_as_something_may_be_late() -> None:
    seen = Seen(500, late=1000)
    assert seen.since(now=600, skew=0) == 500
    seen.note(event(5000))
    assert seen.since(now=5100, skew=300) == 4000
    assert seen.since(now=90_000, skew=300) == 88_700


def test_what_was_seen_is_forgotten_once_it_is_not_read_again() -> None:
    seen = Seen(0, late=1000)
    for time in range(0, 1_000_000, 10):
        seen.note(event(time))
    assert len(seen._known) < 500
    assert not seen.note(event(seen.since(now=0, skew=0)))


class Group:
    """A log group of any length that is made while it is read; remembers how many pages were asked for."""

    def __init__(self, name: str, events: int, per_page: int = 1000) -> None:
        self.name, self.events, self.per_page = name, events, per_page
        self.asked = 0

    def pages(self) -> Iterator[Page | None]:
        for first in range(0, self.events, self.per_page):
            self.asked += 1
            yield [
                {"eventId": f"{self.name}{number}", "timestamp": number * 7, "message": f"{number}" + "m" * 400}
                for number in range(first, min(first + self.per_page, self.events))
            ]


def streamed(*groups: Group) -> tuple[Iterator[LogEvent], list[PageReader]]:
    readers = [PageReader(group.pages) for group in groups]
    queries = [Query(LogGroup(Source.BOT, group.name)) for group in groups]
    missing: list[LogGroup] = []
    streams = [events_of(query, reader, missing.append) for query, reader in zip(queries, readers, strict=True)]
    return merge(streams), readers


def peak_of(events: int) -> int:
    """Peak memory, in bytes, of reading so many events from two groups."""
    tracemalloc.start()
    try:
        found, _ = streamed(Group("a", events // 2), Group("b", events // 2))
        assert sum(1 for _ in found) == events
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_hundred_thousand_events_take_no_more_memory_than_ten_thousand() -> None:
    few, many = peak_of(10_000), peak_of(100_000)
    assert many < few * 1.3
    assert many < 12_000_000


def test_no_group_is_read_further_ahead_than_a_page() -> None:
    group = Group("a", 100_000)
    found, [reader] = streamed(group)
    assert len(list(itertools.islice(found, 10))) == 10
    assert group.asked <= 3
    reader.close()


def test_a_reader_that_nobody_wants_ends() -> None:
    found, readers = streamed(Group("a", 100_000), Group("b", 100_000))
    next(found)
    for reader in readers:
        reader.close()
    for thread in _reading():
        thread.join(timeout=5)
    assert _reading() == []


def _reading() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "log pages"]


def test_a_failure_comes_where_its_page_would_have_come() -> None:
    def pages() -> Iterator[Page | None]:
        yield [{"eventId": "1", "timestamp": 1, "message": "m"}]
        raise AwsError("no")

    query, missing = Query(LogGroup(Source.BOT, "a")), list[LogGroup]()
    found = events_of(query, PageReader(pages), missing.append)
    assert next(found).event_id == "1"
    with pytest.raises(AwsError, match="no"):
        next(found)


def test_a_group_that_is_not_there_is_told_of_and_empty() -> None:
    query, missing = Query(LogGroup(Source.API, "gone")), list[LogGroup]()
    assert list(events_of(query, PageReader(lambda: iter([None])), missing.append)) == []
    assert missing == [query.group]
